"""The papers of a release: card, Croissant, training-content summary; all from facts and sums."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..reasons import REASONS
from ..report.compare import name_of
from ..report.render import render
from .croissant import croissant
from .dcat import dcat
from .domains import top
from .manifest import FACTS, MANIFEST, Shard, manifest_text, totals
from .transparency import transparency

_TEMPLATES = Path(__file__).with_name("templates")
_SHOWN_DOMAINS = 100
_LICENCES = {
    "creativecommons.org/publicdomain/zero/1.0": "cc0-1.0",
    "creativecommons.org/licenses/by/4.0": "cc-by-4.0",
    "creativecommons.org/licenses/by-sa/4.0": "cc-by-sa-4.0",
    "creativecommons.org/licenses/by-nc/4.0": "cc-by-nc-4.0",
    "opendatacommons.org/licenses/by/1-0": "odc-by",
    "opendatacommons.org/licenses/odbl/1-0": "odbl",
}
"""Licences that the Hugging Face Hub knows, by their addresses."""
_LABELS = {"text_bytes": "bytes of text"}
"""How people are told what programs are told by a key."""
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"),
          (10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B"),
          (10**11, "10B<n<100B"))  # fmt: skip


def papers(
    facts: dict[str, Any], shards: list[Shard], counts: pl.DataFrame
) -> Iterator[tuple[str, str]]:
    """Give path and content of every text file that follows from facts, shards and domain counts."""
    sums = totals(shards)
    yield FACTS, _json(facts)
    yield MANIFEST, manifest_text(shards)
    yield "croissant.json", _json(croissant(facts, sums, shards))
    yield "dcat.jsonld", _json(dcat(facts, sums, shards))
    values = _values(facts, sums)
    for name in ("README.md", "DATASHEET.md"):
        yield name, _environment().get_template(name).render(values)
    yield from summary_papers(facts, shards, counts)


def summary_papers(
    facts: dict[str, Any], shards: list[Shard], counts: pl.DataFrame
) -> Iterator[tuple[str, str]]:
    """Give path and content of the files of the training-content summary."""
    sums = totals(shards)
    domains = top(counts, facts["small_enterprise"])
    summary = transparency(facts, sums, domains.height)
    values = _values(facts, sums) | {"summary": summary}
    yield "transparency.json", _json(summary)
    yield "top_domains.csv", domains.write_csv()
    yield "TRANSPARENCY.md", _environment().get_template("TRANSPARENCY.md").render(values)
    shown = {"domains": domains.head(_SHOWN_DOMAINS).to_dicts(), "shown": shown_value}
    yield "transparency.html", render("transparency.html", values | shown)


def policy_papers(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give path and content of the copyright policy's skeleton and of the page on the crawler."""
    values = _values(facts, {})
    yield "COPYRIGHT-POLICY.md", _environment().get_template("COPYRIGHT-POLICY.md").render(values)
    yield "crawler.html", render("crawler.html", values)


def _values(facts: dict[str, Any], sums: dict[str, dict[str, Any]]) -> dict[str, Any]:
    days = sorted(day for row in sums.values() for day in row["dates"])
    ranked = sorted(facts["flow"]["dropped"].items(), key=lambda item: (-item[1], item[0]))
    return {
        "facts": facts, "totals": sums, "number": _number, "labels": _LABELS, "front_matter": front_matter(facts, sums),
        "names": {language: name_of(language) for language in sums},
        "dropped": [(reason, number, REASONS.get(reason, "")) for reason, number in ranked],
        "documents": sum(row["documents"] for row in sums.values()),
        "period": [days[0], days[-1]] if days else [],
    }  # fmt: skip


def shown_value(value: Any) -> str | Markup:
    """Write a field of the summary for people: numbers with commas, what is nested as lines."""
    if isinstance(value, dict):
        line = Markup("{}: {}")
        rows = (
            line.format(_LABELS.get(name, name), shown_value(item)) for name, item in value.items()
        )
        inner = any(isinstance(item, dict) for item in value.values())
        return Markup("<br>" if inner else ", ").join(rows)
    if isinstance(value, list):
        return Markup(", ").join(value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def front_matter(facts: dict[str, Any], sums: dict[str, dict[str, Any]]) -> str:
    """Give the YAML that the Hugging Face Hub reads: one configuration a language, and all."""
    documents = sum(row["documents"] for row in sums.values())
    content = {
        "pretty_name": facts["name"],
        "language": sorted({language.split("_")[0] for language in sums}),
        **_hub_licence(facts["licence"]),
        "size_categories": [next((name for top, name in _SIZES if documents < top), "n>100B")],
        "task_categories": ["text-generation"],
        "source_datasets": ["original"],
        "configs": [
            {"config_name": "default", "default": True,
             "data_files": [{"split": "train", "path": "data/*/*.parquet"}]},
            *({"config_name": language,
               "data_files": [{"split": "train", "path": f"data/{language}/*.parquet"}]}
              for language in sums),
        ],
    }  # fmt: skip
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def _hub_licence(licence: str) -> dict[str, str]:
    """Name a licence as the Hub does; one that it does not know is `other`, with name and address.

    >>> _hub_licence("https://creativecommons.org/publicdomain/zero/1.0/")
    {'license': 'cc0-1.0'}
    >>> _hub_licence("Institute's own")
    {'license': 'other', 'license_name': 'institute-s-own'}
    """
    address = licence.lower().partition("://")[2].removeprefix("www.").removesuffix("deed.en")
    known = _LICENCES.get(address.rstrip("/"), licence.lower())
    if known in _LICENCES.values():
        return {"license": known}
    name = re.sub("[^a-z0-9.]+", "-", (address or licence).lower()).strip("-")
    link = {"license_link": licence} if address else {}
    return {"license": "other", "license_name": name, **link}


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=False, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip


def _number(value: int) -> str:
    return f"{value:,}"


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

"""The papers of a release: card, Croissant, training-content summary; all from facts and sums."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .croissant import croissant
from .domains import top
from .manifest import FACTS, MANIFEST, Shard, manifest_text, totals
from .transparency import transparency

_TEMPLATES = Path(__file__).with_name("templates")
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"),
          (10**7, "1M<n<10M"), (10**8, "10M<n<100M"), (10**9, "100M<n<1B"), (10**10, "1B<n<10B"),
          (10**11, "10B<n<100B"))  # fmt: skip


def papers(
    facts: dict[str, Any], shards: list[Shard], counts: pl.DataFrame
) -> Iterator[tuple[str, str]]:
    """Give path and content of every text file that follows from facts, shards and domain counts."""
    sums = totals(shards)
    domains = top(counts, facts["small_enterprise"])
    summary = transparency(facts, sums, domains.height)
    values = {"facts": facts, "totals": sums, "summary": summary, "number": _number,
              "front_matter": front_matter(facts, sums)}  # fmt: skip
    yield FACTS, _json(facts)
    yield MANIFEST, manifest_text(shards)
    yield "croissant.json", _json(croissant(facts, sums, shards))
    yield "transparency.json", _json(summary)
    yield "top_domains.csv", domains.write_csv()
    for name in ("README.md", "TRANSPARENCY.md"):
        yield name, _environment().get_template(name).render(values)


def front_matter(facts: dict[str, Any], sums: dict[str, dict[str, Any]]) -> str:
    """Give the YAML that the Hugging Face Hub reads: one configuration a language, and all."""
    documents = sum(row["documents"] for row in sums.values())
    content = {
        "pretty_name": facts["name"],
        "language": sorted({language.split("_")[0] for language in sums}),
        "license": "other",
        "license_name": re.sub("[^a-z0-9.]+", "-", facts["licence"].lower()).strip("-"),
        **({"license_link": facts["licence"]} if "://" in facts["licence"] else {}),
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


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=False, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip


def _number(value: int) -> str:
    return f"{value:,}"


def _json(content: Any) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"

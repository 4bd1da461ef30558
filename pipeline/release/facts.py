"""What the papers of a release say of its run: from ledger and configuration alone."""

import json
import re
from collections import Counter
from typing import Any

import polars as pl

from ... import __version__
from ..errors import UsageError
from ..extract.rights import PROTOCOLS
from ..stages import documents
from ..storage.folder import RunFolder
from ..storage.ledger import entries
from .materials import materials

_NOT_STATED = "not stated"


def given(
    *,
    name: str,
    date: str,
    version: str = "1.0.0",
    licence: str = _NOT_STATED,
    creator: str = _NOT_STATED,
    contact: str = _NOT_STATED,
    url: str = _NOT_STATED,
    crawler: str = _NOT_STATED,
    crawler_behaviour: str = _NOT_STATED,
    small_enterprise: bool = False,
) -> dict[str, Any]:
    """Gather what only the publisher knows; what is not known is `not stated` in every paper.

    Raises:
        UsageError: the version is not three numbers.

    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise UsageError(f"--version: expected MAJOR.MINOR.PATCH such as 1.0.0, found {version!r}")
    purpose = "To collect text for the training and evaluation of language models."
    return {
        "name": name, "date": date, "version": version, "licence": licence, "creator": creator,
        "contact": contact, "url": url, "crawler": crawler, "small_enterprise": small_enterprise,
        "crawler_purpose": _NOT_STATED if crawler == _NOT_STATED else purpose,
        "crawler_behaviour": crawler_behaviour,
    }  # fmt: skip


def facts_of(folder: RunFolder, summary: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Gather what the papers say; `config` is as the run wrote it, `summary` its summary."""
    how = config["pii"]["mask"] if config["pii"]["enabled"] else "none"
    spans: Counter[str] = Counter()
    for row in summary["languages"].values():
        spans.update(row.get("pii", {}))
    return {
        "tool": f"eurocorpus {__version__}",
        "description": (
            f"Web text in {sum(1 for row in summary['languages'].values() if row['documents'])} "
            "languages: extracted, identified, filtered and deduplicated; every document that was "
            "left out is accounted for."
        ),
        "inputs": [
            {"name": entry.unit, "bytes": entry.facts["input"]["bytes"], "content": entry.depends["content"]}
            for entry in entries(folder, documents.STAGE)
        ],
        "collection": f"{summary['inputs']['files']} files of web captures, {summary['inputs']['bytes']:,} bytes.",
        "steps": _steps(config),
        "flow": {name: summary[name] for name in ("documents_in", "documents", "dropped")},
        "languages": {
            code: {name: row[name] for name in ("documents_in", "documents", "dropped")}
            for code, row in summary["languages"].items()
        },
        "masking": how,
        "pii": dict(sorted(spans.items())),
        "personal_data": _personal_data(how, config["pii"]["enabled"], spans),
        "rights_policy": {
            "honour": "Pages that reserve their content against text and data mining were left out.",
            "record": "Pages that reserve their content are in the corpus; the column `rights` says which.",
        }[config["rights"]["policy"]],
        "protocols": list(PROTOCOLS),
        "opt_outs": _opt_outs(folder),
        "lists": [f"{item['name']} ({item.get('licence') or 'licence not stated'})"
                  for item in summary.get("url_lists", []) if not item["allows"]],
        "url_words": config["urls"]["words"],
        "materials": materials(config, summary),
        "blocked": sum(n for reason, n in summary["dropped"].items() if reason.startswith("url_")),
        "maintenance": "Documents are taken down on request; the version's first number goes up.",
        "tokens": _tokens(folder),
        "taken_down": 0,
    }  # fmt: skip


def _opt_outs(folder: RunFolder) -> dict[str, int]:
    """Count by signal the pages that were left out because they reserve their content."""
    found: Counter[str] = Counter()
    for entry in entries(folder, documents.STAGE):
        path = folder.root / folder.dropped(documents.STAGE, entry.unit)
        rows = pl.scan_parquet(path).filter(pl.col("reason") == "opted_out").select("value")
        for signals in rows.collect()["value"]:
            found.update(signals.split(", "))
    return dict(sorted(found.items()))


def _tokens(folder: RunFolder) -> dict[str, Any] | None:
    """Give the tokens of the corpus, where the run's report counted them."""
    try:
        report = json.loads((folder.root / "report" / "overview.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not report["tokenizer"]:
        return None
    number = sum(row["tokens"] for row in report["totals"].values())
    return {"tokenizer": report["tokenizer"], "number": number}


def _steps(config: dict[str, Any]) -> list[str]:
    dedup = config["dedup"]
    return [
        f"Main text extracted by {config['extract']['engine']}.",
        f"Languages identified; least scores: {json.dumps(config['languages']['min_score'])}.",
        "Quality rules of FineWeb-2, by language." if config["filters"]["enabled"]
        else "No quality rule was applied.",
        "Exact and near duplicates removed within each language: MinHash of word "
        + f"{dedup['ngram']}-grams, {dedup['bands']} bands of {dedup['rows']} rows, verified on the "
        + f"text at {dedup['threshold']}.",
    ]  # fmt: skip


def _personal_data(how: str, looked: bool, spans: Counter[str]) -> str:
    if not looked:
        return "Nobody looked for personal data in the texts; they are as they were published."
    found = ", ".join(f"{kind} {number:,}" for kind, number in sorted(spans.items())) or "none"
    if how == "none":
        return f"Personal data was found and is NOT masked; the column `pii` says where. Found: {found}."
    return (
        f"Personal data that has a form of its own was masked ({how}) in the texts. Found: {found}."
    )

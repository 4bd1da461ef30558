"""What the papers of a release say of its run: from ledger and configuration alone."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from ... import __version__
from ..errors import UsageError
from ..extract.rights import PROTOCOLS
from ..stages import documents
from ..storage.folder import RunFolder
from ..storage.ledger import entries
from .materials import materials

TOOL = f"eurocorpus {__version__}"
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
        "tool": TOOL,
        "description": (
            f"Web text in {sum(1 for row in summary['languages'].values() if row['documents'])} "
            "languages: extracted, identified, filtered and deduplicated; every document that was "
            "left out is accounted for."
        ),
        "inputs": [
            {"name": entry.unit, "bytes": entry.facts["input"]["bytes"], "content": entry.depends["content"]}
            for entry in entries(folder, documents.STAGE)
        ],
        "collection": f"{summary['inputs']['files']:,} files of web captures, or of texts taken from such, "
        f"{summary['inputs']['bytes']:,} bytes.",
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
            "strict": "Pages that reserve their content against text and data mining were left out, "
            "whomever the reservation speaks to.",
            "own-agent": "Pages that reserve their content against text and data mining by everybody, "
            f"or by {config['rights']['agent']}, were left out.",
            "annotate": "Pages that reserve their content are in the corpus; the column `rights` says which.",
        }[config["rights"]["policy"]],
        "protocols": list(PROTOCOLS),
        "opt_outs": summary["rights"]["dropped"],
        "opt_outs_by_language": {
            code: row["rights"]["dropped"]
            for code, row in summary["languages"].items() if row["rights"]["dropped"]
        },
        "lists": [f"{item['name']} ({item.get('licence') or 'licence not stated'})"
                  for item in summary.get("url_lists", []) if not item["allows"]],
        "url_words": config["urls"]["words"],
        "materials": materials(config, summary),
        "blocked": sum(n for reason, n in summary["dropped"].items() if reason.startswith("url_")),
        "maintenance": "Documents are taken down on request; the version's first number goes up.",
        "tokens": _tokens(folder, summary),
        "taken_down": 0,
    }  # fmt: skip


def _tokens(folder: RunFolder, summary: dict[str, Any]) -> dict[str, Any] | None:
    """Give the tokens of the corpus, where the run's report counted them and the corpus is still that."""
    try:
        report = json.loads((folder.root / "report" / "overview.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    seen, now = (
        {code: (row["documents"], row["bytes"]) for code, row in languages.items()}
        for languages in (report["summary"]["languages"], summary["languages"])
    )
    if not report["tokenizer"] or seen != now:
        return None
    number = sum(row.get("tokens", 0) for row in report["totals"].values())
    return {"tokenizer": report["tokenizer"], "number": number}


def _steps(config: dict[str, Any]) -> list[str]:
    dedup, least = config["dedup"], config["languages"]["min_score"]
    scores = ", ".join(f"{code} {score:g}" for code, score in sorted(least.items()) if code != "*")
    return [
        f"The main text of pages was extracted by the extractor `{config['extract']['engine']}`.",
        f"Languages were identified by `{Path(config['languages']['engine']).name}`; a document's "
        f"score is at least {least['*']:g}" + (f" ({scores})." if scores else "."),
        "FineWeb-2's rules of quality were applied, with thresholds for each language."
        if config["filters"]["enabled"] else "No rule of quality was applied.",
        (f"Exact and near duplicates were removed within each language: MinHash of word {dedup['ngram']}-grams, "
        f"{dedup['bands']} bands of {dedup['rows']} rows; near duplicates have a Jaccard similarity of "
        f"{dedup['threshold']:g} or more to a kept document, measured on the texts."),
    ]  # fmt: skip


_MASKS = {
    "tag": "was replaced by a tag such as `<email-pii>`",
    "fake": "was replaced by an address or number that is reserved for examples",
}


def _personal_data(how: str, looked: bool, spans: Counter[str]) -> str:
    if not looked:
        return "Nobody looked for personal data in the texts; they are as they were published."
    counted = ", ".join(f"{kind} {number:,}" for kind, number in sorted(spans.items())) or "none"
    what = "Personal data that has a form of its own (e-mail addresses, phone numbers, accounts, …)"
    names = "Names of people and what is told of them were not looked for, and are in the texts."
    if how == "none":
        return f"{what} was found and is NOT masked; the column `pii` says where. Found: {counted}. {names}"
    return f"{what} {_MASKS[how]}. Found: {counted}. {names}"

"""A run's shards made ready to be published: masked, described, summed, and put in one folder."""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from ... import __version__
from ..errors import RunError, UsageError
from ..report.flow import read_summary
from ..stages import deduplicate, documents, shards
from ..storage.fingerprint import sha256
from ..storage.folder import RunFolder
from ..storage.ledger import Entry, entries
from . import domains
from .manifest import DOMAINS, SUMS, TOMBSTONES, Shard, describe_shard, sums_text
from .papers import papers
from .shards import masked, rewrite

Tell = Callable[[str], None]


def release(
    root: Path,
    out: Path,
    *,
    name: str,
    date: str,
    version: str = "1.0.0",
    licence: str = "not stated",
    creator: str = "not stated",
    contact: str = "not stated",
    url: str = "not stated",
    crawler: str = "not stated",
    small_enterprise: bool = False,
    tell: Tell = lambda line: None,
) -> dict[str, Any]:
    """Make a release of a finished run in `out`, which must not be there; return its facts.

    Everything is built beside `out` and renamed at the end: there is never half a release. Each
    shard is held against the checksum in the ledger before it is published.

    Raises:
        UsageError: `root` is no finished run, or `out` is there.
        RunError: the ledger does not balance, or a shard is not what was committed.

    """
    folder = RunFolder(root.resolve())
    summary = read_summary(folder)
    if out.exists():
        raise UsageError(f"{out}: expected a new folder, found one; name another with --out")
    building = out.with_name(f"{out.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    config = yaml.safe_load(folder.config.read_text("utf-8"))
    given = {
        "name": name, "date": date, "version": version, "licence": licence, "creator": creator,
        "contact": contact, "url": url, "crawler": crawler, "small_enterprise": small_enterprise,
    }  # fmt: skip
    facts = given | _facts(folder, summary, config)
    made: list[Shard] = []
    counts = [pl.DataFrame(schema=domains.SCHEMA)]
    for entry in entries(folder, shards.STAGE):
        shard, counted = _publish(folder, building, entry, config["pii"]["mask"])
        made.append(shard)
        counts.append(counted)
        tell(f"{shard.path}: {shard.rows:,} documents")
    write(building, facts, made, domains.add(counts))
    _copy_evidence(folder, building)
    (building / TOMBSTONES).write_text("", "utf-8")
    (building / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## {version}, {date}\n\nFirst release.\n", "utf-8"
    )
    (building / SUMS).write_text(sums_text(_sums(building, made)), "utf-8")
    building.replace(out)
    return facts


def write(target: Path, facts: dict[str, Any], made: list[Shard], counts: pl.DataFrame) -> None:
    """Write the papers and the table of domains to a folder."""
    for path, text in papers(facts, made, counts):
        (target / path).write_text(text, "utf-8")
    counts.write_parquet(target / DOMAINS, compression="zstd", statistics=False)


def _publish(folder: RunFolder, target: Path, entry: Entry, how: Any) -> tuple[Shard, pl.DataFrame]:
    """Write one shard of the release; count its domains."""
    output = entry.outputs[0]
    source = folder.root / output.path
    if sha256(source) != output.sha256:
        raise RunError(
            f"{source} is not what the ledger committed; remove it and type `eurocorpus run` again"
        )
    language = entry.facts["language"]
    counts = [pl.DataFrame(schema=domains.SCHEMA)]

    def change(table: Any) -> Any:
        table = masked(table, how)
        counts.append(domains.count(pl.DataFrame(table.select(["url", "text"])), language))
        return table

    rewrite(source, target / output.path, change, {"eurocorpus.language": language})
    return describe_shard(target, output.path, language), domains.add(counts)


def _copy_evidence(folder: RunFolder, target: Path) -> None:
    """Copy the configuration, and the evidence of each removed duplicate."""
    shutil.copyfile(folder.config, target / "config.yaml")
    for entry in entries(folder, deduplicate.STAGE):
        for output in entry.outputs:
            if output.path.startswith("dedup/removals/"):
                copy = target / "evidence" / output.path.removeprefix("dedup/")
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder.root / output.path, copy)


def _sums(target: Path, made: list[Shard]) -> dict[str, str]:
    known = {shard.path: shard.sha256 for shard in made}
    paths = [path for path in sorted(target.rglob("*")) if path.is_file() and path.name != SUMS]
    names = {path.relative_to(target).as_posix(): path for path in paths}
    return {name: known.get(name) or sha256(path) for name, path in names.items()}


def _facts(folder: RunFolder, summary: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Gather what the papers say, from ledger and configuration alone."""
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
        "config_sha256": sha256(folder.config),
        "inputs": [
            {"name": entry.unit, "bytes": entry.facts["input"]["bytes"], "content": entry.depends["content"]}
            for entry in entries(folder, documents.STAGE)
        ],
        "collection": f"{summary['inputs']['files']} files of web captures, {summary['inputs']['bytes']:,} bytes.",
        "steps": _steps(config),
        "flow": {name: summary[name] for name in ("documents_in", "documents", "dropped")},
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
        "protocols": [
            "robots.txt (RFC 9309)", "TDMRep (tdmrep.json, header, meta)",
            "X-Robots-Tag and robots meta: noai, noml", "AIPREF Content-Usage (header, robots.txt)",
            "Content-Signal (header, robots.txt)", "RSL 1.0 (inline)", "ai.txt",
        ],
        "opt_outs": _opt_outs(summary),
        "lists": [f"{item['name']} ({item.get('licence') or 'licence not stated'})"
                  for item in summary.get("url_lists", [])],
        "blocked": sum(n for reason, n in summary["dropped"].items() if reason.startswith("url_")),
        "maintenance": "Documents are taken down on request; the version's first number goes up.",
        "tokens": _tokens(folder),
        "taken_down": 0,
    }  # fmt: skip


def _opt_outs(summary: dict[str, Any]) -> dict[str, Any]:
    """Count by signal, and by language, the pages that were left out because they are reserved."""
    languages = {
        code: row["rights"]["dropped"]
        for code, row in summary["languages"].items()
        if row["rights"]["dropped"]
    }
    return {"signals": summary["rights"]["dropped"], "languages": languages}


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

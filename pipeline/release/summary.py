"""`transparency`: the training-content summary of a run or a release, and what changed since the last."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import yaml

from ..errors import UsageError
from ..report.flow import read_summary
from ..report.render import render
from ..stages import shards
from ..storage.folder import RunFolder
from ..storage.ledger import entries
from . import domains
from .facts import facts_of
from .manifest import DOMAINS, FACTS, Shard, describe_shard, read_facts, read_shards
from .papers import policy_papers, shown_value, summary_papers
from .transparency import changes, staleness


def summarise_content(
    root: Path, out: Path, given: dict[str, Any], previous: Path | None = None
) -> dict[str, Any]:
    """Write the summary's files, the policy's skeleton and the crawler's page to `out`.

    Args:
        root: a release, whose own facts count, or a finished run.
        out: a folder; files of an earlier summary in it are replaced.
        given: what only the publisher knows, as `release` takes it.
        previous: an earlier release, or a `transparency.json`, to tell what changed.

    Returns:
        `files`, `changes` against `previous`, and `warnings`.

    Raises:
        UsageError: `root` is neither, or `previous` holds no summary.

    """
    before = _read_previous(previous) if previous else None
    if (root / FACTS).exists():
        facts, made = read_facts(root), read_shards(root)
        counts = pl.read_parquet(root / DOMAINS)
    else:
        facts, made, counts = _measure(RunFolder(root.resolve()), given)
    files = dict([*summary_papers(facts, made, counts), *policy_papers(facts)])
    now = json.loads(files["transparency.json"])
    warnings = []
    if warning := staleness((before or now)["last update"], given["date"]):
        warnings.append(warning)
    changed = changes(before, now) if before else []
    if before:
        files |= _diff_papers(before, now, changed, warnings)
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (out / name).write_text(text, "utf-8")
    return {"files": sorted(files), "changes": changed, "warnings": warnings}


def _read_previous(path: Path) -> dict[str, Any]:
    path = path / "transparency.json" if path.is_dir() else path
    try:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        date.fromisoformat(found["last update"])
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(
            f"{path}: expected the transparency.json of an earlier release, or its folder"
        ) from None
    return found


def _measure(
    folder: RunFolder, given: dict[str, Any]
) -> tuple[dict[str, Any], list[Shard], pl.DataFrame]:
    """Describe the shards of a run as those of a release are described."""
    summary = read_summary(folder)
    config = yaml.safe_load(folder.config.read_text("utf-8"))
    made, counts = [], [pl.DataFrame(schema=domains.SCHEMA)]
    for entry in entries(folder, shards.STAGE):
        path, language = entry.outputs[0].path, entry.facts["language"]
        made.append(describe_shard(folder.root, path, language))
        with pq.ParquetFile(folder.root / path) as file:
            for group in range(file.metadata.num_row_groups):
                frame = pl.DataFrame(file.read_row_group(group, ["url", "text"]))
                counts.append(domains.count(frame, language))
            counts = [domains.add(counts)]
    return given | facts_of(folder, summary, config), made, domains.add(counts)


def _diff_papers(
    before: dict[str, Any], now: dict[str, Any], changed: list[dict[str, Any]], warnings: list[str]
) -> dict[str, str]:
    """Write what changed, for people and for programs."""
    rows = [
        {
            "field": row["field"],
            **{side: _shown(row[side]) for side in ("before", "after")},
        }
        for row in changed
    ]
    page = {"before": before, "now": now, "rows": rows, "warnings": warnings}
    content = {"before": before["last update"], "after": now["last update"], "changes": changed}
    return {
        "changes.json": json.dumps(content, indent=1, ensure_ascii=False) + "\n",
        "changes.html": render("changes.html", page),
    }


def _shown(value: Any) -> str:
    return "–" if value is None else str(shown_value(value))

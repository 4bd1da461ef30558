"""What a run will do, before it does anything: tasks, files and disk by stage, held against a quota."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .config import Config
from .errors import UsageError
from .inputs import Input, find_inputs

# Measured on 5,600 pages in 24 languages (57 MB of WARC.gz): bytes of output for each byte of
# input, by what the input is. Text inputs are compressed about as well as the output.
_SHARES = {"documents": 0.16, "dropped": 0.01, "dedup": 0.02, "data": 0.08}
_TEXT_FACTOR = 8
_TEXT_SUFFIXES = (".wet", ".wet.gz", ".parquet", ".jsonl", ".jsonl.gz", ".jsonl.zst")


@dataclass(frozen=True, slots=True)
class Row:
    """One stage's share of the plan."""

    stage: str
    tasks: int
    files: int
    bytes: int


def plan(config: Config) -> list[Row]:
    """Estimate tasks, files and disk of each stage; the ledger's own files are included."""
    inputs = find_inputs(config.inputs, config.archive)
    size = _sizes(inputs)
    languages = len(config.languages.wanted)
    shards = languages + int(size["data"] / config.shards.bytes)
    cleaning = [  # samples, their frequent lines, and the documents again
        Row("clean", 2 * len(inputs) + 1, 5 * len(inputs) + 2, int(1.13 * size["documents"]))
    ]
    return [
        Row("documents", len(inputs), 4 * len(inputs), size["documents"] + size["dropped"]),
        *(cleaning if config.lines.sites else []),
        Row("judge", len(inputs), 4 * len(inputs), size["dedup"] + size["dropped"]),
        Row("deduplicate", languages, 5 * languages, size["dedup"] // 2),
        Row("shards", shards, 3 * shards, size["data"]),
    ]


def _sizes(inputs: list[Input]) -> dict[str, int]:
    weight = sum(
        source.bytes * (_TEXT_FACTOR if source.name.endswith(_TEXT_SUFFIXES) else 1)
        for source in inputs
    )
    return {name: int(weight * share) for name, share in _SHARES.items()}


def free(folder: Path) -> tuple[int, int]:
    """Files and bytes that the file system of a folder has room for."""
    folder = folder.resolve()
    while not folder.exists():
        folder = folder.parent
    status = os.statvfs(folder)
    files = status.f_favail if status.f_files else 1 << 62  # some file systems do not count them
    return files, status.f_bavail * status.f_frsize


def check(rows: list[Row], files: int, size: int) -> None:
    """Refuse a plan that needs more files or bytes than there may be.

    Raises:
        UsageError: what is needed, what is allowed, and what makes it less.

    """
    need_files, need_bytes = sum(row.files for row in rows), sum(row.bytes for row in rows)
    if need_files > files:
        raise UsageError(
            f"the run needs about {need_files:,} files, and {files:,} are allowed; "
            "join inputs to larger files, raise shards.bytes, or use another file system"
        )
    if need_bytes > size:
        raise UsageError(
            f"the run needs about {need_bytes / 1e9:,.1f} GB, and {size / 1e9:,.1f} GB are allowed; "
            "give it fewer inputs, or use another file system"
        )


def to_json(rows: list[Row]) -> dict[str, Any]:
    """Give the plan for programs."""
    return {
        "stages": [
            {"stage": row.stage, "tasks": row.tasks, "files": row.files, "bytes": row.bytes}
            for row in rows
        ],
        "tasks": sum(row.tasks for row in rows),
        "files": sum(row.files for row in rows),
        "bytes": sum(row.bytes for row in rows),
    }

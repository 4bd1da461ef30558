"""What a release holds: its facts, its shards with their sums, and the checksums of all files."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import UsageError
from ..storage.fingerprint import sha256

FACTS = "release.json"
MANIFEST = "manifest.jsonl"
SUMS = "SHA256SUMS"
DOMAINS = "domains.parquet"
TOMBSTONES = "tombstones.jsonl"


@dataclass(frozen=True, slots=True)
class Shard:
    """One Parquet file of a release: a line of `manifest.jsonl`.

    `bytes` is the file's size; `text_bytes` that of its texts in UTF-8. Dates are days of capture.
    """

    path: str
    language: str
    rows: int
    bytes: int
    sha256: str
    characters: int
    text_bytes: int
    min_date: str
    max_date: str
    schema_sha256: str


def describe_shard(root: Path, path: str, language: str) -> Shard:
    """Measure a shard below `root` that has its final content, a row group at a time."""
    characters = text_bytes = 0
    days: list[str] = []
    with pq.ParquetFile(root / path) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
        for group in range(file.metadata.num_row_groups):
            frame = pl.DataFrame(file.read_row_group(group, ["text", "date"], use_threads=False))
            characters += int(frame["text"].str.len_chars().sum())
            text_bytes += int(frame["text"].str.len_bytes().sum())
            dates = frame["date"].drop_nulls().dt.strftime("%Y-%m-%d")
            days += [day for day in (dates.min(), dates.max()) if isinstance(day, str)]
    file_path = root / path
    return Shard(
        path=path, language=language, rows=rows, bytes=file_path.stat().st_size,
        sha256=sha256(file_path), characters=characters, text_bytes=text_bytes,
        min_date=min(days, default=""), max_date=max(days, default=""),
        schema_sha256=_schema_sha256(schema),
    )  # fmt: skip


def _schema_sha256(schema: pa.Schema) -> str:
    """Hash names and types of columns, whatever the file's metadata."""
    columns = "\n".join(f"{field.name}: {field.type}" for field in schema)
    return hashlib.sha256(columns.encode()).hexdigest()


def totals(shards: Iterable[Shard]) -> dict[str, dict[str, Any]]:
    """Add up shards by language."""
    found: dict[str, dict[str, Any]] = {}
    for shard in shards:
        row = found.setdefault(
            shard.language,
            {"documents": 0, "characters": 0, "text_bytes": 0, "bytes": 0, "files": 0, "dates": []},
        )
        row["documents"] += shard.rows
        row["characters"] += shard.characters
        row["text_bytes"] += shard.text_bytes
        row["bytes"] += shard.bytes
        row["files"] += 1
        row["dates"] = _span([*row["dates"], shard.min_date, shard.max_date])
    return dict(sorted(found.items()))


def _span(days: list[str]) -> list[str]:
    known = sorted(day for day in days if day)
    return [known[0], known[-1]] if known else []


def read_facts(root: Path) -> dict[str, Any]:
    """Read `release.json`.

    Raises:
        UsageError: `root` is no release.

    """
    try:
        facts: dict[str, Any] = json.loads((root / FACTS).read_text("utf-8"))
    except (OSError, ValueError):
        raise UsageError(
            f"{root}: expected a release, found no readable {FACTS} in it; "
            "`eurocorpus release RUN` makes one"
        ) from None
    return facts


def read_shards(root: Path) -> list[Shard]:
    """Read `manifest.jsonl`."""
    lines = (root / MANIFEST).read_text("utf-8").splitlines()
    return [Shard(**json.loads(line)) for line in lines]


def manifest_text(shards: Iterable[Shard]) -> str:
    """Give the content of `manifest.jsonl`."""
    return "".join(json.dumps(asdict(shard), ensure_ascii=False) + "\n" for shard in shards)


def read_sums(root: Path) -> dict[str, str]:
    """Read `SHA256SUMS`: path -> checksum; a damaged one gives paths and sums that are not there."""
    lines = (root / SUMS).read_text("utf-8", errors="replace").splitlines()
    return {path: digest for digest, _, path in (line.partition("  ") for line in lines)}


def sums_text(sums: dict[str, str]) -> str:
    """Give the content of `SHA256SUMS`, as `sha256sum --check` reads it."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(sums.items()))

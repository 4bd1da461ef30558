"""A release in OpenEuroLLM's layout of a dataset, as its training-data-packer takes it.

`release/xxx_Xxxx/shard_0000.jsonl.zst` holds documents with `text`, at most a million a file, in files
named as the packer names its own. `source` is a link to `release`: the packer reads the one and writes
the other, and finds there what it would have written. `counts/`, `md5/` and `metadata.yaml` are as in
their collection.
"""

import hashlib
import io
import json
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import yaml
import zstandard

from ..errors import UsageError
from .manifest import Shard, read_facts, read_shards

_SUMMED = ("files", "bytes", "documents", "segments", "characters")
_SHARD_DOCUMENTS = 1_000_000
_SHARD = "1md"
"""The same as the packer writes it: a million documents."""


def export(root: Path, out: Path) -> dict[str, Any]:
    """Write a release to `out`, which must not be there, in OpenEuroLLM's layout; return its counts.

    Raises:
        UsageError: `root` is no release, or `out` is there.

    """
    facts, shards = read_facts(root), read_shards(root)
    if out.exists():
        raise UsageError(f"{out}: expected a new folder, found one; name another with --out")
    building = out.with_name(f"{out.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    (building / "release").mkdir(parents=True)
    (building / "source").symlink_to("release")
    languages: dict[str, list[Shard]] = {}
    for shard in shards:
        languages.setdefault(shard.language, []).append(shard)
    counts = {name: _language(root, building, name, own) for name, own in languages.items()}
    whole = _counts(counts.values())
    written = {f"{name}/release.json": _counts([row]) for name, row in counts.items()}
    for name, content in (written | {"release.json": whole}).items():
        _write(building / "counts" / name, json.dumps(content, indent=2) + "\n")
    _write(building / "metadata.yaml", _metadata(facts, list(languages)))
    for name in languages:
        _write(building / "md5" / f"{name}.md5", _md5(building, name))
    building.replace(out)
    return whole


def _language(root: Path, out: Path, language: str, shards: list[Shard]) -> dict[str, Any]:
    began = time.monotonic()
    folder = out / "release" / language
    folder.mkdir()
    counts: dict[str, Any] = dict.fromkeys(_SUMMED, 0)
    seen: Counter[str] = Counter()
    writer: io.BufferedIOBase | None = None
    for row in _rows(root, shards):
        if counts["documents"] % _SHARD_DOCUMENTS == 0:
            if writer:
                writer.close()
            writer = _open(folder / f"shard_{counts['files']:04}.jsonl.zst")
            counts["files"] += 1
        assert writer is not None, "the first document opens the first file"
        writer.write(_line(row))
        seen.update(row.keys())
        counts["documents"] += 1
        counts["segments"] += sum(1 for line in row["text"].split("\n") if line)
        counts["characters"] += len(row["text"])
    if writer:
        writer.close()
    counts["bytes"] = sum(path.stat().st_size for path in folder.iterdir())
    return counts | {
        "time": round(time.monotonic() - began, 3),
        "keys": _keys(seen, counts["documents"]),
    }


def _line(row: dict[str, Any]) -> bytes:
    """Write a document as a line of JSON, moments in ISO 8601.

    >>> _line({"rights": {"time": datetime(2026, 11, 24, tzinfo=UTC)}})
    b'{"rights": {"time": "2026-11-24T00:00:00Z"}}\\n'
    """
    return json.dumps(row, ensure_ascii=False, allow_nan=False, default=_moment).encode() + b"\n"


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _keys(seen: Mapping[str, int], documents: int) -> dict[str, list[str]]:
    """Tell the keys that each document has from those that only some have."""
    return {
        "required": [name for name, number in seen.items() if number == documents],
        "optional": [name for name, number in seen.items() if number < documents],
    }


def _open(path: Path) -> Any:
    return zstandard.open(path, "wb", cctx=zstandard.ZstdCompressor(level=3, write_checksum=True))


def _rows(root: Path, shards: Iterable[Shard]) -> Iterator[dict[str, Any]]:
    """Read documents as JSON has them: without nulls."""
    for shard in shards:
        with pq.ParquetFile(root / shard.path) as file:
            for group in range(file.metadata.num_row_groups):
                frame = pl.DataFrame(file.read_row_group(group, use_threads=False))
                for row in frame.iter_rows(named=True):
                    yield {name: value for name, value in row.items() if value is not None}


def _counts(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Add up what was counted by language to the content of a `counts.json`."""
    rows = list(rows)
    everywhere = (
        set.intersection(*(set(row["keys"]["required"]) for row in rows)) if rows else set()
    )
    names = dict.fromkeys(
        name for row in rows for name in (*row["keys"]["required"], *row["keys"]["optional"])
    )
    return {
        **{name: sum(row[name] for row in rows) for name in _SUMMED},
        "tokens": None,
        "time": round(sum(row["time"] for row in rows), 3),
        "errors": 0,
        "tokenizer": None,
        "keys": {
            "required": [name for name in names if name in everywhere],
            "optional": [name for name in names if name not in everywhere],
        },
    }


def _metadata(facts: dict[str, Any], languages: list[str]) -> str:
    """Write `metadata.yaml`: what the packer's schema asks for; each language is a part.

    Parts stand under `release` too: where the packer merges files, it looks for them there.
    """
    content = {
        "name": facts["name"],
        "url": facts["url"],
        "catalogue": f"{facts['name'].lower().replace(' ', '-')}/{facts['version']}",
        "suffix": ".jsonl.zst",
        "id": "id",
        "text": "text",
        "source": {language: {} for language in languages},
        "release": {
            "default": {
                "input": "source",
                "annotations": [],
                "mask": [],
                "scrub": [],
                "pack": "tree",
                "sample": "full",
                "shard": _SHARD,
            },
            **{language: {} for language in languages},
        },
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)


def _md5(out: Path, language: str) -> str:
    lines = []
    for path in sorted((out / "release" / language).iterdir()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        lines.append(f"{digest.hexdigest()}  {path.relative_to(out).as_posix()}\n")
    return "".join(lines)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")

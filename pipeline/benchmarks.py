"""The evaluation sets that the user names: read, described for the record, compiled for the workers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from ..filters.contamination import Benchmark, Index, build_index
from .config import BenchmarkFile, Config
from .errors import UsageError
from .storage.fingerprint import fingerprint, sha256
from .storage.folder import RunFolder


def describe_benchmarks(config: Config) -> list[dict[str, Any]]:
    """Give what is recorded of each evaluation set.

    Raises:
        UsageError: a file is not there.
    """
    return [_description(named) for named in config.contamination.benchmarks]


def _description(named: BenchmarkFile) -> dict[str, Any]:
    path = Path(named.path)
    if not path.is_file():
        raise UsageError(
            f"{path}: expected a file of an evaluation set (JSONL, Parquet, or an item a line), found "
            "none; put right `contamination.benchmarks`"
        )
    return {
        "name": named.name or path.stem,
        "path": named.path,
        "fields": list(named.fields),
        "licence": named.licence,
        "version": named.version,
        "sha256": sha256(path),
    }


def identity(descriptions: list[dict[str, Any]]) -> str:
    """Name what some evaluation sets are compared by."""
    return fingerprint({"sets": [[d["name"], d["fields"], d["sha256"]] for d in descriptions]})


def compile_index(
    folder: RunFolder, config: Config, descriptions: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Write what the workers look into, unless it is there.

    Returns:
        The descriptions, each with its `ngrams` and the items that were too short to compare.

    Raises:
        UsageError: a file cannot be read as what its name says, or has no such field.
    """
    name = identity(descriptions)
    target = folder.benchmark_index(name)
    for old in (folder.root / target).parent.glob("benchmarks-*.npz"):
        if old.name != Path(target).name or not descriptions:
            old.unlink()
    if not descriptions:
        return []
    if not (folder.root / target).exists():
        _write(folder, target, config, descriptions)
    return _counted(load_index(folder, name), descriptions)


def _write(
    folder: RunFolder, target: str, config: Config, descriptions: list[dict[str, Any]]
) -> None:
    index = build_index(
        Benchmark(described["name"], _items(named))
        for named, described in zip(config.contamination.benchmarks, descriptions, strict=True)
    )
    with folder.atomic(target) as path, path.open("wb") as file:
        np.savez(
            file,
            names=np.array(index.names),
            keys=index.keys,
            owners=index.owners,
            skipped=np.array(index.skipped),
        )


def _counted(index: Index, descriptions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ngrams = np.bincount(index.owners, minlength=len(index.names))
    places = {name: place for place, name in enumerate(index.names)}
    return [
        described
        | {
            "ngrams": int(ngrams[places[described["name"]]]),
            "items_too_short": index.skipped[places[described["name"]]],
        }
        for described in descriptions
    ]


def load_index(folder: RunFolder, name: str) -> Index:
    """Read what `compile_index` wrote."""
    with np.load(folder.root / folder.benchmark_index(name)) as arrays:
        names, skipped = map(str, arrays["names"]), map(int, arrays["skipped"])
        return Index(tuple(names), arrays["keys"], arrays["owners"], tuple(skipped))


def _items(named: BenchmarkFile) -> Iterator[str]:
    """Give the texts of an evaluation set: the named fields, or all that are text."""
    path = Path(named.path)
    found = False
    for row in _rows(path):
        for field in named.fields or row:
            for text in _strings(row.get(field)):
                found = True
                yield text
    if not found:
        fields = ", ".join(named.fields) or "any field"
        raise UsageError(f"{path}: expected text in {fields}, found none; name others as `fields`")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.suffix == ".parquet":
        for batch in pq.ParquetFile(path).iter_batches():
            yield from batch.to_pylist()
        return
    is_json = path.suffix in (".jsonl", ".ndjson", ".json")
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _parsed(line, path, number) if is_json else {"line": line}


def _parsed(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}:{number}: expected a JSON object a line: {error}") from None
    return row if isinstance(row, dict) else {"line": row}


def _strings(value: object) -> Iterator[str]:
    """Give the texts in a value, lists and objects included."""
    if isinstance(value, str):
        yield value.encode("utf-8", "replace").decode()  # JSON may hold lone surrogates
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)

"""The deduplication keys of a release: runs that come after compare with them, and need no text.

`dedup/index/` mirrors `data/`, as in the folder of a run, so `dedup.against` takes a release as well.
"""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ..storage.fingerprint import sha256
from ..storage.folder import RunFolder
from .manifest import Shard
from .shards import rewrite, without

MANIFEST = "dedup/index/manifest.json"


def index_of(shard: str) -> str:
    """Give the path of a shard's keys.

    >>> index_of("data/mlt_Latn/train-00000-of-00001.parquet")
    'dedup/index/mlt_Latn/train-00000-of-00001.parquet'
    """
    return "dedup/index/" + shard.removeprefix("data/")


def publish_keys(folder: RunFolder, target: Path, name: str, shards: Iterable[Shard]) -> None:
    """Copy the keys of a run's shards, and name them for what was published of these."""
    shape = json.loads(folder.index_manifest.read_text("utf-8"))["shape"]
    files = {}
    for shard in shards:
        path = index_of(shard.path)
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder.root / path, target / path)
        files[shard.path] = _described(target, shard)
    _write(target, name, shape, shards, files)


def cut_keys(root: Path, staging: Path, shard: str, gone: Iterable[str]) -> dict[str, str]:
    """Write the keys of a shard without those of some ids; give the digests of these, in hexadecimal."""
    ids = list(gone)
    digests: dict[str, str] = {}
    rows = 0

    def change(table: pa.Table) -> pa.Table:
        nonlocal rows
        frame = pl.DataFrame(table.select(["id", "digest"]))
        here = frame["id"].is_in(ids)
        digests.update(
            frame.filter(here).with_columns(pl.col("digest").bin.encode("hex")).iter_rows()
        )
        left = without(table, here)
        numbers = pa.array(np.arange(rows, rows + left.num_rows))
        rows += left.num_rows
        return left.set_column(left.column_names.index("row"), "row", numbers)

    rewrite(root / index_of(shard), staging / index_of(shard), change, {})
    return digests


def update_manifest(root: Path, staging: Path, name: str, shards: Iterable[Shard]) -> None:
    """Write the list of keys anew, for shards of which some were cut."""
    old = json.loads((root / MANIFEST).read_text("utf-8"))
    known = {file["shard"]: file for files in old["languages"].values() for file in files}
    files = {
        shard.path: _described(staging, shard)
        if (staging / index_of(shard.path)).exists() else known[shard.path]
        for shard in shards
    }  # fmt: skip
    _write(staging, name, old["shape"], shards, files)


def _described(root: Path, shard: Shard) -> dict[str, Any]:
    path = root / index_of(shard.path)
    return {
        "path": index_of(shard.path),
        "shard": shard.path,
        "rows": pq.read_metadata(path).num_rows,
        "bytes": path.stat().st_size,
        "sha256": sha256(path),
        "shard_bytes": shard.bytes,
        "shard_sha256": shard.sha256,
    }


def _write(
    target: Path, name: str, shape: Any, shards: Iterable[Shard], files: dict[str, dict[str, Any]]
) -> None:
    languages: dict[str, list[dict[str, Any]]] = {}
    for shard in shards:
        languages.setdefault(shard.language, []).append(files[shard.path])
    content = {"format": 1, "release": name, "shape": shape, "languages": languages}
    (target / MANIFEST).parent.mkdir(parents=True, exist_ok=True)
    (target / MANIFEST).write_text(json.dumps(content, indent=1) + "\n", "utf-8")

"""Whether a release is whole: every checksum, every row count, and figures that agree."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from ..storage.fingerprint import sha256
from .facts import TOOL
from .manifest import (
    DOMAINS,
    FACTS,
    SUMS,
    Shard,
    describe_shard,
    read_facts,
    read_shards,
    read_sums,
    sums_text,
)
from .papers import papers
from .staging import recover


def verify(root: Path) -> dict[str, Any]:
    """Read every byte of a release; `problems` says all that is not as it must be.

    A take-down that a crash cut short is finished, or undone, first.

    Raises:
        UsageError: `root` is no release.

    """
    if not (root / FACTS).exists() and not (root / SUMS).exists():
        read_facts(root)
    recover(root)
    sums = read_sums(root) if (root / SUMS).exists() else {}
    problems = list(_files(root, sums))
    if problems:  # nothing that a damaged file says is worth reading
        return {
            "release": "",
            "version": "",
            "files": len(sums),
            "documents": 0,
            "problems": problems,
        }
    facts, shards = read_facts(root), read_shards(root)
    problems = [*_shards(root, sums, shards), *_papers(root, facts, shards)]
    rows = sum(shard.rows for shard in shards)
    return {
        "release": facts["name"],
        "version": facts["version"],
        "files": len(sums),
        "documents": rows,
        "problems": [*problems, *_balance(facts, rows)],
    }


def _files(root: Path, sums: dict[str, str]) -> Iterator[str]:
    """Hold the files that are there against those that are named."""
    if not sums:
        yield f"{SUMS}: missing or empty"
    elif (root / SUMS).read_bytes() != sums_text(sums).encode():
        yield f"{SUMS}: its bytes are not as they were written"
    there = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and path != root / SUMS
    }
    for path in sorted(there - sums.keys()):
        yield f"{path}: no checksum is known for it"
    for path, digest in sorted(sums.items()):
        if path not in there:
            yield f"{path}: missing"
        elif sha256(root / path) != digest:
            yield f"{path}: its bytes are not those that were published"


def _shards(root: Path, sums: dict[str, str], shards: list[Shard]) -> Iterator[str]:
    """Hold every shard against its line of the manifest."""
    for shard in shards:
        if sums.get(shard.path) != shard.sha256:
            yield f"{shard.path}: the manifest's checksum is not that of {SUMS}"
        rows = pq.read_metadata(root / shard.path).num_rows
        if rows != shard.rows:
            yield f"{shard.path}: {shard.rows} rows expected, {rows} found"
        elif describe_shard(root, shard.path, shard.language) != shard:
            yield f"{shard.path}: its figures are not those of the manifest"


def _papers(root: Path, facts: dict[str, Any], shards: list[Shard]) -> Iterator[str]:
    """Write every paper again, and hold it against the one that is there.

    What another version of eurocorpus wrote may be worded otherwise; its checksum must do.
    """
    counts = pl.read_parquet(root / DOMAINS)
    for path, text in papers(facts, shards, counts) if facts["tool"] == TOOL else ():
        if (root / path).read_text("utf-8") != text:
            yield f"{path}: it does not say what the release holds"
    if counts["documents"].sum() != sum(shard.rows for shard in shards):
        yield f"{DOMAINS}: its documents are not as many as those of the shards"


def _balance(facts: dict[str, Any], rows: int) -> list[str]:
    """Hold the ledger's figures against each other, and against the rows that are here."""
    problems = []
    for name, flow in {"in all": facts["flow"], **facts["languages"]}.items():
        if flow["documents_in"] != flow["documents"] + sum(flow["dropped"].values()):
            problems.append(f"release.json: the ledger's documents do not balance, {name}")
    if rows != facts["flow"]["documents"] - facts["taken_down"]:
        problems.append("release.json: documents kept less those taken down are not the rows here")
    return problems

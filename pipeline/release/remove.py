"""Take-downs: documents leave a published release, and only the shards that held them are written."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import UsageError
from ..report.domains import host
from ..storage.fingerprint import sha256
from . import domains
from .manifest import (
    DOMAINS,
    SUMS,
    TOMBSTONES,
    Shard,
    describe_shard,
    read_facts,
    read_shards,
    read_sums,
    sums_text,
)
from .release import write
from .shards import rewrite, without
from .staging import begin, commit, recover


@dataclass(frozen=True, slots=True)
class Requests:
    """Whose documents go: ids, whole URLs, and domains with all that is below them."""

    ids: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()

    @classmethod
    def of(cls, ids: Iterable[str], urls: Iterable[str], names: Iterable[str]) -> "Requests":
        """Take requests as they were typed."""
        folded = (name.strip().lower().strip(".") for name in names)
        return cls(frozenset(ids), frozenset(urls), frozenset(name for name in folded if name))

    def matches(self, frame: pl.DataFrame) -> pl.Series:
        """Say which documents (columns `id`, `url`) are asked for."""
        hosts = frame.select(host(pl.col("url")))["url"]
        wanted = {name for name in hosts.unique() if self._covers(name)}
        return (
            frame["id"].is_in(list(self.ids))
            | frame["url"].is_in(list(self.urls))
            | hosts.is_in(list(wanted))
        ).fill_null(False)

    def _covers(self, name: str) -> bool:
        labels = name.split(".")
        return any(".".join(labels[start:]) in self.domains for start in range(len(labels)))


def remove(
    root: Path,
    requests: Requests,
    *,
    reason: str,
    date: str,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Take documents out of a release; give the new version and how many went from which shards.

    Tombstones keep id, language, reason and date, and no content. The first number of the version
    goes up. The change happens whole or not at all. Where nothing matches, nothing changes.

    Raises:
        UsageError: `root` is no release, or nothing was asked for.

    """
    if not (requests.ids or requests.urls or requests.domains):
        raise UsageError("nothing to remove: name documents with --ids, --url or --domain")
    recover(root)
    facts = read_facts(root)
    staging = begin(root)
    old = read_shards(root)
    counts = pl.read_parquet(root / DOMAINS)
    new: list[Shard] = []
    tombs: list[dict[str, str]] = []
    touched: dict[str, int] = {}
    emptied: list[str] = []
    for shard in old:
        found = _found(root / shard.path, requests)
        if not found.height:
            new.append(shard)
            continue
        counts = domains.subtract(counts, domains.count(found, shard.language))
        tombs += [
            {"id": id, "language": shard.language, "reason": reason, "date": date}
            for id in found["id"].sort()
        ]
        touched[shard.path] = found.height
        tell(f"{shard.path}: {found.height:,} documents taken down")
        if found.height == shard.rows:
            emptied.append(shard.path)
        else:
            new.append(_cut(root, staging, shard, requests))
    if tombs:
        facts |= {
            "version": _next(facts["version"]),
            "date": date,
            "taken_down": facts["taken_down"] + len(tombs),
        }
        _stage(root, staging, facts, new, counts, tombs, reason)
        staged = [
            path.relative_to(staging).as_posix() for path in staging.rglob("*") if path.is_file()
        ]
        commit(root, staged, emptied)
    else:
        staging.rmdir()
    return {"version": facts["version"], "removed": len(tombs), "shards": touched}


def _found(path: Path, requests: Requests) -> pl.DataFrame:
    """Read the documents of a shard that are asked for; text only of row groups that hold one."""
    found = [pl.DataFrame(schema={"id": pl.String, "url": pl.String, "text": pl.String})]
    with pq.ParquetFile(path) as file:
        for group in range(file.metadata.num_row_groups):
            keys = pl.DataFrame(file.read_row_group(group, ["id", "url"]))
            if requests.matches(keys).any():
                frame = pl.DataFrame(file.read_row_group(group, ["id", "url", "text"]))
                found.append(frame.filter(requests.matches(frame)))
    return pl.concat(found)


def _cut(root: Path, staging: Path, shard: Shard, requests: Requests) -> Shard:
    """Write a shard without the documents that are asked for."""

    def change(table: pa.Table) -> pa.Table:
        return without(table, requests.matches(pl.DataFrame(table.select(["id", "url"]))))

    rewrite(
        root / shard.path, staging / shard.path, change, {"eurocorpus.language": shard.language}
    )
    return describe_shard(staging, shard.path, shard.language)


def _stage(
    root: Path,
    staging: Path,
    facts: dict[str, Any],
    shards: list[Shard],
    counts: pl.DataFrame,
    tombs: list[dict[str, str]],
    reason: str,
) -> None:
    """Write all that follows from a take-down beside the shards that it cut."""
    write(staging, facts, shards, counts)
    lines = "".join(json.dumps(tomb, ensure_ascii=False) + "\n" for tomb in tombs)
    (staging / TOMBSTONES).write_text((root / TOMBSTONES).read_text("utf-8") + lines, "utf-8")
    head, _, rest = (root / "CHANGELOG.md").read_text("utf-8").partition("\n## ")
    news = f"## {facts['version']}, {facts['date']}\n\n{len(tombs):,} documents taken down: {reason}.\n"
    (staging / "CHANGELOG.md").write_text(f"{head}\n{news}\n## {rest}", "utf-8")
    evidence = {
        path: digest for path, digest in read_sums(root).items()
        if path.startswith("evidence/") or path == "config.yaml"
    }  # fmt: skip
    known = evidence | {shard.path: shard.sha256 for shard in shards}
    fresh = {
        name: sha256(path)
        for path in staging.rglob("*")
        if path.is_file() and (name := path.relative_to(staging).as_posix()) not in known
    }
    (staging / SUMS).write_text(sums_text(known | fresh), "utf-8")


def _next(version: str) -> str:
    """Raise the first number of a version, as Croissant asks for when records are removed.

    >>> _next("1.4.2")
    '2.0.0'
    """
    return f"{int(version.split('.')[0]) + 1}.0.0"

"""What hosts say about all their pages: gathered from inputs and snapshots, the latest of each host.

What was found in inputs is `rights/evidence/`; what was given with `--robots` is `rights/snapshots/`.
Snapshots count over inputs, a later one over an earlier one; else the latest answer counts. They are
compiled for the workers into one file, as block lists are: about 2 kB of memory a host.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from .config import Config
from .extract.rights import host_of, load_agents
from .snapshots import read_snapshot
from .stages import documents
from .stages.evidence import bucket_of
from .stages.rights import KnownHosts
from .storage import schema
from .storage.fingerprint import fingerprint
from .storage.folder import RunFolder
from .storage.ledger import Output, read_entry
from .storage.parquet import iterate_rows, write_rows

_MOST_REDIRECTS = 5  # RFC 9309, 2.3.1.2
_KEY = ["host", "kind"]
_BATCH = 10_000
_MOST_WAITING = 100_000  # answers before they are reduced to the latest of each host


def import_snapshots(folder: RunFolder, paths: Iterable[str]) -> list[dict[str, Any]]:
    """Copy snapshots into the run, which keeps them for good, and describe all that it has.

    Raises:
        UsageError: a snapshot is not there, or holds nothing.

    """
    for path in paths:
        with folder.workspace() as scratch:
            digest = _copy(Path(path), scratch / "snapshot.parquet")
            known = sorted(folder.snapshots.glob("*.parquet"))
            if not any(file.stem.endswith(digest) for file in known):
                target = folder.snapshots / f"{len(known) + 1:04}-{digest}.parquet"
                with folder.atomic(target.relative_to(folder.root)) as temporary:
                    (scratch / "snapshot.parquet").replace(temporary)
    return [
        {"name": file.stem, "hosts": _hosts(file), "files": pq.read_metadata(file).num_rows}
        for file in sorted(folder.snapshots.glob("*.parquet"))
    ]


def _copy(snapshot: Path, target: Path) -> str:
    """Write a snapshot as the run keeps it; give a digest of its content."""
    digest = xxhash.xxh3_128()

    def tables() -> Iterator[pa.Table]:
        rows = read_snapshot(snapshot)
        while batch := list(islice(rows, _BATCH)):
            for row in batch:
                digest.update("\0".join(str(value) for value in row.values()).encode() + b"\n")
            yield pa.Table.from_pylist(batch, schema.EVIDENCE)

    write_rows(target, tables(), schema.EVIDENCE)
    return digest.hexdigest()[:16]


def _hosts(file: Path) -> int:
    return int(pl.read_parquet(file, columns=["host"])["host"].n_unique())


def compile_hosts(folder: RunFolder, units: Iterable[str]) -> KnownHosts:
    """Write what is known of all hosts by now.

    `units` are those of `documents`, all committed.
    """
    found = [output for unit in sorted(units) for output in _found(folder, unit)]
    snapshots = sorted(folder.snapshots.glob("*.parquet"))
    sources = [(0, folder.root / output.path) for output in found] + list(enumerate(snapshots, 1))
    contents = [*(output.sha256 for output in found), *(path.stem for path in snapshots)]
    name = fingerprint({"files": contents, "snapshots": len(snapshots)}) if sources else ""
    target = folder.root / folder.host_rights(name)
    for old in target.parent.glob("hosts-*.parquet"):
        if old.name != target.name:
            old.unlink()
    if sources and not target.exists():
        with folder.atomic(target.relative_to(folder.root)) as temporary:
            write_rows(temporary, _batches(_latest(sources)), schema.EVIDENCE)
    return KnownHosts(name, _digests(target) if sources else {})


def _digests(compiled: Path) -> dict[int, str]:
    """Give a digest of what is known of each part of the web, by `bucket_of`."""
    digests: dict[int, xxhash.xxh3_128] = {}
    for table in iterate_rows(compiled, [*_KEY, "status", "time", "body"]):
        for row in pl.DataFrame(table).iter_rows():
            part = digests.setdefault(bucket_of(row[0]), xxhash.xxh3_128())
            part.update("\0".join(map(str, row)).encode() + b"\n")
    return {bucket: digest.hexdigest() for bucket, digest in digests.items()}


def describe_rights(config: Config, snapshots: list[dict[str, Any]]) -> dict[str, Any]:
    """Give what is recorded of how reservations were dealt with."""
    agents = load_agents(Path(config.rights.agents)) if config.rights.agents else load_agents()
    return {
        "policy": config.rights.policy,
        "agent": config.rights.agent,
        "agents": {"version": agents.version, "names": list(agents.names)},
        "snapshots": snapshots,
    }


def _found(folder: RunFolder, unit: str) -> list[Output]:
    entry = read_entry(folder, documents.STAGE, unit)
    outputs = entry.outputs if entry else ()
    return [output for output in outputs if output.path == folder.evidence(unit)]


def _latest(sources: list[tuple[int, Path]]) -> pl.DataFrame:
    """Give of each host and kind the answer that counts, redirections followed, sorted."""
    best = pl.DataFrame(pa.Table.from_pylist([], schema.EVIDENCE)).with_columns(rank=pl.lit(0))
    waiting = [best]
    for rank, path in sources:
        # Whoever cannot answer (5xx, 429) says nothing now, and what was said before stands.
        answers = pl.read_parquet(path).filter(
            pl.col("status").is_between(200, 499), pl.col("status") != 429
        )
        waiting.append(answers.with_columns(rank=pl.lit(rank)).select(best.columns))
        if sum(frame.height for frame in waiting[1:]) > max(_MOST_WAITING, waiting[0].height):
            waiting = [_reduced(waiting)]
    best = _reduced(waiting)
    return _redirected(best.drop("rank")).sort(_KEY)


def _reduced(frames: list[pl.DataFrame]) -> pl.DataFrame:
    order = ["rank", "time", "status", "url", "body"]
    both = pl.concat(frames).sort(order, nulls_last=False)
    return both.unique(_KEY, keep="last", maintain_order=True)


def _redirected(best: pl.DataFrame) -> pl.DataFrame:
    """Put in the place of a redirection what it leads to, if that is known."""
    moved = best.filter(pl.col("status").is_between(300, 399))
    if moved.is_empty():
        return best
    at = {(host, kind): (status, location) for host, kind, status, location in
          best.select(*_KEY, "status", "location").iter_rows()}  # fmt: skip
    ends = [
        (host, kind, end)
        for host, kind in moved.select(_KEY).iter_rows()
        if (end := _follow(host, kind, at))
    ]
    targets = pl.DataFrame(ends, dict.fromkeys([*_KEY, "end"], pl.String), orient="row")
    there = best.rename({"host": "end"}).join(targets, ["end", "kind"]).select(best.columns)
    return pl.concat([best.filter(~pl.col("status").is_between(300, 399)), there])


def _follow(host: str, kind: str, at: dict[tuple[str, str], tuple[int, str]]) -> str:
    """Give the host whose file answers in the end; empty where that is unknown."""
    for _ in range(_MOST_REDIRECTS):
        status, location = at.get((host, kind), (0, ""))
        if not 300 <= status < 400:
            return host if status else ""
        host = host_of(location) or host
    return ""


def _batches(frame: pl.DataFrame) -> Iterator[pa.Table]:
    for start in range(0, frame.height, _BATCH):
        yield frame.slice(start, _BATCH).to_arrow()

"""What hosts say about all their pages: gathered from inputs and snapshots, the latest of each host.

What was found in inputs is `rights/evidence/`; what was given with `--robots` is `rights/snapshots/`.
Snapshots count over inputs, a later one over an earlier one; else the latest answer counts. They are
compiled for the workers into one file, as block lists are: about 2 kB of memory a host.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from .config import Config
from .extract.rights import host_of, load_agents
from .snapshots import read_snapshot
from .stages import documents
from .storage import schema
from .storage.fingerprint import fingerprint, sha256
from .storage.folder import RunFolder
from .storage.ledger import read_entry
from .storage.parquet import write_rows

_MOST_REDIRECTS = 5  # RFC 9309, 2.3.1.2
_KEY = ["host", "kind"]
_BATCH = 10_000


def import_snapshots(folder: RunFolder, paths: Iterable[str]) -> list[dict[str, Any]]:
    """Copy snapshots into the run, which keeps them for good, and describe all that it has.

    Raises:
        UsageError: a snapshot is not there, or holds nothing.

    """
    for path in paths:
        rows = list(read_snapshot(Path(path)))
        table = pa.Table.from_pylist(rows, schema.EVIDENCE)
        digest = fingerprint({"rows": [[str(value) for value in row.values()] for row in rows]})[
            :16
        ]
        known = sorted(folder.snapshots.glob("*.parquet"))
        if not any(file.stem.endswith(digest) for file in known):
            number = len(known) + 1
            target = folder.snapshots / f"{number:04}-{digest}.parquet"
            with folder.atomic(target.relative_to(folder.root)) as temporary:
                write_rows(temporary, [table], schema.EVIDENCE)
    return [
        {"name": file.stem, "hosts": _hosts(file), "files": pq.read_metadata(file).num_rows}
        for file in sorted(folder.snapshots.glob("*.parquet"))
    ]


def _hosts(file: Path) -> int:
    return int(pl.read_parquet(file, columns=["host"])["host"].n_unique())


def compile_hosts(folder: RunFolder, config: Config, units: Iterable[str]) -> str:
    """Write what is known of all hosts by now, and name it; empty where nothing is known.

    `units` are those of `documents`, all committed.
    """
    files = [path for unit in sorted(units) for path in _found(folder, unit)]
    snapshots = sorted(folder.snapshots.glob("*.parquet"))
    sources = [*((0, path) for path in files), *enumerate(snapshots, 1)]
    if not sources:
        return ""
    name = fingerprint({"files": [[rank, sha256(path)] for rank, path in sources]})
    target = folder.root / folder.host_rights(name)
    for old in target.parent.glob("hosts-*.parquet"):
        if old.name != target.name:
            old.unlink()
    if not target.exists():
        with folder.atomic(target.relative_to(folder.root)) as temporary:
            write_rows(temporary, _batches(_latest(sources)), schema.EVIDENCE)
    return name


def describe_rights(config: Config, snapshots: list[dict[str, Any]]) -> dict[str, Any]:
    """Give what is recorded of how reservations were dealt with."""
    agents = load_agents(Path(config.rights.agents)) if config.rights.agents else load_agents()
    return {
        "policy": config.rights.policy,
        "agent": config.rights.agent,
        "agents": {"version": agents.version, "names": list(agents.names)},
        "snapshots": snapshots,
    }


def _found(folder: RunFolder, unit: str) -> list[Path]:
    entry = read_entry(folder, documents.STAGE, unit)
    path = folder.evidence(unit)
    outputs = entry.outputs if entry else ()
    return [folder.root / path] if any(output.path == path for output in outputs) else []


def _latest(sources: list[tuple[int, Path]]) -> pl.DataFrame:
    """Give of each host and kind the answer that counts, redirections followed, sorted."""
    best = pl.DataFrame(pa.Table.from_pylist([], schema.EVIDENCE)).with_columns(rank=pl.lit(0))
    order = ["rank", "time", "status", "url", "body"]
    for rank, path in sources:
        # Whoever cannot answer (5xx, 429) says nothing now, and what was said before stands.
        answers = pl.read_parquet(path).with_columns(rank=pl.lit(rank)).filter(
            pl.col("status").is_between(200, 428) | pl.col("status").is_between(430, 499)
        )  # fmt: skip
        best = pl.concat([best, answers.select(best.columns)])
        best = best.sort(order, nulls_last=False).unique(_KEY, keep="last", maintain_order=True)
    return _redirected(best.drop("rank")).sort(_KEY)


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

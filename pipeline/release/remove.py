"""Take-downs: documents leave a published release, and only the shards that held them are written."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import UsageError
from ..storage.fingerprint import sha256
from ..suppression import NAME as SUPPRESSION
from . import domains
from .keys import cut_keys, index_of, update_manifest
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
from .requests import Requests
from .shards import rewrite, without
from .staging import begin, commit, recover


@dataclass(frozen=True, slots=True)
class _Found:
    """The ids of documents of a shard that are asked for, those by their content, and all their domains."""

    ids: list[str]
    by_content: list[str]
    counts: pl.DataFrame


def remove(
    root: Path,
    requests: Requests,
    *,
    reason: str,
    date: str,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Take documents out of a release; give the new version and how many went from which shards.

    Tombstones keep id, language, reason and date, and no content. What was asked for goes to the
    suppression list, found or not, so that it does not come (back) with a later run; a document
    that was named by id or text is suppressed by its text as well. The first number of the version
    goes up where documents went. The change happens whole or not at all.

    Raises:
        UsageError: `root` is no release, or nothing was asked for.

    """
    if not requests:
        raise UsageError(
            "nothing to remove: name documents with --requests, --ids, --url, --domain or --text"
        )
    recover(root)
    facts = read_facts(root)
    shards = read_shards(root)
    staging = begin(root)
    change = _Change(root, staging, requests)
    for shard in shards:
        if number := change.cut(shard):
            tell(f"{shard.path}: {number:,} documents taken down")
    tombs = [tomb | {"reason": reason, "date": date} for tomb in change.tombs]
    if tombs:
        facts |= {
            "version": _next(facts["version"]),
            "date": date,
            "taken_down": facts["taken_down"] + len(tombs),
        }
        _stage(change, facts, tombs, reason)
    suppressed = _suppress(root, staging, requests.suppressed(change.digests), reason, date)
    if tombs or suppressed:
        (staging / SUMS).write_text(sums_text(change.sums()), "utf-8")
        commit(root, change.staged(), change.gone)
    else:
        shutil.rmtree(staging)
    return {
        "version": facts["version"],
        "removed": len(tombs),
        "shards": change.touched,
        "suppressed": suppressed,
    }


class _Change:
    """A take-down on its way: what is staged, what goes, and what is left."""

    def __init__(self, root: Path, staging: Path, requests: Requests) -> None:
        self.root = root
        self.staging = staging
        self.requests = requests
        self.left: list[Shard] = []
        self.tombs: list[dict[str, str]] = []
        self.touched: dict[str, int] = {}
        self.digests: set[str] = set()
        self.gone: list[str] = []
        self._gone_domains: list[pl.DataFrame] = []

    def cut(self, shard: Shard) -> int:
        """Stage a shard without what is asked for; give the number of documents that go."""
        found = _find(self.root / shard.path, self.requests, shard.language)
        number = len(found.ids)
        if not number:
            self.left.append(shard)
            return 0
        self._gone_domains.append(found.counts)
        self.tombs += [{"id": id, "language": shard.language} for id in sorted(found.ids)]
        self.touched[shard.path] = number
        digests = cut_keys(self.root, self.staging, shard.path, found.ids)
        self.digests |= {digests[id] for id in found.by_content if id in digests}
        if number == shard.rows:
            self.gone += [shard.path, index_of(shard.path)]
            (self.staging / index_of(shard.path)).unlink(missing_ok=True)
        else:
            self.left.append(_cut(self.root, self.staging, shard, found.ids))
        return number

    def domains(self) -> pl.DataFrame:
        """Give the documents of each domain as they will be."""
        return domains.subtract(pl.read_parquet(self.root / DOMAINS), self._gone_domains)

    def staged(self) -> list[str]:
        """Name the files that are staged."""
        files = (path for path in self.staging.rglob("*") if path.is_file())
        return [path.relative_to(self.staging).as_posix() for path in files]

    def sums(self) -> dict[str, str]:
        """Give the checksums of the release as it will be."""
        sums = {p: d for p, d in read_sums(self.root).items() if p not in self.gone}
        known = {shard.path: shard.sha256 for shard in self.left}
        return sums | {
            path: known.get(path) or sha256(self.staging / path) for path in self.staged()
        }


def _find(path: Path, requests: Requests, language: str) -> _Found:
    """Find the documents of a shard that are asked for; texts are read where one is asked for or goes."""
    ids: list[str] = []
    by_content: list[str] = []
    counts = []
    with pq.ParquetFile(path) as file:
        for group in range(file.metadata.num_row_groups):
            keys = pl.DataFrame(file.read_row_group(group, requests.columns, use_threads=False))
            content = requests.match_content(keys)
            asked = content | requests.match_place(keys)
            if asked.any():
                ids += keys["id"].filter(asked).to_list()
                by_content += keys["id"].filter(content).to_list()
                sized = pl.DataFrame(file.read_row_group(group, ["url", "text"], use_threads=False))
                counts.append(domains.count(sized.filter(asked), language))
    return _Found(ids, by_content, domains.add(counts))


def _cut(root: Path, staging: Path, shard: Shard, ids: list[str]) -> Shard:
    """Write a shard without some documents."""

    def change(table: pa.Table) -> pa.Table:
        return without(table, pl.DataFrame(table.select(["id"]))["id"].is_in(ids))

    rewrite(
        root / shard.path, staging / shard.path, change, {"eurocorpus.language": shard.language}
    )
    return describe_shard(staging, shard.path, shard.language)


def _stage(
    change: _Change, facts: dict[str, Any], tombs: list[dict[str, str]], reason: str
) -> None:
    """Write all that follows from a take-down beside the shards that it cut."""
    root, staging = change.root, change.staging
    write(staging, facts, change.left, change.domains())
    update_manifest(root, staging, f"{facts['name']} {facts['version']}", change.left)
    lines = "".join(json.dumps(tomb, ensure_ascii=False) + "\n" for tomb in tombs)
    (staging / TOMBSTONES).write_text((root / TOMBSTONES).read_text("utf-8") + lines, "utf-8")
    head, _, rest = (root / "CHANGELOG.md").read_text("utf-8").partition("\n## ")
    news = f"## {facts['version']}, {facts['date']}\n\n{len(tombs):,} documents taken down: {reason}.\n"
    (staging / "CHANGELOG.md").write_text(f"{head}\n{news}\n## {rest}", "utf-8")


def _suppress(
    root: Path, staging: Path, hashes: list[tuple[str, str]], reason: str, date: str
) -> int:
    """Add to the suppression list what is not on it yet; give how many."""
    old = (root / SUPPRESSION).read_text("utf-8")
    known = {(row["kind"], row["hash"]) for row in map(json.loads, old.splitlines())}
    new = [
        {"kind": kind, "hash": digest, "reason": reason, "date": date}
        for kind, digest in hashes
        if (kind, digest) not in known
    ]
    if new:
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in new)
        (staging / SUPPRESSION).write_text(old + lines, "utf-8")
    return len(new)


def _next(version: str) -> str:
    """Raise the first number of a version, as Croissant asks for when records are removed.

    >>> _next("1.4.2")
    '2.0.0'
    """
    return f"{int(version.split('.')[0]) + 1}.0.0"

"""Deduplicate: which kept documents of a language are copies of others, with evidence.

Only keys travel until there are candidates. Equal digests are exact duplicates; documents that
share a band of their signatures are candidates, joined to components; the texts of a component
are then read and compared, and a document is removed only for its measured similarity to a
document that is kept. Survivors are chosen by length, then earliest capture, then id.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from ...dedup import components, verify
from ..config import Config
from ..engine import Unit
from ..storage import schema
from ..storage.fingerprint import code_version, fingerprint
from ..storage.folder import RunFolder
from ..storage.ledger import is_committed, read_entry
from ..storage.parquet import iterate_language, read_language, write_rows
from . import judge
from .dropped import Dropped, dropped_file
from .work import Beat, Work

STAGE = "deduplicate"

_CODE = ("dedup", "pipeline/storage/parquet.py", "pipeline/storage/schema.py",
         "pipeline/stages/deduplicate.py")  # fmt: skip
_PACKAGES = ("numba", "numpy", "pyarrow")
_BUCKET_BYTES = 64 << 20
"""Text of the components that are compared at a time."""

Rows = npt.NDArray[np.int64]


def units(config: Config, inputs: list[str]) -> list[Unit]:
    """Plan one unit for each language that `judge` kept documents of."""
    folder = RunFolder(Path(config.output))
    parts: dict[str, list[list[Any]]] = {}
    rows: Counter[str] = Counter()
    for name in inputs:
        entry = read_entry(folder, judge.STAGE, name)
        assert entry is not None, f"{name} is planned from its ledger entry"
        for language, facts in entry.facts.get("languages", {}).items():
            if facts["rows"]:
                parts.setdefault(language, []).append([name, facts["digest"]])
                rows[language] += facts["rows"]
    settings = {
        "code": code_version(_CODE, _PACKAGES),
        "dedup": config.dedup.model_dump(mode="json"),
    }
    return [
        Unit(
            stage=STAGE,
            name=language,
            function=f"{__name__}:run_unit",
            spec={
                "run": config.output,
                "stage": STAGE,
                "unit": language,
                "depends": settings | {"parts": parts[language]},
            },
            weight=rows[language],
        )
        for language in sorted(parts)
    ]


def is_done(unit: Unit) -> bool:
    """Whether the unit is committed for the keys as they are now."""
    folder = RunFolder(Path(unit.spec["run"]))
    return is_committed(folder, STAGE, unit.name, fingerprint(unit.spec["depends"]))


def run_unit(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Find the duplicates of one language among all inputs."""
    work = Work.of(spec)
    settings = work.depends["dedup"]
    keys = _Keys(work)
    beat(documents=0)
    exact = np.arange(len(keys))
    near, similarity = exact.copy(), np.ones(len(keys), np.float32)
    if settings["exact"]:
        exact = exact_duplicates(keys.digests, keys.order)
    if settings["near"]:
        for removed, survivor, measured in near_duplicates(keys, exact, settings, beat):
            near[removed], similarity[removed] = survivor, measured
    # An exact copy of a near-duplicate goes where that one goes, with what was measured for it.
    _write(work, keys, exact, near[exact], similarity[exact])
    return work.commit()


class _Keys:
    """The keys of one language from all inputs; a document is known by its row in these arrays."""

    def __init__(self, work: Work) -> None:
        self.language = work.unit
        self.folder = work.folder
        self.sources = [name for name, _ in work.depends["parts"]]
        tables = [
            read_language(
                work.folder.root / work.folder.keys(name),
                self.language,
                ["row", "id", "date", "characters", "bytes", "digest", "signature"],
            )
            for name in self.sources
        ]
        self.table = pa.concat_tables(tables).combine_chunks()
        self.source = np.repeat(np.arange(len(tables)), [table.num_rows for table in tables])
        self.row = self.table["row"].to_numpy()
        self.bytes = self.table["bytes"].to_numpy()
        self.digests = self.table["digest"].combine_chunks()
        self.order = self._order()

    def __len__(self) -> int:
        return len(self.row)

    def _order(self) -> Rows:
        """Rank documents as survivors: the longest, then the earliest, then the least id."""
        ranked = pc.sort_indices(
            self.table.select(["characters", "date", "id"]).append_column(
                "position", pa.array(np.arange(len(self)))
            ),
            sort_keys=[("characters", "descending"), ("date", "ascending"), ("id", "ascending"),
                       ("position", "ascending")],
        ).to_numpy()  # fmt: skip
        order = np.empty(len(self), np.int64)
        order[ranked] = np.arange(len(self))
        return order

    def texts(self, rows: Rows) -> Iterator[tuple[Rows, pa.Array]]:
        """Read the texts of some documents, in pieces of (rows, texts), each file once."""
        chosen = np.zeros(len(self), bool)
        chosen[rows] = True
        for number, name in enumerate(self.sources):
            here = np.flatnonzero(chosen & (self.source == number))
            yield from self._texts_of(name, here)

    def _texts_of(self, name: str, rows: Rows) -> Iterator[tuple[Rows, pa.Array]]:
        if not len(rows):
            return
        start = 0
        path = self.folder.root / self.folder.documents(name)
        for table in iterate_language(path, self.language, ["text"]):
            inside = rows[(self.row[rows] >= start) & (self.row[rows] < start + table.num_rows)]
            if len(inside):
                yield (
                    inside,
                    table["text"].take(pa.array(self.row[inside] - start)).combine_chunks(),
                )
            start += table.num_rows


def exact_duplicates(digests: pa.Array, order: Rows) -> Rows:
    """Give for each document the document of the same digest that is kept, maybe itself."""
    groups = pc.rank(digests, tiebreaker="min").to_numpy().astype(np.int64)
    best = np.lexsort((order, groups))
    starts = np.flatnonzero(np.diff(groups[best], prepend=-1))
    kept = np.empty(len(order), np.int64)
    kept[best] = np.repeat(best[starts], np.diff(starts, append=len(order)))
    return kept


def near_duplicates(
    keys: _Keys, exact: Rows, settings: dict[str, Any], beat: Beat
) -> Iterator[tuple[Rows, Rows, npt.NDArray[np.float32]]]:
    """Give (removed, kept, similarity) among the documents that are no exact duplicates."""
    rows = np.flatnonzero(exact == np.arange(len(keys)))
    signatures = keys.table["signature"].take(pa.array(rows)).combine_chunks()
    labels = components(signatures).to_numpy()
    candidates = np.flatnonzero(np.bincount(labels, minlength=len(rows))[labels] > 1)
    done = 0
    for bucket in _buckets(labels[candidates], keys.bytes[rows[candidates]]):
        members = candidates[bucket]
        yield _verify(keys, rows[members], labels[members], settings)
        done += len(members)
        beat(documents=done)


def _buckets(labels: Rows, sizes: Rows) -> Iterator[Rows]:
    """Group positions so that each component is whole and a group's text is bounded."""
    by_label = np.argsort(labels, kind="stable")
    start, size = 0, 0
    ends = [*np.flatnonzero(np.diff(labels[by_label])) + 1, len(labels)]
    begin = 0
    for end in ends:
        weight = int(sizes[by_label[begin:end]].sum())
        if size and size + weight > _BUCKET_BYTES:
            yield np.sort(by_label[start:begin])
            start, size = begin, 0
        size += weight
        begin = end
    if start < len(labels):
        yield np.sort(by_label[start:])


def _verify(
    keys: _Keys, rows: Rows, labels: Rows, settings: dict[str, Any]
) -> tuple[Rows, Rows, npt.NDArray[np.float32]]:
    """Compare the texts of whole components."""
    pieces = list(keys.texts(rows))
    found = np.concatenate([piece for piece, _ in pieces])
    assert np.array_equal(found, rows), "texts come in the order of their rows"
    evidence = verify(
        pa.chunked_array([texts for _, texts in pieces]),
        pa.array(labels),
        pa.array(keys.order[rows]),
        threshold=settings["threshold"],
        policy=settings["policy"],
    )
    return (
        rows[evidence["removed"].to_numpy()],
        rows[evidence["kept"].to_numpy()],
        evidence["similarity"].to_numpy(),
    )


def _write(
    work: Work, keys: _Keys, exact: Rows, kept: Rows, similarity: npt.NDArray[np.float32]
) -> None:
    """Write the removals and the dropped documents, count, and tell the shards what is left."""
    rows = np.arange(len(keys))
    sizes = np.bincount(kept, minlength=len(keys)).astype(np.int32)
    removed = np.flatnonzero(kept != rows)
    ids, sources = keys.table["id"], pa.array(keys.sources)
    evidence = pa.table(
        {
            "removed_id": ids.take(pa.array(removed)),
            "removed_source": sources.take(pa.array(keys.source[removed])),
            "removed_row": keys.row[removed],
            "kept_id": ids.take(pa.array(kept[removed])),
            "kept_source": sources.take(pa.array(keys.source[kept[removed]])),
            "kept_row": keys.row[kept[removed]],
            "kind": np.where(kept[removed] == exact[removed], "exact", "near"),
            "similarity": similarity[removed],
            "cluster_size": sizes[kept[removed]],
        }
    )
    written = 0
    with work.output(work.folder.removals(work.unit), lambda: written) as path:
        written = write_rows(path, [evidence], schema.REMOVALS)
    with dropped_file(work, STAGE) as dropped:
        _drop(keys, evidence, dropped)
    for number, name in enumerate(keys.sources):
        left = np.flatnonzero((keys.source == number) & (kept == rows))
        work.counts.kept(name, keys.language, len(left))
        work.facts.setdefault("parts", {})[name] = {
            "rows": len(left),
            "bytes": int(keys.bytes[left].sum()),
            "digest": _digest(keys.row[left], sizes[left]),
        }


def _digest(rows: Rows, sizes: npt.NDArray[np.int32]) -> str:
    return xxhash.xxh3_128_hexdigest(rows.astype("<i8").tobytes() + sizes.astype("<i4").tobytes())


def _drop(keys: _Keys, evidence: pa.Table, dropped: Dropped) -> None:
    """Write one row for each removed document into `dropped/`."""
    urls: dict[tuple[str, int], str] = {}
    for name in sorted(set(evidence["removed_source"].to_pylist())):
        path = keys.folder.root / keys.folder.documents(name)
        column = read_language(path, keys.language, ["url"])["url"].to_pylist()
        urls |= {(name, row): url for row, url in enumerate(column)}
    for row in evidence.to_pylist():
        dropped.add(
            id=row["removed_id"],
            url=urls[row["removed_source"], row["removed_row"]],
            source=row["removed_source"],
            language=keys.language,
            reason=f"{row['kind']}_duplicate",
            value=f"{row['kept_id']} {row['similarity']:.4f}",
        )

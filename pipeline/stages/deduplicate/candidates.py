"""Candidates: band keys go to their partitions, become star edges, forests, and components."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from ....dedup import band_edges, band_matrix, flatten, forest, unite
from ...storage.exchange import PartitionedFile, count_rows, iterate_sorted, write_runs
from ..work import Beat
from .exact import removed_as_exact
from .records import BANDS, LABELS
from .task import Rows, Step, Task

_CHUNK = 1 << 20
_RECORD_BYTES = 64
"""A third less than what a band key takes while it is joined: pieces are for skewed keys alone."""
_EDGE_BYTES = 130
"""Memory that an edge takes while forests are merged by themselves, at most."""
_SPARSE = 8
"""Documents for each edge from which on that is faster: 0.8 µs an edge, against 0.1 a document."""


def scatter_bands(task: Task, step: Step, path: Path, beat: Beat) -> int:
    """Send the band keys of a block's documents to their partitions, but for exact duplicates."""
    block = step.block
    assert block is not None
    signed = np.ones(block.stop - block.first, bool)
    signed[removed_as_exact(task, block) - block.first] = False
    file = PartitionedFile(path, BANDS, task.buffer_bytes)
    for first, _, table in task.keys(block, ["signature"]):
        keys, rows = band_matrix(table["signature"])
        rows = rows[signed[rows + first - block.first]]
        for band in keys[rows].T:
            file.add(pa.table({"key": band, "doc": rows + first}), task.partition_of(band))
        beat(documents=first + table.num_rows - block.first)
    return file.close()


def join_bands(task: Task, step: Step, path: Path, beat: Beat) -> int:
    """Make a spanning forest of the documents that share a band key of one partition.

    Should a few keys be those of very many documents, a partition holds more than was planned. Then
    its buckets are joined piece by piece, in a union-find of all documents.
    """
    most = int(task.settings["partition_bytes"]) // _RECORD_BYTES
    piece, *more = _pieces(task.gathered("bands", step.number, BANDS), most)
    if not more:
        return _write(path, forest(_stars(piece)))
    with _parents(task) as parents:
        for piece in _pieces(task.gathered("bands", step.number, BANDS), most):
            unite(parents, _stars(piece))
        flatten(parents)
        return write_runs(path, LABELS, {"doc": _labels(parents)})


def _stars(table: pa.Table) -> pa.Table:
    return band_edges(table["key"].to_numpy(), table["doc"].to_numpy())


def _pieces(tables: Iterable[pa.Table], most: int) -> Iterator[pa.Table]:
    """Gather rows to pieces of about `most`; the first row of each key is in the next one as well."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(piece.num_rows for piece in waiting) > most:
            piece = pa.concat_tables(waiting)
            yield piece
            _, first = np.unique(piece["key"].to_numpy(), return_index=True)
            waiting = [piece.take(pa.array(first))]
    yield pa.concat_tables(waiting)


def _write(path: Path, stars: pa.Table) -> int:
    """Write a forest, its roots included."""
    docs, labels = stars["member"].to_numpy(), stars["root"].to_numpy()
    roots = np.unique(labels)
    labelled = pa.table(
        {"doc": np.concatenate([docs, roots]), "label": np.concatenate([labels, roots])}
    )
    return write_runs(path, LABELS, {"doc": [labelled.sort_by("doc")]})


def merge_forests(task: Task, step: Step, path: Path, beat: Beat) -> int:
    """Merge two forests of the level before; an odd one passes as it is.

    Forests of a small share of the language are merged by themselves. Larger ones are read and
    written in pieces, and joined in a union-find of 8 bytes for each document of the language, which
    is mapped from a file where it is large.
    """
    level = int(step.name.rpartition("-")[2])
    numbers = range(2 * step.number, min(2 * step.number + 2, task.forests(level - 1)))
    inputs = [task.forest(level - 1, number) for number in numbers]
    rows = sum(map(count_rows, inputs))
    fits = rows * _EDGE_BYTES <= int(task.settings["partition_bytes"])
    if fits and rows * _SPARSE <= task.documents:
        edges = pa.concat_tables(_edges(inputs))
        stars = forest(edges)
        _assert_joined(edges, stars)
        return _write(path, stars)
    with _parents(task) as parents:
        for table in _edges(inputs):
            unite(parents, table)
        flatten(parents)
        for table in _edges(inputs):
            ends = parents[table["root"].to_numpy()], parents[table["member"].to_numpy()]
            assert np.array_equal(*ends), "every edge lies within one component"
        return write_runs(path, LABELS, {"doc": _labels(parents)})


def _assert_joined(edges: pa.Table, stars: pa.Table) -> None:
    """Hold every edge against the forest: both ends have the same root."""
    members, roots = stars["member"].to_numpy(), stars["root"].to_numpy()
    ends = []
    for name in ("root", "member"):
        ids = edges[name].to_numpy()
        place = np.searchsorted(members, ids)
        place[place == len(members)] = 0
        ends.append(np.where(members[place] == ids, roots[place], ids) if len(members) else ids)
    assert np.array_equal(*ends), "every edge lies within one component"


def _edges(paths: Iterable[Path]) -> Iterator[pa.Table]:
    yield LABELS.empty_table().rename_columns(["member", "root"])
    for path in paths:
        for table in iterate_sorted(path, "doc"):
            yield table.rename_columns(["member", "root"])


@contextmanager
def _parents(task: Task) -> Iterator[Rows]:
    """Give the union-find of all documents, each alone."""
    if 8 * task.documents <= task.buffer_bytes:
        yield np.arange(task.documents)
        return
    with task.folder.workspace() as space:
        parents = np.memmap(space / "parents", np.int64, "w+", shape=(task.documents,))
        for start in range(0, task.documents, _CHUNK):
            stop = min(start + _CHUNK, task.documents)
            parents[start:stop] = np.arange(start, stop)
        yield np.asarray(parents)


def _labels(parents: Rows) -> Iterator[pa.Table]:
    """Give (document, root) of all components of two or more, in pieces, in order.

    Roots that have company are marked in place, by -1; they come before all that point to them.
    """
    for start in range(0, len(parents), _CHUNK):
        piece = parents[start : start + _CHUNK]
        others = (piece >= 0) & (piece != np.arange(start, start + len(piece)))
        parents[np.unique(piece[others])] = -1
    for start in range(0, len(parents), _CHUNK):
        piece = parents[start : start + _CHUNK]
        docs = np.arange(start, start + len(piece))
        company = np.flatnonzero(piece != docs)
        labels = np.where(piece[company] < 0, docs[company], piece[company])
        yield pa.table({"doc": docs[company], "label": labels})

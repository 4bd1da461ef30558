"""Verification: the texts of candidates go to the partition of their component, and are compared there."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ....dedup import Shape, shingles, verify
from ...storage.exchange import PartitionedFile, iterate_sorted, read_range, write_sorted
from ...storage.parquet import iterate_language, iterate_rows
from ..work import Beat
from .exact import copies_within
from .records import TEXTS
from .task import Block, Part, Rows, Step, Task, places
from .verdicts import survivor_order, verdict_rows

_COLUMNS = ["row", "id", "tier", "date", "characters"]
_CHUNK = 10_000
"""Documents whose n-grams are copied at a time."""


def scatter_texts(task: Task, step: Step, path: Path, beat: Beat) -> int:
    """Send a block's documents that have company, with their texts, to their components' partitions."""
    block = step.block
    assert block is not None
    forest = task.forest(task.levels, 0)
    candidates = read_range(forest, "doc", block.first, block.stop).sort_by("doc")
    if block.release:
        candidates = candidates.filter(pa.array(_has_fresh(task, candidates["label"].to_numpy())))
    copies = _copies(task, block)
    file = PartitionedFile(path, TEXTS, task.buffer_bytes)
    done = 0
    for part, table in _candidates(task, block, candidates):
        table = copies.added_to(table)
        for texts, rows in _texts(task, block, part, table["row"].to_numpy()):
            found = table.take(pa.array(rows)).append_column("text", texts)
            file.add(found.select(TEXTS.names), task.partition_of_labels(found["label"].to_numpy()))
            done += len(rows)
            beat(documents=done)
    return file.close()


def _has_fresh(task: Task, labels: Rows) -> npt.NDArray[np.bool_]:
    """Say of each component whether it has a document of this run."""
    found = np.zeros(len(labels), bool)
    for table in iterate_sorted(task.forest(task.levels, 0), "doc"):
        fresh = table["doc"].to_numpy() >= task.published
        if fresh.any():
            found |= np.isin(labels, np.unique(table["label"].to_numpy()[fresh]))
    return found


class _Copies:
    """The exact duplicates of a block's documents."""

    def __init__(self, kept: Rows, docs: Rows, documents: Rows, first: Rows) -> None:
        """Take duplicates of other blocks (for how many each stands), and `first` of those of this."""
        order = np.lexsort((docs, kept))
        heads, starts = np.unique(kept[order], return_index=True)
        groups = np.split(order, starts[1:]) if len(heads) else []
        self._of = dict(zip(heads.tolist(), groups, strict=True))
        self._docs, self._documents = docs, documents
        self._first, self._number = np.unique(first, return_counts=True)

    def added_to(self, table: pa.Table) -> pa.Table:
        """Append `documents`, `copies` and `copies_documents`."""
        docs = table["doc"].to_numpy()
        groups = [self._of.get(doc, np.zeros(0, np.int64)) for doc in docs.tolist()]
        number = np.ones(len(docs), np.int64)
        _, here, there = np.intersect1d(docs, self._first, return_indices=True)
        number[here] += self._number[there]
        return (
            table.append_column("documents", pa.array(number))
            .append_column("copies", _lists(groups, self._docs))
            .append_column("copies_documents", _lists(groups, self._documents))
        )


def _lists(groups: list[Rows], values: Rows) -> pa.ListArray:
    ends = np.cumsum([0, *map(len, groups)]).astype(np.int32)
    rows = np.concatenate([np.zeros(0, np.int64), *groups])
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(values[rows]))


def _copies(task: Task, block: Block) -> _Copies:
    nothing = np.zeros(0, np.int64)
    if not task.settings["exact"]:
        return _Copies(nothing, nothing, nothing, nothing)
    verdicts = task.verdicts("exact", "kept", block)
    others = verdicts.filter(pc.not_equal(verdicts["kept"], verdicts["doc"]))
    kept, docs, documents = (others[name].to_numpy() for name in ("kept", "doc", "documents"))
    first = nothing if block.release else copies_within(task, block)[1]
    return _Copies(kept, docs, documents, first)


def _candidates(task: Task, block: Block, candidates: pa.Table) -> Iterator[tuple[Part, pa.Table]]:
    """Give the keys and labels of a block's candidates."""
    docs = candidates["doc"].to_numpy()
    for first, part, table in task.keys(block, _COLUMNS):
        start, stop = np.searchsorted(docs, [first, first + table.num_rows])
        if start < stop:
            here = places(block, first, part, table).take(pa.array(docs[start:stop] - first))
            yield part, here.append_column("label", candidates["label"].slice(start, stop - start))


def _texts(
    task: Task, block: Block, part: Part, rows: Rows
) -> Iterator[tuple[pa.ChunkedArray, Rows]]:
    """Read the texts of some rows, ascending, in pieces of (texts, which of the rows).

    Where a release has no shards any more, the texts are null: nothing is removed for such a
    document but what equals it.
    """
    first = 0
    for table in _text_tables(task, block, part):
        inside = np.flatnonzero((rows >= first) & (rows < first + table.num_rows))
        if len(inside):
            yield table["text"].take(pa.array(rows[inside] - first)), inside
        first += table.num_rows
    if not first:
        yield pa.chunked_array([pa.nulls(len(rows), pa.large_string())]), np.arange(len(rows))


def _text_tables(task: Task, block: Block, part: Part) -> Iterator[pa.Table]:
    if not block.release:
        path = task.folder.root / task.folder.documents(part.name)
        yield from iterate_language(path, task.language, ["text"])
        return
    if part.has_text:
        yield from iterate_rows(Path(block.path, part.shard), ["text"])


def verify_partition(task: Task, step: Step, path: Path, beat: Beat) -> int:
    """Compare the documents of whole components; the components of one partition.

    N-grams lie in a file that is mapped, so that a component may be larger than memory.
    """
    with task.folder.workspace() as space:
        members, sets = _gather(task, step, space / "ngrams")
        beat(documents=0)
        rank = np.empty(members.num_rows, np.int64)
        rank[survivor_order(members, task.published)] = np.arange(members.num_rows)
        labels = members["label"].to_numpy()
        walk = np.lexsort((rank, labels))
        kept, similarity = np.arange(len(walk)), np.ones(len(walk), np.float32)
        stays = members["doc"].to_numpy() < task.published
        sizes = pc.list_value_length(sets).to_numpy()
        for start, stop in _batches(labels[walk], sizes[walk], task.buffer_bytes // 8):
            rows = walk[start:stop]
            evidence = verify(
                _in_order(sets, rows, task.buffer_bytes // 8, space / "walk"),
                labels[rows],
                np.arange(len(rows)),
                threshold=task.settings["threshold"],
                policy=task.settings["policy"],
                shape=shape(task.settings),
                stays=stays[rows],
            )
            removed = rows[evidence["removed"].to_numpy()]
            kept[removed] = rows[evidence["kept"].to_numpy()]
            similarity[removed] = evidence["similarity"].to_numpy()
            beat(documents=stop)
    return write_sorted(path, _verdicts(members, kept, similarity), "doc")


def shape(settings: dict[str, int]) -> Shape:
    """Give the shape of the signatures that a configuration asks for."""
    return Shape(settings["bands"], settings["rows"], settings["ngram"], settings["seed"])


def _gather(task: Task, step: Step, path: Path) -> tuple[pa.Table, pa.LargeListArray]:
    """Read the members of a partition's components, without texts, and map their n-grams."""
    tables, lengths = [], []
    with path.open("wb") as file:
        for table in task.gathered("texts", step.number, TEXTS):
            sets = shingles(table["text"], shape(task.settings))
            file.write(sets.flatten().to_numpy())
            lengths.append(pc.fill_null(pc.list_value_length(sets), 0).to_numpy())
            tables.append(table.drop_columns("text"))
    return pa.concat_tables(tables).combine_chunks(), _mapped(path, np.concatenate(lengths))


def _mapped(path: Path, lengths: Rows) -> pa.LargeListArray:
    """Give the sets that lie one behind the other in a file; memory is the file's."""
    size = int(lengths.sum())
    values = np.memmap(path, np.uint64, "r", shape=(size,)) if size else np.zeros(0, np.uint64)
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    return pa.LargeListArray.from_arrays(pa.array(ends), pa.array(np.asarray(values)))


def _batches(labels: Rows, sizes: Rows, most: int) -> Iterator[tuple[int, int]]:
    """Cut documents in order into runs of whole components of `most` n-grams, or one larger one."""
    if not len(labels):
        return
    ends = np.append(np.flatnonzero(np.diff(labels)) + 1, len(labels))
    total = np.cumsum(sizes)
    start, before = 0, 0
    while start < len(labels):
        within = np.searchsorted(total[ends - 1], before + most, "right") - 1
        stop = int(ends[max(within, np.searchsorted(ends, start, "right"))])
        yield start, stop
        start, before = stop, int(total[stop - 1])


def _in_order(sets: pa.LargeListArray, rows: Rows, most: int, path: Path) -> pa.LargeListArray:
    """Give some sets one behind the other: in memory up to `most` n-grams, else in a file."""
    lengths = pc.list_value_length(sets).to_numpy()[rows]
    if lengths.sum() <= most:
        return sets.take(pa.array(rows))
    with path.open("wb") as file:
        for start in range(0, len(rows), _CHUNK):
            chunk = sets.take(pa.array(rows[start : start + _CHUNK]))
            file.write(chunk.flatten().to_numpy())
    return _mapped(path, lengths)


def _verdicts(members: pa.Table, kept: Rows, similarity: npt.NDArray[np.float32]) -> pa.Table:
    """Say where members of clusters and their exact duplicates go; an exact one goes along."""
    company = np.flatnonzero(np.bincount(kept, minlength=len(kept))[kept] > 1)
    copies, number = (
        members[name].combine_chunks().take(pa.array(company))
        for name in ("copies", "copies_documents")
    )
    owners = company[pc.list_parent_indices(copies).to_numpy()]
    rows = np.concatenate([company, owners])
    docs = np.concatenate([members["doc"].to_numpy()[company], copies.flatten().to_numpy()])
    own = members["documents"].to_numpy()[company]
    documents = np.concatenate([own, number.flatten().to_numpy()])
    # An exact duplicate of a document that stays is no less exact for it.
    exact = np.concatenate([np.zeros(len(company), bool), kept[owners] == owners])
    kind = np.where(exact, "exact", "near")
    return verdict_rows(docs, members, kept[rows], kind, similarity[rows], documents)

"""Exact duplicates: digests go to their partitions, and each group of equal ones keeps one document."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from ...storage.exchange import PartitionedFile, read_partition, write_sorted
from ..work import Beat
from .records import DIGESTS
from .task import Block, Rows, Step, Task, places
from .verdicts import survivor_order, verdict_rows

_COLUMNS = ["row", "id", "tier", "date", "characters", "digest"]


def scatter_digests(task: Task, step: Step, path: Path, beat: Beat) -> int:
    """Send the digests of a block's documents to their partitions, one of each that are equal.

    So a text with a hundred million copies makes no partition larger than others. The copies stay,
    as if they were of one partition more.
    """
    block = step.block
    assert block is not None
    tables = []
    for start, part, keys in task.keys(block, _COLUMNS):
        tables.append(places(block, start, part, keys).select(DIGESTS.names[:-2]))
        beat(documents=start + keys.num_rows - block.first)
    table = pa.concat_tables(tables)
    first = _first_of_equals(table, task.published)
    # A release may hold a text twice; cluster sizes count what is removed.
    number = np.ones(len(first), np.int64)
    if not block.release:
        number = np.bincount(first, minlength=len(first))
    partitions = task.partition_of(_first_half(table["digest"]))
    partitions[first != np.arange(len(first))] = task.partitions
    table = table.append_column("first", table["doc"].take(pa.array(first)))
    table = table.append_column("documents", pa.array(number))
    file = PartitionedFile(path, DIGESTS, task.buffer_bytes)
    file.add(table, partitions)
    return file.close()


def copies_within(task: Task, block: Block) -> tuple[Rows, Rows]:
    """Give the documents that equal a better one of the same block, and which one that is."""
    path = task.path("digests", block.number)
    columns = ["doc", "first"]
    tables = (
        list(read_partition([path], task.partitions, columns)) if task.settings["exact"] else []
    )
    copies = pa.concat_tables([*tables, DIGESTS.empty_table().select(columns)])
    return copies["doc"].to_numpy(), copies["first"].to_numpy()


def _first_half(digests: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    array = digests.combine_chunks()
    words = np.frombuffer(array.buffers()[1], np.uint64)
    return words[2 * array.offset : 2 * (array.offset + len(array)) : 2]


def find_exact(task: Task, step: Step, path: Path, beat: Beat) -> int:
    """Keep the first survivor of each group of equal digests, within one partition."""
    table = pa.concat_tables(task.gathered("digests", step.number, DIGESTS))
    kept = _first_of_equals(table, task.published)
    docs, documents = table["doc"].to_numpy(), table["documents"].to_numpy()
    # Published documents stay, whatever they equal.
    rows = np.flatnonzero((docs >= task.published) | (kept == np.arange(len(kept))))
    sizes = np.bincount(kept[rows], documents[rows], len(kept))
    rows = rows[sizes[kept[rows]] > 1]
    kind, same = np.full(len(rows), "exact"), np.ones(len(rows), np.float32)
    verdicts = verdict_rows(docs[rows], table, kept[rows], kind, same, documents[rows])
    return write_sorted(path, verdicts, "doc", "kept")


def _first_of_equals(table: pa.Table, published: int) -> Rows:
    """Give for each row the first survivor among the rows of the same digest."""
    group = table["digest"].combine_chunks().dictionary_encode().indices.to_numpy()
    rows = np.flatnonzero(np.bincount(group)[group] > 1) if len(group) else group.astype(np.int64)
    rows = rows[survivor_order(table.take(pa.array(rows)), published)]
    groups, places = np.unique(group[rows], return_index=True)
    first = np.arange(len(group))
    first[rows] = rows[places][np.searchsorted(groups, group[rows])]
    return first


def removed_as_exact(task: Task, block: Block) -> Rows:
    """Give the documents of a block that are exact duplicates of others."""
    if not task.settings["exact"]:
        return np.zeros(0, np.int64)
    verdicts = task.verdicts("exact", "doc", block)
    docs: Rows = verdicts["doc"].to_numpy()
    gone = docs[docs != verdicts["kept"].to_numpy()]
    return np.concatenate([gone, copies_within(task, block)[0]])

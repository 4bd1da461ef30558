"""Exact duplicates: digests go to their partitions, and each group of equal ones keeps one document."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...storage.exchange import PartitionedFile, write_sorted
from ..work import Beat
from .records import DIGESTS
from .task import Block, Rows, Step, Task, places
from .verdicts import survivor_order, verdict_rows

_COLUMNS = ["row", "id", "date", "characters", "digest"]


def scatter_digests(task: Task, step: Step, path: Path, beat: Beat) -> int:
    """Send the digests of a block's documents to their partitions."""
    block = step.block
    assert block is not None
    file = PartitionedFile(path, DIGESTS, task.buffer_bytes)
    for first, part, table in task.keys(block, _COLUMNS):
        placed = places(block, first, part, table).select(DIGESTS.names)
        file.add(placed, task.partition_of(_first_half(table["digest"])))
        beat(documents=first + table.num_rows - block.first)
    return file.close()


def _first_half(digests: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    array = digests.combine_chunks()
    words = np.frombuffer(array.buffers()[1], np.uint64)
    return words[2 * array.offset : 2 * (array.offset + len(array)) : 2]


def find_exact(task: Task, step: Step, path: Path, beat: Beat) -> int:
    """Keep the first survivor of each group of equal digests, within one partition."""
    table = pa.concat_tables(task.gathered("digests", step.number, DIGESTS))
    table = table.take(pa.array(survivor_order(table, task.published)))
    kept = _first_of_group(table["digest"])
    docs = table["doc"].to_numpy()
    # Published documents stay, whatever they equal.
    member = (docs >= task.published) | (kept == np.arange(len(kept)))
    rows = np.flatnonzero(member)
    rows = rows[np.bincount(kept[rows], minlength=len(kept))[kept[rows]] > 1]
    kind, same = np.full(len(rows), "exact"), np.ones(len(rows), np.float32)
    verdicts = verdict_rows(docs[rows], table, kept[rows], kind, same)
    return write_sorted(path, verdicts, "doc", "kept")


def _first_of_group(digests: pa.ChunkedArray) -> Rows:
    """Give for each row the first row of the same digest."""
    ranks = pc.rank(digests, tiebreaker="min").to_numpy()
    _, first, group = np.unique(ranks, return_index=True, return_inverse=True)
    kept: Rows = first[group]
    return kept


def removed_as_exact(task: Task, block: Block) -> Rows:
    """Give the documents of a block that are exact duplicates of others."""
    if not task.settings["exact"]:
        return np.zeros(0, np.int64)
    verdicts = task.verdicts("exact", "doc", block)
    docs: Rows = verdicts["doc"].to_numpy()
    gone: Rows = docs[docs != verdicts["kept"].to_numpy()]
    return gone

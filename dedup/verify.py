"""Who goes: each member of a component is measured against the documents kept before it."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from .components import numbers
from .ngrams import shingles
from .shape import DEFAULT, Shape
from .texts import as_large
from .walk import walk

Policy = Literal["jaccard", "containment"]

_BATCH = 1 << 26  # bytes of text whose shingles are held at once, unless one component is larger


def verify(
    texts: object,
    labels: ArrayLike | pa.Array,
    order: ArrayLike | pa.Array,
    *,
    threshold: float = 0.8,
    policy: Policy = "jaccard",
    shape: Shape = DEFAULT,
    stays: ArrayLike | pa.Array | None = None,
) -> pa.Table:
    """Decide within each component who is removed, on the evidence of the exact n-gram sets.

    Each component is walked in `order`. A document is removed only if its similarity to a
    document that is KEPT meets the threshold; it goes to the most similar one (ties: the first in
    order). Removed documents stand for nobody, so nothing is removed through a chain.

    Args:
        texts: the documents, as `signatures` takes them; or their `shingles`
            (large_list<uint64>, sorted sets, one a document), so that a caller need not hold texts.
            Shingles in one chunk, sorted by label and then order, are not copied: they may be
            mapped from a file.
        labels: component of each row, as `components` gives it; a label of one row costs nothing.
        order: survivor rank of each row, smaller is kept first. Ties fall to the smaller row:
            rank without ties (by quality, length, date and id) if the result must not depend on
            the order of the rows.
        threshold: the least similarity at which a document goes, 0 < threshold <= 1.
        policy: "jaccard", |A & B| / |A | B|; or "containment", |A & B| / |A| with A the document
            that goes: all but 1 - threshold of it is in the one that stays.
        shape: its n-gram length, used when `texts` are texts; and its band keys, by which members
            of very large components are looked up.
        stays: which rows are kept whatever they are like, such as documents that are published
            already; they should come first in order. None: no row.

    Returns:
        Table, by removed row: `removed`, `kept` int64 rows; `similarity` float32, rounded up where
        inexact, so that it still meets every threshold that it met; `cluster` int64, the kept
        row; `cluster_size` int32, the rows removed for it and itself.

    Raises:
        ValueError: threshold or policy out of range, or lengths that differ.
    """
    if policy not in ("jaccard", "containment"):
        raise ValueError(f"policy must be 'jaccard' or 'containment', not {policy!r}")
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold must be above 0 and at most 1, not {threshold!r}")
    source = _source(texts)
    labelled, ranks = numbers(labels, np.int64), numbers(order, np.int64)
    if not len(source) == len(labelled) == len(ranks):
        raise ValueError(
            "expected as many labels and ranks as documents, found "
            f"{len(labelled)} labels, {len(ranks)} ranks, {len(source)} documents"
        )
    fixed = np.zeros(len(source), np.bool_) if stays is None else _mask(stays, len(source))
    members, groups = _companies(labelled, ranks)
    in_order = np.array_equal(members, np.arange(len(source)))
    documents = source if in_order else source.take(pa.array(members))
    parts = [
        _judge(documents, members, groups[start : stop + 1], fixed, threshold, policy, shape)
        for start, stop in _batches(documents, groups)
    ]
    return _evidence(parts)


def _source(texts: object) -> pa.ChunkedArray:
    """Give texts or shingles as one chunked array."""
    if isinstance(texts, pa.Array | pa.ChunkedArray) and pa.types.is_large_list(texts.type):
        if texts.type.value_type != pa.uint64():
            raise TypeError(f"expected shingles, large_list<uint64>, not {texts.type}")
        return texts if isinstance(texts, pa.ChunkedArray) else pa.chunked_array([texts])
    return as_large(texts)


def _mask(values: ArrayLike | pa.Array, length: int) -> NDArray[np.bool_]:
    if isinstance(values, pa.Array | pa.ChunkedArray):
        values = values.to_numpy(zero_copy_only=False)
    mask = np.asarray(values)
    if mask.dtype != np.bool_ or len(mask) != length:
        raise ValueError(
            f"stays: expected {length} booleans, found {len(mask)} values of {mask.dtype}"
        )
    return mask


def _companies(
    labels: NDArray[np.int64], ranks: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the rows that share a label, by label and then order, and where each component ends."""
    ordered = np.sort(labels)
    shared = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    rows = np.flatnonzero(np.isin(labels, shared))
    rows = rows[np.lexsort((ranks[rows], labels[rows]))]
    starts = np.searchsorted(labels[rows], shared)
    return rows, np.append(starts, len(rows))


def _batches(documents: pa.ChunkedArray, groups: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut the components into runs of `_BATCH` bytes or so, never cutting one."""
    is_list = pa.types.is_large_list(documents.type)
    lengths = pc.list_value_length(documents) if is_list else pc.binary_length(documents)
    sizes = lengths.fill_null(0).to_numpy() * (8 if is_list else 1)
    ends = np.append(0, np.cumsum(sizes))[groups]
    start, last = 0, len(groups) - 1
    while start < last:
        stop = int(np.searchsorted(ends, ends[start] + _BATCH, side="right")) - 1
        stop = min(max(stop, start + 1), last)
        yield start, stop
        start = stop


def _judge(
    documents: pa.ChunkedArray,
    members: NDArray[np.int64],
    groups: NDArray[np.int64],
    stays: NDArray[np.bool_],
    threshold: float,
    policy: Policy,
    shape: Shape,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Walk some whole components: rows removed, rows they went to, similarities."""
    batch = documents.slice(groups[0], groups[-1] - groups[0])
    sets = _one_chunk(batch) if pa.types.is_large_list(batch.type) else shingles(batch, shape)
    rows = members[groups[0] : groups[-1]]
    kept, similarity = walk(
        sets.values.to_numpy(),
        sets.offsets.to_numpy(),
        groups - groups[0],
        stays[rows],
        float(threshold),
        policy == "containment",
        shape,
    )
    gone = np.flatnonzero(kept >= 0)
    return rows[gone], rows[kept[gone]], similarity[gone]


def _one_chunk(array: pa.ChunkedArray) -> pa.Array:
    """Give the only chunk as it is; `combine_chunks` would copy it."""
    return array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()


def _evidence(
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]],
) -> pa.Table:
    """Gather what was removed as one table, by removed row."""
    nothing = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float64))
    removed, kept, similarity = (
        np.concatenate(column) for column in zip(nothing, *parts, strict=True)
    )
    order = np.argsort(removed)
    removed, kept, similarity = removed[order], kept[order], similarity[order]
    return pa.table(
        {
            "removed": removed,
            "kept": kept,
            "similarity": round_up(similarity),
            "cluster": kept,
            "cluster_size": cluster_sizes(kept),
        }
    )


def cluster_sizes(kept: NDArray[np.int64]) -> NDArray[np.int32]:
    """Give for each removal how many went to the same document, and that document."""
    _, place, counts = np.unique(kept, return_inverse=True, return_counts=True)
    return (counts[place] + 1).astype(np.int32)


def round_up(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Give the least float32 that is not below each value."""
    near = values.astype(np.float32)
    return np.where(near < values, np.nextafter(near, np.float32(np.inf)), near)

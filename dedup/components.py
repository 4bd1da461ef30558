"""Connected components of documents that share a band key: star edges, spanning forests, labels."""

from typing import TypeVar

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import ArrayLike, NDArray

Number = TypeVar("Number", np.int64, np.uint64)

_33 = np.uint64(33)
_FMIX_1, _FMIX_2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_PART = 1 << 14  # keys in a partition: its keys and table stay in a second-level cache


@njit(cache=True, nogil=True, inline="always")
def _fmix(value):  # type: ignore[no-untyped-def]
    """Scatter a key (MurmurHash3 fmix64, a bijection): equal stays equal, prefixes even out."""
    value = (value ^ (value >> _33)) * _FMIX_1
    value = (value ^ (value >> _33)) * _FMIX_2
    return value ^ (value >> _33)


@njit(cache=True, nogil=True)
def _count(keys, rows):  # type: ignore[no-untyped-def]
    """Say where each band's partitions start: (bands, partitions + 1); a key's top bits name its."""
    bits = 1
    while bits < 12 and len(rows) >> bits > _PART:
        bits += 1
    shift = np.uint64(64 - bits)
    starts = np.zeros((keys.shape[1], (1 << bits) + 1), np.int64)
    for row in rows:
        for band in range(keys.shape[1]):
            starts[band, np.int64(_fmix(keys[row, band]) >> shift) + 1] += 1
    for band in range(keys.shape[1]):
        starts[band] = np.cumsum(starts[band])
    return starts, shift


@njit(cache=True, nogil=True)
def _partition(keys, band, rows, starts, shift, records):  # type: ignore[no-untyped-def]
    """Sort a band's (key, row) by partition into `records`, rows in order."""
    places = starts[:-1].copy()
    for row in rows:
        key = _fmix(keys[row, band])
        part = np.int64(key >> shift)
        place = places[part]
        places[part] += 1
        records[place, 0], records[place, 1] = key, np.uint64(row)


@njit(cache=True, nogil=True)
def _widest(starts):  # type: ignore[no-untyped-def]
    """Give the size of the largest partition, and of a table that is at most half full with it."""
    widest = 0
    for band in range(len(starts)):
        for part in range(starts.shape[1] - 1):
            widest = max(widest, starts[band, part + 1] - starts[band, part])
    slots = 2
    while slots < 2 * widest:
        slots *= 2
    return widest, slots


@njit(cache=True, nogil=True)
def _group(records, start, stop, table, first):  # type: ignore[no-untyped-def]
    """Set first[k - start], for each key of one partition, to the place of the first equal key."""
    slots = 2
    while slots < 2 * (stop - start):
        slots *= 2
    table[:slots] = -1
    for k in range(start, stop):
        key = records[k, 0]
        slot = np.int64(key) & (slots - 1)
        while table[slot] >= 0 and records[start + table[slot], 0] != key:
            slot = (slot + 1) & (slots - 1)
        if table[slot] < 0:
            table[slot] = k - start
        first[k - start] = table[slot]


@njit(cache=True, nogil=True)
def _find(parents, node):  # type: ignore[no-untyped-def]
    """Find a node's root, halving the path on the way (Tarjan and van Leeuwen, 1984)."""
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


@njit(cache=True, nogil=True)
def _union(parents, one, other):  # type: ignore[no-untyped-def]
    """Join two trees; the smaller root stays root, so the result depends on no order."""
    one, other = _find(parents, one), _find(parents, other)
    if one < other:
        parents[other] = one
    else:
        parents[one] = other


@njit(cache=True, nogil=True)
def _join(parents, keys, rows, records):  # type: ignore[no-untyped-def]
    """Join, band by band, all rows whose keys are equal to the first of them."""
    starts, shift = _count(keys, rows)
    widest, slots = _widest(starts)
    table, first = np.empty(slots, np.int32), np.empty(widest, np.int32)
    heads, members = np.empty(widest, rows.dtype), np.empty(widest, rows.dtype)
    known = np.empty(widest, np.bool_)
    for band in range(keys.shape[1]):
        _partition(keys, band, rows, starts[band], shift, records)
        for part in range(starts.shape[1] - 1):
            start, stop = starts[band, part], starts[band, part + 1]
            _group(records, start, stop, table, first)
            edges = 0
            for k in range(stop - start):
                if first[k] != k:
                    heads[edges] = records[start + first[k], 1]
                    members[edges] = records[start + k, 1]
                    edges += 1
            # Loads that wait for nothing run many at a time, and most edges are known from other
            # bands: with them in a loop of their own, a join costs 5 ns a key instead of 22.
            for k in range(edges):
                known[k] = parents[heads[k]] == parents[members[k]]
            for k in range(edges):
                if not known[k]:
                    _union(parents, heads[k], members[k])


@njit(cache=True, nogil=True)
def _flatten(parents):  # type: ignore[no-untyped-def]
    """Point every node straight at its root; parents are smaller, so one pass does."""
    for node in range(len(parents)):
        parents[node] = parents[parents[node]]


def components(signatures: pa.FixedSizeBinaryArray) -> pa.Int64Array:
    """Label each row with the smallest row of its connected component.

    Rows are joined when any of their band keys are equal. A row without a signature, or without
    company, is its own label. Time is linear in rows and bands whatever the sizes of the buckets.

    Args:
        signatures: as `signatures` gives them, chunked or not.

    Raises:
        TypeError: not fixed-size binary of a multiple of 8 bytes.

    >>> from eurocorpus.dedup import signatures
    >>> components(signatures(["one two three", "four five six", "One, two, three!"])).to_pylist()
    [0, 1, 0]
    """
    keys, rows = band_matrix(signatures)
    small = len(keys) < 2**31
    parents = np.arange(len(keys), dtype=np.int32 if small else np.int64)
    rows = rows.astype(parents.dtype)
    # Made here, not in the kernel: NumPy asks the system for huge pages, numba does not.
    _join(parents, keys, rows, np.empty((len(rows), 2), np.uint64))
    _flatten(parents)
    return pa.array(parents.astype(np.int64))


def band_matrix(
    signatures: pa.FixedSizeBinaryArray,
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Give signatures as a matrix of band keys (rows, bands), and the rows that have one.

    Raises:
        TypeError: not fixed-size binary of a multiple of 8 bytes.
    """
    if isinstance(signatures, pa.ChunkedArray):
        signatures = signatures.combine_chunks()
    kind = signatures.type
    if not pa.types.is_fixed_size_binary(kind) or not kind.byte_width or kind.byte_width % 8:
        raise TypeError(f"expected signatures, fixed_size_binary(8 * bands), not {kind}")
    width = kind.byte_width
    data = signatures.buffers()[1]
    start, count = signatures.offset * width, len(signatures) * width // 8
    flat = np.frombuffer(data, np.uint64, count, start) if count else np.zeros(0, np.uint64)
    rows = np.flatnonzero(signatures.is_valid().to_numpy(zero_copy_only=False))
    return flat.reshape(-1, width // 8), rows


@njit(cache=True, nogil=True)
def _stars(keys, ids):  # type: ignore[no-untyped-def]
    """Give for each key group of two ids or more the edges from its smallest id to the others."""
    rows = np.arange(len(ids))
    starts, shift = _count(keys, rows)
    records = np.empty((len(rows), 2), np.uint64)
    _partition(keys, 0, rows, starts[0], shift, records)
    names = ids[records[:, 1]]
    least = names.copy()
    edges, used = np.empty((len(rows), 2), np.int64), 0
    widest, slots = _widest(starts)
    table, first = np.empty(slots, np.int32), np.empty(widest, np.int32)
    for part in range(starts.shape[1] - 1):
        start, stop = starts[0, part], starts[0, part + 1]
        _group(records, start, stop, table, first)
        for k in range(stop - start):
            head = start + first[k]
            least[head] = min(least[head], names[start + k])
        for k in range(stop - start):
            head = start + first[k]
            if least[head] != names[start + k]:
                edges[used, 0], edges[used, 1] = least[head], names[start + k]
                used += 1
    return edges[:used]


def band_edges(band_keys: ArrayLike | pa.Array, ids: ArrayLike | pa.Array) -> pa.Table:
    """Give the star edges of one band, or of a partition of one by key.

    A bucket of k ids gives k - 1 edges, from its smallest id to each other one: never all pairs.

    Args:
        band_keys: uint64 keys.
        ids: int64 document ids, as many.

    Returns:
        Table of `root` and `member` (int64, root < member), sorted, without repeats.
    """
    keys, names = numbers(band_keys, np.uint64), numbers(ids, np.int64)
    if len(keys) != len(names):
        raise ValueError(f"expected as many ids as keys, found {len(names)} and {len(keys)}")
    return _edge_table(_stars(keys.reshape(-1, 1), names))


@njit(cache=True, nogil=True)
def _unite(parents, roots, members):  # type: ignore[no-untyped-def]
    """Join the ends of every edge."""
    for k in range(len(roots)):
        _union(parents, roots[k], members[k])


def unite(parents: NDArray[np.int64], edges: pa.Table) -> None:
    """Join the ends of edges in a union-find, in place, for forests that are merged in pieces.

    Args:
        parents: of every id, `np.arange(ids)` at first, in memory or mapped from a file.
        edges: Table of `root` and `member` (int64), ids below `len(parents)`.

    Raises:
        ValueError: nulls, or an id that `parents` does not have.
    """
    roots, members = numbers(edges["root"], np.int64), numbers(edges["member"], np.int64)
    for ends in (roots, members):
        if len(ends) and not 0 <= ends.min() <= ends.max() < len(parents):
            raise ValueError(
                f"expected ids from 0 to {len(parents) - 1}, found {ends.min()} to {ends.max()}"
            )
    _unite(parents, roots, members)


def flatten(parents: NDArray[np.int64]) -> None:
    """Point every node of a union-find straight at its root, the smallest id of its component."""
    _flatten(parents)


def forest(edges: pa.Table) -> pa.Table:
    """Reduce edges to a spanning forest of the same components: stars, at most n - 1 edges.

    The root of a star is its component's smallest id. The result is the same for any order of the
    edges; two forests are merged by `forest(pa.concat_tables([one, other]))`, and an id that no
    forest names is alone. Ids that are dense (below 16 times the number of edges) take 8 bytes each
    while it runs; others are sorted first.

    Args:
        edges: Table of `root` and `member` (int64, 0 or more), in any order, repeats allowed.

    Returns:
        Table of `root` and `member`, sorted by member; each member once.

    Raises:
        ValueError: nulls, or an id below 0.
    """
    roots, members = numbers(edges["root"], np.int64), numbers(edges["member"], np.int64)
    if len(roots) and min(roots.min(), members.min()) < 0:
        raise ValueError(f"ids must be 0 or more, found {min(roots.min(), members.min())}")
    top = max(int(roots.max()), int(members.max())) if len(roots) else 0
    if top < 16 * len(roots):
        parents = np.arange(top + 1)
        _unite(parents, roots, members)
        _flatten(parents)
        others = np.flatnonzero(parents != np.arange(len(parents)))
        return pa.table({"root": parents[others], "member": others})
    ids, places = np.unique(np.concatenate([roots, members]), return_inverse=True)
    parents = np.arange(len(ids))
    _unite(parents, places[: len(roots)], places[len(roots) :])
    _flatten(parents)
    others = np.flatnonzero(parents != np.arange(len(ids)))
    return pa.table({"root": ids[parents[others]], "member": ids[others]})


def _edge_table(edges: NDArray[np.int64]) -> pa.Table:
    """Sort edges by both ends, drop repeats."""
    roots, members = edges[:, 0], edges[:, 1]
    if len(edges) and int(edges.min()) >= 0 and int(edges.max()) < 2**31:
        packed = np.sort(roots << 32 | members)  # a tenth of the time of lexsort
        roots, members = packed >> 32, packed & 0xFFFFFFFF
    else:
        order = np.lexsort((members, roots))
        roots, members = roots[order], members[order]
    new = np.ones(len(edges), np.bool_)
    new[1:] = (roots[1:] != roots[:-1]) | (members[1:] != members[:-1])
    return pa.table({"root": roots[new], "member": members[new]})


def numbers(values: ArrayLike | pa.Array, kind: type[Number]) -> NDArray[Number]:
    """Give numbers as a contiguous NumPy array of one kind.

    Raises:
        ValueError: nulls, or numbers that do not fit.
    """
    if isinstance(values, pa.Array | pa.ChunkedArray):
        if values.null_count:
            raise ValueError(f"expected no nulls, found {values.null_count}")
        values = values.to_numpy()
    array = np.asarray(values)
    made: NDArray[Number] = np.ascontiguousarray(array, kind)
    if array.dtype.kind not in "iu" and len(array):
        raise ValueError(f"expected whole numbers, found {array.dtype}")
    return made

"""Near-duplicates of a collection in memory, from ids and texts to evidence."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from .components import components
from .exact import EMPTY, digests
from .minhash import signatures
from .shape import Shape
from .texts import as_large
from .verify import Policy, cluster_sizes, round_up, verify

THOROUGH = Shape(bands=20)


def near_duplicates(
    ids: object,
    texts: object,
    threshold: float = 0.8,
    *,
    policy: Policy = "jaccard",
    shape: Shape = THOROUGH,
    order: ArrayLike | pa.Array | None = None,
) -> pa.Table:
    """Find who may be removed: exact duplicates first, then verified near-duplicates.

    Exact duplicates (equal `digests`) go to the first of them in order; the first ones are signed,
    joined and verified (`signatures`, `components`, `verify`). Where that removes one of them, its
    exact duplicates go with it, to the same kept document. A text without words is not a
    near-duplicate of any, and an empty one is no duplicate at all.

    Args:
        ids: one id a document, unique, of any Arrow type that sorts.
        texts: the documents, as `signatures` takes them.
        threshold: the least similarity at which a document is removed.
        policy: "jaccard" or "containment", see `verify`.
        shape: of the signatures. Six bands more than elsewhere by default: they cost nothing
            in memory, and a pair of Jaccard similarity 0.85 meets with a chance of 0.998
            instead of 0.988.
        order: survivor rank of each document, smaller is kept; ties, and all when None, fall to
            the longer text in bytes, then to the smaller id.

    Returns:
        Table of `removed_id`, `kept_id`, `jaccard` (float32; by policy "containment" it is that),
        `cluster_id` (the kept id) and `cluster_size` (int32, the removed and the kept one), by
        `removed_id`. The same for any order of the rows.

    Raises:
        ValueError: ids that are null or repeat, or lengths that differ.

    >>> found = near_duplicates(["a", "b", "c"], ["one two", "One  two", "three"])
    >>> found.to_pylist()[0]["removed_id"], found.to_pylist()[0]["kept_id"]
    ('a', 'b')
    """
    names, documents = _ids(ids), as_large(texts)
    if len(names) != len(documents):
        raise ValueError(f"expected as many ids as texts, found {len(names)} and {len(documents)}")
    walk = _order(names, documents, order)
    ranks = np.empty(len(walk), np.int64)
    ranks[walk] = np.arange(len(walk))

    kept = _exact(documents, walk)
    firsts = np.flatnonzero(kept == np.arange(len(kept)))
    distinct = documents.take(pa.array(firsts))
    labels = components(signatures(distinct, shape))
    found = verify(distinct, labels, ranks[firsts], threshold=threshold, policy=policy, shape=shape)
    target, similarity = np.arange(len(kept)), np.ones(len(kept))
    near = firsts[found["removed"].to_numpy()]
    target[near] = firsts[found["kept"].to_numpy()]
    similarity[near] = found["similarity"].to_numpy()

    removed = walk[target[kept[walk]] != walk]
    return _evidence(names, removed, target[kept[removed]], similarity[kept[removed]])


def _ids(ids: object) -> pa.Array:
    """Give ids as one Arrow array."""
    names = ids if isinstance(ids, pa.Array | pa.ChunkedArray) else pa.array(ids)
    if isinstance(names, pa.ChunkedArray):
        names = names.combine_chunks()
    if names.null_count:
        raise ValueError(f"every document needs an id, {names.null_count} are null")
    repeats = len(names) - len(names.unique())
    if repeats:
        raise ValueError(f"ids must be unique, {repeats} repeat an earlier one")
    return names


def _order(
    names: pa.Array, documents: pa.ChunkedArray, order: ArrayLike | pa.Array | None
) -> NDArray[np.int64]:
    """Give the rows from the first to survive to the last."""
    length = pc.fill_null(pc.binary_length(documents), 0)
    keys = {"length": length, "id": names}
    sort = [("length", "descending"), ("id", "ascending")]
    if order is not None:
        given = order if isinstance(order, pa.Array | pa.ChunkedArray) else pa.array(order)
        if len(given) != len(names):
            raise ValueError(f"expected {len(names)} ranks in order, found {len(given)}")
        keys["order"], sort = given, [("order", "ascending"), *sort]
    rows: NDArray[np.uint64] = pc.sort_indices(pa.table(keys), sort_keys=sort).to_numpy()
    return rows.astype(np.int64)


def _exact(documents: pa.ChunkedArray, walk: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give for each row the first row in order of equal digest; itself where there is no text."""
    found = digests(documents)
    codes = found.dictionary_encode().indices.fill_null(-1).to_numpy()
    _, first, place = np.unique(codes[walk], return_index=True, return_inverse=True)
    kept = np.empty(len(walk), np.int64)
    kept[walk] = walk[first[place]]
    empty = pc.fill_null(pc.equal(found, pa.scalar(EMPTY, found.type)), True)
    alone = np.flatnonzero(empty.to_numpy(zero_copy_only=False))
    kept[alone] = alone
    return kept


def _evidence(
    names: pa.Array,
    removed: NDArray[np.int64],
    kept: NDArray[np.int64],
    similarity: NDArray[np.float64],
) -> pa.Table:
    table = pa.table(
        {
            "removed_id": names.take(pa.array(removed)),
            "kept_id": names.take(pa.array(kept)),
            "jaccard": round_up(similarity),
            "cluster_id": names.take(pa.array(kept)),
            "cluster_size": cluster_sizes(kept),
        }
    )
    return table.sort_by("removed_id")


def weights(cluster_size: ArrayLike | pa.Array) -> pa.Int8Array:
    """Give how often FineWeb-2 repeats a document whose cluster has this size (rehydration).

    1, 2, 3 for clusters of 1, 2, 3-4; 5 for 5-99; 8 for 100-999; 1 for 1000 and more, which are
    mostly templates (FineWeb-2, arXiv:2506.20920, §4; as in its code, its README says 4 for 3).

    Args:
        cluster_size: whole numbers of 1 or more; null is a unique document.

    >>> weights([1, 2, 3, 4, 5, 99, 100, 999, 1000, None]).to_pylist()
    [1, 2, 3, 3, 5, 5, 8, 8, 1, 1]
    """
    given = isinstance(cluster_size, pa.Array | pa.ChunkedArray)
    sizes = cluster_size if given else pa.array(cluster_size, pa.int64())
    counts = pc.fill_null(sizes, 1).to_numpy(zero_copy_only=False)
    if len(counts) and counts.min() < 1:
        raise ValueError(f"a cluster has 1 document or more, found {counts.min()}")
    steps = np.searchsorted([2, 3, 5, 100, 1000], counts, side="right")
    return pa.array(np.array([1, 2, 3, 5, 8, 1], np.int8)[steps])

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.dedup import band_edges, components, flatten, forest, unite

Edges = list[tuple[int, int]]
edge_lists = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60)
# Few distinct keys, and extremes, so that buckets fill.
key = st.sampled_from([0, 1, 2, 3, 2**63, 2**64 - 1])


def _labels(edges: Edges) -> dict[int, int]:
    """The slow twin: spread the smallest id along edges until nothing changes."""
    label = {node: node for edge in edges for node in edge}
    changed = True
    while changed:
        changed = False
        for a, b in edges:
            low = min(label[a], label[b])
            changed |= label[a] != low or label[b] != low
            label[a] = label[b] = low
    return label


def _table(edges: Edges) -> pa.Table:
    roots, members = [a for a, _ in edges], [b for _, b in edges]
    return pa.table({"root": pa.array(roots, pa.int64()), "member": pa.array(members, pa.int64())})


def _edges(table: pa.Table) -> Edges:
    return list(zip(table["root"].to_pylist(), table["member"].to_pylist(), strict=True))


def _signatures(rows: list[list[int] | None]) -> pa.FixedSizeBinaryArray:
    width = max((len(row) for row in rows if row), default=1)
    packed = [None if row is None else np.array(row, np.uint64).tobytes() for row in rows]
    return pa.array(packed, pa.binary(8 * width))


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), st.lists(key, min_size=3, max_size=3)), max_size=25))
def test_components_agree_with_the_slow_twin(rows: list[list[int] | None]) -> None:
    edges = []
    for band in range(3):
        buckets = defaultdict(list)
        for row, keys in enumerate(rows):
            if keys is not None:
                buckets[keys[band]].append(row)
        edges += [(bucket[0], row) for bucket in buckets.values() for row in bucket]
    label = _labels(edges)
    expected = [label.get(row, row) for row in range(len(rows))]
    array = _signatures(rows)
    assert components(array).to_pylist() == expected
    padded = pa.concat_arrays([pa.array([b"\x00" * array.type.byte_width] * 3, array.type), array])
    assert components(padded.slice(3)).to_pylist() == expected
    assert components(pa.chunked_array([array.slice(0, 2), array.slice(2)])).to_pylist() == expected


@settings(deadline=None)
@given(edge_lists, st.randoms(use_true_random=False))
def test_a_forest_keeps_the_components_and_depends_on_no_order(edges: Edges, rng: object) -> None:
    made = forest(_table(edges))
    label = _labels(edges)
    expected = [(root, node) for node, root in sorted(label.items()) if node != root]
    assert _edges(made) == expected
    far = 2**40  # ids too far apart for an array
    spread = [(a * far, b * far) for a, b in edges]
    assert _edges(forest(_table(spread))) == [(root * far, node * far) for root, node in expected]
    shuffled = [edge[::-1] if rng.random() < 0.5 else edge for edge in edges]  # type: ignore[attr-defined]
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert forest(_table(shuffled)).equals(made)
    assert forest(made).equals(made)


@settings(deadline=None)
@given(edge_lists, edge_lists, edge_lists)
def test_forests_merge_pairwise_in_any_order(a: Edges, b: Edges, c: Edges) -> None:
    whole = forest(_table(a + b + c))
    one, two, three = (forest(_table(edges)) for edges in (a, b, c))
    left = forest(pa.concat_tables([forest(pa.concat_tables([one, two])), three]))
    right = forest(pa.concat_tables([two, forest(pa.concat_tables([three, one]))]))
    assert left.equals(whole)
    assert right.equals(whole)


@settings(deadline=None)
@given(st.lists(st.tuples(key, st.integers(0, 40)), max_size=40))
def test_band_edges_are_stars_from_the_smallest_id(rows: list[tuple[int, int]]) -> None:
    buckets = defaultdict(set)
    for value, number in rows:
        buckets[value].add(number)
    expected = {(min(b), number) for b in buckets.values() for number in b if number != min(b)}
    keys = pa.array([value for value, _ in rows], pa.uint64())
    made = band_edges(keys, pa.array([number for _, number in rows], pa.int64()))
    assert _edges(made) == sorted(expected)
    far = band_edges(keys, [number * 2**40 for _, number in rows])
    assert _edges(far) == [(root * 2**40, member * 2**40) for root, member in sorted(expected)]


def test_bands_in_partitions_give_the_same_components() -> None:
    rng = np.random.default_rng(4)
    keys = rng.integers(0, 400, (2000, 4)).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    label = components(_signatures(keys.tolist())).to_numpy()
    forests = []
    for band in range(4):
        for part in range(3):
            rows = np.flatnonzero(keys[:, band] % np.uint64(3) == part)
            forests.append(forest(band_edges(keys[rows, band], rows)))
    merged = forest(pa.concat_tables(forests))
    found = np.arange(2000)
    found[merged["member"].to_numpy()] = merged["root"].to_numpy()
    assert (found == label).all()
    assert merged.num_rows < 2000


@given(edge_lists, st.integers(1, 4))
@settings(deadline=None)
def test_forests_that_are_joined_in_pieces(edges: Edges, pieces: int) -> None:
    parents = np.arange(31)
    for piece in range(pieces):
        unite(parents, _table(edges[piece::pieces]))
    flatten(parents)
    assert parents.tolist() == [_labels(edges).get(node, node) for node in range(31)]


def test_an_id_that_a_union_find_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 1, found 1 to 2"):
        unite(np.arange(2), _table([(0, 1), (0, 2)]))


def test_a_bucket_of_everything_and_a_chain_of_pairs() -> None:
    count = 300_000
    same = np.full((count, 2), 7, np.uint64)
    assert set(components(pa.array(list(map(bytes, same[:9])), pa.binary(16))).to_pylist()) == {0}
    made = band_edges(same[:, 0], np.arange(count)[::-1].copy())
    assert made.num_rows == count - 1
    assert set(made["root"].to_pylist()) == {0}
    # The worst order for a union-find without ranks: a chain joined from its far end.
    links = np.arange(count - 1)[::-1]
    chain = forest(pa.table({"root": links, "member": links + 1}))
    assert chain.num_rows == count - 1
    assert set(chain["root"].to_pylist()) == {0}


def test_no_rows() -> None:
    assert components(pa.array([], pa.binary(112))).to_pylist() == []
    assert components(pa.chunked_array([], pa.binary(112))).to_pylist() == []
    assert forest(_table([])).num_rows == 0
    assert band_edges([], []).num_rows == 0


def test_what_is_not_a_signature_is_refused() -> None:
    with pytest.raises(TypeError, match=r"fixed_size_binary\(8 \* bands\), not int64"):
        components(pa.array([1, 2]))
    with pytest.raises(TypeError, match="not fixed_size_binary"):
        components(pa.array([b"1234567"], pa.binary(7)))
    with pytest.raises(ValueError, match="found 1 and 2"):
        band_edges([1, 2], [1])
    with pytest.raises(ValueError, match="whole numbers"):
        band_edges([1.5, 2.0], [1, 2])
    with pytest.raises(ValueError, match="no nulls"):
        band_edges(pa.array([1, None], pa.uint64()), [1, 2])
    with pytest.raises(ValueError, match="0 or more, found -1"):
        forest(_table([(-1, 2)]))

import math
import random
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.dedup import Shape, components, shingles, signatures, verify
from eurocorpus.dedup.verify import Policy, round_up
from eurocorpus.dedup.walk import walk

Removal = tuple[int, int, float, int]


def _slow(
    sets: list[set[int]], labels: list[int], order: list[int], threshold: float, policy: Policy
) -> list[Removal]:
    """The slow twin: every document against every kept one, with Python sets."""
    gone: dict[int, tuple[int, float]] = {}
    for row in sorted(range(len(sets)), key=lambda r: (order[r], r)):
        best: tuple[float, int, int] | None = None
        for other in range(len(sets)):
            first = (order[other], other) < (order[row], row)
            if not first or labels[other] != labels[row] or other in gone:
                continue
            shared = len(sets[row] & sets[other])
            whole = len(sets[row]) if policy == "containment" else len(sets[row] | sets[other])
            if shared and shared / whole >= threshold:
                rank = (-shared / whole, order[other], other)
                best = rank if best is None else min(best, rank)
        if best is not None:
            gone[row] = (best[2], -best[0])
    kept = [k for k, _ in gone.values()]
    return [(row, k, s, kept.count(k) + 1) for row, (k, s) in sorted(gone.items())]


def _removals(table: pa.Table) -> list[Removal]:
    assert table["cluster"].equals(table["kept"])
    columns = ("removed", "kept", "similarity", "cluster_size")
    return list(zip(*(table[name].to_pylist() for name in columns), strict=True))


def _same(found: list[Removal], expected: list[Removal]) -> bool:
    return [(r, k, n) for r, k, _, n in found] == [(r, k, n) for r, k, _, n in expected] and all(
        f[2] == pytest.approx(e[2], abs=1e-6) for f, e in zip(found, expected, strict=True)
    )


def _related(rng: random.Random, count: int) -> list[set[int]]:
    """Sets cut from one another, so that many are similar; small numbers share slots of tables."""
    pool = [k * rng.choice([1, 2**58 + 12345]) for k in range(40)]
    sets: list[set[int]] = []
    for _ in range(count):
        base = rng.choice(sets) if sets and rng.random() < 0.5 else set(pool[:20])
        sets.append(base ^ set(rng.choices(pool, k=rng.randrange(7))))
    return sets


# Up to 16 members are compared one by one, more through an index.
@settings(deadline=None, max_examples=300)
@given(
    st.randoms(use_true_random=True),
    st.integers(0, 60),
    st.integers(1, 3),
    st.sampled_from([0.05, 0.3, 0.5, 0.7, 0.8, 0.9, 0.98, 1.0]),
    st.booleans(),
)
def test_agrees_with_the_slow_twin(
    rng: random.Random, count: int, components: int, threshold: float, containment: bool
) -> None:
    sets = _related(rng, count)
    labels = [rng.randrange(components) for _ in sets]
    order = rng.sample(range(count), count)
    policy: Policy = "containment" if containment else "jaccard"
    lists = pa.array([sorted(s) for s in sets], pa.large_list(pa.uint64()))
    found = verify(lists, labels, order, threshold=threshold, policy=policy)
    assert _same(_removals(found), _slow(sets, labels, order, threshold, policy))


def test_texts_and_their_shingles_give_the_same(tmp_path: object) -> None:
    rng = random.Random(5)
    words = [f"w{rng.randrange(300)}" for _ in range(400)]
    texts = [" ".join(words[k : k + 200]) for k in range(0, 200, 5)] + [None, "", "one two"]
    labels, order = [0] * len(texts), list(range(len(texts)))
    shape = Shape(ngram=3)
    by_text = verify(texts, labels, order, shape=shape)
    sets = shingles(texts, shape)
    assert by_text.num_rows > 5
    assert verify(sets, labels, order).equals(by_text)
    halves = pa.chunked_array([sets.slice(0, 7), sets.slice(7)])
    assert verify(halves, pa.array(labels), pa.chunked_array([order])).equals(by_text)


def test_a_drifting_chain_is_not_chained(grams: Callable[[str], set[tuple[str, ...]]]) -> None:
    words = [f"word{k}" for k in range(2300)]
    texts = [" ".join(words[k : k + 300]) for k in range(0, 2000, 10)]
    table = verify(texts, [0] * len(texts), range(len(texts)))
    removed = set(table["removed"].to_pylist())
    for gone, kept in zip(table["removed"].to_pylist(), table["kept"].to_pylist(), strict=True):
        assert kept not in removed
        one, other = grams(texts[gone]), grams(texts[kept])
        assert len(one & other) / len(one | other) >= 0.8
    survivors = [row for row in range(len(texts)) if row not in removed]
    assert 30 < len(survivors) < len(texts)
    for before, after in pairwise(survivors):
        a, b = grams(texts[before]), grams(texts[after])
        assert len(a & b) / len(a | b) < 0.8


def test_all_the_same_leaves_the_first_in_order() -> None:
    texts = pa.array(["the same seven words all the time"] * 200_000)
    labels = components(signatures(texts))
    order = np.random.default_rng(1).permutation(len(texts))
    table = verify(texts, labels, order)
    assert table.num_rows == len(texts) - 1
    assert set(table["kept"].to_pylist()) == {int(np.argmin(order))}
    assert set(table["similarity"].to_pylist()) == {1.0}
    assert set(table["cluster_size"].to_pylist()) == {len(texts)}


def test_a_large_bucket_of_a_template_with_different_contents() -> None:
    # 70 % template: one component, no pair of which is similar enough. All pairs would be 2e10.
    rng = np.random.default_rng(2)
    template, count = np.arange(1, 71, dtype=np.uint64), 200_000
    own = rng.integers(1000, 2**63, (count, 20), dtype=np.uint64)
    sets = np.sort(np.concatenate([np.tile(template, (count, 1)), own], axis=1), axis=1)
    lists = pa.LargeListArray.from_arrays(np.arange(count + 1) * 90, pa.array(sets.reshape(-1)))
    table = verify(lists, np.zeros(count, np.int64), np.arange(count))
    assert table.num_rows == 0


def test_documents_made_of_the_same_few_ngrams_cost_linear_time_and_are_still_found() -> None:
    # Every n-gram is in half of the documents: no rare ones to index. Copies lack 5 of 100.
    rng = np.random.default_rng(3)
    pool = rng.integers(0, 2**63, 200, dtype=np.uint64)
    own = np.argsort(rng.random((3000, 200)), axis=1)[:, :100]
    sets = [sorted(pool[row].tolist()) for row in own]
    copies = [sorted(pool[np.delete(row, range(5))].tolist()) for row in own[::10]]
    lists = pa.array([*sets, *copies], pa.large_list(pa.uint64()))
    found = verify(lists, [0] * 3300, range(3300))
    assert 0.98 * 300 < found.num_rows <= 300
    for removed, kept, similarity, _ in _removals(found):
        assert kept == 10 * (removed - 3000)
        assert similarity == pytest.approx(0.95)


def test_empty_sets_nulls_and_single_rows_stay() -> None:
    sets = pa.array([[], [], None, None, [1, 2], [1, 2]], pa.large_list(pa.uint64()))
    assert _removals(verify(sets, [0] * 6, range(6))) == [(5, 4, 1.0, 2)]
    assert verify(sets, range(6), range(6)).num_rows == 0
    assert verify([], [], []).num_rows == 0


def test_ties_of_rank_fall_to_the_smaller_row() -> None:
    assert _removals(verify(["a b c d e"] * 3, [4] * 3, [0, 0, 0])) == [
        (1, 0, 1.0, 3),
        (2, 0, 1.0, 3),
    ]


def test_containment_is_of_the_document_that_goes() -> None:
    whole = " ".join(f"w{k}" for k in range(500))
    part = " ".join(f"w{k}" for k in range(100, 200))
    for order, expected in (([0, 1], [1]), ([1, 0], [])):
        found = verify([whole, part], [0, 0], order, threshold=0.98, policy="containment")
        assert found["removed"].to_pylist() == expected


@given(st.floats(0, 1))
def test_similarities_are_rounded_up(value: float) -> None:
    rounded = round_up(np.array([value]))
    assert rounded.dtype == np.float32
    assert value <= float(rounded[0]) <= value + 1e-7
    assert float(np.nextafter(rounded[0], np.float32(-1))) < value


def test_bad_arguments_say_what_was_expected() -> None:
    with pytest.raises(ValueError, match="'jaccard' or 'containment', not 'cosine'"):
        verify(["a"], [0], [0], policy="cosine")  # type: ignore[arg-type]
    for threshold in (0.0, -1.0, 1.01, math.nan):
        with pytest.raises(ValueError, match="above 0 and at most 1"):
            verify(["a"], [0], [0], threshold=threshold)
    with pytest.raises(ValueError, match="1 labels, 2 ranks, 2 documents"):
        verify(["a", "b"], [0], [0, 1])
    with pytest.raises(TypeError, match="large_list<uint64>"):
        verify(pa.array([[1]], pa.large_list(pa.int8())), [0], [0])


def _lists(sets: list[set[int]]) -> pa.LargeListArray:
    return pa.array([sorted(s) for s in sets], pa.large_list(pa.uint64()))


@settings(deadline=None, max_examples=100)
@given(st.randoms(use_true_random=True), st.integers(1, 60), st.booleans())
def test_what_stays_is_not_measured_and_others_are_against_it(
    rng: random.Random, count: int, containment: bool
) -> None:
    sets = _related(rng, count)
    stays = [row < count // 3 for row in range(count)]
    policy: Policy = "containment" if containment else "jaccard"
    found = verify(_lists(sets), [0] * count, range(count), policy=policy, stays=stays)
    gone: dict[int, float] = {}
    for row in range(count // 3, count):
        best = 0.0
        for other in range(row):
            shared = len(sets[row] & sets[other])
            whole = len(sets[row]) if containment else len(sets[row] | sets[other])
            if other not in gone and shared and shared / whole >= 0.8:
                best = max(best, shared / whole)
        if best:
            gone[row] = best
    assert dict(
        zip(found["removed"].to_pylist(), found["similarity"].to_pylist(), strict=True)
    ) == pytest.approx(gone)
    for removed, kept in zip(found["removed"].to_pylist(), found["kept"].to_pylist(), strict=True):
        assert kept not in gone
        assert kept < removed


def test_a_mask_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 2 booleans, found 1"):
        verify(["a b", "a b"], [0, 0], [0, 1], stays=[True])


def test_a_giant_component_removes_what_a_large_one_does() -> None:
    """By band keys alone: all that is found is true, and next to nothing is missed."""
    rng = random.Random(7)
    base = [rng.getrandbits(60) for _ in range(200)]
    sets = []
    for _ in range(400):
        words = list(base)
        for _ in range(rng.randrange(60)):
            words[rng.randrange(200)] = rng.getrandbits(60)
        sets.append(set(words))
    lists = _lists(sets)
    arguments = (lists.values.to_numpy(), lists.offsets.to_numpy(), np.array([0, len(sets)]))
    stays = np.zeros(len(sets), bool)
    large, _ = walk(*arguments, stays, 0.8, False, Shape())
    giant, similarity = walk(*arguments, stays, 0.8, False, Shape(), giant=0)
    for row in np.flatnonzero(giant >= 0):
        one, other = sets[row], sets[giant[row]]
        assert giant[giant[row]] < 0
        assert similarity[row] == pytest.approx(len(one & other) / len(one | other))
        assert similarity[row] >= 0.8
    assert (giant >= 0).sum() >= 0.95 * (large >= 0).sum() > 100
    stays[:50] = True
    fixed, _ = walk(*arguments, stays, 0.8, False, Shape(), giant=0)
    assert (fixed[:50] < 0).all()
    assert (fixed[50:] >= 0).any()


def test_sets_that_are_in_order_are_read_where_they_lie() -> None:
    lists = _lists(_related(random.Random(1), 100))
    held = pa.total_allocated_bytes()
    in_order = verify(lists, [0] * 50 + [1] * 50, range(100))
    assert pa.total_allocated_bytes() - held < lists.nbytes
    order = np.random.default_rng(1).permutation(100)
    labels = np.array([0] * 50 + [1] * 50)
    shuffled = verify(lists.take(pa.array(order)), labels[order], order)
    assert shuffled.num_rows == in_order.num_rows

import math
import random
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.dedup import (
    Shape,
    band_keys,
    from_datasketch,
    minhashes,
    shingles,
    signatures,
    to_datasketch,
)

Hashes = Callable[[str, int], list[int]]
Overlapping = Callable[[random.Random, int, float], tuple[str, str]]

SMALL = Shape(bands=3, rows=4, ngram=2, seed=7)
word_text = st.lists(
    st.sampled_from(["a", "bb", "ccc", "Straße", "ščř", "Σας", "日本", "12", "-"]), max_size=30
).map(" ".join)


def _fmix32(value: int) -> int:
    value = (value ^ value >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    value = (value ^ value >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return value ^ value >> 16


def _slow(hashes: list[int], shape: Shape) -> list[int] | None:
    """Brute-force MinHash of n-gram hashes."""
    permutations = list(zip(*(p.tolist() for p in shape.permutations()), strict=True))
    mixed = [_fmix32(h >> 32) for h in hashes]
    return [min(a * h + b & 0xFFFFFFFF for h in mixed) for a, b in permutations] if mixed else None


@settings(deadline=None)
@given(st.lists(st.one_of(word_text, st.text(max_size=30)), max_size=5))
def test_minima_agree_with_brute_force(hashes: Hashes, texts: list[str]) -> None:
    expected = [_slow(hashes(text, SMALL.ngram), SMALL) for text in texts]
    found = minhashes(texts, SMALL)
    assert found.to_pylist() == expected
    assert band_keys(found, SMALL).equals(signatures(texts, SMALL))


def test_minima_over_many_blocks(hashes: Hashes) -> None:
    text = " ".join(f"word{k % 7000}" for k in range(10_000))
    assert minhashes([text], SMALL).to_pylist() == [_slow(hashes(text, 2), SMALL)]


def test_band_keys_are_equal_exactly_where_the_minima_are() -> None:
    shape = Shape(bands=4, rows=2)
    rng = np.random.default_rng(0)
    values = rng.integers(0, 3, (300, 8)).astype(np.uint32)
    lists = pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), 8)
    keys = np.frombuffer(b"".join(band_keys(lists, shape).to_pylist()), np.uint64).reshape(-1, 4)
    for band in range(4):
        minima = [tuple(row[2 * band : 2 * band + 2]) for row in values.tolist()]
        for one in range(0, 300, 7):
            for other in range(300):
                assert (keys[one, band] == keys[other, band]) == (minima[one] == minima[other])
    # The band's number is part of the key: keys of different bands do not meet.
    assert not set(keys[:, 0].tolist()) & set(keys[:, 1].tolist())


@pytest.mark.parametrize("size", [30, 400])
def test_collisions_follow_the_s_curve(overlapping: Overlapping, size: int) -> None:
    """Fixed seed; each figure within four standard deviations of the binomial of theory."""
    rng = random.Random(size)
    pairs = 800
    for jaccard in (0.5, 0.6, 0.7, 0.8, 0.9):
        texts = [text for _ in range(pairs) for text in overlapping(rng, size, jaccard)]
        exact = round(size * jaccard) / size
        sets = shingles(texts[:2]).to_pylist()
        assert len(set(sets[0]) & set(sets[1])) / len(set(sets[0]) | set(sets[1])) == exact
        minima = minhashes(texts).flatten().to_numpy().reshape(pairs, 2, 112)
        agree = (minima[:, 0] == minima[:, 1]).mean()
        # One permutation each is a coin of chance `exact`; the 112 of a pair are taken as free.
        assert abs(agree - exact) < 4 * math.sqrt(exact * (1 - exact) / (pairs * 112))
        keys = np.frombuffer(b"".join(signatures(texts).to_pylist()), np.uint64)
        keys = keys.reshape(pairs, 2, 14)
        met = int((keys[:, 0] == keys[:, 1]).any(axis=1).sum())
        chance = Shape().probability(exact)
        assert abs(met - pairs * chance) <= 4 * math.sqrt(pairs * chance * (1 - chance)) + 1


def test_every_kind_of_arrow_text() -> None:
    texts = ["one two three four five six", None, "", "x", "ещё раз о том же самом деле"]
    expected = signatures(texts).to_pylist()
    assert [value is None for value in expected] == [False, True, True, False, False]
    plain = pa.array(texts, pa.string())
    for kind in (plain, plain.cast(pa.large_string()), pa.chunked_array([plain[:2], plain[2:]])):
        assert signatures(kind).to_pylist() == expected
    for start in range(6):
        assert signatures(plain.slice(start)).to_pylist() == expected[start:]
        assert minhashes(plain.slice(start)).is_null().to_pylist() == [
            v is None for v in expected[start:]
        ]
    assert signatures(plain).type == pa.binary(112)
    assert signatures([]).type == pa.binary(112)
    assert minhashes([]).type == pa.list_(pa.uint32(), 112)


def test_shape_changes_what_is_made() -> None:
    text = ["one two three four five six seven"]
    assert signatures(text, Shape(bands=2)).type == pa.binary(16)
    made = {
        signatures(text, s)[0].as_py()[:8]
        for s in (Shape(), Shape(seed=2), Shape(ngram=4), Shape(rows=7))
    }
    assert len(made) == 4


def test_a_signature_is_for_ever() -> None:
    """Releases publish their keys: a change here breaks deduplication against every one of them."""
    found = signatures(["The quick brown fox jumps over the lazy dog; 12 times."])
    assert found[0].as_py()[:16].hex() == "950b4616dbe228e8b3943d3ab7b74930"


def test_sketches_are_bit_for_bit_what_datasketch_makes() -> None:
    datasketch = pytest.importorskip("datasketch")
    texts = ["one two three four five six seven eight nine", "one two three four five six", "-"]
    ours = to_datasketch(minhashes(texts))
    assert ours[2] is None
    for sketch, hashes in zip(ours[:2], shingles(texts).to_pylist(), strict=False):
        theirs = datasketch.MinHash(
            num_perm=112, seed=1, hashfunc=lambda h: h >> 32, scheme="affine32"
        )
        theirs.update_batch(hashes)
        assert sketch is not None
        assert np.array_equal(sketch.hashvalues, theirs.hashvalues)
        assert sketch.jaccard(theirs) == 1.0
    assert from_datasketch(ours).equals(minhashes(texts))


def test_foreign_sketches_and_wrong_minima_are_refused() -> None:
    datasketch = pytest.importorskip("datasketch")
    for other in (
        datasketch.MinHash(num_perm=112, seed=2),
        datasketch.MinHash(num_perm=128, seed=1),
        datasketch.MinHash(num_perm=112, seed=1, scheme="legacy"),
    ):
        with pytest.raises(ValueError, match="sketch 1 has"):
            from_datasketch([None, datasketch.LeanMinHash(other)])
    with pytest.raises(ValueError, match="112 uint32 minima"):
        band_keys(minhashes(["x"], SMALL))

import numpy as np
import pytest

from eurocorpus.dedup import Shape

datasketch = pytest.importorskip("datasketch")


# peers.md's table and Mining of Massive Datasets, figure 3.8 (5 rows, 20 bands).
@pytest.mark.parametrize(
    ("bands", "rows", "jaccard", "expected"),
    [(14, 8, 0.8, 0.924), (14, 8, 0.85, 0.988), (26, 11, 0.8, 0.903), (20, 5, 0.5, 0.470)],
)
def test_probability(bands: int, rows: int, jaccard: float, expected: float) -> None:
    assert Shape(bands, rows).probability(jaccard) == pytest.approx(expected, abs=6e-4)


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_permutations_are_those_of_datasketch(seed: int) -> None:
    odd, summands = Shape(seed=seed).permutations()
    theirs = datasketch.MinHash(num_perm=112, seed=seed, scheme="affine32").permutations
    assert np.array_equal(theirs[0], odd)
    assert np.array_equal(theirs[1], summands)
    assert odd.dtype == summands.dtype == np.uint32


@pytest.mark.parametrize(
    ("name", "value"),
    [("bands", 0), ("rows", 1025), ("ngram", True), ("ngram", 2.5), ("seed", -1), ("seed", 2**32)],
)
def test_what_is_out_of_range_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a whole number from .* not {value!r}"):
        Shape(**{name: value})  # type: ignore[arg-type]

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.train.sampling import weights

SIZES = st.dictionaries(
    st.sampled_from("abcdefgh"), st.just(0.0) | st.floats(1, 1e12), min_size=1
).filter(lambda sizes: any(sizes.values()))
RULES = st.sampled_from(["proportional", "uniform", "alpha:0.3", "alpha:1", "unimax:1", "unimax:4"])


@given(SIZES, RULES)
def test_shares_add_up_and_nothing_is_made_of_nothing(sizes: dict[str, float], rule: str) -> None:
    shares = weights(sizes, rule)
    assert sum(shares.values()) == pytest.approx(1)
    assert set(shares) == {code for code, size in sizes.items() if size}


@given(SIZES, st.sampled_from(["alpha:0.3", "unimax:2", "proportional"]))
def test_who_has_more_gets_no_less(sizes: dict[str, float], rule: str) -> None:
    shares = weights(sizes, rule)
    ordered = sorted(shares, key=lambda code: sizes[code])
    for less, more in itertools.pairwise(ordered):
        assert shares[less] <= shares[more] * (1 + 1e-9)


@given(SIZES, st.floats(1, 8), st.floats(0.01, 20))
def test_unimax_repeats_nothing_more_often_than_said(
    sizes: dict[str, float], epochs: float, ratio: float
) -> None:
    """Where all together cannot fill the budget, what is taken is as large as it may be."""
    budget = ratio * sum(sizes.values())
    shares = weights(sizes, f"unimax:{epochs}", budget=budget)
    taken = min(budget, epochs * sum(sizes.values()))
    for code, share in shares.items():
        assert share * taken <= sizes[code] * epochs * (1 + 1e-9)
    full = [share for code, share in shares.items() if share * taken < sizes[code] * epochs * 0.999]
    assert not full or max(full) == pytest.approx(min(full))


def test_alpha_flattens() -> None:
    shares = weights({"a": 1000, "b": 1}, "alpha:0.3")
    assert shares["a"] / shares["b"] == pytest.approx(1000**0.3)


@pytest.mark.parametrize(
    "rule", ["", "alpha:x", "alpha:-1", "alpha:inf", "unimax:0", "fair", "uniform:2"]
)
def test_other_rules_are_refused(rule: str) -> None:
    with pytest.raises(UsageError, match="sampling"):
        weights({"a": 1}, rule)


def test_no_text_is_refused() -> None:
    with pytest.raises(UsageError, match="no language"):
        weights({"a": 0}, "uniform")

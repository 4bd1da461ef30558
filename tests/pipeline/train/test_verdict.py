"""Verdicts from nats: what is planted is found, and noise is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.pipeline.train.ablate.verdict import (
    BETTER,
    UNRESOLVED,
    WORSE,
    Difference,
    agree,
    differences,
    overall,
    ratio_variance,
    seed_noise,
)

SIZES = np.full(40, 500, np.int64)


def draw_runs(shift: float, seeds: int, rng: np.random.Generator, noise: float) -> list[np.ndarray]:
    """Nats of 40 documents of 500 bytes about 2 bits a byte, shifted by some bits a byte."""
    hard = np.random.default_rng(7).normal(2.0, 0.3, 40)
    return [
        (hard + shift + rng.normal(0, noise) + rng.normal(0, 0.01, 40)) * SIZES * np.log(2)
        for _ in range(seeds)
    ]


def test_a_difference_above_the_noise_is_found_on_either_side() -> None:
    rng = np.random.default_rng(0)
    nats = {
        name: draw_runs(shift, 3, rng, 0.02)
        for name, shift in (("raw", 0.0), ("good", -0.3), ("bad", 0.3), ("same", 0.0))
    }
    found = differences(nats, SIZES)
    verdicts = {name: difference.verdict for name, difference in found.items()}
    assert verdicts == {"good": BETTER, "bad": WORSE, "same": UNRESOLVED}
    assert found["bad"].delta == pytest.approx(0.3, abs=0.06)


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_two_equal_recipes_are_told_apart_in_no_more_than_one_of_twenty(seeds: int) -> None:
    """The interval is one of 95 %; 400 draws leave 5 % within 3 points."""
    rng = np.random.default_rng(seeds)
    wrong = 0
    for _ in range(400):
        nats = {name: draw_runs(0.0, seeds, rng, 0.03) for name in ("a", "b")}
        wrong += differences(nats, SIZES)["b"].verdict != UNRESOLVED
    assert wrong / 400 < 0.08


def test_what_a_seed_does_to_all_recipes_is_no_noise() -> None:
    values = np.array([[2.0, 2.5, 2.2], [2.1, 2.6, 2.3]])
    noise, freedom = seed_noise(values)
    assert noise == pytest.approx(0)
    assert freedom == 2


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 10))
def test_the_variance_over_documents_is_that_of_a_bootstrap(seed: int, scale: float) -> None:
    """The slow twin draws documents again and again."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(200, 400, 60)
    values = scale * (0.1 * sizes + rng.normal(0, 20, 60))
    draws = rng.integers(0, 60, (2000, 60))
    ratios = values[draws].sum(1) / sizes[draws].sum(1)
    assert ratio_variance(values, sizes) == pytest.approx(ratios.var(), rel=0.25)


def test_opposite_learning_rates_resolve_nothing() -> None:
    better, worse = Difference(-1, -2, -0.5, (-1,)), Difference(1, 0.5, 2, (1,))
    unclear = Difference(0, -1, 1, (0,))
    assert agree(better, worse) == UNRESOLVED
    assert agree(better, unclear) == agree(better, better) == BETTER
    assert agree(unclear, worse) == UNRESOLVED


def test_over_several_texts_the_noise_of_documents_averages_out() -> None:
    rng = np.random.default_rng(1)
    texts = [{name: draw_runs(shift, 3, rng, 0.001) for name, shift in (("a", 0.0), ("b", 0.02))}
             for _ in range(4)]  # fmt: skip
    parts = [differences(nats, SIZES)["b"] for nats in texts]
    whole = overall(parts, 1)
    assert whole.delta == pytest.approx(np.mean([part.delta for part in parts]))
    assert whole.documents == pytest.approx(np.mean([part.documents for part in parts]) / 4)
    assert whole.high - whole.low < min(part.high - part.low for part in parts)
    assert whole.verdict == WORSE


def test_one_seed_or_document_tells_nothing() -> None:
    with pytest.raises(ValueError, match="two recipes, seeds and documents"):
        differences({"a": [np.ones(3)], "b": [np.ones(3)]}, np.ones(3, np.int64))

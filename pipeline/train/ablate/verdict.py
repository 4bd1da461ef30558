"""From nats of held-out documents to better, worse or not resolved; no training in here.

For each text, the difference of a recipe to the first one has two uncertainties: other documents might
have been held out, and other seeds drawn. The first is that of a ratio, paired document by document. The
second is the residual of a two-way analysis (recipe and seed), since a seed shifts all recipes alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

BETTER, WORSE, UNRESOLVED = "better", "worse", "not resolved"

_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
      2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086)  # fmt: skip
"""Student's t at 97.5 %, for 1 to 20 degrees of freedom."""

Nats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """Bits per byte of a recipe minus those of the first one, with its 95 % interval; below 0 is better."""

    delta: float
    low: float
    high: float
    seeds: tuple[float, ...]
    """The difference of each seed."""
    documents: float = 0.0
    """The part of the variance that is of the documents held out."""
    recipe_seeds: tuple[tuple[float, ...], ...] = ()
    """Bits per byte of all recipes by seed, from which the noise of seeds was told."""

    @property
    def verdict(self) -> str:
        """What the interval says."""
        if self.high < 0:
            return BETTER
        return WORSE if self.low > 0 else UNRESOLVED

    def to_json(self) -> dict[str, Any]:
        """Give it as data."""
        kept = {name: value for name, value in asdict(self).items()
                if name in ("delta", "low", "high", "seeds")}  # fmt: skip
        return kept | {"verdict": self.verdict}


def student(freedom: int) -> float:
    """Give Student's t for a 95 % interval.

    >>> student(4), student(1000)
    (2.776, 1.96)
    """
    return _T[freedom - 1] if freedom <= len(_T) else 2.086 if freedom < 60 else 1.96


def differences(
    nats: Mapping[str, Sequence[Nats]], sizes: NDArray[np.int64]
) -> dict[str, Difference]:
    """Compare recipes on one text.

    Args:
        nats: recipe -> for each seed, the nats of each document. The first recipe is compared with.
        sizes: bytes of each document.

    Returns:
        All recipes but the first, with their differences.

    Raises:
        ValueError: fewer than two recipes, two seeds or two documents, which tell nothing.
    """
    table = np.array([[document for document in runs] for runs in nats.values()])
    recipes, seeds, documents = table.shape
    if min(recipes, seeds, documents) < 2:
        raise ValueError(
            f"expected two recipes, seeds and documents at least, found {recipes}, {seeds}, {documents}"
        )
    bits = table / log(2)
    per_byte = bits.sum(2) / sizes.sum()
    return {
        name: _difference(per_byte, row, ratio_variance((bits[row] - bits[0]).mean(0), sizes))
        for row, name in list(enumerate(nats))[1:]
    }


def _difference(per_byte: NDArray[np.float64], row: int, documents: float) -> Difference:
    """Compare one row of [recipe, seed] with the first, given the variance that documents bring."""
    by_seed = per_byte[row] - per_byte[0]
    noise, freedom = seed_noise(per_byte)
    half = student(freedom) * sqrt(documents + 2 * noise / len(by_seed))
    middle = float(by_seed.mean())
    return Difference(
        middle, middle - half, middle + half, tuple(by_seed.tolist()), documents,
        tuple(map(tuple, per_byte.tolist())),
    )  # fmt: skip


def overall(parts: Sequence[Difference], row: int) -> Difference:
    """Average the differences of recipe number `row` over texts, each counting the same.

    Texts have documents of their own, so that the noise of those averages out; a seed shifts all texts
    together, so its noise is told from the averages.
    """
    per_byte = np.mean([part.recipe_seeds for part in parts], axis=0)
    documents = sum(part.documents for part in parts) / len(parts) ** 2
    return _difference(per_byte, row, documents)


def agree(tuned: Difference, small: Difference) -> str:
    """Give the verdict at the tuned learning rate, unless the small one says the opposite.

    With one learning rate, rankings of corpora turn round (arXiv 2512.24503).
    """
    opposite = {BETTER: WORSE, WORSE: BETTER}
    if small.verdict == opposite.get(tuned.verdict):
        return UNRESOLVED
    return tuned.verdict


def seed_noise(values: NDArray[np.float64]) -> tuple[float, int]:
    """Give the residual variance of [recipe, seed], and its degrees of freedom."""
    recipes, seeds = values.shape
    residual = values - values.mean(0) - values.mean(1)[:, None] + values.mean()
    freedom = (recipes - 1) * (seeds - 1)
    return float((residual**2).sum() / freedom), freedom


def ratio_variance(values: NDArray[np.float64], sizes: NDArray[np.int64]) -> float:
    """Give the variance of sum(values) / sum(sizes) over documents, linearised (Cochran 1977, 6.4)."""
    ratio = values.sum() / sizes.sum()
    count = len(sizes)
    spread = ((values - ratio * sizes) ** 2).sum() * count / (count - 1)
    return float(spread / sizes.sum() ** 2)


Curve = Sequence[tuple[int, float]]
"""Tokens seen and bits per byte, in order."""


def relative_tokens(recipe: Curve, baseline: Curve) -> float:
    """Tell how many times the baseline's tokens a recipe needs to come as far, between evaluations in a line.

    >>> relative_tokens([(100, 3.0), (200, 2.0), (400, 1.8)], [(400, 2.5)])
    0.375
    """
    if recipe[-1][1] <= baseline[-1][1]:
        return _reach(recipe, baseline[-1][1])
    return 1 / _reach(baseline, recipe[-1][1])


def _reach(curve: Curve, bits: float) -> float:
    """Give the share of a curve's tokens after which it has come down to `bits`, which it does."""
    before, above = curve[0]
    for tokens, below in curve:
        if below <= bits:
            share = (above - bits) / (above - below) if above > bits else 1.0
            return (before + share * (tokens - before)) / curve[-1][0]
        before, above = tokens, below
    return 1.0

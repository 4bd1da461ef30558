"""The shape of a MinHash signature: how many bands of how many minima over which n-grams."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Shape:
    """How a document is signed; two signatures compare only when their shapes are equal.

    The default is FineWeb's (arXiv:2406.17557, §3.4): word 5-grams, 14 bands of 8 minima.

    Args:
        bands: band keys in a signature, 8 bytes each; more find more pairs.
        rows: minima that must agree for one band key to agree; more find fewer pairs.
        ngram: words (or characters, see `shingles`) in one n-gram.
        seed: picks the `bands * rows` permutations; below 2**32.

    Raises:
        ValueError: a number outside its range.
    """

    bands: int = 14
    rows: int = 8
    ngram: int = 5
    seed: int = 1

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, low, high in (
            ("bands", 1, 1024),
            ("rows", 1, 1024),
            ("ngram", 1, 64),
            ("seed", 0, 2**32 - 1),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise ValueError(
                    f"{name} must be a whole number from {low} to {high}, not {value!r}"
                )

    @property
    def hashes(self) -> int:
        """The number of minima, `bands * rows`."""
        return self.bands * self.rows

    def probability(self, jaccard: float) -> float:
        """Give the chance that two documents of this Jaccard similarity share a band key.

        1 - (1 - s**rows)**bands: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, §3.4.

        >>> round(Shape().probability(0.8), 3)
        0.924
        """
        return float(1.0 - (1.0 - jaccard**self.rows) ** self.bands)

    def permutations(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Give the multipliers a (odd) and summands b of h -> a*h + b mod 2**32, `hashes` of each.

        They are datasketch's "affine32" scheme (datasketch >= 2.0, `MinHash.permutations`), from
        the same frozen generator, so that minima are exchanged with it bit for bit.
        """
        generator = np.random.RandomState(self.seed)
        odd = generator.randint(0, 1 << 31, self.hashes, dtype=np.uint32) * np.uint32(
            2
        ) + np.uint32(1)
        summands = generator.randint(0, 1 << 32, self.hashes, dtype=np.uint32)
        return odd.astype(np.uint32), summands.astype(np.uint32)


DEFAULT = Shape()

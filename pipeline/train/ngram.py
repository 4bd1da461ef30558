"""The yardsticks of a language model: unigram entropy, and a 4-gram model of the same tokens.

Interpolated Kneser-Ney smoothing with three discounts, the best that n-grams are known to do (Chen and
Goodman 1999, section 4.1.6), down to the uniform distribution: there is nothing to tune.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class _Level:
    """The n-grams of one length, packed into numbers and sorted."""

    grams: Ids
    counts: NDArray[np.float64]
    """Less their discounts."""
    contexts: Ids
    totals: NDArray[np.float64]
    """Of the counts after each context."""
    left: NDArray[np.float64]
    """What the discounts took, as a share: the weight of the next shorter context."""


class NGram:
    """An n-gram model of token ids; a document's first id is context alone."""

    def __init__(self, order: int, vocabulary: int, documents: Sequence[Ids]) -> None:
        """Count n-grams of up to `order` ids in documents, which begin with the id between documents.

        Raises:
            ValueError: `order` ids of this vocabulary do not fit into 63 bits.
        """
        self.order, self.vocabulary = order, vocabulary
        self._bits = max(vocabulary - 1, 1).bit_length()
        if order * self._bits > 63:
            raise ValueError(f"{order}-grams of {vocabulary:,} ids do not fit into 63 bits")
        counted = [self._count(documents, length) for length in range(1, order + 1)]
        levels = [self._continue(n, *counted[n - 1 : n + 1]) for n in range(1, order)]
        self._levels = [self._discount(*level) for level in [*levels, counted[-1]] if len(level[0])]

    def _pack(self, ids: Ids, length: int) -> Ids:
        """Give all n-grams of a length in order, each as one number."""
        packed = np.zeros(max(len(ids) - length + 1, 0), np.int64)
        for at in range(length):
            packed = packed << self._bits | ids[at : at + len(packed)]
        return packed

    def _count(self, documents: Sequence[Ids], length: int) -> tuple[Ids, Ids]:
        """Count the n-grams of a length that end in an id to predict."""
        first = 1 if length == 1 else 0
        parts = [self._pack(ids[first:], length) for ids in documents]
        grams, counts = np.unique(
            np.concatenate([np.zeros(0, np.int64), *parts]), return_counts=True
        )
        return grams, counts.astype(np.int64)

    def _continue(
        self, length: int, own: tuple[Ids, Ids], longer: tuple[Ids, Ids]
    ) -> tuple[Ids, Ids]:
        """Count after how many ids each n-gram comes, or how often, if it only begins documents."""
        grams, counts = np.unique(longer[0] & (1 << self._bits * length) - 1, return_counts=True)
        begins = ~np.isin(own[0], grams)
        both = np.concatenate((grams, own[0][begins]))
        order = np.argsort(both)
        return both[order], np.concatenate((counts, own[1][begins]))[order]

    def _discount(self, grams: Ids, counts: Ids) -> _Level:
        """Take from each count what Chen and Goodman's formula gives for once, twice and more."""
        seen = [max(int((counts == n).sum()), 1) for n in (1, 2, 3, 4)]
        share = seen[0] / (seen[0] + 2 * seen[1])
        steps = [max(n - (n + 1) * share * seen[n] / seen[n - 1], 0.05) for n in (1, 2, 3)]
        taken = np.array([0.0, *steps])[np.minimum(counts, 3)]
        contexts, owner = np.unique(grams >> self._bits, return_inverse=True)
        totals = np.bincount(owner, counts).astype(np.float64)
        left: NDArray[np.float64] = np.bincount(owner, taken) / totals
        return _Level(grams, counts - taken, contexts, totals, left)

    def nats(self, document: Ids) -> NDArray[np.float64]:
        """Give the nats of each id of a document after the first."""
        count = len(document) - 1
        known = np.full(count, 1 / self.vocabulary)
        for length, level in enumerate(self._levels, 1):
            skipped = max(length - 2, 0)  # ids that have not enough before them
            grams = self._pack(document[1 if length == 1 else 0 :], length)
            context, after = _find(level.contexts, grams >> self._bits)
            gram, found = _find(level.grams, grams)
            own = np.where(found, level.counts[gram], 0.0) / level.totals[context]
            shorter = known[skipped:]
            known[skipped:] = np.where(after, own + level.left[context] * shorter, shorter)
        nats: NDArray[np.float64] = -np.log(known)
        return nats


def _find(among: Ids, wanted: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    """Find numbers among sorted ones: where each is, and whether."""
    at = np.minimum(np.searchsorted(among, wanted), len(among) - 1)
    return at, among[at] == wanted

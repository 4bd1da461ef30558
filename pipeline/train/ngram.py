"""The yardsticks of a language model: unigram entropy, and a 4-gram model of the same tokens.

Witten-Bell smoothing (Witten and Bell 1991), interpolated down to the uniform distribution: it has no
parameter to tune, and every token has a probability above zero.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import log

Context = tuple[int, ...]


class NGram:
    """Counts of tokens after the up to `order` - 1 tokens before them."""

    def __init__(self, order: int, vocabulary: int) -> None:
        """Begin with no counts."""
        self.order, self.vocabulary = order, vocabulary
        self._counts: defaultdict[Context, Counter[int]] = defaultdict(Counter)

    def add(self, tokens: Sequence[int]) -> None:
        """Count a stretch of tokens."""
        for at, token in enumerate(tokens):
            for length in range(min(self.order - 1, at) + 1):
                self._counts[tuple(tokens[at - length : at])][token] += 1

    def probability(self, context: Sequence[int], token: int) -> float:
        """Give the probability of a token after others."""
        known = 1 / self.vocabulary
        for length in range(min(self.order - 1, len(context)) + 1):
            after = self._counts.get(tuple(context[len(context) - length :]))
            if after:
                kinds, total = len(after), after.total()
                known = (after[token] + kinds * known) / (total + kinds)
        return known

    def nats(self, tokens: Sequence[int], skip: Iterable[int] = ()) -> float:
        """Add up the nats of the tokens after the first, but for those to `skip`."""
        left_out = set(skip)
        return -sum(
            log(self.probability(tokens[max(at - self.order + 1, 0) : at], token))
            for at, token in enumerate(tokens)
            if at and token not in left_out
        )

"""The 4-gram that models are held against is the one that the books describe."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.train.ngram import NGram

VOCABULARY = 6
DOCUMENT = st.lists(st.integers(1, VOCABULARY - 1), min_size=1, max_size=12).map(
    lambda ids: [0, *ids]
)


def learn(order: int, documents: list[list[int]]) -> NGram:
    return NGram(order, VOCABULARY, [np.array(ids) for ids in documents])


def slow(
    documents: list[list[int]], context: list[int], token: int, order: int, top: bool
) -> float:
    """The twin: Chen and Goodman's formula for one probability, counted anew each time."""
    if order == 0:
        return 1 / VOCABULARY
    raw: list[Counter[tuple[int, ...]]] = [
        Counter(
            tuple(ids[at - n + 1 : at + 1])
            for ids in documents
            for at in range(1, len(ids))
            if at - n + 1 >= 0
        )
        for n in (order, order + 1)
    ]
    counts = Counter(gram[1:] for gram in raw[1])
    for gram, times in raw[0].items():
        if gram not in counts:
            counts[gram] = times
    counts = raw[0] if top else counts
    seen = [max(sum(value == n for value in counts.values()), 1) for n in (1, 2, 3, 4)]
    share = seen[0] / (seen[0] + 2 * seen[1])
    taken = [0.0] + [max(n - (n + 1) * share * seen[n] / seen[n - 1], 0.05) for n in (1, 2, 3)]
    shorter = slow(documents, context[1:], token, order - 1, False)
    after = {gram: value for gram, value in counts.items() if list(gram[:-1]) == context}
    if not after or len(context) < order - 1:
        return shorter
    own = counts[(*context, token)]
    left = sum(taken[min(value, 3)] for value in after.values())
    return (own - taken[min(own, 3)] + left * shorter) / sum(after.values())


@given(st.lists(DOCUMENT, min_size=1, max_size=4), DOCUMENT, st.integers(1, 3))
def test_probabilities_are_those_of_the_slow_twin(
    documents: list[list[int]], text: list[int], order: int
) -> None:
    found = np.exp(-learn(order, documents).nats(np.array(text)))
    expected = []
    for at in range(1, len(text)):
        length = min(order, at + 1)
        context = text[at - length + 1 : at]
        expected.append(slow(documents, context, text[at], length, length == order))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@given(st.lists(DOCUMENT, min_size=1, max_size=4), DOCUMENT)
def test_probabilities_add_up_to_one(documents: list[list[int]], context: list[int]) -> None:
    model = learn(4, documents)
    last = [model.nats(np.array([*context, token]))[-1] for token in range(VOCABULARY)]
    assert np.exp(-np.array(last)).sum() == pytest.approx(1)


def test_grams_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit into 63 bits"):
        NGram(4, 1 << 16, [])

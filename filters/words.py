"""Where words begin and end."""

from collections.abc import Callable

import numpy as np
from numba import njit

from .batch import Batch, Spans
from .characters import SPACE
from .tokenise import spacy_like_words

_SPACE, _ONE = np.uint32(SPACE), np.uint64(1)


def whitespace_words(batch: Batch) -> Spans:
    """Split at white space, as `str.split()` does."""
    return Spans(*_split_at_spaces(batch.flags, batch.ends))


WORDS: dict[str, Callable[[Batch], Spans]] = {
    "spacy_like": spacy_like_words,
    "whitespace": whitespace_words,
}


@njit(cache=True, nogil=True)
def _split_at_spaces(flags, ends):  # type: ignore[no-untyped-def]
    starts = np.empty(len(flags) // 2 + len(ends), np.int64)
    stops = np.empty_like(starts)
    word_ends = np.zeros(len(ends), np.int64)
    word = 0
    for document in range(len(ends) - 1):
        # Unsigned, so that Numba does not look for negative indices: a third faster.
        k, end = np.uint64(ends[document]), np.uint64(ends[document + 1])
        while k < end:
            while k < end and flags[k] & _SPACE:
                k += _ONE
            if k < end:
                starts[word] = k
                while k < end and not flags[k] & _SPACE:
                    k += _ONE
                stops[word] = k
                word += 1
        word_ends[document + 1] = word
    return starts[:word], stops[:word], word_ends

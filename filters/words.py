"""Where words begin and end."""

from collections.abc import Callable

import numpy as np
from numba import njit

from .batch import Batch, Spans
from .characters import SPACE
from .tokenise import spacy_like_words

_SPACE, _TWO = np.uint32(SPACE), np.uint64(2)


def whitespace_words(batch: Batch) -> Spans:
    """Split at white space, as `str.split()` does."""
    return Spans(*_split_at_spaces(batch.flags, batch.ends))


WORDS: dict[str, Callable[[Batch], Spans]] = {
    "spacy_like": spacy_like_words,
    "whitespace": whitespace_words,
}


@njit(cache=True, nogil=True)
def _split_at_spaces(flags, ends):  # type: ignore[no-untyped-def]
    """Find where white space begins and ends.

    Every place is noted and most are overwritten: a branch for each word is guessed wrong twice.
    """
    bounds, at = np.empty(len(flags) + 2 * len(ends), np.int64), np.uint64(0)
    word_ends = np.zeros(len(ends), np.int64)
    for document in range(len(ends) - 1):
        inside = np.uint64(0)
        for k in range(np.uint64(ends[document]), np.uint64(ends[document + 1])):
            now = np.uint64((flags[k] & _SPACE) == 0)
            bounds[at] = k
            at += now ^ inside
            inside = now
        bounds[at] = ends[document + 1]
        at += inside
        word_ends[document + 1] = at // _TWO
    return bounds[:at:2].copy(), bounds[1:at:2].copy(), word_ends

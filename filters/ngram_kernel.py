"""The pass over texts for n-grams of words: a rolling hash, looked up in a table.

An n-gram's hash is a polynomial in BASE of its words' hashes, so that the next one costs two
multiplications whatever n is.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .table import slot_of
from .utf8 import BASE, DIGIT, bits_of, read_word, tables

_0 = np.uint64(0)
_SHORT = np.uint64(0x5851F42D4C957F2D)  # added to hashes of short n-grams, to keep them apart


def ngrams(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], long: int, short: int
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Give the hashes of all n-grams of `long` words, of `short` ones for a text that has fewer words.

    Returns:
        The hashes, text after text; and how many each text has.
    """
    return _ngrams(data, offsets, long, short, *tables())  # type: ignore[no-any-return]


def matches(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    long: int,
    short: int,
    keys: NDArray[np.uint64],
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Find the n-grams of texts that are among `keys`, sorted: the text of each, and the key."""
    return _matches(data, offsets, long, short, _table(keys), *tables())  # type: ignore[no-any-return]


def _table(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Put keys into an open-addressed table that is at most a quarter full."""
    table = np.zeros(1 << (4 * len(keys) + 1).bit_length(), np.uint64)
    _fill(table, keys)
    return table


@njit(cache=True, nogil=True)
def _fill(table, keys):  # type: ignore[no-untyped-def]
    for key in keys:
        table[slot_of(table, key)] = key


@njit(cache=True, nogil=True)
def _words(data, at, stop, fold, bits):  # type: ignore[no-untyped-def]
    """Give the hashes of a text's words."""
    words = np.empty((stop - at) // 2 + 1, np.uint64)
    count = 0
    while at < stop:
        word, letters, after, _, _ = read_word(data, at, stop, fold, bits)
        if letters > 0 or bits_of(data, at, stop, bits) == DIGIT:
            words[count] = word
            count += 1
        at = after
    return words[:count]


@njit(cache=True, nogil=True)
def _hashes(words, n, salt):  # type: ignore[no-untyped-def]
    """Give the hash of each n words in a row; 0, the free slot, becomes 1."""
    count = max(0, len(words) - n + 1)
    found = np.empty(count, np.uint64)
    power, value = np.uint64(1), _0
    for _ in range(n):
        power *= BASE
    for k in range(len(words)):
        value = value * BASE + words[k]
        if k >= n:
            value -= words[k - n] * power
        if k >= n - 1:
            key = value + salt
            found[k - n + 1] = key if key != _0 else np.uint64(1)
    return found


@njit(cache=True, nogil=True)
def _ngrams(data, offsets, long, short, fold, bits):  # type: ignore[no-untyped-def]
    counts = np.zeros(len(offsets) - 1, np.int64)
    found = np.empty(64, np.uint64)
    total = 0
    for text in range(len(offsets) - 1):
        words = _words(data, offsets[text], offsets[text + 1], fold, bits)
        own = _hashes(words, long, _0) if len(words) >= long else _hashes(words, short, _SHORT)
        counts[text] = len(own)
        while total + len(own) > len(found):
            found = np.concatenate((found, np.empty_like(found)))
        found[total : total + len(own)] = own
        total += len(own)
    return found[:total], counts


@njit(cache=True, nogil=True)
def _matches(data, offsets, long, short, table, fold, bits):  # type: ignore[no-untyped-def]
    rows, keys = np.empty(64, np.int64), np.empty(64, np.uint64)
    count = 0
    for text in range(len(offsets) - 1):
        words = _words(data, offsets[text], offsets[text + 1], fold, bits)
        for own in (_hashes(words, long, _0), _hashes(words, short, _SHORT)):
            for key in own:
                if table[slot_of(table, key)] == key:
                    if count == len(rows):
                        rows = np.concatenate((rows, np.empty_like(rows)))
                        keys = np.concatenate((keys, np.empty_like(keys)))
                    rows[count], keys[count] = text, key
                    count += 1
    return rows[:count], keys[:count]

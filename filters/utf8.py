"""UTF-8 inside a compiled kernel: characters, and words as hashes.

A word is a run of letters, combining marks and digits, folded to lower case. Hashes of 64 bits stand
for words: with 10^6 phrases to be told apart a false match is expected once in 10^13 words.
"""

from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

BASE = np.uint64(0x9E3779B97F4A7C15)
_33, _1 = np.uint64(33), np.uint64(1)
_ONE, _TWO, _THREE, _FOUR = (np.uint8(width) for width in (1, 2, 3, 4))
LETTER, DIGIT, MARK, RULE = np.uint8(1), np.uint8(2), np.uint8(4), np.uint8(8)
_MARKS = "|»«›‹·•→←>/"  # what stands between the entries of a menu
_RULES = _MARKS + "-–—_*.…=~+#,:"  # what rules are drawn of; brackets and quotes alone are code
_TABLE = 0x3000  # code points with a place in the tables; those above are letters


@njit(cache=True, nogil=True, inline="always")
def decode_one(data, at, stop):  # type: ignore[no-untyped-def]
    """Read the character at a byte: its code point and its length; U+FFFD for what is no UTF-8."""
    if data[at] < 0x80:
        return np.uint32(data[at]), _ONE
    return decode_wide(data, at, stop)


@njit(cache=True, nogil=True)
def decode_wide(data, at, stop):  # type: ignore[no-untyped-def]
    """Do the same for a character of two bytes or more; indices may be signed or not."""
    lead = np.uint32(data[at])
    if lead < 0xE0 and at + _ONE < stop:
        return ((lead & 0x1F) << 6) | _low(data[at + _ONE]), _TWO
    if lead < 0xF0 and at + _TWO < stop:
        return ((lead & 0x0F) << 12) | (_low(data[at + _ONE]) << 6) | _low(data[at + _TWO]), _THREE
    if at + _THREE < stop:
        high = ((lead & 0x07) << 18) | (_low(data[at + _ONE]) << 12)
        return high | (_low(data[at + _TWO]) << 6) | _low(data[at + _THREE]), _FOUR
    return np.uint32(0xFFFD), _ONE


@njit(cache=True, nogil=True, inline="always")
def _low(byte):  # type: ignore[no-untyped-def]
    """Give the six bits of a byte that continues a character."""
    return np.uint32(byte) & np.uint32(0x3F)


@cache
def tables() -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """Give the lower case and the bits of each code point below `_TABLE`."""
    fold, bits = np.arange(_TABLE, dtype=np.uint32), np.zeros(_TABLE, np.uint8)
    for code in range(_TABLE):
        character = chr(code)
        lower = character.lower()
        fold[code] = ord(lower) if len(lower) == 1 and ord(lower) < _TABLE else code
        if character.isalpha() or 0x300 <= code < 0x370:
            bits[code] = LETTER
        elif character.isdigit():
            bits[code] = DIGIT
        elif character in _RULES:
            bits[code] = RULE | MARK if character in _MARKS else RULE
    fold.flags.writeable = bits.flags.writeable = False
    return fold, bits


@njit(cache=True, nogil=True, inline="always")
def read_word(data, at, stop, fold, bits):  # type: ignore[no-untyped-def]
    """Read a word, or one character that is in no word.

    Gives its hash, letters, the byte after it, its length in characters, and whether it is a mark.
    """
    value, letters, points, mark = _1, 0, 0, False
    while at < stop:
        code, width = decode_one(data, at, stop)
        kind = bits[code] if code < _TABLE else LETTER
        if not kind & (LETTER | DIGIT):
            if points == 0:
                at += width
                points = 1
                mark = bool(kind & MARK)
            break
        letters += kind == LETTER
        folded = fold[code] if code < _TABLE else code
        value = (value * BASE + np.uint64(folded)) ^ (value >> _33)
        at += width
        points += 1
    return value, letters, at, points, mark


@njit(cache=True, nogil=True, inline="always")
def bits_of(data, at, end, bits):  # type: ignore[no-untyped-def]
    """Give the bits of the character at a byte."""
    code, _ = decode_one(data, at, end)
    return bits[code] if code < _TABLE else LETTER

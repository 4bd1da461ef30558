"""A batch of documents in one language, decoded once: what every signal's function is given."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .characters import (
    CYRILLIC,
    DIGIT,
    GREEK,
    LATIN,
    LETTER,
    PLAIN,
    SPACE,
    SYMBOL,
    UPPER,
    WDS_PUNCTUATION,
    WDS_SINGULAR,
    WDS_WORD,
    classes,
)
from .hashing import count_equal, hash_all, hash_lines
from .languages import Language
from .utf8 import decode_wide

_PLAIN = np.uint32(PLAIN)
_ONE, _TWO, _THREE = (np.uint64(width) for width in (1, 2, 3))
_NEWLINE = np.uint32(10)
_SYMBOL = np.uint32(SYMBOL)
_HASH, _DOT, _ELLIPSIS, _W, _P = (np.uint32(ord(mark)) for mark in "#.…wp")
_H, _T = np.uint32(ord("h")), np.uint32(ord("t"))
_TRIPLED = (_DOT, _W)
_BRACES = (np.uint32(ord("{")), np.uint32(ord("}")))


@dataclass(frozen=True)
class Spans:
    """Words or lines of all documents: span k is `codes[starts[k]:stops[k]]`.

    Document i has the spans from `ends[i]` to `ends[i + 1]`.
    """

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    ends: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Batch:
    """Documents as code points, with the bits of `characters` for each.

    Document i is `codes[ends[i]:ends[i + 1]]`; its UTF-8 is
    `data[offsets[rows[i]]:offsets[rows[i] + 1]]`.
    """

    language: Language
    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    rows: NDArray[np.int64]
    codes: NDArray[np.uint32]
    flags: NDArray[np.uint32]
    ends: NDArray[np.int64]
    split: "Callable[[Batch], Spans]"

    @cached_property
    def words(self) -> Spans:
        """The words, as `split` finds them."""
        return self.split(self)

    @cached_property
    def word_hashes(self) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
        """One hash a word, the same for equal words; and the bits of its characters, joined."""
        hashes, kinds = hash_all(self.codes, self.flags, self.words.starts, self.words.stops)
        return hashes, kinds

    @cached_property
    def word_counts(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """For each word the place in its document where it stands first; there, how often it stands."""
        firsts, counts = count_equal(self.word_hashes[0], self.words.ends)
        return firsts, counts

    @cached_property
    def lines(self) -> Spans:
        """What stands between newlines, empty lines as well: text.split("\\n")."""
        return Spans(*_split_at_newlines(self.codes, self.ends))

    @cached_property
    def line_hashes(self) -> NDArray[np.uint64]:
        """One hash a line, the same for equal lines."""
        hashes: NDArray[np.uint64] = hash_lines(self.codes, self.lines.starts, self.lines.stops)
        return hashes

    @cached_property
    def line_counts(self) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
        """Characters of each kind of `COUNTED` in each line (lines, kinds); and all bits, joined."""
        counts, bits = _count_in_lines(self.flags, self.lines.starts, self.lines.stops)
        return counts, bits

    @cached_property
    def symbol_counts(self) -> NDArray[np.int64]:
        """For each document: number signs, ellipses, curly brackets, `http` or `www`, the more frequent."""
        counts: NDArray[np.int64] = _count_symbols(self.codes, self.flags, self.ends)
        return counts


def decode(
    language: Language,
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    rows: NDArray[np.int64],
    split: Callable[[Batch], Spans],
) -> Batch:
    """Decode the texts of some rows. Bytes that are not UTF-8 become U+FFFD, one each."""
    codes, flags, ends = _decode(data, offsets, rows, classes())
    return Batch(language, data, offsets, rows, codes, flags, ends, split)


@njit(cache=True, nogil=True)
def _decode(data, offsets, rows, table):  # type: ignore[no-untyped-def]
    """Decode UTF-8 into code points and their bits; the ends of the documents in characters.

    Unsigned indices, so that Numba does not look for negative ones: a third less time.
    """
    size = 0
    for row in rows:
        size += offsets[row + 1] - offsets[row]
    codes, flags = np.empty(size, np.uint32), np.empty(size, np.uint32)
    ends = np.zeros(len(rows) + 1, np.int64)
    at = np.uint64(0)
    for document in range(len(rows)):
        k, stop = np.uint64(offsets[rows[document]]), np.uint64(offsets[rows[document] + 1])
        while k < stop:
            code = np.uint32(data[k])
            if code < 0x80:
                k += _ONE
                flags[at] = table[code]
            else:
                code, width = decode_wide(data, k, stop)
                k += width
                flags[at] = table[code] if code < len(table) else _PLAIN
            codes[at] = code
            at += _ONE
        ends[document + 1] = at
    return codes[:at], flags[:at], ends


@njit(cache=True, nogil=True)
def _split_at_newlines(codes, ends):  # type: ignore[no-untyped-def]
    """Find the lines between newlines; a document has one more than it has newlines."""
    count = len(ends) - 1
    for code in codes:
        count += code == _NEWLINE
    starts, stops = np.empty(count, np.int64), np.empty(count, np.int64)
    line_ends = np.zeros(len(ends), np.int64)
    line = 0
    for document in range(len(ends) - 1):
        starts[line] = ends[document]
        for k in range(np.uint64(ends[document]), np.uint64(ends[document + 1])):
            if codes[k] == _NEWLINE:
                stops[line] = k
                line += 1
                starts[line] = k + _ONE
        stops[line] = ends[document + 1]
        line += 1
        line_ends[document + 1] = line
    return starts, stops, line_ends


@njit(cache=True, nogil=True)
def _count_in_lines(flags, starts, stops):  # type: ignore[no-untyped-def]
    """Count kinds of characters; 32-bit counters and no branch, so that eight are counted at once."""
    counts = np.empty((len(starts), 10), np.uint32)
    joined = np.empty(len(starts), np.uint32)
    for line in range(len(starts)):
        bits = np.uint32(0)
        letters = digits = spaces = upper = latin = greek = cyrillic = np.uint32(0)
        words = punctuation = singular = np.uint32(0)
        for k in range(np.uint64(starts[line]), np.uint64(stops[line])):
            flag = flags[k]
            bits |= flag
            letters += np.uint32((flag & np.uint32(LETTER)) != 0)
            digits += np.uint32((flag & np.uint32(DIGIT)) != 0)
            spaces += np.uint32((flag & np.uint32(SPACE)) != 0)
            upper += np.uint32((flag & np.uint32(UPPER)) != 0)
            latin += np.uint32((flag & np.uint32(LATIN)) != 0)
            greek += np.uint32((flag & np.uint32(GREEK)) != 0)
            cyrillic += np.uint32((flag & np.uint32(CYRILLIC)) != 0)
            words += np.uint32((flag & np.uint32(WDS_WORD)) != 0)
            punctuation += np.uint32((flag & np.uint32(WDS_PUNCTUATION)) != 0)
            singular += np.uint32((flag & np.uint32(WDS_SINGULAR)) != 0)
        row = (letters, digits, spaces, upper, latin, greek, cyrillic, words, punctuation, singular)
        for column in range(10):
            counts[line, column] = row[column]
        joined[line] = bits
    return counts, joined


@njit(cache=True, nogil=True)
def _count_symbols(codes, flags, ends):  # type: ignore[no-untyped-def]
    """Count what `symbol_counts` says; `...` counts once and `www` as str.count counts it."""
    counts = np.empty((len(ends) - 1, 4), np.int64)
    for document in range(len(ends) - 1):
        first, stop = np.uint64(ends[document]), np.uint64(ends[document + 1])
        hashes = ellipses = braces = webs = https = np.int64(0)
        free = first  # what lies before it is counted
        for k in range(first, stop):
            if not flags[k] & _SYMBOL:
                continue
            code = codes[k]
            if code in _TRIPLED:
                if k >= free + _TWO and codes[k - _ONE] == code and codes[k - _TWO] == code:
                    ellipses += code == _DOT
                    webs += code == _W
                    free = k + _ONE
            elif code == _P:
                https += (
                    k >= first + _THREE
                    and codes[k - _ONE] == _T
                    and codes[k - _TWO] == _T
                    and codes[k - _THREE] == _H
                )
            else:
                hashes += code == _HASH
                ellipses += code == _ELLIPSIS
                braces += code in _BRACES
        counts[document, 0], counts[document, 1] = hashes, ellipses
        counts[document, 2], counts[document, 3] = braces, max(webs, https)
    return counts

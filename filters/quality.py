"""The word and line statistics of Gopher (arXiv 2112.11446, A.1.1) and FineWeb (arXiv 2406.17557).

Definitions are those of datatrove 0.10.1.
"""

from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .batch import Batch
from .characters import BREAK, GREEK_QUESTION_MARKS, LETTER, PLAIN, SPACE, TERMINAL
from .hashing import hash_all

_56 = np.uint64(56)
_LETTER, _PLAIN, _SPACE = np.uint32(LETTER), np.uint32(PLAIN), np.uint32(SPACE)
_TERMINAL, _BREAK = np.uint32(TERMINAL), np.uint32(BREAK)
_DOT, _ELLIPSIS, _BULLET, _HYPHEN = (np.uint32(ord(mark)) for mark in ".…•-")
_GREEK_MARKS = tuple(np.uint32(ord(mark)) for mark in GREEK_QUESTION_MARKS)
SHORT_LINE = 30  # characters, as in FineWeb


def word_statistics(batch: Batch) -> NDArray[np.float64]:
    """Words, mean word length, share of words with a letter, stop words, and their share.

    `words` and the mean leave out words that are punctuation alone; the shares are of all words.
    `stop_words` counts different ones; `stop_word_share` counts each occurrence. The last column
    is the number of all words.
    """
    words = batch.words
    out = np.zeros((len(batch.rows), 6))
    stop_words = _hash_table(batch.language.stop_words)
    _word_statistics(words.starts, words.stops, words.ends, *batch.word_hashes, stop_words, out)
    return out


@njit(cache=True, nogil=True)
def _word_statistics(starts, stops, ends, hashes, kinds, stop_words, out):  # type: ignore[no-untyped-def]
    seen = np.empty(len(stop_words), np.bool_)
    for document in range(len(out)):
        plain, length, alphabetic, hits = 0, 0, 0, 0
        seen[:] = False
        for word in range(ends[document], ends[document + 1]):
            if kinds[word] & _PLAIN:
                plain += 1
                length += stops[word] - starts[word]
            alphabetic += (kinds[word] & _LETTER) != 0
            slot = _stop_word(stop_words, hashes[word])
            if stop_words[slot] != 0:
                seen[slot] = True
                hits += 1
        every = max(ends[document + 1] - ends[document], 1)
        out[document, 0] = plain
        out[document, 1] = length / max(plain, 1)
        out[document, 2] = alphabetic / every
        out[document, 3] = seen.sum()
        out[document, 4] = hits / every
        out[document, 5] = ends[document + 1] - ends[document]


@cache
def _hash_table(words: tuple[str, ...]) -> NDArray[np.uint64]:
    """Put the hashes of words into a table, each in the slot that its top bits name or in the next."""
    lengths = np.array([len(word) for word in words], np.int64)
    stops = np.cumsum(lengths)
    codes = np.array([ord(character) for word in words for character in word], np.uint32)
    table = np.zeros(256, np.uint64)
    hashes, _ = hash_all(codes, codes, stops - lengths, stops)
    for value in hashes:
        slot = int(value) >> 56
        while table[slot]:
            slot = (slot + 1) % 256
        table[slot] = value
    return table


@njit(cache=True, nogil=True, inline="always")
def _stop_word(table, value):  # type: ignore[no-untyped-def]
    """Give a word's place in the table of stop words, or one whose value is 0."""
    slot = np.int64(value >> _56)
    while table[slot] != 0 and table[slot] != value:
        slot = (slot + 1) & 255
    return slot


def line_statistics(batch: Batch) -> NDArray[np.float64]:
    """Lines, share that ends a sentence, share that is short, longest line; newlines for each word.

    Lines are parted by newlines and not blank. A line ends a sentence when its last character is
    a terminal mark of any script; in Greek also `;` (datatrove has not that one).
    """
    lines, words = batch.lines, batch.words
    out = np.zeros((len(batch.rows), 5))
    greek = batch.language.code.endswith("_Grek")
    _line_statistics(batch.codes, batch.flags, lines.starts, lines.stops, lines.ends, greek, out)
    newlines = np.diff(lines.ends) - 1
    out[:, 4] = newlines / np.maximum(np.diff(words.ends), 1)
    return out


@njit(cache=True, nogil=True)
def _line_statistics(codes, flags, starts, stops, ends, greek, out):  # type: ignore[no-untyped-def]
    for document in range(len(out)):
        lines, terminal, short, longest = 0, 0, 0, 0
        for line in range(ends[document], ends[document + 1]):
            start, stop = starts[line], stops[line]
            k = start
            while k < stop and flags[k] & _SPACE:
                k += 1
            if k == stop:
                continue
            lines += 1
            last = codes[stop - 1]
            asks = greek and (last == _GREEK_MARKS[0] or last == _GREEK_MARKS[1])
            terminal += asks or (flags[stop - 1] & _TERMINAL) != 0
            short += stop - start <= SHORT_LINE
            longest = max(longest, stop - start)
        out[document, 0] = lines
        out[document, 1] = terminal / max(lines, 1)
        out[document, 2] = short / max(lines, 1)
        out[document, 3] = longest


def symbol_statistics(batch: Batch) -> NDArray[np.float64]:
    """Number signs and ellipses for each word; share of lines with a bullet, of those with an ellipsis.

    Ellipses are `...` and `…`. Lines are those of `str.splitlines`; a bullet is `•` or `-` first in a
    line but for white space, an ellipsis stands last but for white space.
    """
    out = np.zeros((len(batch.rows), 4))
    words = np.maximum(np.diff(batch.words.ends), 1)
    out[:, :2] = batch.symbol_counts[:, :2] / words[:, None]
    lines, (_, bits) = batch.lines, batch.line_counts
    _marked_lines(batch.codes, batch.flags, lines.starts, lines.stops, lines.ends, bits, out)
    return out


@njit(cache=True, nogil=True)
def _marked_lines(codes, flags, starts, stops, ends, joined, out):  # type: ignore[no-untyped-def]
    for document in range(len(out)):
        lines, bullets, ellipses = 0, 0, 0
        for line in range(ends[document], ends[document + 1]):
            start, end, last = starts[line], stops[line], line == ends[document + 1] - 1
            bits = joined[line]
            while bits & _BREAK:  # rare: another mark than a newline parts lines
                stop = start
                while not flags[stop] & _BREAK:
                    stop += 1
                bullet, ellipsis = _marks(codes, flags, start, stop)
                lines, bullets, ellipses = lines + 1, bullets + bullet, ellipses + ellipsis
                start = stop + 1
                bits = np.uint32(0)
                for k in range(start, end):
                    bits |= flags[k]
                last = last or (start == end and codes[stop] == 13)  # with the newline one mark
            if start < end or not last:
                bullet, ellipsis = _marks(codes, flags, start, end)
                lines, bullets, ellipses = lines + 1, bullets + bullet, ellipses + ellipsis
        out[document, 2] = bullets / max(lines, 1)
        out[document, 3] = ellipses / max(lines, 1)


@njit(cache=True, nogil=True)
def _marks(codes, flags, start, stop):  # type: ignore[no-untyped-def]
    """Say whether a line begins with a bullet and whether it ends in an ellipsis."""
    while start < stop and flags[start] & _SPACE:
        start += 1
    while stop > start and flags[stop - 1] & _SPACE:
        stop -= 1
    if start == stop:
        return False, False
    last = codes[stop - 1]
    dots = stop - start >= 3 and codes[stop - 2] == _DOT and codes[stop - 3] == _DOT
    bullet = codes[start] == _BULLET or codes[start] == _HYPHEN
    return bullet, last == _ELLIPSIS or (last == _DOT and dots)

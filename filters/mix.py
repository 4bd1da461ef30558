"""What a text is made of: characters, kinds of lines, different words, and how well it compresses.

No default rule acts on these; they are there to be looked at, and for rules of your own.
"""

from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .batch import Batch
from .characters import BULLET, DIGIT, LETTER, MARKUP, SCRIPTS, SPACE
from .hashing import most

_LETTER, _DIGIT, _SPACE = np.uint32(LETTER), np.uint32(DIGIT), np.uint32(SPACE)
_BULLET, _MARKUP = np.uint32(BULLET), np.uint32(MARKUP)
_ONE = np.uint64(1)
_C4_ENDS = tuple(np.uint32(ord(mark)) for mark in ".?!\"'")
LONG_LINE = 200
"""Characters; mC4's paragraph filter asks for three such lines (arXiv 2010.11934)."""
KEYWORD = 4
"""Characters of the shortest word that can be a keyword."""


def character_mix(batch: Batch) -> NDArray[np.float64]:
    """Characters; shares of letters, digits, white space, braces; of letters: capitals and scripts.

    A language's own script is the one in its code (`_Latn`, `_Grek`, `_Cyrl`); for any other all
    letters count as own.
    """
    lines, (in_lines, _) = batch.lines, batch.line_counts
    counts = np.add.reduceat(in_lines, lines.ends[:-1], axis=0, dtype=np.float64)
    letters, digits, spaces, upper, *scripts = counts[:, :7].T
    spaces = spaces + np.diff(lines.ends) - 1
    characters = np.diff(batch.ends)
    code = batch.language.code[-4:]
    own = dict(zip(SCRIPTS, scripts, strict=True)).get(code, letters)
    of_all = [letters, digits, spaces, batch.symbol_counts[:, 2]]
    shares = [part / np.maximum(characters, 1) for part in of_all]
    shares += [part / np.maximum(letters, 1) for part in (upper, own, *scripts)]
    return np.column_stack([characters, *shares])


def line_mix(batch: Batch) -> NDArray[np.float64]:
    """Shares of lines that are items of a list, rows of a table, code, and that C4 would keep.

    Lines are parted by newlines, not blank, and stripped. An item begins with a bullet and a space,
    or with a number, `.` or `)`, and a space. A row has two `|` or tabs. Code ends in `;`, `{` or
    `}` or begins with `<`. C4 (arXiv 1910.10683) keeps a line of three words or more that ends in
    . ? ! " or ' but not in three full stops. Two more columns: long lines, of 200 characters or
    more, and the marks of markup left in the text (`</`, `<a`, `{{`, `[[`, `](`, `&amp;`) for each
    line.
    """
    lines = batch.lines
    out = np.zeros((len(batch.rows), 6))
    _line_mix(batch.codes, batch.flags, lines.starts, lines.stops, lines.ends, out)
    return out


@njit(cache=True, nogil=True)
def _line_mix(codes, flags, starts, stops, ends, out):  # type: ignore[no-untyped-def]
    for document in range(len(out)):
        lines = 0
        for line in range(ends[document], ends[document + 1]):
            start, stop = starts[line], stops[line]
            while start < stop and flags[start] & _SPACE:
                start += 1
            while stop > start and flags[stop - 1] & _SPACE:
                stop -= 1
            if start == stop:
                continue
            lines += 1
            last = codes[stop - 1]
            words, bars, marks = _count_in_line(codes, flags, start, stop)
            out[document, 0] += _is_item(codes, flags, start, stop)
            out[document, 1] += bars >= 2
            out[document, 2] += codes[start] == 60 or last == 59 or last == 123 or last == 125
            out[document, 3] += words >= 3 and _ends_as_c4(codes, start, stop)
            out[document, 4] += stop - start >= LONG_LINE
            out[document, 5] += marks
        for column in (0, 1, 2, 3, 5):
            out[document, column] /= max(lines, 1)


@njit(cache=True, nogil=True)
def _count_in_line(codes, flags, start, stop):  # type: ignore[no-untyped-def]
    """Count words, bars or tabs, and marks of markup in a stripped line."""
    words, bars, marks = 1, 0, 0
    for k in range(np.uint64(start), np.uint64(stop - 1)):
        # No branch for each space: a wrong guess costs as much as the word.
        words += ((flags[k] & _SPACE) != 0) & ((flags[k + _ONE] & _SPACE) == 0)
        if flags[k] & _MARKUP:
            bars += codes[k] == 124 or codes[k] == 9
            marks += _is_markup(codes, flags, np.int64(k), stop)
    return words, bars + (codes[stop - 1] == 124), marks


@njit(cache=True, nogil=True)
def _is_markup(codes, flags, k, stop):  # type: ignore[no-untyped-def]
    """Say whether markup begins at one of < { [ ] & | and tab."""
    code, following = codes[k], codes[k + 1]
    if code == 60:
        return following == 47 or (following < 128 and (flags[k + 1] & _LETTER) != 0)
    if code == 93:
        return following == 40
    if code != 38:
        return following == code and code != 124 and code != 9
    k += 1
    while k < stop and (codes[k] == 35 or (codes[k] < 128 and flags[k] & (_LETTER | _DIGIT))):
        k += 1
    return k < stop and codes[k] == 59 and codes[k - 1] != 38


@njit(cache=True, nogil=True)
def _is_item(codes, flags, start, stop):  # type: ignore[no-untyped-def]
    """Say whether a line is an item of a list."""
    if flags[start] & _BULLET:
        return start + 1 < stop and (flags[start + 1] & _SPACE) != 0
    k = start
    while k < stop and flags[k] & _DIGIT:
        k += 1
    marked = k > start and k + 1 < stop and (codes[k] == 46 or codes[k] == 41)
    return marked and (flags[k + 1] & _SPACE) != 0


@njit(cache=True, nogil=True)
def _ends_as_c4(codes, start, stop):  # type: ignore[no-untyped-def]
    """Say whether a line's last character is one that C4 asks for."""
    last = codes[stop - 1]
    if stop - start >= 3 and last == 46 and codes[stop - 2] == 46 and codes[stop - 3] == 46:
        return False
    return last in _C4_ENDS


@lru_cache(maxsize=1)  # WDS wants the compression as well
def word_mix(batch: Batch) -> NDArray[np.float64]:
    """Share of different words, characters in the top keyword, longest word, and compression.

    A keyword has four characters or more; a text stuffed with one has a high share. `compression`
    is the size after a greedy coding by words (LZ77 with words for bytes, each looked up where it
    last stood) as a share of the size before: a new word costs its characters and a space, a run
    of words that was said before, however long, costs three.
    """
    words = batch.words
    out = np.zeros((len(batch.rows), 4))
    hashes, _ = batch.word_hashes
    lengths = words.stops - words.starts
    _word_mix(hashes, lengths, *batch.word_counts, words.ends, batch.ends, out)
    return out


@njit(cache=True, nogil=True)
def _word_mix(hashes, lengths, firsts, counts, ends, character_ends, out):  # type: ignore[no-untyped-def]
    latest = np.empty(most(ends), np.int64)
    for document in range(len(out)):
        start, stop = ends[document], ends[document + 1]
        different, top, longest = 0, 0, 0
        for k in range(start, stop):
            different += counts[k] > 0
            longest = max(longest, lengths[k])
            if lengths[k] >= KEYWORD:
                top = max(top, counts[k] * lengths[k])
        characters = character_ends[document + 1] - character_ends[document]
        out[document, 0] = different / max(stop - start, 1)
        out[document, 1] = top / max(characters, 1)
        out[document, 2] = longest
        out[document, 3] = _coded_share(
            hashes[start:stop], lengths[start:stop], firsts[start:stop], latest
        )


@njit(cache=True, nogil=True)
def _coded_share(hashes, lengths, firsts, latest):  # type: ignore[no-untyped-def]
    """Give the size of coded words as a share of their size."""
    size, cost, coded = 0, 0, 0
    for k in range(len(hashes)):
        size += lengths[k] + 1
        if firsts[k] == k:
            cost += lengths[k] + 1
            coded = k + 1
        elif k >= coded:
            seen, coded = latest[firsts[k]], k
            while coded < len(hashes) and hashes[seen + coded - k] == hashes[coded]:
                coded += 1
            cost += 3
        latest[firsts[k]] = k
    return cost / max(size, 1)

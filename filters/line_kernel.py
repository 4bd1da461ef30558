"""The pass over the lines of texts: words to hashes, hashes to phrases.

A run of digits without a letter is no word here, so that `Comments (3)` is `Comments`.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .table import slot_of
from .utf8 import BASE, DIGIT, RULE, bits_of, read_word, tables

_0 = np.uint64(0)

MAX_PHRASE = 4
"""Words in a phrase that is looked for inside a line."""
MAX_WHOLE = 6
"""Words in a line that a phrase can fill."""
NOTICE_WORDS, SHORT_WORDS = 60, 12
"""A longer line is text that speaks of cookies."""
MENU_MARKS, MENU_WORDS = 2, 3
"""A row of entries has so many marks at least, and so many words between two of them at most."""

MIN_PAGES, MAX_PAGE_DIGITS = 4, 3
"""A row of page numbers has so many at least, of so many digits at most."""


class Phrases(NamedTuple):
    """Hashes of phrases, each set an open-addressed table of a power of two slots; 0 is free."""

    whole: NDArray[np.uint64]
    inside: NDArray[np.uint64]
    short: NDArray[np.uint64]


def compile_phrases(whole: Iterable[str], inside: Iterable[str], short: Iterable[str]) -> Phrases:
    """Hash phrases as the words of a line are hashed."""
    return Phrases(_set(whole), _set(inside), _set(short))


def _set(phrases: Iterable[str]) -> NDArray[np.uint64]:
    keys = {phrase_hash(phrase) for phrase in phrases} - {0}
    table = np.zeros(1 << (4 * len(keys) + 1).bit_length(), np.uint64)
    for key in sorted(keys):
        slot = slot_of(table, np.uint64(key))
        table[slot] = key
    table.flags.writeable = False
    return table


def phrase_hash(phrase: str) -> int:
    """Give the hash of a phrase's words in their order."""
    data = np.frombuffer(phrase.encode(), np.uint8)
    return int(_phrase_hash(data, *tables()))


def judge_lines(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], rows: NDArray[np.int64], phrases: Phrases
) -> NDArray[np.int64]:
    """Judge the lines of some texts.

    Returns:
        A row a line that goes: text, start and end in code points, place of its rule in `RULES`.
    """
    return np.asarray(_judge(data, offsets, rows, *tables(), *phrases))


@njit(cache=True, nogil=True)
def _phrase_hash(data, fold, bits):  # type: ignore[no-untyped-def]
    value, at = _0, 0
    while at < len(data):
        word, letters, at, _, _ = read_word(data, at, len(data), fold, bits)
        if letters > 0:
            value = value * BASE + word
    return value


@njit(cache=True, nogil=True)
def _judge(data, offsets, rows, fold, bits, whole, inside, short):  # type: ignore[no-untyped-def]
    found = np.empty((64, 4), np.int64)
    count = 0
    for row in rows:
        at, stop, point = offsets[row], offsets[row + 1], 0
        while at < stop:
            end = at
            while end < stop and data[end] != 10:
                end += 1
            rule, points = _judge_line(data, at, end, fold, bits, whole, inside, short)
            if rule >= 0:
                if count == len(found):
                    found = np.concatenate((found, np.empty_like(found)))
                found[count] = row, point, point + points, rule
                count += 1
            point += points + 1
            at = end + 1
    return found[:count]


@njit(cache=True, nogil=True)
def _judge_line(data, first, end, fold, bits, whole, inside, short):  # type: ignore[no-untyped-def]
    """Give the place of a line's rule in `RULES` or -1, and its length in characters."""
    last = np.zeros(MAX_PHRASE, np.uint64)  # hashes of the phrases that end in the latest word
    everything, words, numbers, points = _0, 0, 0, 0
    marks, entry, longest, is_notice, is_short = 0, 0, 0, False, False
    visible, is_pager, is_ruled, is_table = 0, True, True, False
    at = first
    while at < end:
        word, letters, after, length, mark = read_word(data, at, end, fold, bits)
        kind = bits_of(data, at, end, bits)
        if length > 1 or data[at] > 32:
            is_table |= visible == 0 and data[at] == 124  # a row between bars
            visible += 1
            is_ruled &= kind & (RULE | DIGIT) > 0
        points += length
        apart = at > first and data[at - 1] <= 32 and (after == end or data[after] <= 32)
        if mark and apart and entry > 0:  # between entries; not a table's bar, a quote, a path
            marks += 1
            entry = 0
        if letters == 0 and kind == DIGIT:
            numbers += 1
            is_pager &= length <= MAX_PAGE_DIGITS
        at = after
        if letters == 0:
            continue
        everything = everything * BASE + word
        words += 1
        entry += 1
        longest = max(longest, entry)
        for k in range(MAX_PHRASE - 1, 0, -1):
            last[k] = last[k - 1] * BASE + word if words > k else _0
        last[0] = word
        for k in range(MAX_PHRASE):
            is_notice |= last[k] != _0 and inside[slot_of(inside, last[k])] == last[k]
            is_short |= last[k] != _0 and short[slot_of(short, last[k])] == last[k]
    if words == 0:
        is_pager &= numbers >= MIN_PAGES
        goes = visible > 0 and is_ruled and (numbers == 0 or is_pager)
        return (0 if goes and not (is_table and _has_hyphen(data, first, end)) else -1), points
    if words <= MAX_WHOLE and whole[slot_of(whole, everything)] == everything:
        return 1, points
    if (is_notice and words <= NOTICE_WORDS) or (is_short and words <= SHORT_WORDS):
        return 2, points
    if marks >= MENU_MARKS and longest <= MENU_WORDS and numbers == 0 and not is_table:
        return 3, points
    return -1, points


def hash_lines(
    data: NDArray[np.uint8], offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Hash the lines that have a letter, by words and numbers.

    Returns:
        A row a line: text, start and end in code points; and the hash of each.
    """
    return _hash_lines(data, offsets, *tables())  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _hash_lines(data, offsets, fold, bits):  # type: ignore[no-untyped-def]
    places, hashes = np.empty((64, 3), np.int64), np.empty(64, np.uint64)
    count = 0
    for text in range(len(offsets) - 1):
        at, stop, point = offsets[text], offsets[text + 1], 0
        while at < stop:
            start, value, words = point, _0, 0
            while at < stop and data[at] != 10:
                word, letters, after, length, _ = read_word(data, at, stop, fold, bits)
                if letters > 0 or bits_of(data, at, stop, bits) == DIGIT:
                    value = value * BASE + word
                words += letters > 0
                point += length
                at = after
            if words > 0:
                if count == len(hashes):
                    places = np.concatenate((places, np.empty_like(places)))
                    hashes = np.concatenate((hashes, np.empty_like(hashes)))
                places[count] = text, start, point
                hashes[count] = value
                count += 1
            at += 1
            point += 1
    return places[:count], hashes[:count]


@njit(cache=True, nogil=True)
def _has_hyphen(data, at, end):  # type: ignore[no-untyped-def]
    """Whether a line between bars is the rule below the head of a table."""
    return bool((data[at:end] == 45).any())

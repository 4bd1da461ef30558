"""Counts of the characters and words of texts, by kernels on Arrow buffers.

A text is decoded once, to code points and a set of flags for each (a letter, a capital, a sign of
programs, …, by a table); each count is then one short loop over those.
"""

from enum import IntEnum
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

Counts = npt.NDArray[np.float32]

_FLAGS, _COUNTS = 10, 23


class Count(IntEnum):
    """The columns of `count_characters`. The first ten are flags of a character as well."""

    VISIBLE = 0
    LETTERS = 1
    LATIN = 2
    CONSONANTS = 3  # of ASCII
    RARE = 4  # letters that are rare in every language of Europe: j q v w x z k f b p g
    CAPITALS = 5
    DIGITS = 6
    SIGNS = 7  # of programs and markup
    MARKS = 8  # that end or join a clause: , . ! ? :
    SEPARATORS = 9  # of items
    SYMBOLS = 10  # SIGNS, and three for each beginning of a call or a URL
    STOPS = 11  # , . ! ? …
    LINES = 12  # that are not empty, but the last
    RUNS = 13  # characters after three like them
    BROKEN = 14  # characters that were read in the wrong charset
    CLUSTERED = 15  # consonants of ASCII, four or more together
    WORDS = 16  # runs of letters and digits with a letter
    MIXED = 17  # words of three characters or more with a digit
    LONG = 18  # letters of words of more than 40, where a text has Latin letters
    COMMONEST = 19  # times the commonest word is there
    TITLES = 20  # words that begin with a capital and go on with a small letter
    TURNS = 21  # capitals after a small letter, as in getName
    LAYOUT = 22  # two for each indented line, one for each name such as a.b


def count_characters(texts: pa.LargeStringArray) -> Counts:
    """Count what `Count` names in each text: float32, texts x counts."""
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset :][: len(texts) + 1]
    text = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    counts: Counts = _count_all(text, offsets, _TABLE)
    return counts


def _table() -> npt.NDArray[np.uint16]:
    """Give the flags of the code points of the Basic Multilingual Plane.

    What is a letter, or a mark of one, is told by ranges, to a good approximation.
    """
    table = np.zeros(0x10000, np.uint16)

    def flag(name: Count, points: Any) -> None:
        table[np.array(points, np.int64)] |= 1 << name

    flag(Count.VISIBLE, [point for point in range(33, 0x10000) if point != 0xA0])
    for first, last in _LETTERS:
        flag(Count.LETTERS, range(first, last))
    table[[0xD7, 0xF7]] &= ~np.uint16(1 << Count.LETTERS)
    flag(Count.LATIN, [point for point in range(0x250) if table[point] >> Count.LETTERS & 1])
    flag(
        Count.CAPITALS,
        [*range(65, 91), *range(0xC0, 0xDF), *range(0x386, 0x3AB), *range(0x400, 0x430)],
    )
    flag(
        Count.CAPITALS,
        [
            *range(0x100, 0x139, 2),
            *range(0x139, 0x149, 2),
            *range(0x14A, 0x179, 2),
            0x179,
            0x17B,
            0x17D,
        ],
    )
    for letters in (range(65, 91), range(97, 123)):
        flag(Count.CONSONANTS, [point for point in letters if chr(point | 32) not in "aeiouy"])
    flag(Count.RARE, _points("jqvwxzkfbpgJQVWXZKFBPG"))
    flag(Count.DIGITS, range(48, 58))
    flag(Count.SIGNS, _points("{};=<>_\\[]$*+^~|"))
    flag(Count.MARKS, _points(",.!?:"))
    flag(Count.SEPARATORS, _points("|•·»›●►"))
    return table


def _points(characters: str) -> list[int]:
    return [ord(character) for character in characters]


_LETTERS = (
    (65, 91), (97, 123), (0xAA, 0xAB), (0xB5, 0xB6), (0xBA, 0xBB), (0xC0, 0x2000), (0x200C, 0x200E),
    (0x2019, 0x201A), (0x2C00, 0x2E00), (0x3005, 0x3006), (0x3040, 0xE000), (0xF900, 0xFE00),
    (0xFE70, 0xFF00), (0xFF21, 0xFFE0),
)  # fmt: skip
_TABLE = _table()
_SLOTS, _TRIES = 512, 8
_PRIME = np.uint64(0x100000001B3)
_LETTER, _DIGIT, _CAPITAL, _CONSONANT = 1 << 1, 1 << 6, 1 << 5, 1 << 3
_OF_ASTRAL_LETTER = np.uint16(1 << Count.VISIBLE | 1 << Count.LETTERS)
_OF_ASTRAL = np.uint16(1 << Count.VISIBLE)


@numba.njit(cache=True, nogil=True)
def _count_all(text: Any, offsets: Any, table: Any) -> Any:
    """Decode each text, and fill its row of counts."""
    result = np.zeros((len(offsets) - 1, _COUNTS), np.float32)
    most = 0
    for number in range(len(result)):
        most = max(most, offsets[number + 1] - offsets[number])
    points, flags = np.zeros(most + 1, np.int32), np.zeros(most + 1, np.uint16)
    keys, times = np.zeros(_SLOTS, np.uint64), np.zeros(_SLOTS, np.int32)
    for number in range(len(result)):
        size = _decode(text, offsets[number], offsets[number + 1], table, points, flags)
        count = result[number]
        _count_flags(flags[:size], count)
        _count_signs(points[:size], count)
        _count_runs(points[:size], flags[:size], count)
        _count_case(flags[:size], count)
        flags[size] = 0
        _count_words(points, flags[: size + 1], count, keys, times)
    return result


@numba.njit(cache=True, nogil=True)
def _decode(text: Any, at: Any, end: Any, table: Any, points: Any, flags: Any) -> Any:
    """Write the code points of UTF-8 and their flags; give how many there are."""
    size = 0
    while at < end:
        byte = np.int32(text[at])
        point = byte
        more = 0 if byte < 0x80 else 1 if byte < 0xE0 else 2 if byte < 0xF0 else 3
        if more:
            point = byte & (0x3F >> more)
            for step in range(1, more + 1):
                next_byte = np.int32(text[at + step]) if at + step < end else np.int32(0)
                point = point << 6 | next_byte & 0x3F
        points[size] = point
        if point < 0x10000:
            flags[size] = table[point]
        else:
            letter = 0x10000 <= point < 0x1D000 or 0x20000 <= point < 0x40000
            flags[size] = _OF_ASTRAL_LETTER if letter else _OF_ASTRAL
        at += 1 + more
        size += 1
    return size


@numba.njit(cache=True, nogil=True)
def _count_flags(flags: Any, count: Any) -> None:
    """Count the characters that have each flag."""
    for name in range(_FLAGS):
        total = np.int32(0)
        for flag in flags:
            total += np.int32(flag >> name & 1)
        count[name] = total


@numba.njit(cache=True, nogil=True)
def _count_signs(points: Any, count: Any) -> None:
    """Count what depends on the signs before: calls, URLs, lines, mojibake."""
    symbols, layout, stops, lines, broken, before, earlier = 0, 0, 0, 0, 0, 0, 0
    for point in points:
        symbols += 3 * ((point == 40 and before > 57) or (point == 47 and before == 47))
        layout += 2 * (earlier == 10 and before == point == 32)
        layout += before == 46 and 97 <= earlier <= 122 and 97 <= point <= 122
        stops += point in (44, 46, 33, 63, 0x2026)
        lines += point == 10 and before != 10
        broken += point >= 0x80 and _is_broken(before, point)
        earlier, before = before, point
    count[Count.SYMBOLS] = count[Count.SIGNS] + symbols
    count[Count.LAYOUT] = layout
    count[Count.STOPS] = stops
    count[Count.LINES] = lines
    count[Count.BROKEN] = broken


@numba.njit(cache=True, nogil=True, inline="always")
def _is_broken(before: Any, point: Any) -> Any:
    """Whether two characters look like the bytes of one, or the second is U+FFFD."""
    if point == 0xFFFD:
        return True
    if not (0xC2 <= before <= 0xC5 or 0xCE <= before <= 0xD1 or before == 0xE2):
        return False
    return (
        (0x80 <= point < 0xC0 and point not in (0xAB, 0xBB, 0xAD, 0xA0))
        or point in (0x20AC, 0x2122, 0x2020, 0x2021, 0x2030, 0x160, 0x161, 0x152, 0x153, 0x17D)
        or point in (0x17E, 0x178, 0x192, 0x2C6, 0x2DC, 0x2039, 0x203A, 0x201A)
    )


@numba.njit(cache=True, nogil=True)
def _count_runs(points: Any, flags: Any, count: Any) -> None:
    """Count characters after three like them, and consonants in fours or more."""
    runs, clustered, consonants, same = 0, 0, 0, 1
    for at in range(len(points)):
        same = same + 1 if at and points[at] == points[at - 1] else 1
        runs += same > 3 and flags[at] & 1
        consonants = consonants + 1 if flags[at] & _CONSONANT else 0
        if consonants >= 4:
            clustered += 1 if consonants > 4 else 4
    count[Count.RUNS] = runs
    count[Count.CLUSTERED] = clustered


@numba.njit(cache=True, nogil=True)
def _count_case(flags: Any, count: Any) -> None:
    """Count capitals that begin a word in small letters, and capitals inside of words."""
    titles, turns = 0, 0
    for at in range(1, len(flags)):
        if flags[at] & flags[at - 1] & _LETTER:
            capital, after = flags[at] & _CAPITAL, flags[at - 1] & _CAPITAL
            begins = at == 1 or not flags[at - 2] & _LETTER
            titles += begins and after and not capital
            turns += capital and not after
    count[Count.TITLES] = titles
    count[Count.TURNS] = turns


@numba.njit(cache=True, nogil=True)
def _count_words(points: Any, flags: Any, count: Any, keys: Any, times: Any) -> None:
    """Count words, the long and the mixed among them, and the commonest; the last flag is 0."""
    words, mixed, long, commonest, letters, digits = 0, 0, 0, 0, 0, 0
    value = np.uint64(0)
    times[:] = 0
    for at in range(len(flags)):
        if flags[at] & _LETTER:
            small = points[at] | 32 if points[at] < 0x80 else points[at]
            value = (value * _PRIME) ^ np.uint64(small)
            letters += 1
        elif flags[at] & _DIGIT:
            digits += 1
        else:
            if letters:
                words += 1
                mixed += digits and letters + digits > 2
                long += letters if letters > 40 else 0
                commonest = max(commonest, _once_more(value, keys, times))
            letters, digits, value = 0, 0, np.uint64(0)
    count[Count.WORDS] = words
    count[Count.MIXED] = mixed
    count[Count.LONG] = long if count[Count.LATIN] else 0
    count[Count.COMMONEST] = commonest


@numba.njit(cache=True, nogil=True, inline="always")
def _once_more(value: Any, keys: Any, times: Any) -> Any:
    """Count a word's hash in a small table; give how often it was there, 0 if there is no room."""
    slot = np.int64(value & np.uint64(_SLOTS - 1))
    tries = 0
    while times[slot] and keys[slot] != value and tries < _TRIES:
        slot = (slot + 1) & (_SLOTS - 1)
        tries += 1
    if times[slot] == 0:
        keys[slot] = value
    if keys[slot] != value:
        return 0
    times[slot] += 1
    return times[slot]

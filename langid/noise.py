"""What is not language: numbers, code, markup, base64, random letters, menus, emoji, mojibake.

A model that knows only languages must call such text one of them. A kernel counts characters and
words of a text once, and plain rules on shares of those counts answer before the model is asked.
Thresholds were set on sets of our own making against real sentences in 47 languages; what each
refuses is measured in docs/reference/languages.md.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

(
    _VISIBLE, _LETTERS, _SYMBOLS, _LATIN, _CLUSTERED, _RARE, _TURNS, _BROKEN, _RUNS,
    _WORDS, _CAPITALS, _LONG, _COMMONEST, _MARKS, _LINES, _SEPARATORS, _MIXED, _STOPS,
) = range(18)  # fmt: skip
_COUNTS = 18
_RARE_LETTERS = np.frombuffer(b"jqvwxzkyfbpg", np.uint8)
_SLOTS = 512

Mask = npt.NDArray[np.bool_]


def is_noise(texts: pa.LargeStringArray) -> Mask:
    """Say of each text whether it is something other than language; an empty one is not.

    Only the text's own characters are looked at. A text too short to tell is let through.
    """
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset :][: len(texts) + 1]
    counts = _counts(np.frombuffer(texts.buffers()[2] or b"", np.uint8), offsets)
    found: Mask = np.zeros(len(texts), np.bool_)
    for rule in (_few_letters, _code, _gibberish, _repeated, _broken, _list):
        found |= rule(counts.T)
    return found


def _few_letters(count: Any) -> Any:
    """Fewer than half of the visible characters are letters: numbers, tables, emoji, ASCII art."""
    return count[_LETTERS] < 0.5 * count[_VISIBLE]


def _code(count: Any) -> Any:
    """Brackets, operators and underscores of programs and markup; names such as `getName`."""
    symbols = count[_SYMBOLS] > np.maximum(0.05 * count[_VISIBLE], 3)
    names = (count[_TURNS] > 0.12 * count[_WORDS]) & (count[_TURNS] >= 3)
    return symbols | (names & (count[_SYMBOLS] > 0.015 * count[_VISIBLE]))


def _gibberish(count: Any) -> Any:
    """Base64, hashes and random letters: endless words, digits in them, runs of consonants."""
    endless = count[_LONG] > 0.5 * count[_LETTERS]
    mixed = (count[_MIXED] > 0.3 * count[_WORDS]) & (count[_MIXED] >= 2)
    enough = count[_LATIN] >= 20
    clustered = enough & (count[_CLUSTERED] > 0.18 * count[_LATIN])
    rare = enough & (count[_RARE] > 0.34 * count[_LATIN])
    return endless | mixed | (clustered & rare) | (count[_CLUSTERED] > 0.4 * count[_LATIN]) & enough


def _repeated(count: Any) -> Any:
    """One word, or one character, said again and again."""
    words = (count[_WORDS] >= 8) & (count[_COMMONEST] > 0.35 * count[_WORDS])
    return words | (count[_RUNS] > 0.25 * count[_VISIBLE])


def _broken(count: Any) -> Any:
    """UTF-8 that was read as Latin-1 or Windows-1252, or bytes that could not be read."""
    return (count[_BROKEN] > 0.015 * count[_VISIBLE]) & (count[_BROKEN] >= 3)


def _list(count: Any) -> Any:
    """Menus and lists of names: short items, capitals, nothing that ends or joins a clause."""
    words, items = count[_WORDS], count[_SEPARATORS] + count[_LINES]
    separated = (items >= 4) & (words < 3.2 * items) & (count[_STOPS] <= 0.1 * items)
    titles = (words >= 5) & (count[_MARKS] == 0) & (count[_CAPITALS] > 0.75 * words)
    return separated | titles


@numba.njit(cache=True, nogil=True, inline="always")
def _is_letter(point: Any) -> Any:
    """Whether a code point is a letter or a mark of one, to a good approximation."""
    if point < 0x80:
        return (65 <= point <= 90) or (97 <= point <= 122)
    if point < 0x2000:
        return (point >= 0xC0 and point != 0xD7 and point != 0xF7) or point in (0xAA, 0xB5, 0xBA)
    return (
        0x2C00 <= point < 0x2E00
        or 0x3040 <= point < 0xE000
        or 0xF900 <= point < 0xFE00
        or 0xFE70 <= point < 0xFF00
        or 0xFF21 <= point < 0xFFE0
        or (point in (0x2019, 0x200C, 0x200D, 0x3005))
        or 0x10000 <= point < 0x1D000
        or 0x20000 <= point < 0x40000
    )


@numba.njit(cache=True, nogil=True, inline="always")
def _is_capital(point: Any) -> Any:
    if point < 0x80:
        return 65 <= point <= 90
    return (
        0xC0 <= point < 0xDF
        or (0x100 <= point < 0x180 and (point & 1) == (1 if 0x139 <= point < 0x149 or point >= 0x179 else 0))
        or 0x386 <= point < 0x3AB
        or 0x400 <= point < 0x430
    )  # fmt: skip


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
        or (before == 0xE2 and point == 0x20AC)
    )


@numba.njit(cache=True, nogil=True)
def _counts(text: Any, offsets: Any) -> Any:
    """Count the characters and words of each text: float32, texts x counts."""
    result = np.zeros((len(offsets) - 1, _COUNTS), np.float32)
    keys = np.zeros(_SLOTS, np.uint64)
    times = np.zeros(_SLOTS, np.int32)
    for number in range(len(offsets) - 1):
        count = result[number]
        times[:] = 0
        _count(text, offsets[number], offsets[number + 1], count, keys, times)
    return result


@numba.njit(cache=True, nogil=True)
def _count(text: Any, at: Any, end: Any, count: Any, keys: Any, times: Any) -> None:
    """Fill one row of counts. A word is a run of letters and digits."""
    before, previous_letter, run, consonants, size, digits = 0, 0, 0, 0, 0, 0
    value = np.uint64(0)
    while at <= end:
        point: Any = 32
        if at < end:
            byte = int(text[at])
            if byte < 0x80:
                point = np.int64(byte)
                at += 1
            else:
                more = 1 if byte < 0xE0 else 2 if byte < 0xF0 else 3
                point = np.int64(byte) & (0x3F >> more)
                for step in range(1, more + 1):
                    point = point << 6 | (
                        np.int64(text[at + step]) & 0x3F if at + step < end else 0
                    )
                at += 1 + more
        else:
            at += 1
        letter = _is_letter(point)
        digit = 48 <= point <= 57
        if point > 32 and point != 0xA0:
            count[_VISIBLE] += 1
            run = run + 1 if point == before else 1
            if run > 3:
                count[_RUNS] += 1
        if letter:
            count[_LETTERS] += 1
            small = point | 32 if point < 0x80 else point
            if point < 0x250:
                count[_LATIN] += 1
            vowel = point >= 0x80 or small in (97, 101, 105, 111, 117, 121)
            if vowel:
                consonants = 0
            else:
                consonants += 1
                if consonants >= 4:
                    count[_CLUSTERED] += 1 if consonants > 4 else 4
                for rare in _RARE_LETTERS:
                    if small == rare:
                        count[_RARE] += 1
            if size == 1 and _is_capital(previous_letter) and not _is_capital(point):
                count[_CAPITALS] += 1
            if size and previous_letter and _is_capital(point) and not _is_capital(previous_letter):
                count[_TURNS] += 1
            value = (value * np.uint64(0x100000001B3)) ^ np.uint64(small)
            previous_letter = point
            size += 1
        elif digit:
            digits += 1
            previous_letter = 0
        else:
            if size:
                count[_WORDS] += 1
                if digits and size + digits > 2:
                    count[_MIXED] += 1
                if size > 40 and count[_LATIN]:
                    count[_LONG] += size
                slot = np.int64(value & np.uint64(_SLOTS - 1))
                tries = 0
                while times[slot] and keys[slot] != value and tries < 8:
                    slot = (slot + 1) & (_SLOTS - 1)
                    tries += 1
                if times[slot] == 0:
                    keys[slot] = value
                if keys[slot] == value:
                    times[slot] += 1
                    count[_COMMONEST] = max(count[_COMMONEST], times[slot])
            size, digits, consonants, previous_letter = 0, 0, 0, 0
            value = np.uint64(0)
            if point in (123, 125, 59, 61, 60, 62, 95, 92, 91, 93, 36, 42, 43, 94, 126, 124):
                count[_SYMBOLS] += 1
            elif (point == 40 and before > 57) or (point == 47 and before == 47):
                count[_SYMBOLS] += 3  # a call, a URL
            elif point in (44, 46, 33, 63, 58):
                count[_MARKS] += 1
            if (point in (46, 33, 63, 0x2026)) or point == 44:
                count[_STOPS] += 1
            if point in (124, 0x2022, 0xB7, 0xBB, 0x203A, 0x25CF, 0x25BA):
                count[_SEPARATORS] += 1
            if point == 10 and before != 10:
                count[_LINES] += 1
        if _is_broken(before, point):
            count[_BROKEN] += 1
        before = point

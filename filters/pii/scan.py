"""One pass over UTF-8 bytes for the few places where personal data could be.

Everything after it costs microseconds a place; this pass is what every page pays for.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

EMAIL, NUMBER, IPV6, IBAN, CODE = range(5)
"""What stands at a place: an address around `@`; digits that separators may part; groups of
hexadecimal digits between colons; two capitals and two digits; six capitals and two digits."""

MIN_DIGITS = 7
"""The least that a `NUMBER` has, unless three dots part it as they part an IPv4 address."""

_MAX_GAP = 4  # characters between two digits of a number, as in `+49 - (40) - 300`
_MAX_LOCAL, _MAX_HOST = 96, 255
_MAX_IPV6 = 48
_IBAN_BYTES = 64  # 34 characters and a separator of up to three bytes between groups
_CODE_BYTES = 16

_DIGIT, _UPPER, _LETTER, _HEX, _LOCAL, _HOST, _START = 1, 2, 4, 8, 16, 32, 64


def _table() -> NDArray[np.uint8]:
    """Give the bits of each byte value."""
    table = np.zeros(256, np.uint8)
    for characters, bits in (
        (b"0123456789", _DIGIT | _HEX | _LOCAL | _HOST | _START),
        (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", _UPPER | _LETTER | _LOCAL | _HOST | _START),
        (b"abcdefghijklmnopqrstuvwxyz", _LETTER | _LOCAL | _HOST),
        (b"ABCDEFabcdef", _HEX),
        (b".-", _LOCAL | _HOST),
        (b"_%+'", _LOCAL),
        (b"@:", _START),
        (bytes(range(0x80, 0x100)), _LETTER | _LOCAL | _HOST),
    ):
        table[list(characters)] |= bits
    return table


_TABLE = _table()


def scan(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the places.

    Args:
        data: the UTF-8 of all texts.
        offsets: text i is `data[offsets[i]:offsets[i + 1]]`.

    Returns:
        A row a place, in order: the text's number, the kind, first byte, byte after the last, and
        the first byte's place in the text in code points.
    """
    return np.asarray(_scan(data, offsets, _TABLE))


@njit(cache=True, nogil=True)
def _scan(data, offsets, table):  # type: ignore[no-untyped-def]
    found = np.empty((64, 5), np.int64)
    count = 0
    for text in range(len(offsets) - 1):
        low, high = offsets[text], offsets[text + 1]
        counted, points = low, 0
        at = low
        while at < high:
            bits = table[data[at]]
            if not bits & _START or (
                bits & _UPPER and at + 1 < high and not table[data[at + 1]] & _UPPER
            ):
                at += 1  # most bytes by far; a capital alone begins nothing
                continue
            kind, start, stop, at = _look(data, low, at, high, table)
            if kind < 0:
                continue
            while counted < start:
                points += (data[counted] & 0xC0) != 0x80
                counted += 1
            while counted > start:
                counted -= 1
                points -= (data[counted] & 0xC0) != 0x80
            if count == len(found):
                found = np.concatenate((found, np.empty_like(found)))
            found[count] = text, kind, start, stop, points
            count += 1
    return found[:count]


@njit(cache=True, nogil=True)
def _look(data, low, at, high, table):  # type: ignore[no-untyped-def]
    """Judge what starts at a byte: its kind or -1, first byte, byte after, where to go on."""
    byte = data[at]
    if table[byte] & _DIGIT:
        return _number(data, low, at, high, table)
    if byte == 64:  # @
        return _email(data, low, at, high, table)
    if byte == 58:  # :
        return _ipv6(data, low, at, high, table)
    return _capitals(data, low, at, high, table)


@njit(cache=True, nogil=True)
def _number(data, low, at, high, table):  # type: ignore[no-untyped-def]
    """Follow digits and what may part them; a plus or a bracket before them belongs to them."""
    digits, dots, gap, last, k = 0, 0, 0, at, at
    while k < high:
        if table[data[k]] & _DIGIT:
            digits, gap = digits + 1, 0
            k += 1
            last = k
        else:
            width = _separator(data, k, high)
            if width == 0 or gap == _MAX_GAP:
                break
            gap += 1
            dots += data[k] == 46
            k += width
    stop = last
    # A Finnish identity number may have a letter where others have a hyphen: 010101A123B.
    finnish = digits == 6 and last == at + 6 and last + 5 <= high and table[data[last]] & _UPPER
    if finnish and table[data[last + 1]] & table[data[last + 2]] & table[data[last + 3]] & _DIGIT:
        stop = last + 5 if data[last + 4] < 0x80 else last
    elif digits < MIN_DIGITS and not (digits >= 4 and dots >= 3):
        return -1, at, last, last
    start = at
    while start > low and (data[start - 1] == 43 or data[start - 1] == 40):  # + and (
        start -= 1
    return NUMBER, start, stop, last


@njit(cache=True, nogil=True, inline="always")
def _separator(data, at, high):  # type: ignore[no-untyped-def]
    """Give the length of what may part digits: space, - . / ( ) and their typographic kin."""
    byte = data[at]
    if byte == 32 or byte == 40 or byte == 41 or (45 <= byte <= 47):
        return 1
    if byte == 0xC2 and at + 1 < high and data[at + 1] == 0xA0:  # no-break space
        return 2
    if byte == 0xE2 and at + 2 < high and data[at + 1] == 0x80:
        last = data[at + 2]  # thin spaces, one of no width, hyphens and dashes
        if last == 0x89 or last == 0x8B or last == 0xAF or 0x90 <= last <= 0x95:
            return 3
    return 0


@njit(cache=True, nogil=True)
def _email(data, low, at, high, table):  # type: ignore[no-untyped-def]
    start, stop, dot = at, at + 1, False
    while start > low and at - start < _MAX_LOCAL and table[data[start - 1]] & _LOCAL:
        start -= 1
    while stop < high and stop - at < _MAX_HOST and table[data[stop]] & _HOST:
        dot |= data[stop] == 46
        stop += 1
    while start < at and (data[start] & 0xC0) == 0x80:  # the bound fell into a character
        start += 1
    while stop < high and (data[stop] & 0xC0) == 0x80:
        stop += 1
    return (EMAIL if start < at and dot else -1), start, stop, stop


@njit(cache=True, nogil=True)
def _ipv6(data, low, at, high, table):  # type: ignore[no-untyped-def]
    start, stop, colons, double = at, at, 0, False
    while start > low and at - start < 4 and table[data[start - 1]] & _HEX:
        start -= 1
    while stop < high and stop - at < _MAX_IPV6 and (table[data[stop]] & _HEX or data[stop] == 58):
        colons += data[stop] == 58
        double |= data[stop] == 58 and stop > start and data[stop - 1] == 58
        stop += 1
    bounded = start == low or not table[data[start - 1]] & _LETTER
    likely = bounded and start < at and ((double and colons >= 3) or colons >= 7)
    return (IPV6, start, stop, stop) if likely else (-1, at, at, at + 1)


@njit(cache=True, nogil=True)
def _capitals(data, low, at, high, table):  # type: ignore[no-untyped-def]
    """Look at the capitals that begin a word."""
    inside = at > low and table[data[at - 1]] & (_LETTER | _DIGIT)
    stop = at + 1
    while stop < high and table[data[stop]] & _UPPER:
        stop += 1
    digits = stop + (stop < high and data[stop] == 32)
    if not inside and digits + 2 <= high and table[data[digits]] & table[data[digits + 1]] & _DIGIT:
        if stop - at == 2:
            return IBAN, at, _within_line(data, at + _IBAN_BYTES, at, high), stop
        if stop - at == 6 and digits == stop and at + _CODE_BYTES <= high:
            return CODE, at, _within_line(data, at + _CODE_BYTES, at, high), stop
    return -1, at, stop, stop


@njit(cache=True, nogil=True)
def _within_line(data, wanted, at, high):  # type: ignore[no-untyped-def]
    """Give the first newline, or else `wanted`, moved to the end of the character there."""
    stop = at
    while stop < high and data[stop] != 10 and (stop < wanted or (data[stop] & 0xC0) == 0x80):
        stop += 1
    return stop

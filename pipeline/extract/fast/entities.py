"""HTML5's character references as a hash table that a kernel can read.

Names and values come from `html.entities.html5`, numbers follow the HTML standard
(§13.2.5.80): NUL, surrogates and numbers above U+10FFFF become U+FFFD, 0x80-0x9F are read
as windows-1252. Control characters and non-characters vanish, as in `html.unescape`.
"""

from html.entities import html5

import numpy as np
from numba import njit

_SLOTS = 8192
_LONGEST_LEGACY = 6  # the longest names that need no semicolon: `frac12`, `Aacute`


def _table() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Open addressing: FNV-1a of the name without `&`, with its `;` where it has one."""
    hashes = np.zeros(_SLOTS, np.uint64)
    starts, lengths = np.zeros(_SLOTS, np.int32), np.zeros(_SLOTS, np.int32)
    name_starts, name_lengths = np.zeros(_SLOTS, np.int32), np.zeros(_SLOTS, np.int32)
    blob = bytearray()
    for name, value in html5.items():
        key = 0xCBF29CE484222325
        for byte in name.encode():
            key = (key ^ byte) * 0x100000001B3 % 2**64
        slot = key % _SLOTS
        while name_lengths[slot]:
            slot = (slot + 1) % _SLOTS
        hashes[slot] = key
        name_starts[slot], name_lengths[slot] = len(blob), len(name)
        blob += name.encode()
        starts[slot], lengths[slot] = len(blob), len(value.encode())
        blob += value.encode()
    return hashes, name_starts, name_lengths, starts, lengths, np.frombuffer(bytes(blob), np.uint8)


_HASHES, _NAME_STARTS, _NAME_LENGTHS, _STARTS, _LENGTHS, _BLOB = _table()

# 0x80-0x9F as windows-1252; 0 = the five that it leaves undefined.
_CP1252 = np.array(
    [ord(bytes([b]).decode("cp1252", "ignore") or "\0") for b in range(0x80, 0xA0)], np.uint32
)


@njit(cache=True, boundscheck=False)
def _slot(html, start, end):  # type: ignore[no-untyped-def]
    key = np.uint64(0xCBF29CE484222325)
    for i in range(start, end):
        key = (key ^ np.uint64(html[i])) * np.uint64(0x100000001B3)
    slot = np.int64(key % np.uint64(_SLOTS))
    while _NAME_LENGTHS[slot]:
        if _HASHES[slot] == key and _NAME_LENGTHS[slot] == end - start:
            same = True
            for i in range(end - start):
                same = same and html[start + i] == _BLOB[_NAME_STARTS[slot] + i]
            if same:
                return slot
        slot = (slot + 1) % _SLOTS
    return -1


@njit(cache=True, boundscheck=False)
def _put(text, o, code):  # type: ignore[no-untyped-def]
    """Write one code point as UTF-8; returns the new end of the text."""
    if code < 0x80:
        text[o] = code
        return o + 1
    if code < 0x800:
        text[o] = 0xC0 | code >> 6
        text[o + 1] = 0x80 | code & 63
        return o + 2
    if code < 0x10000:
        text[o] = 0xE0 | code >> 12
        text[o + 1] = 0x80 | code >> 6 & 63
        text[o + 2] = 0x80 | code & 63
        return o + 3
    text[o] = 0xF0 | code >> 18
    text[o + 1] = 0x80 | code >> 12 & 63
    text[o + 2] = 0x80 | code >> 6 & 63
    text[o + 3] = 0x80 | code & 63
    return o + 4


@njit(cache=True, boundscheck=False)
def _numeric(html, i, n, text, o):  # type: ignore[no-untyped-def]
    """`&#…` at i; (i, o) unchanged where no digit follows."""
    p = i + 2
    base = 10
    if p < n and html[p] | 32 == 120:
        base = 16
        p += 1
    code = 0
    first = p
    while p < n:
        c = html[p]
        if 48 <= c <= 57:
            digit = c - 48
        elif base == 16 and 97 <= c | 32 <= 102:
            digit = (c | 32) - 87
        else:
            break
        code = min(code * base + digit, 0x110000)
        p += 1
    if p == first:
        return i, o
    if p < n and html[p] == 59:
        p += 1
    if 0x80 <= code < 0xA0 and _CP1252[code - 0x80] != 0:
        code = int(_CP1252[code - 0x80])
    if code == 0 or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
        return p, _put(text, o, 0xFFFD)
    control = (code < 32 and not (9 <= code <= 13 and code != 11)) or 0x7F <= code < 0xA0
    if control or 0xFDD0 <= code < 0xFDF0 or code & 0xFFFE == 0xFFFE:
        return p, o
    return p, _put(text, o, code)


@njit(cache=True, boundscheck=False)
def decode_reference(html, i, n, text, o):  # type: ignore[no-untyped-def]
    """Decode the reference whose `&` is at html[i] into text[o:].

    Returns (next input position, new end of text). What is no reference is left to the
    caller: the positions come back unchanged. Never writes more than 1.2 times the bytes read.
    """
    if i + 1 < n and html[i + 1] == 35:
        return _numeric(html, i, n, text, o)
    p = i + 1
    while p < n and p - i <= 33 and (48 <= html[p] <= 57 or 97 <= html[p] | 32 <= 122):
        p += 1
    slot = -1
    if p < n and html[p] == 59 and p > i + 1:
        p += 1
        slot = _slot(html, i + 1, p)
    if slot < 0:
        p = min(p, i + 1 + _LONGEST_LEGACY)
        while p >= i + 3:
            slot = _slot(html, i + 1, p)
            if slot >= 0:
                break
            p -= 1
    if slot < 0:
        return i, o
    for k in range(_LENGTHS[slot]):
        text[o + k] = _BLOB[_STARTS[slot] + k]
    return p, o + _LENGTHS[slot]

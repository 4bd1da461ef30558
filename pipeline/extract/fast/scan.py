"""The lexical half of the pass: names, attributes, comments, characters; no tree, no state of it."""

import numpy as np
from numba import njit, types

from . import tags
from .layout import AT_LAST_DOUBLE, AT_LAST_SINGLE, AT_UNCLOSED
from .tags import ARIA_HIDDEN, CLASS, CODE, HIDDEN, STYLE, attribute_number

_memchr = types.ExternalFunction(
    "memchr", types.uintp(types.uintp, types.int32, types.uintp)
)  # libc's: 20 times a loop's speed on scripts and long attributes


@njit(cache=True, boundscheck=False)
def find_byte(html, i, n, byte):  # type: ignore[no-untyped-def]
    """The position of the next `byte` from i on, n where there is none."""
    if i >= n:
        return n
    base = np.uintp(html.ctypes.data)
    found = _memchr(base + np.uintp(i), np.int32(byte), np.uintp(n - i))  # type: ignore[call-overload]
    return n if found == 0 else np.int64(found - base)


@njit(cache=True, boundscheck=False)
def is_space(c):  # type: ignore[no-untyped-def]
    """HTML's white space."""
    return c == 32 or 9 <= c <= 10 or 12 <= c <= 13


_ENDS_NAME = np.zeros(256, np.bool_)
_ENDS_NAME[[9, 10, 12, 13, 32, 47, 61, 62]] = True


@njit(cache=True, boundscheck=False)
def packed_name(html, i, n):  # type: ignore[no-untyped-def]
    """(packed name, end) of the tag name at i."""
    key = np.uint64(0)
    length = 0
    while i < n:
        c = html[i]
        if c == 62 or c == 47 or is_space(c):
            break
        if length < 10:
            key = key << np.uint64(6) | CODE[c]
            length += 1
        i += 1
    return key, i


@njit(cache=True, boundscheck=False)
def read_attributes(html, i, n, spans, st):  # type: ignore[no-untyped-def]
    """Read attributes up to `>`; fills spans[number] = (start, end); the position after `>`.

    A quote that is never closed in the rest of the page is read as an unquoted value.
    """
    spans[:, 0] = -1
    while i < n:
        c = html[i]
        if c == 62:
            return i + 1
        if c == 47 or is_space(c):
            i += 1
            continue
        key = np.uint64(0)
        length = 0
        first = i
        while i < n:
            c = html[i]
            if _ENDS_NAME[c] and (c != 61 or i > first):
                break
            if length < 10:
                key = key << np.uint64(6) | CODE[c]
                length += 1
            i += 1
        while i < n and is_space(html[i]):
            i += 1
        start = end = i
        if i < n and html[i] == 61:
            i += 1
            while i < n and is_space(html[i]):
                i += 1
            quote = html[i] if i < n else np.uint8(0)
            start = i
            if (quote == 34 and i < st[AT_LAST_DOUBLE]) or (quote == 39 and i < st[AT_LAST_SINGLE]):
                start = i + 1
                end = find_byte(html, start, n, quote)
                i = end + 1
            else:
                while i < n and html[i] != 62 and not is_space(html[i]):
                    i += 1
                end = i
        number = attribute_number(key)
        if number >= 0 and spans[number, 0] < 0:
            spans[number, 0] = start
            spans[number, 1] = min(end, n)
    return n


@njit(cache=True, boundscheck=False)
def find_end_tag(html, i, n, key):  # type: ignore[no-untyped-def]
    """The position of `</name` from i on, -1 where there is none."""
    i = find_byte(html, i, n, 60)
    while i + 2 < n:
        if html[i + 1] == 47:
            found, _ = packed_name(html, i + 2, n)
            if found == key:
                return i
        i = find_byte(html, i + 1, n, 60)
    return -1


@njit(cache=True, boundscheck=False)
def after(html, i, n, byte):  # type: ignore[no-untyped-def]
    """The position after the next `byte`, n where there is none."""
    return min(find_byte(html, i, n, byte) + 1, n)


@njit(cache=True, boundscheck=False)
def skip_declaration(html, i, n, st):  # type: ignore[no-untyped-def]
    """Skip the comment, CDATA section, doctype or processing instruction at i."""
    if i + 3 < n and html[i + 1] == 33 and html[i + 2] == 45 and html[i + 3] == 45:
        p = i + 4
        if p < n and html[p] == 62:
            return p + 1
        if p + 1 < n and html[p] == 45 and html[p + 1] == 62:
            return p + 2
        end = find_byte(html, p + 2, n, 62)
        while end < n:
            if html[end - 1] == 45 and html[end - 2] == 45:
                return end + 1
            if end - 3 >= p and html[end - 1] == 33 and html[end - 2] == 45 == html[end - 3]:
                return end + 1
            end = find_byte(html, end + 1, n, 62)
        return n
    if i + 2 < n and html[i + 2] == 91 and not st[AT_UNCLOSED] & 1:
        p = i + 3
        while p + 2 < n:
            if html[p] == 93 and html[p + 1] == 93 and html[p + 2] == 62:
                return p + 3
            p += 1
        st[AT_UNCLOSED] |= 1  # the search is not repeated: it would be quadratic
    return after(html, i + 2, n, 62)


@njit(cache=True, boundscheck=False)
def svg_end(html, i, n):  # type: ignore[no-untyped-def]
    """The position after the `</svg>` of a drawing whose content begins at i; -1: none."""
    depth = 1
    svg = np.uint64(tags.packed_svg)
    i = find_byte(html, i, n, 60)
    while i + 4 < n:
        closing = html[i + 1] == 47
        key, p = packed_name(html, i + 1 + closing, n)
        if key == svg:
            p = after(html, p, n, 62)
            if closing:
                depth -= 1
                if depth == 0:
                    return p
            elif html[p - 2] != 47:
                depth += 1
            i = p - 1
        i = find_byte(html, i + 1, n, 60)
    return -1


@njit(cache=True, boundscheck=False)
def special(a, b, c):  # type: ignore[no-untyped-def]
    """What becomes of a character that begins with these bytes: 0 stays, 1 space, 2 vanishes.

    Spaces: Unicode's White_Space. Vanishing: soft hyphen, zero-width space, word joiner, byte
    order mark, C1 controls, private use (icon fonts), U+FFFE and U+FFFF.
    """
    if a == 0xC2:
        if b == 0xA0 or b == 0x85:
            return 1
        return 2 if b < 0xA0 or b == 0xAD else 0
    if a == 0xE2:
        if b == 0x80:
            if c == 0x8B:
                return 2
            return 1 if c <= 0x8A or c == 0xA8 or c == 0xA9 or c == 0xAF else 0
        if b == 0x81:
            return 1 if c == 0x9F else 2 if 0xA0 <= c <= 0xA4 else 0
        return 0
    if a == 0xE3:
        return 1 if b == 0x80 and c == 0x80 else 0
    if a == 0xE1:
        return 1 if b == 0x9A and c == 0x80 else 0
    if a == 0xEE or (a == 0xEF and b <= 0xA3):
        return 2
    if a == 0xEF:
        return 2 if (b == 0xBB and c == 0xBF) or (b == 0xBF and c >= 0xBE) else 0
    return 0


@njit(cache=True, boundscheck=False)
def put_space(text, o, start, c, pre):  # type: ignore[no-untyped-def]
    """Write white space c at the end of a block's text: collapsed, or kept in `pre`."""
    if pre:
        if c == 13 or (o == start and c == 10):
            return o
        text[o] = 10 if c == 10 else 9 if c == 9 else 32
        return o + 1
    if o > start and text[o - 1] > 32:
        text[o] = 32
        return o + 1
    return o


_NONE = np.frombuffer(b"display:none", np.uint8)
_INVISIBLE = np.frombuffer(b"visibility:hidden", np.uint8)
_TRUE = np.frombuffer(b"true", np.uint8)
_UNTIL_FOUND = np.frombuffer(b"until-found", np.uint8)
LICENSE_WORD = np.frombuffer(b"license", np.uint8)
CREATIVE_COMMONS = np.frombuffer(b"creativecommons.org/", np.uint8)
CANONICAL_WORD = np.frombuffer(b"canonical", np.uint8)
LD_JSON = np.frombuffer(b"ld+json", np.uint8)


@njit(cache=True, boundscheck=False)
def holds(html, start, end, word):  # type: ignore[no-untyped-def]
    """Whether html[start:end] holds `word` (lower-case bytes), spaces and case aside."""
    if start < 0:
        return False
    for i in range(start, end):
        if html[i] | 32 != word[0]:
            continue
        p = i
        k = 0
        while k < len(word) and p < end:
            c = html[p]
            if is_space(c):
                p += 1
                continue
            if 65 <= c <= 90:
                c += 32
            if c != word[k]:
                break
            k += 1
            p += 1
        if k == len(word):
            return True
    return False


@njit(cache=True, boundscheck=False)
def concealment(html, spans):  # type: ignore[no-untyped-def]
    """Whether an element's attributes hide it from readers."""
    if spans[HIDDEN, 0] >= 0 and not holds(html, spans[HIDDEN, 0], spans[HIDDEN, 1], _UNTIL_FOUND):
        return 1
    start = spans[STYLE, 0]
    end = spans[STYLE, 1]
    if holds(html, start, end, _NONE) or holds(html, start, end, _INVISIBLE):
        return 1
    return 2 * holds(html, spans[ARIA_HIDDEN, 0], spans[ARIA_HIDDEN, 1], _TRUE)


@njit(cache=True, boundscheck=False)
def style_hash(html, spans, tag):  # type: ignore[no-untyped-def]
    """A hash of tag and class without digits: equal for elements of one kind on a page."""
    key = np.uint32(2166136261) ^ np.uint32(tag)
    if spans[CLASS, 0] >= 0:
        for i in range(spans[CLASS, 0], spans[CLASS, 1]):
            if not 48 <= html[i] <= 57:
                key = (key ^ np.uint32(html[i])) * np.uint32(16777619)
    return np.int32(key & np.uint32(0x7FFFFFFF))


@njit(cache=True, boundscheck=False)
def last_byte(html, n, byte):  # type: ignore[no-untyped-def]
    """The position of the last `byte`, -1 where there is none."""
    i = n - 1
    while i >= 0 and html[i] != byte:
        i -= 1
    return i

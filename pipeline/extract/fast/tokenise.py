"""One pass over a page's UTF-8 bytes: HTML as it is found -> text blocks and a light tree.

Follows the HTML standard's tokeniser and those of its tree rules that decide which text
belongs together: implied end tags, scopes, misnested formatting. Adjacent links and spans are kept
apart
by a space: `<a>1</a><a>2</a>` is two words to a reader. No Python object is made
for a tag or a text, every step moves forward, and each array has its size from a count of
`<`: time and memory are linear in the input. Where browsers lose the rest of a page (an
attribute's or a title's end is missing) the damage is kept to the place.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from . import keywords, tags
from .entities import decode_reference
from .tags import (
    ARIA_HIDDEN,
    BLOCK,
    CLASS,
    CLOSES_P,
    CODE,
    CONTENT,
    DATETIME,
    FORMATTING,
    HIDDEN,
    HREF,
    IDENT,
    ITEMPROP,
    ITEMTYPE,
    KIND,
    LANG,
    MODAL,
    NAME,
    RAW,
    REL,
    ROLE,
    SCOPE,
    SHADOW,
    SKIP,
    SPECIAL,
    STYLE,
    TESTID,
    TYPE,
    VOID,
    attribute_number,
    tag_number,
)

# Columns of `nodes` and `blocks`, kinds of `events`, slots of the pass's state.
TAG, PARENT, DEPTH, KEYWORDS, STYLE_HASH, IMAGES, INPUTS, LINKS, CONCEALED = range(9)
START, END, NODE, LINK_BYTES, BREAKS, ANCHORS, SOURCE, COVERT, FIRST = range(9)
META_NAME, META_CONTENT, TITLE, HTML_LANG, CANONICAL, LICENCE, TIME, JSON_LD = range(8)
_OUT, _BLOCK, _LINK, _PRE, _HIDE, _TOP, _NODES, _BLOCKS, _EVENTS, _ANCHOR, _BREAKS, _LINKED = range(
    12
)
_ORIGIN, _NODE, _FIRST, _STATUS, _LAST_DOUBLE, _LAST_SINGLE, _UNCLOSED, _COVERT, _GLUE = range(12, 21)

OK, TOO_MANY_NODES, TOO_DEEP, TOO_MUCH_TEXT = range(4)
_EVENT_LIMIT = 512

_A, _P, _LI, _DD, _DT, _TR, _TD, _TH, _TABLE = (
    tags.ID[t] for t in ("a", "p", "li", "dd", "dt", "tr", "td", "th", "table")
)
_BR, _BUTTON, _FORM, _PREFORMATTED, _SVG, _IMG, _INPUT = (
    tags.ID[t] for t in ("br", "button", "form", "pre", "svg", "img", "input")
)
_SCRIPT, _STYLE, _TITLE, _META, _LINK_TAG, _HTML, _BODY, _HEAD = (
    tags.ID[t] for t in ("script", "style", "title", "meta", "link", "html", "body", "head")
)
_TIME, _H1, _H6, _UL, _OL, _DIV, _ADDRESS, _XMP, _TEMPLATE, _HR = (
    tags.ID[t] for t in ("time", "h1", "h6", "ul", "ol", "div", "address", "xmp", "template", "hr")
)
_TBODY, _THEAD, _TFOOT, _FRAMESET, _SPAN, _CODE_TAG = (
    tags.ID[t] for t in ("tbody", "thead", "tfoot", "frameset", "span", "code")
)


class Tokens(NamedTuple):
    """A page taken apart; arrays are views of exactly the used part.

    `text` holds the blocks' UTF-8 bytes one after another; `blocks` [n, 9] int32 has for each
    START and END in `text`, the NODE that it began in, how many of its bytes are LINK_BYTES,
    line BREAKS, ANCHORS (links), the SOURCE position in the page, whether it is COVERT (inside
    an element that the page hides), and the innermost node around its FIRST character. `nodes` [m, 9] int32 are the elements in document
    order, node 0 the root, a PARENT before its children. `events` [k, 3] int32 are the places
    of metadata: kind, start and end in the page.
    """

    status: int
    text: NDArray[np.uint8]
    blocks: NDArray[np.int32]
    nodes: NDArray[np.int32]
    events: NDArray[np.int32]


@njit(cache=True, boundscheck=False)
def _is_space(c):  # type: ignore[no-untyped-def]
    return c == 32 or 9 <= c <= 10 or 12 <= c <= 13


@njit(cache=True, boundscheck=False)
def _name(html, i, n):  # type: ignore[no-untyped-def]
    """(packed name, end) of the tag name at i."""
    key = np.uint64(0)
    length = 0
    while i < n:
        c = html[i]
        if c == 62 or c == 47 or c == 32 or 9 <= c <= 13:
            break
        if length < 10:
            key = key << np.uint64(6) | CODE[c]
            length += 1
        i += 1
    return key, i


@njit(cache=True, boundscheck=False)
def _attributes(html, i, n, spans, st):  # type: ignore[no-untyped-def]
    """Read attributes up to `>`; fills spans[number] = (start, end); the position after `>`.

    A quote that is never closed in the rest of the page is read as an unquoted value.
    """
    spans[:, 0] = -1
    while i < n:
        c = html[i]
        if c == 62:
            return i + 1
        if c == 47 or _is_space(c):
            i += 1
            continue
        key = np.uint64(0)
        length = 0
        first = i
        while i < n:
            c = html[i]
            if c == 62 or c == 47 or c == 32 or 9 <= c <= 13 or (c == 61 and i > first):
                break
            if length < 10:
                key = key << np.uint64(6) | CODE[c]
                length += 1
            i += 1
        while i < n and _is_space(html[i]):
            i += 1
        start = end = i
        if i < n and html[i] == 61:
            i += 1
            while i < n and _is_space(html[i]):
                i += 1
            quote = html[i] if i < n else np.uint8(0)
            start = i
            if (quote == 34 and i < st[_LAST_DOUBLE]) or (quote == 39 and i < st[_LAST_SINGLE]):
                i += 1
                start = i
                while i < n and html[i] != quote:
                    i += 1
                end = i
                i += 1
            else:
                while i < n and html[i] != 62 and not _is_space(html[i]):
                    i += 1
                end = i
        number = attribute_number(key)
        if number >= 0 and spans[number, 0] < 0:
            spans[number, 0] = start
            spans[number, 1] = min(end, n)
    return n


@njit(cache=True, boundscheck=False)
def _end_tag(html, i, n, key):  # type: ignore[no-untyped-def]
    """The position of `</name` from i on, -1 where there is none."""
    while i + 2 < n:
        if html[i] == 60 and html[i + 1] == 47:
            found, _ = _name(html, i + 2, n)
            if found == key:
                return i
        i += 1
    return -1


@njit(cache=True, boundscheck=False)
def _after(html, i, n, byte):  # type: ignore[no-untyped-def]
    """The position after the next `byte`, n where there is none."""
    while i < n and html[i] != byte:
        i += 1
    return min(i + 1, n)


@njit(cache=True, boundscheck=False)
def _declaration(html, i, n, st):  # type: ignore[no-untyped-def]
    """Skip the comment, CDATA section, doctype or processing instruction at i."""
    if i + 3 < n and html[i + 1] == 33 and html[i + 2] == 45 and html[i + 3] == 45:
        p = i + 4
        if p < n and html[p] == 62:
            return p + 1
        if p + 1 < n and html[p] == 45 and html[p + 1] == 62:
            return p + 2
        while p + 2 < n:
            if html[p] == 45 and html[p + 1] == 45:
                if html[p + 2] == 62:
                    return p + 3
                if p + 3 < n and html[p + 2] == 33 and html[p + 3] == 62:
                    return p + 4
            p += 1
        return n
    if i + 2 < n and html[i + 2] == 91 and not st[_UNCLOSED] & 1:
        p = i + 3
        while p + 2 < n:
            if html[p] == 93 and html[p + 1] == 93 and html[p + 2] == 62:
                return p + 3
            p += 1
        st[_UNCLOSED] |= 1  # the search is not repeated: it would be quadratic
    return _after(html, i + 2, n, 62)


@njit(cache=True, boundscheck=False)
def _svg_end(html, i, n):  # type: ignore[no-untyped-def]
    """The position after the `</svg>` of a drawing whose content begins at i; -1: none."""
    depth = 1
    svg = np.uint64(tags.packed_svg)
    while i + 4 < n:
        if html[i] == 60:
            closing = html[i + 1] == 47
            key, p = _name(html, i + 1 + closing, n)
            if key == svg:
                p = _after(html, p, n, 62)
                if closing:
                    depth -= 1
                    if depth == 0:
                        return p
                elif html[p - 2] != 47:
                    depth += 1
                i = p
                continue
        i += 1
    return -1


@njit(cache=True, boundscheck=False)
def _special(a, b, c):  # type: ignore[no-untyped-def]
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
        return 2 if b == 0xBB and c == 0xBF or b == 0xBF and c >= 0xBE else 0
    return 0


@njit(cache=True, boundscheck=False)
def _space(text, o, start, c, pre):  # type: ignore[no-untyped-def]
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


@njit(cache=True, boundscheck=False)
def _emit(html, i, n, text, st, stack):  # type: ignore[no-untyped-def]
    """Copy character data from i to the next `<` into the open block; its position."""
    o = before = st[_OUT]
    start = st[_BLOCK]
    pre = st[_PRE] > 0
    origin = i
    while i < n:
        c = html[i]
        if c == 60:
            break
        if 32 < c < 127 and c != 38:
            text[o] = c
            o += 1
            i += 1
        elif c <= 32:
            i += 1
            if _is_space(c):
                o = _space(text, o, start, c, pre)
        elif c >= 0x80:
            p = i + 1
            while p < n and html[p] & 0xC0 == 0x80:
                p += 1
            what = _special(c, html[i + 1] if i + 1 < n else 0, html[i + 2] if i + 2 < n else 0)
            if what == 1:
                o = _space(text, o, start, 32, False)
            elif what == 0:
                for k in range(i, p):
                    text[o] = html[k]
                    o += 1
            i = p
        elif c == 38:
            p, q = decode_reference(html, i, n, text, o)
            if p == i:
                text[o] = 38
                o += 1
                i += 1
            else:
                i = p
                if q > o:
                    first = text[o]
                    what = 0
                    if first >= 0xC2:
                        what = _special(first, text[o + 1], text[o + 2] if q > o + 2 else 0)
                    elif _is_space(first):
                        what = 1
                    if what == 1:
                        o = _space(text, o, start, first if first < 32 else 32, pre and first < 32)
                    elif what == 0:
                        o = q
        else:
            i += 1  # DEL
    st[_GLUE] = 0
    if o > before:
        if before == start:
            st[_ORIGIN] = origin
            st[_NODE] = st[_TOP]
            st[_FIRST] = stack[st[_TOP], 1]
        if st[_LINK] > 0:
            st[_LINKED] += o - before
    st[_OUT] = o
    return i


@njit(cache=True, boundscheck=False)
def _flush(text, st, stack, blocks):  # type: ignore[no-untyped-def]
    """End the open block: keep it unless it is empty."""
    o = st[_OUT]
    while o > st[_BLOCK] and text[o - 1] <= 32:
        o -= 1
    if o > st[_BLOCK]:
        k = st[_BLOCKS]
        st[_BLOCKS] += 1
        blocks[k, START] = st[_BLOCK]
        blocks[k, END] = o
        blocks[k, NODE] = stack[min(st[_NODE], st[_TOP]), 1]
        blocks[k, LINK_BYTES] = min(st[_LINKED], o - st[_BLOCK])
        blocks[k, BREAKS] = st[_BREAKS]
        blocks[k, ANCHORS] = st[_ANCHOR]
        blocks[k, SOURCE] = st[_ORIGIN]
        blocks[k, COVERT] = st[_COVERT] > 0
        blocks[k, FIRST] = st[_FIRST]
    st[_OUT] = o
    st[_BLOCK] = o
    st[_LINKED] = 0
    st[_BREAKS] = 0
    st[_ANCHOR] = 0


@njit(cache=True, boundscheck=False)
def _line_break(text, st, stack, blocks):  # type: ignore[no-untyped-def]
    """`<br>`: a new line of the block; two in a row end it."""
    o = st[_OUT]
    if o == st[_BLOCK] or st[_HIDE] > 0:
        return
    while o > st[_BLOCK] and (text[o - 1] == 32 or text[o - 1] == 9):
        o -= 1
    if o > st[_BLOCK] and text[o - 1] == 10:
        _flush(text, st, stack, blocks)
        return
    text[o] = 10
    st[_OUT] = o + 1
    st[_BREAKS] += 1


@njit(cache=True, boundscheck=False)
def _pop(text, st, stack, counts, blocks, nodes, level):  # type: ignore[no-untyped-def]
    """Close the open elements from the top down to and with `level`."""
    while st[_TOP] >= level:
        top = st[_TOP]
        tag = stack[top, 0]
        if tag >= 0:
            counts[tag] -= 1
            if KIND[tag] & BLOCK:
                _flush(text, st, stack, blocks)
            if tag == _A:
                st[_LINK] -= 1
            elif tag == _PREFORMATTED:
                st[_PRE] -= 1
        if stack[top, 2] & 1:
            st[_HIDE] -= 1
        if stack[top, 2] & 2:
            st[_COVERT] -= 1
        st[_TOP] -= 1


@njit(cache=True, boundscheck=False)
def _close_until(text, st, stack, counts, blocks, nodes, a, b, stops):  # type: ignore[no-untyped-def]
    """Close the nearest open element a or b unless one of the kinds `stops` is nearer."""
    if counts[a] + counts[b] <= 0:
        return
    level = st[_TOP]
    while level > 0:
        tag = stack[level, 0]
        if tag == a or tag == b:
            _pop(text, st, stack, counts, blocks, nodes, level)
            return
        if tag >= 0 and KIND[tag] & stops:
            return
        level -= 1


@njit(cache=True, boundscheck=False)
def _close_item(text, st, stack, counts, blocks, nodes, a, b):  # type: ignore[no-untyped-def]
    """The `li`, `dd`, `dt` rule: only address, div and p may lie between."""
    level = st[_TOP]
    while level > 0 and counts[a] + counts[b] > 0:
        tag = stack[level, 0]
        if tag == a or tag == b:
            _pop(text, st, stack, counts, blocks, nodes, level)
            return
        if tag > 0 and KIND[tag] & SPECIAL and tag != _ADDRESS and tag != _DIV and tag != _P:
            return
        level -= 1


@njit(cache=True, boundscheck=False)
def _close_in_table(text, st, stack, counts, blocks, nodes, tag):  # type: ignore[no-untyped-def]
    """Close what a new cell, row or row group ends, up to the nearest table."""
    level = st[_TOP]
    target = 0
    while level > 0:
        open_tag = stack[level, 0]
        if open_tag == _TABLE or open_tag == _TEMPLATE:
            break
        cell = open_tag == _TD or open_tag == _TH
        group = open_tag == _TBODY or open_tag == _THEAD or open_tag == _TFOOT
        if cell or (open_tag == _TR and tag != _TD and tag != _TH):
            target = level
        if group and tag != _TD and tag != _TH and tag != _TR:
            target = level
        level -= 1
    if target > 0 and level > 0:
        _pop(text, st, stack, counts, blocks, nodes, target)


@njit(cache=True, boundscheck=False)
def _implied_ends(text, st, stack, counts, blocks, nodes, tag):  # type: ignore[no-untyped-def]
    """Close the elements whose end tags a start tag implies."""
    kind = KIND[tag]
    if tag == _LI:
        _close_item(text, st, stack, counts, blocks, nodes, _LI, _LI)
    elif tag == _DD or tag == _DT:
        _close_item(text, st, stack, counts, blocks, nodes, _DD, _DT)
    elif tag == _TD or tag == _TH or tag == _TR or tag == _TBODY or tag == _THEAD or tag == _TFOOT:
        _close_in_table(text, st, stack, counts, blocks, nodes, tag)
    elif _H1 <= tag <= _H6:
        _close_until(text, st, stack, counts, blocks, nodes, _P, _P, SCOPE)
        top = stack[st[_TOP], 0]
        if _H1 <= top <= _H6:
            _pop(text, st, stack, counts, blocks, nodes, st[_TOP])
    elif tag == _BUTTON:
        _close_until(text, st, stack, counts, blocks, nodes, _BUTTON, _BUTTON, SCOPE)
    if kind & CLOSES_P:
        _close_until(text, st, stack, counts, blocks, nodes, _P, _P, SCOPE)


@njit(cache=True, boundscheck=False)
def _close_link(text, st, stack, counts, blocks, nodes):  # type: ignore[no-untyped-def]
    """Links do not nest: a second `<a>`, and `</a>`, end the open one where it stands."""
    level = st[_TOP]
    while level > 0 and counts[_A] > 0:
        tag = stack[level, 0]
        if tag == _A:
            if level == st[_TOP]:
                _pop(text, st, stack, counts, blocks, nodes, level)
            else:
                stack[level, 0] = -1
                counts[_A] -= 1
                st[_LINK] -= 1
            return
        if tag >= 0 and KIND[tag] & SCOPE:
            return
        level -= 1


@njit(cache=True, boundscheck=False)
def _close(text, st, stack, counts, blocks, nodes, tag, key):  # type: ignore[no-untyped-def]
    """An end tag."""
    kind = KIND[tag]
    st[_GLUE] = tag if tag == _A or tag == _SPAN else 0
    if kind & BLOCK:
        _flush(text, st, stack, blocks)
    if tag == _A:
        _close_link(text, st, stack, counts, blocks, nodes)
        return
    heading = _H1 <= tag <= _H6
    if tag == _HTML or tag == _BODY or tag == _HEAD or (counts[tag] == 0 and not heading):
        return
    table_part = tag == _TABLE or _TABLE < tag <= _TR and kind & SPECIAL
    level = st[_TOP]
    crossed = False
    while level > 0:
        found = stack[level, 0]
        same = found == tag and (tag > 0 or stack[level, 3] == np.int64(key))
        if same and crossed:
            stack[level, 0] = -1
            counts[tag] -= 1
            return
        if same or (heading and _H1 <= found <= _H6):
            _pop(text, st, stack, counts, blocks, nodes, level)
            return
        if found == _TABLE and tag != _TABLE:
            return
        if found >= 0 and KIND[found] & SCOPE and not table_part:
            return
        if kind & SPECIAL == 0 and found > 0 and KIND[found] & SPECIAL:
            if not kind & FORMATTING:
                return
            crossed = True
        if tag == _LI and (found == _UL or found == _OL):
            return
        level -= 1


@njit(cache=True, boundscheck=False)
def _event(events, st, kind, spans, number):  # type: ignore[no-untyped-def]
    if st[_EVENTS] < _EVENT_LIMIT and spans[number, 0] >= 0:
        k = st[_EVENTS]
        events[k, 0] = kind
        events[k, 1] = spans[number, 0]
        events[k, 2] = spans[number, 1]
        st[_EVENTS] += 1


@njit(cache=True, boundscheck=False)
def _has(html, start, end, word):  # type: ignore[no-untyped-def]
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
            if _is_space(c):
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


_NONE = np.frombuffer(b"display:none", np.uint8)
_INVISIBLE = np.frombuffer(b"visibility:hidden", np.uint8)
_TRUE = np.frombuffer(b"true", np.uint8)
_UNTIL_FOUND = np.frombuffer(b"until-found", np.uint8)
_LICENCE = np.frombuffer(b"license", np.uint8)
_CC = np.frombuffer(b"creativecommons.org/", np.uint8)
_CANONICAL = np.frombuffer(b"canonical", np.uint8)
_LD_JSON = np.frombuffer(b"ld+json", np.uint8)


@njit(cache=True, boundscheck=False)
def _concealed(html, spans):  # type: ignore[no-untyped-def]
    """Whether an element's attributes hide it from readers."""
    if spans[HIDDEN, 0] >= 0 and not _has(html, spans[HIDDEN, 0], spans[HIDDEN, 1], _UNTIL_FOUND):
        return 1
    start, end = spans[STYLE]
    if _has(html, start, end, _NONE) or _has(html, start, end, _INVISIBLE):
        return 1
    return 2 * _has(html, spans[ARIA_HIDDEN, 0], spans[ARIA_HIDDEN, 1], _TRUE)


@njit(cache=True, boundscheck=False)
def _style_hash(html, spans, tag):  # type: ignore[no-untyped-def]
    """A hash of tag and class without digits: equal for elements of one kind on a page."""
    key = np.uint32(2166136261) ^ np.uint32(tag)
    if spans[CLASS, 0] >= 0:
        for i in range(spans[CLASS, 0], spans[CLASS, 1]):
            if not 48 <= html[i] <= 57:
                key = (key ^ np.uint32(html[i])) * np.uint32(16777619)
    return np.int32(key & np.uint32(0x7FFFFFFF))


@njit(cache=True, boundscheck=False)
def _push(html, st, stack, counts, nodes, spans, tag, key, following, bits):  # type: ignore[no-untyped-def]
    """Open an element: a node, and a place on the stack."""
    if st[_TOP] + 1 >= stack.shape[0]:
        st[_STATUS] = TOO_DEEP
        return
    if st[_NODES] >= nodes.shape[0]:
        st[_STATUS] = TOO_MANY_NODES
        return
    found = np.uint32(0)
    for number in (CLASS, IDENT, ROLE, ITEMPROP, ITEMTYPE, REL, TESTID):
        if spans[number, 0] >= 0:
            found |= keywords.keyword_bits(
                html, spans[number, 0], spans[number, 1], following, bits
            )
    node = st[_NODES]
    st[_NODES] += 1
    parent = stack[st[_TOP], 1]
    concealed = _concealed(html, spans)
    nodes[node, TAG] = tag
    nodes[node, PARENT] = parent
    nodes[node, DEPTH] = nodes[parent, DEPTH] + 1
    nodes[node, KEYWORDS] = np.int32(found)
    nodes[node, STYLE_HASH] = _style_hash(html, spans, tag)
    nodes[node, IMAGES] = 0
    nodes[node, INPUTS] = 0
    nodes[node, LINKS] = 0
    nodes[node, CONCEALED] = concealed
    kind = KIND[tag]
    st[_TOP] += 1
    top = st[_TOP]
    stack[top, 0] = tag
    stack[top, 1] = node
    stack[top, 3] = np.int64(key)
    skipped = kind & SKIP != 0 and not (tag == _TEMPLATE and spans[SHADOW, 0] >= 0)
    hide = skipped or (concealed > 0 and kind & BLOCK == 0)
    stack[top, 2] = hide + 2 * (concealed > 0 and kind & BLOCK != 0)
    st[_HIDE] += stack[top, 2] & 1
    st[_COVERT] += stack[top, 2] >> 1
    counts[tag] += 1
    if tag == _A and spans[HREF, 0] >= 0:
        nodes[parent, LINKS] += 1
        st[_ANCHOR] += 1
    if tag == _A:
        st[_LINK] += 1
    elif tag == _PREFORMATTED:
        st[_PRE] += 1


@njit(cache=True, boundscheck=False)
def _open(html, i, n, text, st, stack, counts, blocks, nodes, events, spans, following, bits):  # type: ignore[no-untyped-def]
    """A start tag at i; the position after it, and after its content where that is raw."""
    key, i = _name(html, i + 1, n)
    tag = tag_number(key)
    kind = KIND[tag]
    i = _attributes(html, i, n, spans, st)
    if kind & RAW:
        return _raw(html, i, n, text, st, stack, blocks, events, spans, tag, key)
    if tag == _SVG:
        if html[i - 2] == 47 or st[_UNCLOSED] & 2:
            return i
        end = _svg_end(html, i, n)
        if end < 0:
            st[_UNCLOSED] |= 2
            return i
        return end
    if kind & VOID:
        _void(html, text, st, stack, counts, blocks, nodes, events, spans, tag)
        return i
    if tag == _HTML or tag == _HEAD or tag == _BODY or tag == _FRAMESET:
        _flush(text, st, stack, blocks)
        if tag == _HTML:
            _event(events, st, HTML_LANG, spans, LANG)
        if tag != _BODY or counts[_BODY] > 0:
            return i
    if tag == _FORM and counts[_FORM] > 0:
        return i
    if kind & BLOCK:
        _flush(text, st, stack, blocks)
    elif tag == st[_GLUE] and tag > 0 and st[_PRE] == 0 and counts[_CODE_TAG] == 0:
        o = st[_OUT]
        if o > st[_BLOCK] and text[o - 1] > 32 and st[_HIDE] == 0:
            text[o] = 32
            st[_OUT] = o + 1
    if tag == _A:
        if _has(html, spans[REL, 0], spans[REL, 1], _LICENCE) or _has(
            html, spans[HREF, 0], spans[HREF, 1], _CC
        ):
            _event(events, st, LICENCE, spans, HREF)
        _close_link(text, st, stack, counts, blocks, nodes)
    elif tag == _TIME:
        _event(events, st, TIME, spans, DATETIME)
    _implied_ends(text, st, stack, counts, blocks, nodes, tag)
    _push(html, st, stack, counts, nodes, spans, tag, key, following, bits)
    return i


@njit(cache=True, boundscheck=False)
def _void(html, text, st, stack, counts, blocks, nodes, events, spans, tag):  # type: ignore[no-untyped-def]
    """An element without content."""
    node = stack[st[_TOP], 1]
    if tag == _BR:
        _line_break(text, st, stack, blocks)
    elif tag == _HR:
        _flush(text, st, stack, blocks)
        _close_until(text, st, stack, counts, blocks, nodes, _P, _P, SCOPE)
    elif tag == _IMG:
        nodes[node, IMAGES] += 1
    elif tag == _INPUT:
        nodes[node, INPUTS] += 1
    elif tag == _META:
        if spans[NAME, 0] < 0:
            spans[NAME] = spans[ITEMPROP]
        if spans[NAME, 0] >= 0 and spans[CONTENT, 0] >= 0 and st[_EVENTS] + 2 < _EVENT_LIMIT:
            _event(events, st, META_NAME, spans, NAME)
            _event(events, st, META_CONTENT, spans, CONTENT)
    elif tag == _LINK_TAG:
        if _has(html, spans[REL, 0], spans[REL, 1], _CANONICAL):
            _event(events, st, CANONICAL, spans, HREF)
        elif _has(html, spans[REL, 0], spans[REL, 1], _LICENCE):
            _event(events, st, LICENCE, spans, HREF)


@njit(cache=True, boundscheck=False)
def _raw(html, i, n, text, st, stack, blocks, events, spans, tag, key):  # type: ignore[no-untyped-def]
    """Skip the content of script, style, title …; the position after the end tag."""
    if st[_UNCLOSED] >> (tag & 31) + 2 & 1:
        return i
    end = _end_tag(html, i, n, key)
    if end < 0:
        if tag == _SCRIPT or tag == _STYLE:
            return n
        st[_UNCLOSED] |= 1 << (tag & 31) + 2
        return i
    spans[0, 0] = i
    spans[0, 1] = end
    if tag == _TITLE and st[_HIDE] == 0:
        _event(events, st, TITLE, spans, 0)
    elif tag == _SCRIPT and _has(html, spans[TYPE, 0], spans[TYPE, 1], _LD_JSON):
        _event(events, st, JSON_LD, spans, 0)
    elif tag == _XMP:
        _flush(text, st, stack, blocks)
        for p in range(i, end):
            text[st[_OUT]] = html[p]
            st[_OUT] += 1
        _flush(text, st, stack, blocks)
    return _after(html, end, n, 62)


@njit(cache=True, boundscheck=False)
def _last(html, n, byte):  # type: ignore[no-untyped-def]
    i = n - 1
    while i >= 0 and html[i] != byte:
        i -= 1
    return i


@njit(cache=True, boundscheck=False)
def _pass(html, text, blocks, nodes, events, depth, text_limit, following, bits):  # type: ignore[no-untyped-def]
    """(status, text bytes, blocks, nodes, events) of one page."""
    n = len(html)
    st = np.zeros(21, np.int64)
    st[_LAST_DOUBLE] = _last(html, n, 34)
    st[_LAST_SINGLE] = _last(html, n, 39)
    stack = np.zeros((depth + 1, 4), np.int64)
    counts = np.zeros(len(KIND), np.int64)
    spans = np.zeros((tags.ATTRIBUTE_COUNT, 2), np.int64)
    nodes[0] = 0
    st[_NODES] = 1
    i = 0
    while i < n and st[_STATUS] == OK:
        if html[i] != 60:
            if st[_HIDE] > 0:
                while i < n and html[i] != 60:
                    i += 1
            else:
                i = _emit(html, i, n, text, st, stack)
            continue
        c = html[i + 1] if i + 1 < n else np.uint8(0)
        if 97 <= c | 32 <= 122:
            i = _open(
                html, i, n, text, st, stack, counts, blocks, nodes, events, spans, following, bits
            )
        elif c == 47 and i + 2 < n:
            if 97 <= html[i + 2] | 32 <= 122:
                key, p = _name(html, i + 2, n)
                tag = tag_number(key)
                if tag == _BR:
                    _line_break(text, st, stack, blocks)
                else:
                    _close(text, st, stack, counts, blocks, nodes, tag, key)
                i = _after(html, p, n, 62)
            else:
                i = _after(html, i + 2, n, 62)
        elif c == 33 or c == 63:
            i = _declaration(html, i, n, st)
        else:
            if st[_HIDE] == 0:
                text[st[_OUT]] = 60
                if st[_OUT] == st[_BLOCK]:
                    st[_ORIGIN] = i
                    st[_NODE] = st[_TOP]
                    st[_FIRST] = stack[st[_TOP], 1]
                st[_OUT] += 1
            i += 1
        if st[_OUT] > text_limit:
            st[_STATUS] = TOO_MUCH_TEXT
    if st[_STATUS] == OK:
        _pop(text, st, stack, counts, blocks, nodes, 1)
        _flush(text, st, stack, blocks)
    return st[_STATUS], st[_OUT], st[_BLOCKS], st[_NODES], st[_EVENTS]


def tokenise(html: bytes, *, nodes: int, depth: int, text: int) -> Tokens:
    """Take a page apart; `html` is UTF-8, the limits are element count, nesting and text bytes."""
    tag_count = html.count(b"<")
    room = min(tag_count, nodes) + 2
    out = np.empty(2 * len(html) + 64, np.uint8)
    block_table = np.empty((tag_count + 2, 9), np.int32)
    node_table = np.empty((room, 9), np.int32)
    event_table = np.empty((_EVENT_LIMIT, 3), np.int32)
    status, used, block_count, node_count, event_count = _pass(
        np.frombuffer(html, np.uint8), out, block_table, node_table, event_table,
        depth, text, keywords.NEXT, keywords.BITS,
    )  # fmt: skip
    return Tokens(
        status,
        out[:used],
        block_table[:block_count],
        node_table[:node_count],
        event_table[:event_count],
    )

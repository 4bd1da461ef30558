"""The open block of text and the stack of open elements: what tags do to them.

The rules are those of the HTML standard that decide which text belongs together: implied end
tags, scopes, misnested formatting, links that do not nest.
"""
# ruff: noqa: SIM109  (kernels: chains of comparisons compile best)

import numpy as np
from numba import njit

from . import tags
from .entities import decode_reference
from .layout import (
    ANCHORS,
    AT_ANCHOR,
    AT_BLOCK,
    AT_BLOCKS,
    AT_BREAKS,
    AT_COVERT,
    AT_FIRST,
    AT_GLUE,
    AT_HIDE,
    AT_LINK,
    AT_LINKED,
    AT_NODE,
    AT_ORIGIN,
    AT_OUT,
    AT_PRE,
    AT_TOP,
    BREAKS,
    COVERT,
    END,
    FIRST,
    LINK_BYTES,
    NODE,
    SOURCE,
    START,
)
from .scan import is_space, put_space, special
from .tags import BLOCK, CLOSES_P, FORMATTING, KIND, SCOPE, SPECIAL

_A, _P, _LI, _DD, _DT, _TR, _TD, _TH = (
    tags.ID[t] for t in ("a", "p", "li", "dd", "dt", "tr", "td", "th")
)
_TABLE, _BUTTON, _PREFORMATTED, _HTML, _BODY, _HEAD, _H1, _H6 = (
    tags.ID[t] for t in ("table", "button", "pre", "html", "body", "head", "h1", "h6")
)
_UL, _OL, _DIV, _ADDRESS, _TEMPLATE, _TBODY, _THEAD, _TFOOT = (
    tags.ID[t] for t in ("ul", "ol", "div", "address", "template", "tbody", "thead", "tfoot")
)
_SPAN = tags.ID["span"]


@njit(cache=True, boundscheck=False, inline="always")
def emit(html, i, n, text, st, stack):  # type: ignore[no-untyped-def]
    """Copy character data from i to the next `<` into the open block; its position."""
    o = before = st[AT_OUT]
    start = st[AT_BLOCK]
    pre = st[AT_PRE] > 0
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
            if is_space(c):
                o = put_space(text, o, start, c, pre)
        elif c >= 0x80:
            p = i + 1
            while p < n and html[p] & 0xC0 == 0x80:
                p += 1
            what = special(c, html[i + 1] if i + 1 < n else 0, html[i + 2] if i + 2 < n else 0)
            if what == 1:
                o = put_space(text, o, start, 32, False)
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
                        what = special(first, text[o + 1], text[o + 2] if q > o + 2 else 0)
                    elif is_space(first):
                        what = 1
                    if what == 1:
                        o = put_space(text, o, start, min(32, first), pre and first < 32)
                    elif what == 0:
                        o = q
        else:
            i += 1  # DEL
    st[AT_GLUE] = 0
    if o > before:
        if before == start:
            st[AT_ORIGIN] = origin
            st[AT_NODE] = st[AT_TOP]
            st[AT_FIRST] = stack[st[AT_TOP], 1]
        if st[AT_LINK] > 0:
            st[AT_LINKED] += o - before
    st[AT_OUT] = o
    return i


@njit(cache=True, boundscheck=False, inline="always")
def flush(text, st, stack, blocks):  # type: ignore[no-untyped-def]
    """End the open block: keep it unless it is empty."""
    if st[AT_OUT] > st[AT_BLOCK]:
        _record(text, st, stack, blocks)
    st[AT_ANCHOR] = 0


@njit(cache=True, boundscheck=False)
def _record(text, st, stack, blocks):  # type: ignore[no-untyped-def]
    o = st[AT_OUT]
    while o > st[AT_BLOCK] and text[o - 1] <= 32:
        o -= 1
    if o > st[AT_BLOCK]:
        k = st[AT_BLOCKS]
        st[AT_BLOCKS] += 1
        blocks[k, START] = st[AT_BLOCK]
        blocks[k, END] = o
        blocks[k, NODE] = stack[min(st[AT_NODE], st[AT_TOP]), 1]
        blocks[k, LINK_BYTES] = min(st[AT_LINKED], o - st[AT_BLOCK])
        blocks[k, BREAKS] = st[AT_BREAKS]
        blocks[k, ANCHORS] = st[AT_ANCHOR]
        blocks[k, SOURCE] = st[AT_ORIGIN]
        blocks[k, COVERT] = st[AT_COVERT] > 0
        blocks[k, FIRST] = st[AT_FIRST]
    st[AT_OUT] = o
    st[AT_BLOCK] = o
    st[AT_LINKED] = 0
    st[AT_BREAKS] = 0


@njit(cache=True, boundscheck=False)
def line_break(text, st, stack, blocks):  # type: ignore[no-untyped-def]
    """`<br>`: a new line of the block; two in a row end it."""
    o = st[AT_OUT]
    if o == st[AT_BLOCK] or st[AT_HIDE] > 0:
        return
    while o > st[AT_BLOCK] and (text[o - 1] == 32 or text[o - 1] == 9):
        o -= 1
    if o > st[AT_BLOCK] and text[o - 1] == 10:
        flush(text, st, stack, blocks)
        return
    text[o] = 10
    st[AT_OUT] = o + 1
    st[AT_BREAKS] += 1


@njit(cache=True, boundscheck=False)
def pop(text, st, stack, counts, blocks, nodes, level):  # type: ignore[no-untyped-def]
    """Close the open elements from the top down to and with `level`."""
    while st[AT_TOP] >= level:
        top = st[AT_TOP]
        tag = stack[top, 0]
        if tag >= 0:
            counts[tag] -= 1
            if KIND[tag] & BLOCK:
                flush(text, st, stack, blocks)
            if tag == _A:
                st[AT_LINK] -= 1
            elif tag == _PREFORMATTED:
                st[AT_PRE] -= 1
        if stack[top, 2] & 1:
            st[AT_HIDE] -= 1
        if stack[top, 2] & 2:
            st[AT_COVERT] -= 1
        st[AT_TOP] -= 1


@njit(cache=True, boundscheck=False)
def close_until(text, st, stack, counts, blocks, nodes, a, b, stops):  # type: ignore[no-untyped-def]
    """Close the nearest open element a or b unless one of the kinds `stops` is nearer."""
    if counts[a] + counts[b] <= 0:
        return
    level = st[AT_TOP]
    while level > 0:
        tag = stack[level, 0]
        if tag == a or tag == b:
            pop(text, st, stack, counts, blocks, nodes, level)
            return
        if tag >= 0 and KIND[tag] & stops:
            return
        level -= 1


@njit(cache=True, boundscheck=False)
def _close_item(text, st, stack, counts, blocks, nodes, a, b):  # type: ignore[no-untyped-def]
    """The `li`, `dd`, `dt` rule: only address, div and p may lie between."""
    level = st[AT_TOP]
    while level > 0 and counts[a] + counts[b] > 0:
        tag = stack[level, 0]
        if tag == a or tag == b:
            pop(text, st, stack, counts, blocks, nodes, level)
            return
        if tag > 0 and KIND[tag] & SPECIAL and tag != _ADDRESS and tag != _DIV and tag != _P:
            return
        level -= 1


@njit(cache=True, boundscheck=False)
def _close_in_table(text, st, stack, counts, blocks, nodes, tag):  # type: ignore[no-untyped-def]
    """Close what a new cell, row or row group ends, up to the nearest table."""
    level = st[AT_TOP]
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
        pop(text, st, stack, counts, blocks, nodes, target)


@njit(cache=True, boundscheck=False, inline="always")
def imply_ends(text, st, stack, counts, blocks, nodes, tag):  # type: ignore[no-untyped-def]
    """Close the elements whose end tags a start tag implies."""
    kind = KIND[tag]
    if tag == _LI:
        _close_item(text, st, stack, counts, blocks, nodes, _LI, _LI)
    elif tag == _DD or tag == _DT:
        _close_item(text, st, stack, counts, blocks, nodes, _DD, _DT)
    elif tag == _TD or tag == _TH or tag == _TR or tag == _TBODY or tag == _THEAD or tag == _TFOOT:
        _close_in_table(text, st, stack, counts, blocks, nodes, tag)
    elif _H1 <= tag <= _H6:
        close_until(text, st, stack, counts, blocks, nodes, _P, _P, SCOPE)
        top = stack[st[AT_TOP], 0]
        if _H1 <= top <= _H6:
            pop(text, st, stack, counts, blocks, nodes, st[AT_TOP])
    elif tag == _BUTTON:
        close_until(text, st, stack, counts, blocks, nodes, _BUTTON, _BUTTON, SCOPE)
    if kind & CLOSES_P:
        close_until(text, st, stack, counts, blocks, nodes, _P, _P, SCOPE)


@njit(cache=True, boundscheck=False)
def close_link(text, st, stack, counts, blocks, nodes):  # type: ignore[no-untyped-def]
    """Links do not nest: a second `<a>`, and `</a>`, end the open one where it stands."""
    level = st[AT_TOP]
    while level > 0 and counts[_A] > 0:
        tag = stack[level, 0]
        if tag == _A:
            if level == st[AT_TOP]:
                pop(text, st, stack, counts, blocks, nodes, level)
            else:
                stack[level, 0] = -1
                counts[_A] -= 1
                st[AT_LINK] -= 1
            return
        if tag >= 0 and KIND[tag] & SCOPE:
            return
        level -= 1


@njit(cache=True, boundscheck=False, inline="always")
def close(text, st, stack, counts, blocks, nodes, tag, key):  # type: ignore[no-untyped-def]
    """An end tag."""
    kind = KIND[tag]
    st[AT_GLUE] = tag if tag == _A or tag == _SPAN else 0
    if kind & BLOCK:
        flush(text, st, stack, blocks)
    if tag == _A:
        close_link(text, st, stack, counts, blocks, nodes)
        return
    heading = _H1 <= tag <= _H6
    if tag == _HTML or tag == _BODY or tag == _HEAD or (counts[tag] == 0 and not heading):
        return
    table_part = tag == _TABLE or (_TABLE < tag <= _TR and kind & SPECIAL)
    level = st[AT_TOP]
    crossed = False
    while level > 0:
        found = stack[level, 0]
        same = found == tag and (tag > 0 or stack[level, 3] == np.int64(key))
        if same and crossed:
            stack[level, 0] = -1
            counts[tag] -= 1
            return
        if same or (heading and _H1 <= found <= _H6):
            pop(text, st, stack, counts, blocks, nodes, level)
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

"""One pass over a page's UTF-8 bytes: HTML as it is found -> text blocks and a light tree.

Follows the HTML standard where it decides which text belongs together. Adjacent links and spans
are kept apart by a space: `<a>1</a><a>2</a>` is two words to a reader. No Python object is made
for a tag or a text, every step moves forward, and each array has its size from a count of `<`:
time and memory are linear in the input. Where browsers lose the rest of a page (an attribute's
or a title's end is missing) the damage is kept to the place.
"""
# ruff: noqa: SIM108, SIM109  (kernels: chains of comparisons compile best)

import numpy as np
from numba import njit

from . import keywords, tags
from .layout import (
    AT_ANCHOR,
    AT_BLOCK,
    AT_BLOCKS,
    AT_COVERT,
    AT_EVENTS,
    AT_FIRST,
    AT_GLUE,
    AT_HIDE,
    AT_LAST_DOUBLE,
    AT_LAST_SINGLE,
    AT_LINK,
    AT_NODE,
    AT_NODES,
    AT_ORIGIN,
    AT_OUT,
    AT_PRE,
    AT_STATUS,
    AT_TOP,
    AT_UNCLOSED,
    CANONICAL,
    CONCEALED,
    DEPTH,
    EVENT_LIMIT,
    HTML_LANG,
    IMAGES,
    INPUTS,
    JSON_LD,
    KEYWORDS,
    LICENCE,
    LINKS,
    META_CONTENT,
    META_NAME,
    OK,
    PARENT,
    SLOTS,
    STYLE_HASH,
    TAG,
    TIME,
    TITLE,
    TOO_DEEP,
    TOO_MANY_NODES,
    TOO_MUCH_TEXT,
    Tokens,
)
from .scan import (
    CANONICAL_WORD,
    CREATIVE_COMMONS,
    LD_JSON,
    LICENSE_WORD,
    after,
    concealment,
    find_byte,
    find_end_tag,
    holds,
    last_byte,
    packed_name,
    read_attributes,
    skip_declaration,
    style_hash,
    svg_end,
)
from .tags import (
    ARIA_HIDDEN,
    BLOCK,
    CLASS,
    CONTENT,
    DATETIME,
    HIDDEN,
    HREF,
    IDENT,
    IMPLIES,
    ITEMPROP,
    ITEMTYPE,
    KIND,
    LANG,
    NAME,
    RAW,
    REL,
    ROLE,
    SCOPE,
    SHADOW,
    SKIP,
    STYLE,
    TESTID,
    TYPE,
    VOID,
    tag_number,
)
from .tree import close, close_link, close_until, emit, flush, imply_ends, line_break, pop

_A, _P, _BR, _FORM, _PREFORMATTED, _SVG, _IMG, _INPUT = (
    tags.ID[t] for t in ("a", "p", "br", "form", "pre", "svg", "img", "input")
)
_SCRIPT, _STYLE, _TITLE, _META, _LINK_TAG, _HTML, _BODY, _HEAD = (
    tags.ID[t] for t in ("script", "style", "title", "meta", "link", "html", "body", "head")
)
_TIME, _XMP, _TEMPLATE, _HR, _FRAMESET, _CODE_TAG = (
    tags.ID[t] for t in ("time", "xmp", "template", "hr", "frameset", "code")
)


@njit(cache=True, boundscheck=False)
def _event(events, st, kind, spans, number):  # type: ignore[no-untyped-def]
    if st[AT_EVENTS] < EVENT_LIMIT and spans[number, 0] >= 0:
        k = st[AT_EVENTS]
        events[k, 0] = kind
        events[k, 1] = spans[number, 0]
        events[k, 2] = spans[number, 1]
        st[AT_EVENTS] += 1


@njit(cache=True, boundscheck=False, inline="always")
def _push(html, st, stack, counts, nodes, spans, tag, key, following, bits):  # type: ignore[no-untyped-def]
    """Open an element: a node, and a place on the stack."""
    if st[AT_TOP] + 1 >= stack.shape[0]:
        st[AT_STATUS] = TOO_DEEP
        return
    if st[AT_NODES] >= nodes.shape[0]:
        st[AT_STATUS] = TOO_MANY_NODES
        return
    found = np.uint32(0)
    for number in (CLASS, IDENT, ROLE, ITEMPROP, ITEMTYPE, REL, TESTID):
        if spans[number, 0] >= 0:
            found |= keywords.keyword_bits(
                html, spans[number, 0], spans[number, 1], following, bits
            )
    node = st[AT_NODES]
    st[AT_NODES] += 1
    parent = stack[st[AT_TOP], 1]
    concealed = 0
    if spans[HIDDEN, 0] >= 0 or spans[STYLE, 0] >= 0 or spans[ARIA_HIDDEN, 0] >= 0:
        concealed = concealment(html, spans)
    nodes[node, TAG] = tag
    nodes[node, PARENT] = parent
    nodes[node, DEPTH] = nodes[parent, DEPTH] + 1
    nodes[node, KEYWORDS] = np.int32(found)
    nodes[node, STYLE_HASH] = style_hash(html, spans, tag)
    nodes[node, IMAGES] = 0
    nodes[node, INPUTS] = 0
    nodes[node, LINKS] = 0
    nodes[node, CONCEALED] = concealed
    kind = KIND[tag]
    st[AT_TOP] += 1
    top = st[AT_TOP]
    stack[top, 0] = tag
    stack[top, 1] = node
    stack[top, 3] = np.int64(key)
    skipped = kind & SKIP != 0 and not (tag == _TEMPLATE and spans[SHADOW, 0] >= 0)
    hide = skipped or (concealed > 0 and kind & BLOCK == 0)
    stack[top, 2] = hide + 2 * (concealed > 0 and kind & BLOCK != 0)
    st[AT_HIDE] += stack[top, 2] & 1
    st[AT_COVERT] += stack[top, 2] >> 1
    counts[tag] += 1
    if tag == _A and spans[HREF, 0] >= 0:
        nodes[parent, LINKS] += 1
        st[AT_ANCHOR] += 1
    if tag == _A:
        st[AT_LINK] += 1
    elif tag == _PREFORMATTED:
        st[AT_PRE] += 1


@njit(cache=True, boundscheck=False, inline="always")
def _open(html, i, n, text, st, stack, counts, blocks, nodes, events, spans, following, bits):  # type: ignore[no-untyped-def]
    """A start tag at i; the position after it, and after its content where that is raw."""
    key, i = packed_name(html, i + 1, n)
    tag = tag_number(key)
    kind = KIND[tag]
    i = read_attributes(html, i, n, spans, st)
    if kind & RAW:
        return _raw(html, i, n, text, st, stack, blocks, events, spans, tag, key)
    if tag == _SVG:
        if html[i - 2] == 47 or st[AT_UNCLOSED] & 2:
            return i
        end = svg_end(html, i, n)
        if end < 0:
            st[AT_UNCLOSED] |= 2
            return i
        return end
    if kind & VOID:
        _void(html, text, st, stack, counts, blocks, nodes, events, spans, tag)
        return i
    if tag == _HTML or tag == _HEAD or tag == _BODY or tag == _FRAMESET:
        flush(text, st, stack, blocks)
        if tag == _HTML:
            _event(events, st, HTML_LANG, spans, LANG)
        if tag != _BODY or counts[_BODY] > 0:
            return i
    if tag == _FORM and counts[_FORM] > 0:
        return i
    if kind & BLOCK:
        flush(text, st, stack, blocks)
    elif tag == st[AT_GLUE] and tag > 0 and st[AT_PRE] == 0 and counts[_CODE_TAG] == 0:
        o = st[AT_OUT]
        if o > st[AT_BLOCK] and text[o - 1] > 32 and st[AT_HIDE] == 0:
            text[o] = 32
            st[AT_OUT] = o + 1
    if tag == _A:
        licence = spans[REL, 0] >= 0 and holds(html, spans[REL, 0], spans[REL, 1], LICENSE_WORD)
        if licence or (
            spans[HREF, 0] >= 0 and holds(html, spans[HREF, 0], spans[HREF, 1], CREATIVE_COMMONS)
        ):
            _event(events, st, LICENCE, spans, HREF)
        close_link(text, st, stack, counts, blocks, nodes)
    elif tag == _TIME:
        _event(events, st, TIME, spans, DATETIME)
    if kind & IMPLIES:
        imply_ends(text, st, stack, counts, blocks, nodes, tag)
    _push(html, st, stack, counts, nodes, spans, tag, key, following, bits)
    return i


@njit(cache=True, boundscheck=False, inline="always")
def _void(html, text, st, stack, counts, blocks, nodes, events, spans, tag):  # type: ignore[no-untyped-def]
    """An element without content."""
    node = stack[st[AT_TOP], 1]
    if tag == _BR:
        line_break(text, st, stack, blocks)
    elif tag == _HR:
        flush(text, st, stack, blocks)
        close_until(text, st, stack, counts, blocks, nodes, _P, _P, SCOPE)
    elif tag == _IMG:
        nodes[node, IMAGES] += 1
    elif tag == _INPUT:
        nodes[node, INPUTS] += 1
    elif tag == _META:
        if spans[NAME, 0] < 0:
            spans[NAME] = spans[ITEMPROP]
        if spans[NAME, 0] >= 0 and spans[CONTENT, 0] >= 0 and st[AT_EVENTS] + 2 < EVENT_LIMIT:
            _event(events, st, META_NAME, spans, NAME)
            _event(events, st, META_CONTENT, spans, CONTENT)
    elif tag == _LINK_TAG:
        if holds(html, spans[REL, 0], spans[REL, 1], CANONICAL_WORD):
            _event(events, st, CANONICAL, spans, HREF)
        elif holds(html, spans[REL, 0], spans[REL, 1], LICENSE_WORD):
            _event(events, st, LICENCE, spans, HREF)


@njit(cache=True, boundscheck=False, inline="always")
def _raw(html, i, n, text, st, stack, blocks, events, spans, tag, key):  # type: ignore[no-untyped-def]
    """Skip the content of script, style, title …; the position after the end tag."""
    if st[AT_UNCLOSED] >> (tag & 31) + 2 & 1:
        return i
    end = find_end_tag(html, i, n, key)
    if end < 0:
        if tag == _SCRIPT or tag == _STYLE:
            return n
        st[AT_UNCLOSED] |= 1 << (tag & 31) + 2
        return i
    spans[0, 0] = i
    spans[0, 1] = end
    if tag == _TITLE and st[AT_HIDE] == 0:
        _event(events, st, TITLE, spans, 0)
    elif tag == _SCRIPT and holds(html, spans[TYPE, 0], spans[TYPE, 1], LD_JSON):
        _event(events, st, JSON_LD, spans, 0)
    elif tag == _XMP:
        flush(text, st, stack, blocks)
        for p in range(i, end):
            text[st[AT_OUT]] = html[p]
            st[AT_OUT] += 1
        flush(text, st, stack, blocks)
    return after(html, end, n, 62)


@njit(cache=True, boundscheck=False)
def _pass(html, text, blocks, nodes, events, depth, text_limit, following, bits):  # type: ignore[no-untyped-def]
    """(status, text bytes, blocks, nodes, events) of one page."""
    n = len(html)
    st = np.zeros(SLOTS, np.int64)
    st[AT_LAST_DOUBLE] = last_byte(html, n, 34)
    st[AT_LAST_SINGLE] = last_byte(html, n, 39)
    stack = np.zeros((depth + 1, 4), np.int64)
    counts = np.zeros(len(KIND), np.int64)
    spans = np.zeros((tags.ATTRIBUTE_COUNT, 2), np.int64)
    nodes[0] = 0
    st[AT_NODES] = 1
    i = 0
    while i < n and st[AT_STATUS] == OK:
        if html[i] != 60:
            if st[AT_HIDE] > 0:
                i = find_byte(html, i, n, 60)
            else:
                i = emit(html, i, n, text, st, stack)
            continue
        c = html[i + 1] if i + 1 < n else np.uint8(0)
        if 97 <= c | 32 <= 122:
            i = _open(
                html, i, n, text, st, stack, counts, blocks, nodes, events, spans, following, bits
            )
        elif c == 47 and i + 2 < n:
            if 97 <= html[i + 2] | 32 <= 122:
                key, p = packed_name(html, i + 2, n)
                tag = tag_number(key)
                if tag == _BR:
                    line_break(text, st, stack, blocks)
                else:
                    close(text, st, stack, counts, blocks, nodes, tag, key)
                i = after(html, p, n, 62)
            else:
                i = after(html, i + 2, n, 62)
        elif c == 33 or c == 63:
            i = skip_declaration(html, i, n, st)
        else:
            if st[AT_HIDE] == 0:
                text[st[AT_OUT]] = 60
                if st[AT_OUT] == st[AT_BLOCK]:
                    st[AT_ORIGIN] = i
                    st[AT_NODE] = st[AT_TOP]
                    st[AT_FIRST] = stack[st[AT_TOP], 1]
                st[AT_OUT] += 1
            i += 1
        if st[AT_OUT] > text_limit:
            st[AT_STATUS] = TOO_MUCH_TEXT
    if st[AT_STATUS] == OK:
        pop(text, st, stack, counts, blocks, nodes, 1)
        flush(text, st, stack, blocks)
    return st[AT_STATUS], st[AT_OUT], st[AT_BLOCKS], st[AT_NODES], st[AT_EVENTS]


def tokenise(html: bytes, *, nodes: int, depth: int, text: int) -> Tokens:
    """Take a page apart; `html` is UTF-8, the limits are element count, nesting and text bytes."""
    source = np.frombuffer(html, np.uint8)
    tag_count = int(np.count_nonzero(source == 60))
    room = min(tag_count, nodes) + 2
    out = np.empty(2 * len(html) + 64, np.uint8)
    block_table = np.empty((tag_count + 2, 9), np.int32)
    node_table = np.empty((room, 9), np.int32)
    event_table = np.empty((EVENT_LIMIT, 3), np.int32)
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

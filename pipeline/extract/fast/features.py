"""A page's blocks as numbers: what the model sees of each.

Nothing here depends on a language's words: lengths, punctuation of all scripts, links, tags,
class keywords of web templates, the shape of the tree and of the neighbourhood. Lengths are
counted in characters, an ideograph or Hangul syllable as two.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from . import tags
from .keywords import CATEGORIES
from .tokenise import (
    ANCHORS,
    BREAKS,
    CONCEALED,
    COVERT,
    DEPTH,
    END,
    FIRST,
    IMAGES,
    INPUTS,
    KEYWORDS,
    LINK_BYTES,
    LINKS,
    NODE,
    PARENT,
    SOURCE,
    START,
    STYLE_HASH,
    TAG,
    Tokens,
)

# A block's own counts.
_LEN, _WORDS, _STOPS, _COMMAS, _DIGITS, _UPPER, _LETTERS, _SYMBOLS = range(8)
_LAST, _INITIAL, _LINKED, _TITLE, _LONGEST, _REPEATED = range(8, 14)
# Sums over an element's subtree.
(_S_LEN, _S_LINK, _S_BLOCKS, _S_WORDS, _S_STOPS, _S_COMMAS, _S_PROSE, _S_HEADINGS, _S_ANCHORS,
 _S_IMAGES, _S_INPUTS, _S_ITEMS) = range(12)  # fmt: skip
_SUMS = 12

_KEYWORD_COUNT = len(CATEGORIES)
_MAX_DISTANCE = 12

# Structural ancestors whose distance matters, as tag number -> row; several tags share a row.
_CONTEXTS = [
    "nav menu", "aside", "footer", "header hgroup", "article", "main", "section", "form fieldset",
    "table", "ul ol", "li", "dl", "figure figcaption", "blockquote q", "a", "button", "details",
    "dialog", "td th", "pre code", "p", "h1 h2 h3 h4 h5 h6", "label", "address", "noscript",
]  # fmt: skip
_CONTEXT_OF = np.full(len(tags.TAGS) + 1, -1, np.int64)
for _row, _names in enumerate(_CONTEXTS):
    for _tag_name in _names.split():
        _CONTEXT_OF[tags.ID[_tag_name]] = _row

# Tags in an order in which a threshold makes sense: from prose to furniture.
_ORDER = (
    "p blockquote pre code dd li dt td th figcaption caption h1 h2 h3 h4 h5 h6 summary section article"
    " main div body center span font b strong em i time a label legend address header hgroup"
    " footer aside nav form fieldset button"
).split()
_RANK = np.full(len(tags.TAGS) + 1, len(_ORDER), np.int64)
for _row, _tag_name in enumerate(_ORDER):
    _RANK[tags.ID[_tag_name]] = _row

_P, _LI, _A, _BODY, _H1, _H6, _PRE, _TD, _TH, _ARTICLE, _FORM, _TIME = (
    tags.ID[t]
    for t in ("p", "li", "a", "body", "h1", "h6", "pre", "td", "th", "article", "form", "time")
)
_BQ, _CODE = tags.ID["blockquote"], tags.ID["code"]

_OWN = (
    "length words word_length link_share links stops commas digit_share upper_share letter_share"
    " symbols sentence_end initial breaks tag first_tag covert title_share repeated stops_per_word"
    " position_block position_text position_source blocks_before blocks_after depth"
    " first_differs prose"
).split()
_LEVELS = (0, 1, 2, 3, 4, 6)
_LEVEL_FIELDS = "length link_share blocks mean_block page_share stops_per_block child_share".split()
_NEIGHBOURS = (-3, -2, -1, 1, 2, 3)
_NEIGHBOUR_FIELDS = "length link_share tag stops same_parent same_style".split()
_WINDOWS = (4, 10, 25)
_GROUP = (
    "group_size group_length group_mean group_link_share group_stops group_page_share"
    " group_position siblings_same sibling_share headings_since since_heading since_h1 since_title"
    " heading_covers best_inside best_distance best_share best_depth second_distance"
    " root_share child_of_root_share"
).split()
_PAGE = (
    "page_length page_link_share page_blocks page_prose_share page_item_share page_cell_share"
    " page_pre_share page_headings page_h1 page_inputs page_images page_articles page_times"
    " page_mean_block page_best_share page_largest_group page_stops page_comment page_thread"
    " page_product page_docs page_teaser page_long_blocks page_html_share page_nodes"
).split()
HINTS = ("article", "product", "forum", "collection", "website", "docs", "date")
"""What the page's metadata says of its type, 0 or 1 each."""

NAMES = [
    *_OWN,
    *(f"keyword_{name}" for name in CATEGORIES),
    *(f"first_{name}" for name in ("byline", "caption", "hidden", "tags", "form", "share")),
    *(f"inside_{names.split()[0]}" for names in _CONTEXTS),
    *(f"level{level}_{field}" for level in _LEVELS for field in _LEVEL_FIELDS),
    *(f"next{step:+d}_{field}" for step in _NEIGHBOURS for field in _NEIGHBOUR_FIELDS),
    *(f"window{w}_{field}" for w in _WINDOWS for field in ("prose", "link_share", "stops")),
    *_GROUP,
    *_PAGE,
    *(f"hint_{name}" for name in HINTS),
]
_FIRST_BITS = np.array(
    [list(CATEGORIES).index(k) for k in ("byline", "caption", "hidden", "tags", "form", "share")]
)
_COMMENT, _THREAD, _PRODUCT, _DOCS, _TEASER = (
    list(CATEGORIES).index(k) for k in ("comment", "thread", "product", "docs", "teaser")
)
_OWN_COUNT, _GROUP_COUNT, _PAGE_COUNT = len(_OWN), len(_GROUP), len(_PAGE)
_CONTEXT_COUNT, _FIRST_COUNT = len(_CONTEXTS), len(_FIRST_BITS)
_LEVEL_STEPS, _NEIGHBOUR_STEPS, _WINDOW_SIZES = (
    np.array(a) for a in (_LEVELS, _NEIGHBOURS, _WINDOWS)
)
_AT_KEYWORDS = _OWN_COUNT
_AT_FIRST = _AT_KEYWORDS + _KEYWORD_COUNT
_AT_CONTEXT = _AT_FIRST + _FIRST_COUNT
_AT_LEVELS = _AT_CONTEXT + _CONTEXT_COUNT
_AT_NEIGHBOURS = _AT_LEVELS + len(_LEVELS) * len(_LEVEL_FIELDS)
_AT_WINDOWS = _AT_NEIGHBOURS + len(_NEIGHBOURS) * len(_NEIGHBOUR_FIELDS)
_AT_GROUP = _AT_WINDOWS + 3 * len(_WINDOWS)
_AT_PAGE = _AT_GROUP + _GROUP_COUNT
_AT_HINTS = _AT_PAGE + _PAGE_COUNT

_CLASS = np.zeros(256, np.uint8)  # of ASCII: 1 lower, 2 upper, 3 digit, 4 stop, 5 comma, 6 symbol
for _b in range(128):
    _c = chr(_b)
    _CLASS[_b] = (
        1 if _c.islower() else 2 if _c.isupper() else 3 if _c.isdigit() else 4 if _c in ".!?"
        else 5 if _c in ",;:" else 6 if _c in "|<>*+=/@#_~^" else 0
    )  # fmt: skip


@njit(cache=True, boundscheck=False)
def _wide_class(a, b, c):  # type: ignore[no-untyped-def]
    """The class of a character of two bytes or more; 7 = counts double (CJK, Hangul)."""
    if a == 0xC2:
        return 6 if b in (0xA9, 0xAB, 0xAE, 0xB7, 0xBB) else 0
    if a == 0xC3:
        return 2 if b <= 0x9E else 1
    if a == 0xCE:
        return 2 if 0x91 <= b <= 0xAB else 1
    if a == 0xCD and b == 0xBE:
        return 4
    if a == 0xD0:
        return 2 if b <= 0xAF else 1
    if a == 0xD6 and b == 0x89:
        return 4
    if a == 0xD8 and (b == 0x8C or b == 0x9B):
        return 5
    if (a == 0xD8 and b == 0x9F) or (a == 0xDB and b == 0x94):
        return 4
    if a == 0xE0 and b == 0xA5 and (c == 0xA4 or c == 0xA5):
        return 4
    if a == 0xE2:
        if b == 0x80:
            return 4 if c == 0xA6 else 6 if c in (0xA2, 0xB9, 0xBA) else 0
        return 6 if 0x84 <= b <= 0x9E else 0
    if a == 0xE3 and b == 0x80:
        return 4 if c == 0x82 else 5 if c == 0x81 else 0
    if a == 0xEF and b == 0xBC:
        return 4 if c in (0x81, 0x9F) else 5 if c in (0x8C, 0x9A, 0x9B) else 7
    if 0xE3 <= a <= 0xED:
        return 7
    return 0 if a == 0xF0 else 1


@njit(cache=True, boundscheck=False)
def _word_hash(key, byte):  # type: ignore[no-untyped-def]
    return np.uint32((key ^ np.uint32(byte)) * np.uint32(16777619))


@njit(cache=True, boundscheck=False)
def _title_words(title):  # type: ignore[no-untyped-def]
    """A table of the hashes of a title's words (256 slots, ASCII case folded)."""
    table = np.zeros(256, np.uint32)
    key = np.uint32(2166136261)
    filled = 0
    length = 0
    for i in range(len(title) + 1):
        c = title[i] if i < len(title) else np.uint8(32)
        if c > 127 or 48 <= c <= 57 or 97 <= c | 32 <= 122:
            key = _word_hash(key, c | 32 if c < 128 else c)
            length += 1
            continue
        if length > 1 and filled < 128:
            slot = np.int64(key) & 255
            while table[slot] != 0 and table[slot] != key:
                slot = (slot + 1) & 255
            filled += table[slot] == 0
            table[slot] = key
        key = np.uint32(2166136261)
        length = 0
    return table


@njit(cache=True, boundscheck=False)
def _count(text, start, end, title, row):  # type: ignore[no-untyped-def]
    """Fill a block's own counts; returns a hash of its text."""
    classes = np.zeros(8, np.int64)
    length = words = longest = in_title = 0
    key = np.uint32(2166136261)
    whole = np.uint64(0xCBF29CE484222325)
    word = 0
    last = first = 0
    i = start
    while i <= end:
        a = text[i] if i < end else np.uint8(32)
        step = 1
        kind = _CLASS[a]
        if a >= 0x80:
            step = 2 if a < 0xE0 else 3 if a < 0xF0 else 4
            b = text[i + 1] if i + 1 < end else np.uint8(0)
            kind = _wide_class(a, b, text[i + 2] if i + 2 < end else np.uint8(0))
        if 1 <= kind <= 3 or kind == 7:
            key = _word_hash(key, a | 32 if a < 128 else a)
            for k in range(1, min(step, end - i)):
                key = _word_hash(key, text[i + k])
            word += 1
        elif word > 0:
            words += 1
            longest = max(longest, word)
            if word > 1:
                slot = np.int64(key) & 255
                while title[slot] != 0 and title[slot] != key:
                    slot = (slot + 1) & 255
                in_title += title[slot] != 0
            key = np.uint32(2166136261)
            word = 0
        if i < end:
            whole = (whole ^ np.uint64(a)) * np.uint64(0x100000001B3)
            length += 1 + (kind == 7)
            classes[kind] += 1
            if a > 32:
                if first == 0:
                    first = kind + 1
                if kind != 0 or a >= 0x80 or a == 45:
                    last = kind
        i += step
    row[_LEN] = length
    row[_WORDS] = words + classes[7] / 2
    row[_STOPS] = classes[4]
    row[_COMMAS] = classes[5]
    row[_DIGITS] = classes[3]
    row[_UPPER] = classes[2]
    row[_LETTERS] = classes[1] + classes[2] + 2 * classes[7]
    row[_SYMBOLS] = classes[6]
    row[_LAST] = last
    row[_INITIAL] = first
    row[_TITLE] = in_title / max(1, words)
    row[_LONGEST] = longest
    return np.int64(whole & np.uint64(0x7FFFFFFFFFFFFFFF))


@njit(cache=True, boundscheck=False)
def _groups(keys):  # type: ignore[no-untyped-def]
    """Number equal keys equally, in order of appearance."""
    size = 16
    while size < 2 * len(keys):
        size *= 2
    table = np.full(size, -1, np.int64)
    group = np.empty(len(keys), np.int64)
    count = 0
    for i in range(len(keys)):
        slot = (keys[i] ^ (keys[i] >> 17)) & (size - 1)
        while table[slot] >= 0 and keys[table[slot]] != keys[i]:
            slot = (slot + 1) & (size - 1)
        if table[slot] < 0:
            table[slot] = i
            group[i] = count
            count += 1
        else:
            group[i] = group[table[slot]]
    return group, count


@njit(cache=True, boundscheck=False)
def _sums(blocks, nodes, own):  # type: ignore[no-untyped-def]
    """Sums over the subtree of each node."""
    sums = np.zeros((len(nodes), _SUMS), np.float32)
    for i in range(len(blocks)):
        node = blocks[i, NODE]
        tag = nodes[node, TAG]
        row = sums[node]
        row[_S_LEN] += own[i, _LEN]
        row[_S_LINK] += own[i, _LINKED]
        row[_S_BLOCKS] += 1
        row[_S_WORDS] += own[i, _WORDS]
        row[_S_STOPS] += own[i, _STOPS]
        row[_S_COMMAS] += own[i, _COMMAS]
        if own[i, _LEN] >= 60 and own[i, _LINKED] < 0.4 * own[i, _LEN]:
            row[_S_PROSE] += own[i, _LEN]
        row[_S_HEADINGS] += _H1 <= tag <= _H6
        row[_S_ANCHORS] += blocks[i, ANCHORS]
        row[_S_ITEMS] += tag == _LI
    for node in range(len(nodes) - 1, 0, -1):
        sums[node, _S_IMAGES] += nodes[node, IMAGES]
        sums[node, _S_INPUTS] += nodes[node, INPUTS]
        sums[nodes[node, PARENT]] += sums[node]
    return sums


@njit(cache=True, boundscheck=False)
def _candidates(blocks, nodes, own, sums):  # type: ignore[no-untyped-def]
    """Readability's content scores: (best node, second best outside it, scores).

    A block of 25 characters or more gives 1 + commas + length/100 (at most 3) to its parent,
    half to its grandparent, a third to the next (mozilla/readability, Arc90).
    """
    score = np.zeros(len(nodes), np.float32)
    for i in range(len(blocks)):
        if own[i, _LEN] < 25 or blocks[i, COVERT]:
            continue
        value = 1 + own[i, _COMMAS] + min(own[i, _LEN] / 100, 3)
        value *= 1 - own[i, _LINKED] / max(1, own[i, _LEN])
        node = nodes[blocks[i, NODE], PARENT]
        for level in range(1, 5):
            score[node] += value / level
            if node == 0:
                break
            node = nodes[node, PARENT]
    best = second = 0
    for node in range(1, len(nodes)):
        score[node] *= 1 - sums[node, _S_LINK] / max(1, sums[node, _S_LEN])
        if score[node] > score[best]:
            best = node
    for node in range(1, len(nodes)):
        if score[node] > score[second] and not _inside(nodes, node, best):
            if not _inside(nodes, best, node):
                second = node
    return best, second, score


@njit(cache=True, boundscheck=False)
def _inside(nodes, node, ancestor):  # type: ignore[no-untyped-def]
    while node > ancestor:
        node = nodes[node, PARENT]
    return node == ancestor


@njit(cache=True, boundscheck=False)
def _distance(nodes, node, other):  # type: ignore[no-untyped-def]
    """Steps from node up to its nearest common ancestor with other."""
    steps = 0
    while node != other:
        if node > other:
            node = nodes[node, PARENT]
            steps += 1
        else:
            other = nodes[other, PARENT]
    return steps


@njit(cache=True, boundscheck=False)
def _share(part, whole):  # type: ignore[no-untyped-def]
    return part / whole if whole > 0 else 0.0


@njit(cache=True, boundscheck=False)
def _own_rows(x, text_length, source_length, blocks, nodes, own):  # type: ignore[no-untyped-def]
    n = len(blocks)
    for i in range(n):
        length = own[i, _LEN]
        words = max(1, own[i, _WORDS])
        node = blocks[i, NODE]
        first = blocks[i, FIRST]
        x[i, 0] = np.log1p(length)
        x[i, 1] = np.log1p(own[i, _WORDS])
        x[i, 2] = own[i, _LETTERS] / words
        x[i, 3] = own[i, _LINKED] / max(1, length)
        x[i, 4] = blocks[i, ANCHORS]
        x[i, 5] = np.log1p(own[i, _STOPS])
        x[i, 6] = np.log1p(own[i, _COMMAS])
        x[i, 7] = own[i, _DIGITS] / max(1, length)
        x[i, 8] = own[i, _UPPER] / max(1, own[i, _LETTERS])
        x[i, 9] = own[i, _LETTERS] / max(1, length)
        x[i, 10] = own[i, _SYMBOLS]
        x[i, 11] = own[i, _LAST]
        x[i, 12] = own[i, _INITIAL]
        x[i, 13] = blocks[i, BREAKS]
        x[i, 14] = _RANK[nodes[node, TAG]]
        x[i, 15] = _RANK[nodes[first, TAG]]
        x[i, 16] = blocks[i, COVERT]
        x[i, 17] = own[i, _TITLE]
        x[i, 18] = own[i, _REPEATED]
        x[i, 19] = own[i, _STOPS] / words
        x[i, 20] = i / n
        x[i, 21] = blocks[i, START] / text_length
        x[i, 22] = blocks[i, SOURCE] / source_length
        x[i, 23] = np.log1p(i)
        x[i, 24] = np.log1p(n - 1 - i)
        x[i, 25] = nodes[node, DEPTH]
        x[i, 26] = first != node
        x[i, 27] = own[i, _STOPS] > 0 and length > 60


@njit(cache=True, boundscheck=False)
def _context_rows(x, blocks, nodes):  # type: ignore[no-untyped-def]
    """Distances to the nearest ancestor of each keyword and of each structural tag."""
    for i in range(len(blocks)):
        node = np.int64(blocks[i, NODE])
        if i > 0 and node == blocks[i - 1, NODE]:
            x[i, _AT_KEYWORDS:_AT_FIRST] = x[i - 1, _AT_KEYWORDS:_AT_FIRST]
            x[i, _AT_CONTEXT:_AT_LEVELS] = x[i - 1, _AT_CONTEXT:_AT_LEVELS]
        else:
            x[i, _AT_KEYWORDS:_AT_FIRST] = _MAX_DISTANCE
            x[i, _AT_CONTEXT:_AT_LEVELS] = _MAX_DISTANCE
            seen = np.uint32(0)
            steps = 0
            while node > 0 and nodes[node, TAG] != _BODY:
                fresh = np.uint32(nodes[node, KEYWORDS]) & ~seen
                seen |= fresh
                for k in range(_KEYWORD_COUNT):
                    if fresh >> np.uint32(k) & np.uint32(1):
                        x[i, _AT_KEYWORDS + k] = min(steps, _MAX_DISTANCE - 1)
                context = _CONTEXT_OF[nodes[node, TAG]]
                if context >= 0 and x[i, _AT_CONTEXT + context] == _MAX_DISTANCE:
                    x[i, _AT_CONTEXT + context] = min(steps, _MAX_DISTANCE - 1)
                node = nodes[node, PARENT]
                steps += 1
        bits = np.uint32(0)
        node = np.int64(blocks[i, FIRST])
        for _ in range(8):
            if node <= blocks[i, NODE]:
                break
            bits |= np.uint32(nodes[node, KEYWORDS])
            node = nodes[node, PARENT]
        for k in range(_FIRST_COUNT):
            x[i, _AT_FIRST + k] = bits >> np.uint32(_FIRST_BITS[k]) & np.uint32(1)


@njit(cache=True, boundscheck=False)
def _level_rows(x, blocks, nodes, sums):  # type: ignore[no-untyped-def]
    total = sums[0, _S_LEN]
    for i in range(len(blocks)):
        node = np.int64(blocks[i, NODE])
        below = node
        steps = 0
        f = _AT_LEVELS
        for level in _LEVEL_STEPS:
            while steps < level and node > 0:
                below = node
                node = np.int64(nodes[node, PARENT])
                steps += 1
            row = sums[node]
            x[i, f] = np.log1p(row[_S_LEN])
            x[i, f + 1] = _share(row[_S_LINK], row[_S_LEN])
            x[i, f + 2] = np.log1p(row[_S_BLOCKS])
            x[i, f + 3] = _share(row[_S_LEN], row[_S_BLOCKS])
            x[i, f + 4] = _share(row[_S_LEN], total)
            x[i, f + 5] = _share(row[_S_STOPS], row[_S_BLOCKS])
            x[i, f + 6] = _share(sums[below, _S_LEN], row[_S_LEN])
            f += 7


@njit(cache=True, boundscheck=False)
def _neighbour_rows(x, blocks, nodes, own):  # type: ignore[no-untyped-def]
    n = len(blocks)
    for i in range(n):
        f = _AT_NEIGHBOURS
        node = blocks[i, NODE]
        parent = nodes[node, PARENT]
        for step in _NEIGHBOUR_STEPS:
            j = i + step
            if 0 <= j < n:
                other = blocks[j, NODE]
                x[i, f] = np.log1p(own[j, _LEN])
                x[i, f + 1] = own[j, _LINKED] / max(1, own[j, _LEN])
                x[i, f + 2] = _RANK[nodes[other, TAG]]
                x[i, f + 3] = np.log1p(own[j, _STOPS])
                x[i, f + 4] = other == node or nodes[other, PARENT] == parent
                x[i, f + 5] = nodes[other, STYLE_HASH] == nodes[node, STYLE_HASH]
            else:
                x[i, f : f + 6] = -1
            f += 6


@njit(cache=True, boundscheck=False)
def _window_rows(x, own):  # type: ignore[no-untyped-def]
    n = len(own)
    total = np.zeros((n + 1, 4), np.float32)
    for i in range(n):
        prose = own[i, _LEN] - own[i, _LINKED] if own[i, _LEN] >= 60 else 0
        total[i + 1, 0] = total[i, 0] + prose
        total[i + 1, 1] = total[i, 1] + own[i, _LEN]
        total[i + 1, 2] = total[i, 2] + own[i, _LINKED]
        total[i + 1, 3] = total[i, 3] + own[i, _STOPS]
    f = _AT_WINDOWS
    for width in _WINDOW_SIZES:
        for i in range(n):
            low = max(0, i - width)
            high = min(n, i + width + 1)
            x[i, f] = np.log1p((total[high, 0] - total[low, 0]) / (high - low))
            x[i, f + 1] = _share(total[high, 2] - total[low, 2], total[high, 1] - total[low, 1])
            x[i, f + 2] = (total[high, 3] - total[low, 3]) / (high - low)
        f += 3


@njit(cache=True, boundscheck=False)
def _group_rows(x, blocks, nodes, own, sums):  # type: ignore[no-untyped-def]
    """Blocks of one style, headings before, and the place relative to the best subtree."""
    n = len(blocks)
    keys = np.empty(n, np.int64)
    for i in range(n):
        node = blocks[i, NODE]
        parent = nodes[node, PARENT]
        keys[i] = np.int64(nodes[node, STYLE_HASH]) * 31 + nodes[parent, STYLE_HASH]
    group, count = _groups(keys)
    stats = np.zeros((count, 6), np.float32)
    for i in range(n):
        row = stats[group[i]]
        row[0] += 1
        row[1] += own[i, _LEN]
        row[2] += own[i, _LINKED]
        row[3] += own[i, _STOPS]
    largest = stats[:, 1].max() if count else np.float32(0)
    best, second, score = _candidates(blocks, nodes, own, sums)
    children = np.zeros(len(nodes), np.float32)
    for i in range(n):
        children[nodes[blocks[i, NODE], PARENT]] += 1
    total = max(1, sums[0, _S_LEN])
    title_at = h1_at = -1
    top_title = 0.5
    for i in range(n):
        if own[i, _TITLE] * min(own[i, _WORDS], 4) > top_title:
            top_title = own[i, _TITLE] * min(own[i, _WORDS], 4)
            title_at = i
        if h1_at < 0 and nodes[blocks[i, NODE], TAG] == _H1:
            h1_at = i
    heading_at = -1
    headings = 0
    for i in range(n):
        node = np.int64(blocks[i, NODE])
        tag = nodes[node, TAG]
        if _H1 <= tag <= _H6:
            heading_at = i
            headings += 1
        row = stats[group[i]]
        f = _AT_GROUP
        x[i, f] = np.log1p(row[0])
        x[i, f + 1] = np.log1p(row[1])
        x[i, f + 2] = row[1] / row[0]
        x[i, f + 3] = row[2] / max(1, row[1])
        x[i, f + 4] = row[3] / row[0]
        x[i, f + 5] = row[1] / total
        x[i, f + 6] = row[4]
        row[4] += 1
        parent = nodes[node, PARENT]
        x[i, f + 7] = np.log1p(children[parent])
        x[i, f + 8] = own[i, _LEN] / max(1, sums[parent, _S_LEN])
        x[i, f + 9] = headings
        x[i, f + 10] = i - heading_at if heading_at >= 0 else -1
        x[i, f + 11] = i - h1_at if h1_at >= 0 else -1000
        x[i, f + 12] = i - title_at if title_at >= 0 else -1000
        x[i, f + 13] = tag - _H1 if _H1 <= tag <= _H6 else 9
        x[i, f + 14] = _inside(nodes, node, best)
        x[i, f + 15] = _distance(nodes, node, best)
        x[i, f + 16] = sums[best, _S_LEN] / total
        x[i, f + 17] = _distance(nodes, np.int64(best), node)
        x[i, f + 18] = _distance(nodes, node, second)
        below = node
        while nodes[below, PARENT] > 0 and nodes[nodes[below, PARENT], TAG] != _BODY:
            below = np.int64(nodes[below, PARENT])
        x[i, f + 19] = sums[below, _S_LEN] / total
        x[i, f + 20] = _share(sums[below, _S_LINK], sums[below, _S_LEN])
    return best, largest / total


@njit(cache=True, boundscheck=False)
def _page_rows(x, blocks, nodes, own, sums, best, largest, source_length, hints):  # type: ignore[no-untyped-def]
    total = max(1, sums[0, _S_LEN])
    items = cells = pre = prose = long = h1 = articles = times = 0.0
    marks = np.zeros(5, np.float32)
    for i in range(len(blocks)):
        tag = nodes[blocks[i, NODE], TAG]
        length = own[i, _LEN]
        items += length * (tag == _LI)
        cells += length * (tag == _TD or tag == _TH)
        pre += length * (tag == _PRE or tag == _CODE)
        prose += length * (tag == _P)
        long += length > 100
        h1 += tag == _H1
        for k, row in enumerate((_COMMENT, _THREAD, _PRODUCT, _DOCS, _TEASER)):
            marks[k] += length * (x[i, _AT_KEYWORDS + row] < _MAX_DISTANCE)
    for node in range(len(nodes)):
        articles += nodes[node, TAG] == _ARTICLE
        times += nodes[node, TAG] == _TIME
    n = max(1, len(blocks))
    x[:, _AT_PAGE + 0] = np.log1p(total)
    x[:, _AT_PAGE + 1] = sums[0, _S_LINK] / total
    x[:, _AT_PAGE + 2] = np.log1p(n)
    x[:, _AT_PAGE + 3] = prose / total
    x[:, _AT_PAGE + 4] = items / total
    x[:, _AT_PAGE + 5] = cells / total
    x[:, _AT_PAGE + 6] = pre / total
    x[:, _AT_PAGE + 7] = sums[0, _S_HEADINGS]
    x[:, _AT_PAGE + 8] = h1
    x[:, _AT_PAGE + 9] = sums[0, _S_INPUTS]
    x[:, _AT_PAGE + 10] = sums[0, _S_IMAGES] / n
    x[:, _AT_PAGE + 11] = articles
    x[:, _AT_PAGE + 12] = times
    x[:, _AT_PAGE + 13] = total / n
    x[:, _AT_PAGE + 14] = sums[best, _S_LEN] / total
    x[:, _AT_PAGE + 15] = largest
    x[:, _AT_PAGE + 16] = sums[0, _S_STOPS] / n
    x[:, _AT_PAGE + 17] = marks[0] / total
    x[:, _AT_PAGE + 18] = marks[1] / total
    x[:, _AT_PAGE + 19] = marks[2] / total
    x[:, _AT_PAGE + 20] = marks[3] / total
    x[:, _AT_PAGE + 21] = marks[4] / total
    x[:, _AT_PAGE + 22] = long / n
    x[:, _AT_PAGE + 23] = total / source_length
    x[:, _AT_PAGE + 24] = np.log1p(len(nodes))
    for k in range(len(hints)):
        x[:, _AT_HINTS + k] = hints[k]


@njit(cache=True, boundscheck=False)
def _fill(x, source_length, text, blocks, nodes, title, hints):  # type: ignore[no-untyped-def]
    n = len(blocks)
    own = np.zeros((n, 14), np.float32)
    keys = np.empty(n, np.int64)
    words = _title_words(title)
    for i in range(n):
        start = blocks[i, START]
        end = blocks[i, END]
        keys[i] = _count(text, start, end, words, own[i])
        own[i, _LINKED] = own[i, _LEN] * blocks[i, LINK_BYTES] / (end - start)
    group, count = _groups(keys)
    sizes = np.zeros(count, np.float32)
    for i in range(n):
        sizes[group[i]] += 1
    for i in range(n):
        own[i, _REPEATED] = sizes[group[i]]
    sums = _sums(blocks, nodes, own)
    _own_rows(x, max(1, len(text)), max(1, source_length), blocks, nodes, own)
    _context_rows(x, blocks, nodes)
    _level_rows(x, blocks, nodes, sums)
    _neighbour_rows(x, blocks, nodes, own)
    _window_rows(x, own)
    best, largest = _group_rows(x, blocks, nodes, own, sums)
    _page_rows(x, blocks, nodes, own, sums, best, largest, max(1, source_length), hints)


def features(
    page: Tokens, source_length: int, title: bytes, hints: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The features of a page's blocks: float32 [blocks, len(NAMES)]."""
    x = np.empty((len(page.blocks), len(NAMES)), np.float32)
    if len(page.blocks):
        _fill(
            x, source_length, page.text, page.blocks, page.nodes,
            np.frombuffer(title, np.uint8), hints,
        )  # fmt: skip
    return x

"""A page's blocks as numbers: what the model sees of each.

Nothing here depends on a language's words: lengths, punctuation of all scripts, links, tags,
class keywords of web templates, the shape of the tree and of the neighbourhood. Lengths are
counted in characters, an ideograph or Hangul syllable as two.
"""
# ruff: noqa: SIM109, SIM905  (kernels: chains of comparisons compile best; name lists read best as text)

import numpy as np
from numba import njit
from numpy.typing import NDArray

from . import tags
from .counts import (
    OWN_COMMAS,
    OWN_COUNTS,
    OWN_DIGITS,
    OWN_INITIAL,
    OWN_LAST,
    OWN_LEN,
    OWN_LETTERS,
    OWN_LINKED,
    OWN_REPEATED,
    OWN_STOPS,
    OWN_SYMBOLS,
    OWN_TITLE,
    OWN_UPPER,
    OWN_WORDS,
    SUM_BLOCKS,
    SUM_HEADINGS,
    SUM_IMAGES,
    SUM_INPUTS,
    SUM_LEN,
    SUM_LINK,
    SUM_STOPS,
    candidates,
    count_block,
    distance,
    inside,
    number_groups,
    share,
    subtree_sums,
    title_words,
)
from .keywords import CATEGORIES
from .layout import (
    ANCHORS,
    BREAKS,
    COVERT,
    DEPTH,
    END,
    FIRST,
    KEYWORDS,
    LINK_BYTES,
    NODE,
    PARENT,
    SOURCE,
    START,
    STYLE_HASH,
    TAG,
    Tokens,
)

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
_REMARK_FIELDS = "before inside since".split()
_REMARKS = ("comment", "thread")
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
    *(f"{name}_{field}" for name in _REMARKS for field in _REMARK_FIELDS),
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
_AT_REMARKS = _AT_PAGE + _PAGE_COUNT
_AT_HINTS = _AT_REMARKS + len(_REMARKS) * len(_REMARK_FIELDS)


@njit(cache=True, boundscheck=False)
def _own_rows(x, text_length, source_length, blocks, nodes, own):  # type: ignore[no-untyped-def]
    n = len(blocks)
    for i in range(n):
        length = own[i, OWN_LEN]
        words = max(1, own[i, OWN_WORDS])
        node = blocks[i, NODE]
        first = blocks[i, FIRST]
        x[i, 0] = np.log1p(length)
        x[i, 1] = np.log1p(own[i, OWN_WORDS])
        x[i, 2] = own[i, OWN_LETTERS] / words
        x[i, 3] = own[i, OWN_LINKED] / max(1, length)
        x[i, 4] = blocks[i, ANCHORS]
        x[i, 5] = np.log1p(own[i, OWN_STOPS])
        x[i, 6] = np.log1p(own[i, OWN_COMMAS])
        x[i, 7] = own[i, OWN_DIGITS] / max(1, length)
        x[i, 8] = own[i, OWN_UPPER] / max(1, own[i, OWN_LETTERS])
        x[i, 9] = own[i, OWN_LETTERS] / max(1, length)
        x[i, 10] = own[i, OWN_SYMBOLS]
        x[i, 11] = own[i, OWN_LAST]
        x[i, 12] = own[i, OWN_INITIAL]
        x[i, 13] = blocks[i, BREAKS]
        x[i, 14] = _RANK[nodes[node, TAG]]
        x[i, 15] = _RANK[nodes[first, TAG]]
        x[i, 16] = blocks[i, COVERT]
        x[i, 17] = own[i, OWN_TITLE]
        x[i, 18] = own[i, OWN_REPEATED]
        x[i, 19] = own[i, OWN_STOPS] / words
        x[i, 20] = i / n
        x[i, 21] = blocks[i, START] / text_length
        x[i, 22] = blocks[i, SOURCE] / source_length
        x[i, 23] = np.log1p(i)
        x[i, 24] = np.log1p(n - 1 - i)
        x[i, 25] = nodes[node, DEPTH]
        x[i, 26] = first != node
        x[i, 27] = own[i, OWN_STOPS] > 0 and length > 60


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
                k = 0
                while fresh != 0:
                    if fresh & np.uint32(1):
                        x[i, _AT_KEYWORDS + k] = min(steps, _MAX_DISTANCE - 1)
                    fresh = fresh >> np.uint32(1)
                    k += 1
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
    total = sums[0, SUM_LEN]
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
            x[i, f] = np.log1p(row[SUM_LEN])
            x[i, f + 1] = share(row[SUM_LINK], row[SUM_LEN])
            x[i, f + 2] = np.log1p(row[SUM_BLOCKS])
            x[i, f + 3] = share(row[SUM_LEN], row[SUM_BLOCKS])
            x[i, f + 4] = share(row[SUM_LEN], total)
            x[i, f + 5] = share(row[SUM_STOPS], row[SUM_BLOCKS])
            x[i, f + 6] = share(sums[below, SUM_LEN], row[SUM_LEN])
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
                x[i, f] = np.log1p(own[j, OWN_LEN])
                x[i, f + 1] = own[j, OWN_LINKED] / max(1, own[j, OWN_LEN])
                x[i, f + 2] = _RANK[nodes[other, TAG]]
                x[i, f + 3] = np.log1p(own[j, OWN_STOPS])
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
        prose = own[i, OWN_LEN] - own[i, OWN_LINKED] if own[i, OWN_LEN] >= 60 else 0
        total[i + 1, 0] = total[i, 0] + prose
        total[i + 1, 1] = total[i, 1] + own[i, OWN_LEN]
        total[i + 1, 2] = total[i, 2] + own[i, OWN_LINKED]
        total[i + 1, 3] = total[i, 3] + own[i, OWN_STOPS]
    f = _AT_WINDOWS
    for width in _WINDOW_SIZES:
        for i in range(n):
            low = max(0, i - width)
            high = min(n, i + width + 1)
            x[i, f] = np.log1p((total[high, 0] - total[low, 0]) / (high - low))
            x[i, f + 1] = share(total[high, 2] - total[low, 2], total[high, 1] - total[low, 1])
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
    group, count = number_groups(keys)
    stats = np.zeros((count, 6), np.float32)
    for i in range(n):
        row = stats[group[i]]
        row[0] += 1
        row[1] += own[i, OWN_LEN]
        row[2] += own[i, OWN_LINKED]
        row[3] += own[i, OWN_STOPS]
    largest = stats[:, 1].max() if count else np.float32(0)
    best, second, _ = candidates(blocks, nodes, own, sums)
    children = np.zeros(len(nodes), np.float32)
    for i in range(n):
        children[nodes[blocks[i, NODE], PARENT]] += 1
    total = max(1, sums[0, SUM_LEN])
    title_at = h1_at = -1
    top_title = 0.5
    for i in range(n):
        if own[i, OWN_TITLE] * min(own[i, OWN_WORDS], 4) > top_title:
            top_title = own[i, OWN_TITLE] * min(own[i, OWN_WORDS], 4)
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
        x[i, f + 8] = own[i, OWN_LEN] / max(1, sums[parent, SUM_LEN])
        x[i, f + 9] = headings
        x[i, f + 10] = i - heading_at if heading_at >= 0 else -1
        x[i, f + 11] = i - h1_at if h1_at >= 0 else -1000
        x[i, f + 12] = i - title_at if title_at >= 0 else -1000
        x[i, f + 13] = tag - _H1 if _H1 <= tag <= _H6 else 9
        x[i, f + 14] = inside(nodes, node, best)
        x[i, f + 15] = distance(nodes, node, best)
        x[i, f + 16] = sums[best, SUM_LEN] / total
        x[i, f + 17] = distance(nodes, np.int64(best), node)
        x[i, f + 18] = distance(nodes, node, second)
        below = node
        while nodes[below, PARENT] > 0 and nodes[nodes[below, PARENT], TAG] != _BODY:
            below = np.int64(nodes[below, PARENT])
        x[i, f + 19] = sums[below, SUM_LEN] / total
        x[i, f + 20] = share(sums[below, SUM_LINK], sums[below, SUM_LEN])
    return best, largest / total


@njit(cache=True, boundscheck=False)
def _page_rows(x, blocks, nodes, own, sums, best, largest, source_length, hints):  # type: ignore[no-untyped-def]
    total = max(1, sums[0, SUM_LEN])
    items = cells = pre = prose = long = h1 = articles = times = 0.0
    marks = np.zeros(5, np.float32)
    for i in range(len(blocks)):
        tag = nodes[blocks[i, NODE], TAG]
        length = own[i, OWN_LEN]
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
    x[:, _AT_PAGE + 1] = sums[0, SUM_LINK] / total
    x[:, _AT_PAGE + 2] = np.log1p(n)
    x[:, _AT_PAGE + 3] = prose / total
    x[:, _AT_PAGE + 4] = items / total
    x[:, _AT_PAGE + 5] = cells / total
    x[:, _AT_PAGE + 6] = pre / total
    x[:, _AT_PAGE + 7] = sums[0, SUM_HEADINGS]
    x[:, _AT_PAGE + 8] = h1
    x[:, _AT_PAGE + 9] = sums[0, SUM_INPUTS]
    x[:, _AT_PAGE + 10] = sums[0, SUM_IMAGES] / n
    x[:, _AT_PAGE + 11] = articles
    x[:, _AT_PAGE + 12] = times
    x[:, _AT_PAGE + 13] = total / n
    x[:, _AT_PAGE + 14] = sums[best, SUM_LEN] / total
    x[:, _AT_PAGE + 15] = largest
    x[:, _AT_PAGE + 16] = sums[0, SUM_STOPS] / n
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
def _remark_rows(x, own):  # type: ignore[no-untyped-def]
    """Prose before the first comment or post and in all of them, and blocks since the first.

    Comments under an article are not its text, the posts of a forum are all there is.
    """
    f = _AT_REMARKS
    for keyword in (_AT_KEYWORDS + _COMMENT, _AT_KEYWORDS + _THREAD):
        before = within = np.float32(0)
        first = len(x)
        for i in range(len(x)):
            inside_remark = x[i, keyword] < _MAX_DISTANCE
            if inside_remark:
                first = min(first, i)
            prose = own[i, OWN_LEN] - own[i, OWN_LINKED] if own[i, OWN_LEN] >= 60 else 0
            within += prose if inside_remark else 0
            before += prose if first == len(x) else 0
        for i in range(len(x)):
            x[i, f] = np.log1p(before)
            x[i, f + 1] = np.log1p(within)
            x[i, f + 2] = max(-1, i - first)
        f += 3


@njit(cache=True, boundscheck=False)
def _fill(x, source_length, text, blocks, nodes, title, hints):  # type: ignore[no-untyped-def]
    n = len(blocks)
    own = np.zeros((n, OWN_COUNTS), np.float32)
    keys = np.empty(n, np.int64)
    words = title_words(title)
    for i in range(n):
        start = blocks[i, START]
        end = blocks[i, END]
        keys[i] = count_block(text, start, end, words, own[i])
        own[i, OWN_LINKED] = own[i, OWN_LEN] * blocks[i, LINK_BYTES] / (end - start)
    group, count = number_groups(keys)
    sizes = np.zeros(count, np.float32)
    for i in range(n):
        sizes[group[i]] += 1
    for i in range(n):
        own[i, OWN_REPEATED] = sizes[group[i]]
    sums = subtree_sums(blocks, nodes, own)
    _own_rows(x, max(1, len(text)), max(1, source_length), blocks, nodes, own)
    _context_rows(x, blocks, nodes)
    _level_rows(x, blocks, nodes, sums)
    _neighbour_rows(x, blocks, nodes, own)
    _window_rows(x, own)
    best, largest = _group_rows(x, blocks, nodes, own, sums)
    _page_rows(x, blocks, nodes, own, sums, best, largest, max(1, source_length), hints)
    _remark_rows(x, own)


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

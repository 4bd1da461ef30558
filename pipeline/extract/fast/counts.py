"""Counts of a block's characters, sums over subtrees, and readability's content scores.

Lengths are counted in characters, an ideograph or a Hangul syllable as two.
"""

import numpy as np
from numba import njit

from . import tags
from .layout import ANCHORS, COVERT, IMAGES, INPUTS, NODE, PARENT, TAG

# A block's own counts.
(
    OWN_LEN,
    OWN_WORDS,
    OWN_STOPS,
    OWN_COMMAS,
    OWN_DIGITS,
    OWN_UPPER,
    OWN_LETTERS,
    OWN_SYMBOLS,
    OWN_LAST,
    OWN_INITIAL,
    OWN_LINKED,
    OWN_TITLE,
    OWN_LONGEST,
    OWN_REPEATED,
) = range(14)
# Sums over an element's subtree.
(
    SUM_LEN,
    SUM_LINK,
    SUM_BLOCKS,
    SUM_WORDS,
    SUM_STOPS,
    SUM_COMMAS,
    SUM_PROSE,
    SUM_HEADINGS,
    SUM_ANCHORS,
    SUM_IMAGES,
    SUM_INPUTS,
    SUM_ITEMS,
) = range(12)
OWN_COUNTS, SUMS = 14, 12

_LI, _H1, _H6 = (tags.ID[name] for name in ("li", "h1", "h6"))

_CLASS = np.zeros(256, np.uint8)  # of ASCII: 1 lower, 2 upper, 3 digit, 4 stop, 5 comma, 6 symbol
for _b in range(128):
    _c = chr(_b)
    _CLASS[_b] = (
        1 if _c.islower() else 2 if _c.isupper() else 3 if _c.isdigit() else 4 if _c in ".!?"
        else 5 if _c in ",;:" else 6 if _c in "|<>*+=/@#_~^" else 0
    )  # fmt: skip
_CUT_OFF = 8  # in the place of the last character's class


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
def title_words(title):  # type: ignore[no-untyped-def]
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
def ends_cut_off(text, start, end):  # type: ignore[no-untyped-def]
    """Whether a block ends in an ellipsis, as teasers do; a bracket may follow."""
    while end > start and (text[end - 1] == 32 or text[end - 1] == 93):
        end -= 1
    if end - start < 3:
        return False
    a, b, c = text[end - 3], text[end - 2], text[end - 1]
    return (a == 46 and b == 46 and c == 46) or (a == 0xE2 and b == 0x80 and c == 0xA6)


@njit(cache=True, boundscheck=False)
def count_block(text, start, end, title, row):  # type: ignore[no-untyped-def]
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
    row[OWN_LEN] = length
    row[OWN_WORDS] = words + classes[7] / 2
    row[OWN_STOPS] = classes[4]
    row[OWN_COMMAS] = classes[5]
    row[OWN_DIGITS] = classes[3]
    row[OWN_UPPER] = classes[2]
    row[OWN_LETTERS] = classes[1] + classes[2] + 2 * classes[7]
    row[OWN_SYMBOLS] = classes[6]
    row[OWN_LAST] = _CUT_OFF if ends_cut_off(text, start, end) else last
    row[OWN_INITIAL] = first
    row[OWN_TITLE] = in_title / max(1, words)
    row[OWN_LONGEST] = longest
    return np.int64(whole & np.uint64(0x7FFFFFFFFFFFFFFF))


@njit(cache=True, boundscheck=False)
def number_groups(keys):  # type: ignore[no-untyped-def]
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
def subtree_sums(blocks, nodes, own):  # type: ignore[no-untyped-def]
    """Sums over the subtree of each node."""
    sums = np.zeros((len(nodes), SUMS), np.float32)
    for i in range(len(blocks)):
        node = blocks[i, NODE]
        tag = nodes[node, TAG]
        row = sums[node]
        row[SUM_LEN] += own[i, OWN_LEN]
        row[SUM_LINK] += own[i, OWN_LINKED]
        row[SUM_BLOCKS] += 1
        row[SUM_WORDS] += own[i, OWN_WORDS]
        row[SUM_STOPS] += own[i, OWN_STOPS]
        row[SUM_COMMAS] += own[i, OWN_COMMAS]
        if own[i, OWN_LEN] >= 60 and own[i, OWN_LINKED] < 0.4 * own[i, OWN_LEN]:
            row[SUM_PROSE] += own[i, OWN_LEN]
        row[SUM_HEADINGS] += _H1 <= tag <= _H6
        row[SUM_ANCHORS] += blocks[i, ANCHORS]
        row[SUM_ITEMS] += tag == _LI
    for node in range(len(nodes) - 1, 0, -1):
        sums[node, SUM_IMAGES] += nodes[node, IMAGES]
        sums[node, SUM_INPUTS] += nodes[node, INPUTS]
        sums[nodes[node, PARENT]] += sums[node]
    return sums


@njit(cache=True, boundscheck=False)
def candidates(blocks, nodes, own, sums):  # type: ignore[no-untyped-def]
    """Readability's content scores: (best node, second best outside it, scores).

    A block of 25 characters or more gives 1 + commas + length/100 (at most 3) to its parent,
    half to its grandparent, a third to the next (mozilla/readability, Arc90).
    """
    score = np.zeros(len(nodes), np.float32)
    for i in range(len(blocks)):
        if own[i, OWN_LEN] < 25 or blocks[i, COVERT]:
            continue
        value = 1 + own[i, OWN_COMMAS] + min(own[i, OWN_LEN] / 100, 3)
        value *= 1 - own[i, OWN_LINKED] / max(1, own[i, OWN_LEN])
        node = nodes[blocks[i, NODE], PARENT]
        for level in range(1, 5):
            score[node] += value / level
            if node == 0:
                break
            node = nodes[node, PARENT]
    best = second = 0
    for node in range(1, len(nodes)):
        score[node] *= 1 - sums[node, SUM_LINK] / max(1, sums[node, SUM_LEN])
        if score[node] > score[best]:
            best = node
    for node in range(1, len(nodes)):
        apart = not inside(nodes, node, best) and not inside(nodes, best, node)
        if score[node] > score[second] and apart:
            second = node
    return best, second, score


@njit(cache=True, boundscheck=False)
def inside(nodes, node, ancestor):  # type: ignore[no-untyped-def]
    """Whether node is ancestor or lies in it."""
    while node > ancestor:
        node = nodes[node, PARENT]
    return node == ancestor


@njit(cache=True, boundscheck=False)
def distance(nodes, node, other):  # type: ignore[no-untyped-def]
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
def share(part, whole):  # type: ignore[no-untyped-def]
    """Part / whole, 0 of nothing."""
    return part / whole if whole > 0 else 0.0

"""Repetition: the n-grams and lines that a document says again (Gopher, arXiv 2112.11446, table A1).

Shares are of the document's characters, or of its lines or paragraphs; as datatrove 0.10.1.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .batch import Batch
from .characters import SPACE
from .hashing import find, mask_for, not_zero, power, span_hash

_SPACE = np.uint32(SPACE)
_MIX = np.uint64(0xD6E8FEB86659FD93)


def repeated_grams(batch: Batch) -> NDArray[np.float64]:
    """Share of characters in the most frequent 2-, 3-, 4-gram, and in repeated 5- to 10-grams.

    The most frequent n-gram counts with the spaces between its words, once for each time it
    occurs; of several the first. Repeated n-grams are found from left to right, each with the
    n words after it skipped, and count without spaces.
    """
    words = batch.words
    lengths = words.stops - words.starts
    shares = np.zeros((len(batch.rows), 9))
    _top_grams(batch.word_hashes, lengths, words.ends, shares)
    _repeated_grams(batch.word_hashes, lengths, words.ends, shares)
    return shares / np.maximum(np.diff(batch.ends), 1)[:, None]


@njit(cache=True, nogil=True)
def _most(ends):  # type: ignore[no-untyped-def]
    """Give the number of words of the longest document."""
    most = 0
    for document in range(len(ends) - 1):
        most = max(most, ends[document + 1] - ends[document])
    return most


@njit(cache=True, nogil=True)
def _top_grams(hashes, lengths, ends, out):  # type: ignore[no-untyped-def]
    """Count n-grams of 2, 3 and 4 words; the longer ones only where the shorter is repeated."""
    most = _most(ends)
    grams, again, slots = np.empty(most, np.uint64), np.empty(most, np.bool_), np.empty(most, np.int64)
    size = mask_for(2 * most) + 1
    keys, counts, firsts = np.empty(size, np.uint64), np.empty(size, np.int64), np.empty(size, np.int64)
    for document in range(len(out)):
        first, count = ends[document], ends[document + 1] - ends[document]
        mask = mask_for(2 * count)
        again[:count] = True
        grams[:count] = hashes[first : first + count]
        for n in range(2, min(count, 4) + 1):
            for k in range(count - n + 1):
                grams[k] = grams[k] * _MIX + hashes[first + k + n - 1]
            keys[: mask + 1] = 0
            best, place = _count_grams(grams, again, slots, count - n + 1, keys, counts, firsts, mask)
            length = lengths[first + place : first + place + n].sum() + n - 1
            out[document, n - 2] = best * length


@njit(cache=True, nogil=True)
def _count_grams(grams, again, slots, count, keys, counts, firsts, mask):  # type: ignore[no-untyped-def]
    """Give the highest count and its first place; keep in `again` what occurs more than once."""
    best, place = 1, 0
    for k in range(count):
        if not again[k]:
            continue
        key = not_zero(grams[k])
        slot = find(keys, mask, key)
        if keys[slot] == 0:
            keys[slot], counts[slot], firsts[slot] = key, 0, k
        counts[slot] += 1
        slots[k] = slot
        if counts[slot] > best or (counts[slot] == best and firsts[slot] < place):
            best, place = counts[slot], firsts[slot]
    for k in range(count):
        again[k] = again[k] and counts[slots[k]] > 1
    return best, place


@njit(cache=True, nogil=True)
def _repeated_grams(hashes, lengths, ends, out):  # type: ignore[no-untyped-def]
    """Sum the lengths of repeated n-grams of 5 to 10 words, which are equal if they are without spaces."""
    most = _most(ends)
    grams, powers = np.empty(most, np.uint64), np.empty(most, np.uint64)
    keys = np.empty(mask_for(2 * most) + 1, np.uint64)
    for document in range(len(out)):
        first, count = ends[document], ends[document + 1] - ends[document]
        for k in range(count):
            grams[k] = hashes[first + k]
            powers[k] = power(lengths[first + k])
        mask = mask_for(2 * count)  # a quarter full: fewer steps to mispredict
        for n in range(2, min(count, 10) + 1):
            for k in range(count - n + 1):
                grams[k] = grams[k] * powers[k + n - 1] + hashes[first + k + n - 1]
            if n >= 5:
                keys[: mask + 1] = 0
                out[document, n - 2] = _repeated(grams, lengths[first : first + count], n, keys, mask)


@njit(cache=True, nogil=True)
def _repeated(grams, lengths, n, keys, mask):  # type: ignore[no-untyped-def]
    """Give the characters of all n-grams that were seen before."""
    total, k = 0, 0
    while k < len(lengths) - n + 1:
        key = not_zero(grams[k])
        slot = find(keys, mask, key)
        if keys[slot] == key:
            total += lengths[k : k + n].sum()
            k += n
        else:
            keys[slot] = key
            k += 1
    return total


def repeated_lines(batch: Batch) -> NDArray[np.float64]:
    """Share of paragraphs and lines that were seen before, and of the characters in them.

    Paragraphs are parted by two newlines or more in the stripped text, lines by one or more.
    The last column is FineWeb's: characters of repeated lines that are not blank, as a share of
    all characters but newlines.
    """
    lines = batch.lines
    out = np.zeros((len(batch.rows), 5))
    _repeated_lines(batch.codes, batch.flags, lines.starts, lines.stops, lines.ends, out)
    return out


@njit(cache=True, nogil=True)
def _repeated_lines(codes, flags, starts, stops, ends, out):  # type: ignore[no-untyped-def]
    for document in range(len(out)):
        first, last = ends[document], ends[document + 1]
        begin, end = starts[first], stops[last - 1]
        if begin == end:
            continue
        keys = np.zeros(mask_for(last - first) + 1, np.uint64)
        lines, repeated, length, visible = _count_lines(codes, flags, starts, stops, first, last, keys)
        lines += (codes[begin] == 10) + (codes[end - 1] == 10)
        repeated += codes[begin] == 10 and codes[end - 1] == 10
        out[document, 2] = repeated / lines
        out[document, 3] = length / (end - begin)
        out[document, 4] = visible / max(end - begin - (last - first - 1), 1)
        paragraphs = _paragraphs(codes, flags, starts, stops, first, last, keys)
        out[document, 0] = paragraphs[1] / max(paragraphs[0], 1)
        out[document, 1] = paragraphs[2] / (end - begin)


@njit(cache=True, nogil=True)
def _count_lines(codes, flags, starts, stops, first, last, keys):  # type: ignore[no-untyped-def]
    """Count lines that are not empty, those seen before, their characters, and the visible ones'."""
    lines, repeated, length, visible = 0, 0, 0, 0
    for line in range(first, last):
        start, stop = starts[line], stops[line]
        if start == stop:
            continue
        lines += 1
        key = not_zero(span_hash(codes, start, stop))
        slot = find(keys, len(keys) - 1, key)
        if keys[slot] == key:
            repeated += 1
            length += stop - start
            visible += 0 if _blank(flags, start, stop) else stop - start
        keys[slot] = key
    return lines, repeated, length, visible


@njit(cache=True, nogil=True)
def _blank(flags, start, stop):  # type: ignore[no-untyped-def]
    for k in range(start, stop):
        if not flags[k] & _SPACE:
            return False
    return True


@njit(cache=True, nogil=True)
def _paragraphs(codes, flags, starts, stops, first, last, keys):  # type: ignore[no-untyped-def]
    """Count paragraphs of the stripped text, those seen before, and their characters."""
    begin, end = starts[first], stops[last - 1]
    while begin < end and flags[begin] & _SPACE:
        begin += 1
    while end > begin and flags[end - 1] & _SPACE:
        end -= 1
    keys[:] = 0
    total, repeated, length = 0, 0, 0
    opened = np.int64(-1)
    closed = np.int64(-1)
    for line in range(first, last):
        start, stop = max(starts[line], begin), min(stops[line], end)
        if start < stop:
            opened = start if opened < 0 else opened
            closed = stop
        ends_here = start >= stop or stop == end
        if ends_here and opened >= 0:
            total += 1
            key = not_zero(span_hash(codes, opened, closed))
            slot = find(keys, len(keys) - 1, key)
            if keys[slot] == key:
                repeated += 1
                length += closed - opened
            keys[slot] = key
            opened = np.int64(-1)
    return total, repeated, length

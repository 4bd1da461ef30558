"""Repetition: the n-grams and lines that a document says again (Gopher, arXiv 2112.11446, table A1).

Shares are of the document's characters, or of its lines or paragraphs; as datatrove 0.10.1.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .batch import Batch
from .characters import SPACE
from .hashing import find_homes, mask_for, most, power, seek, span_hash

_SPACE = np.uint32(SPACE)
_MIX, _ONE = np.uint64(0xD6E8FEB86659FD93), np.uint64(1)


def repeated_grams(batch: Batch) -> NDArray[np.float64]:
    """Share of characters in the most frequent 2-, 3-, 4-gram, and in repeated 5- to 10-grams.

    The most frequent n-gram counts with the spaces between its words, once for each time it
    occurs; of several the first. Repeated n-grams are found from left to right, each with the
    n words after it skipped, and count without spaces.
    """
    words = batch.words
    lengths = words.stops - words.starts
    shares = np.zeros((len(batch.rows), 9))
    hashes, _ = batch.word_hashes
    _top_grams(hashes, lengths, *batch.word_counts, words.ends, shares)
    _repeated_grams(hashes, lengths, words.ends, shares)
    return shares / np.maximum(np.diff(batch.ends), 1)[:, None]


@njit(cache=True, nogil=True)
def _top_grams(hashes, lengths, first_words, word_counts, ends, out):  # type: ignore[no-untyped-def]
    """Count n-grams, but only those whose first n - 1 words are said again."""
    size = most(ends)
    grams, places = np.empty(size, np.uint64), np.empty(size, np.int64)
    firsts, counts = np.empty(size, np.uint32), np.empty(size, np.uint32)
    slots, homes = np.empty(mask_for(size) + 1, np.uint32), np.empty(size, np.uint32)
    for document in range(len(out)):
        first, left = ends[document], ends[document + 1] - ends[document]
        own, own_lengths = hashes[first : first + left], lengths[first : first + left]
        grams[:left], places[:left] = own, np.arange(left)
        firsts[:left] = first_words[first : first + left]
        counts[:left] = word_counts[first : first + left]
        for n in range(2, min(left, 4) + 1):
            left = _extend(grams, places, firsts, counts, own, left, n)
            mask = mask_for(left)
            find_homes(grams, left, mask, homes)
            slots[: mask + 1] = 0
            best, top = _most_frequent(grams, homes, left, slots, mask, counts, firsts)
            place = places[top] if best > 1 else 0
            out[document, n - 2] = best * (own_lengths[place : place + n].sum() + n - 1)


@njit(cache=True, nogil=True)
def _extend(grams, places, firsts, counts, hashes, left, n):  # type: ignore[no-untyped-def]
    """Add a word to the n-grams that were counted more than once, and forget the others."""
    kept = np.uint64(0)
    while left and places[left - 1] + n > len(hashes):
        left -= 1
    for k in range(np.uint64(left)):  # no branch: it would be guessed wrong half the time
        place = places[k]
        grams[kept] = grams[k] * _MIX + hashes[np.uint64(place + n - 1)]
        places[kept] = place
        kept += np.uint64(counts[firsts[k]] > 1)
    return np.int64(kept)


@njit(cache=True, nogil=True)
def _most_frequent(grams, homes, count, slots, mask, counts, firsts):  # type: ignore[no-untyped-def]
    """Give the highest count of a value (1 of none), and the first place of the first that has it."""
    best, top = np.uint32(1), np.int64(0)
    for k in range(count):
        slot = seek(slots, mask, homes, grams, k)
        if slots[slot] == 0:
            slots[slot] = k + 1
            counts[k] = 0
        first = np.int64(slots[slot]) - 1
        firsts[k] = first
        counts[first] += 1
        if counts[first] > best or (counts[first] == best and first < top):
            best, top = counts[first], first
    return np.int64(best), top


@njit(cache=True, nogil=True)
def _repeated_grams(hashes, lengths, ends, out):  # type: ignore[no-untyped-def]
    """Sum the lengths of repeated n-grams of 5 to 10 words, which are equal if they are without spaces."""
    size = most(ends)
    grams, powers = np.empty(size, np.uint64), np.empty(size, np.uint64)
    slots, homes = np.empty(mask_for(size) + 1, np.uint32), np.empty(size, np.uint32)
    for document in range(len(out)):
        first, count = ends[document], ends[document + 1] - ends[document]
        own_lengths = lengths[first : first + count]
        for k in range(count):
            grams[k] = hashes[first + k]
            powers[k] = power(own_lengths[k])
        mask = mask_for(count)
        for n in range(2, min(count, 10) + 1):
            added, widths = hashes[first + n - 1 : first + count], powers[n - 1 : count]
            for k in range(np.uint64(count - n + 1)):
                grams[k] = grams[k] * widths[k] + added[k]
            if n >= 5:
                find_homes(grams, count - n + 1, mask, homes)
                slots[: mask + 1] = 0
                out[document, n - 2] = _repeated(grams, homes, own_lengths, n, slots, mask)


@njit(cache=True, nogil=True)
def _repeated(grams, homes, lengths, n, slots, mask):  # type: ignore[no-untyped-def]
    """Give the characters of all n-grams that were seen before."""
    total, k, stop = np.int64(0), np.uint64(0), np.uint64(max(len(lengths) - n + 1, 0))
    while k < stop:
        slot = seek(slots, mask, homes, grams, k)
        if slots[slot]:
            total += lengths[np.int64(k) : np.int64(k) + n].sum()
            k += np.uint64(n)
        else:
            k += _ONE
            slots[slot] = k
    return total


def repeated_lines(batch: Batch) -> NDArray[np.float64]:
    """Share of paragraphs and lines that were seen before, and of the characters in them.

    Paragraphs are parted by two newlines or more in the stripped text, lines by one or more.
    The last column is FineWeb's: characters of repeated lines that are not blank, as a share of
    all characters but newlines.
    """
    lines = batch.lines
    out = np.zeros((len(batch.rows), 5))
    _repeated_lines(
        batch.codes, batch.flags, lines.starts, lines.stops, batch.line_hashes, lines.ends, out
    )
    return out


@njit(cache=True, nogil=True)
def _repeated_lines(codes, flags, starts, stops, line_hashes, ends, out):  # type: ignore[no-untyped-def]
    size = most(ends)
    hashes, bounds = np.empty(size, np.uint64), np.empty((size, 2), np.int64)
    slots, homes = np.empty(mask_for(size) + 1, np.uint32), np.empty(size, np.uint32)
    for document in range(len(out)):
        first, last = ends[document], ends[document + 1]
        begin, end = starts[first], stops[last - 1]
        if begin == end:
            continue
        lines = _filled_lines(starts, stops, line_hashes, first, last, bounds, hashes)
        repeated, length, visible = _count_repeated(flags, bounds[:lines], hashes, homes, slots)
        at_start, at_end = codes[begin] == 10, codes[end - 1] == 10  # an empty line each
        out[document, 2] = (repeated + (at_start and at_end)) / (lines + at_start + at_end)
        out[document, 3] = length / (end - begin)
        out[document, 4] = visible / max(end - begin - (last - first - 1), 1)
        total = _paragraphs(flags, starts[first:last], stops[first:last], bounds)
        if total > 1:
            for k in range(total):
                hashes[k] = span_hash(codes, bounds[k, 0], bounds[k, 1])
            repeated, length, _ = _count_repeated(flags, bounds[:total], hashes, homes, slots)
            out[document, 0] = repeated / total
            out[document, 1] = length / (end - begin)


@njit(cache=True, nogil=True)
def _filled_lines(starts, stops, line_hashes, first, last, bounds, hashes):  # type: ignore[no-untyped-def]
    """Copy the bounds and hashes of lines that are not empty; give their number."""
    found = 0
    for line in range(first, last):
        if starts[line] < stops[line]:
            bounds[found, 0], bounds[found, 1] = starts[line], stops[line]
            hashes[found] = line_hashes[line]
            found += 1
    return found


@njit(cache=True, nogil=True)
def _paragraphs(flags, starts, stops, bounds):  # type: ignore[no-untyped-def]
    """Find the bounds of the stripped text's paragraphs, which empty lines part; give their number."""
    begin, end = starts[0], stops[-1]
    while begin < end and flags[begin] & _SPACE:
        begin += 1
    while end > begin and flags[end - 1] & _SPACE:
        end -= 1
    found, inside = 0, False
    for line in range(len(starts)):
        start, stop = max(starts[line], begin), min(stops[line], end)
        if start >= stop:
            inside = False
            continue
        if not inside:
            bounds[found, 0] = start
            found += 1
        inside = True
        bounds[found - 1, 1] = stop
    return found


@njit(cache=True, nogil=True)
def _count_repeated(flags, bounds, hashes, homes, slots):  # type: ignore[no-untyped-def]
    """Count spans that were seen before, their characters, and those of the ones that are not blank."""
    mask = mask_for(len(bounds))
    find_homes(hashes, len(bounds), mask, homes)
    slots[: mask + 1] = 0
    repeated, length, visible = 0, 0, 0
    for k in range(len(bounds)):
        slot = seek(slots, mask, homes, hashes, k)
        if slots[slot]:
            repeated += 1
            length += bounds[k, 1] - bounds[k, 0]
            visible += (
                0 if _blank(flags, bounds[k, 0], bounds[k, 1]) else bounds[k, 1] - bounds[k, 0]
            )
        else:
            slots[slot] = k + 1
    return repeated, length, visible


@njit(cache=True, nogil=True)
def _blank(flags, start, stop):  # type: ignore[no-untyped-def]
    while start < stop and flags[start] & _SPACE:
        start += 1
    return start == stop

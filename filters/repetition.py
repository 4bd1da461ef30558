"""Repetition: the n-grams and lines that a document says again (Gopher, arXiv 2112.11446, table A1).

Shares are of the document's characters, or of its lines or paragraphs; as datatrove 0.10.1.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .batch import Batch
from .characters import SPACE
from .hashing import mask_for, power, seek, span_hash

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
    most = _most(ends)
    grams, slots = np.empty(most, np.uint64), np.empty(mask_for(most) + 1, np.int32)
    counts = np.empty(most, np.int32)
    for document in range(len(out)):
        first, count = ends[document], ends[document + 1] - ends[document]
        mask = mask_for(count)
        grams[:count] = hashes[first : first + count]
        for n in range(2, min(count, 4) + 1):
            for k in range(count - n + 1):
                grams[k] = grams[k] * _MIX + hashes[first + k + n - 1]
            slots[: mask + 1] = 0
            best, place = _most_frequent(grams, count - n + 1, slots, mask, counts)
            length = lengths[first + place : first + place + n].sum() + n - 1
            out[document, n - 2] = best * length


@njit(cache=True, nogil=True)
def _most_frequent(grams, count, slots, mask, counts):  # type: ignore[no-untyped-def]
    """Give the highest count of a value, and the first place of the first value that has it."""
    best, place = 0, 0
    for k in range(count):
        slot = seek(slots, mask, grams, k)
        if slots[slot] == 0:
            slots[slot] = k + 1
            counts[k] = 0
        first = slots[slot] - 1
        counts[first] += 1
        if counts[first] > best or (counts[first] == best and first < place):
            best, place = counts[first], first
    return best, place


@njit(cache=True, nogil=True)
def _repeated_grams(hashes, lengths, ends, out):  # type: ignore[no-untyped-def]
    """Sum the lengths of repeated n-grams of 5 to 10 words, which are equal if they are without spaces."""
    most = _most(ends)
    grams, powers = np.empty(most, np.uint64), np.empty(most, np.uint64)
    slots = np.empty(mask_for(most) + 1, np.int32)
    for document in range(len(out)):
        first, count = ends[document], ends[document + 1] - ends[document]
        for k in range(count):
            grams[k] = hashes[first + k]
            powers[k] = power(lengths[first + k])
        mask = mask_for(count)
        for n in range(2, min(count, 10) + 1):
            for k in range(count - n + 1):
                grams[k] = grams[k] * powers[k + n - 1] + hashes[first + k + n - 1]
            if n >= 5:
                slots[: mask + 1] = 0
                out[document, n - 2] = _repeated(
                    grams, lengths[first : first + count], n, slots, mask
                )


@njit(cache=True, nogil=True)
def _repeated(grams, lengths, n, slots, mask):  # type: ignore[no-untyped-def]
    """Give the characters of all n-grams that were seen before."""
    total, k = 0, 0
    while k < len(lengths) - n + 1:
        slot = seek(slots, mask, grams, k)
        if slots[slot]:
            total += lengths[k : k + n].sum()
            k += n
        else:
            slots[slot] = k + 1
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
    most = _most(ends)
    hashes, slots = np.empty(most, np.uint64), np.empty(mask_for(most) + 1, np.int32)
    for document in range(len(out)):
        first, last = ends[document], ends[document + 1]
        begin, end = starts[first], stops[last - 1]
        if begin == end:
            continue
        mask = mask_for(last - first)
        slots[: mask + 1] = 0
        own_starts, own_stops = starts[first:last], stops[first:last]
        lines, repeated, length, visible = _count_lines(
            codes, flags, own_starts, own_stops, hashes, slots, mask
        )
        at_start, at_end = codes[begin] == 10, codes[end - 1] == 10  # an empty line each
        out[document, 2] = (repeated + (at_start and at_end)) / (lines + at_start + at_end)
        out[document, 3] = length / (end - begin)
        out[document, 4] = visible / max(end - begin - (last - first - 1), 1)
        slots[: mask + 1] = 0
        total, repeated, length = _paragraphs(
            codes, flags, own_starts, own_stops, hashes, slots, mask
        )
        out[document, 0] = repeated / max(total, 1)
        out[document, 1] = length / (end - begin)


@njit(cache=True, nogil=True)
def _count_lines(codes, flags, starts, stops, hashes, slots, mask):  # type: ignore[no-untyped-def]
    """Count lines that are not empty, those seen before, their characters, and the visible ones'."""
    lines, repeated, length, visible = 0, 0, 0, 0
    for line in range(len(starts)):
        start, stop = starts[line], stops[line]
        if start == stop:
            continue
        hashes[lines] = span_hash(codes, start, stop)
        slot = seek(slots, mask, hashes, lines)
        lines += 1
        if slots[slot]:
            repeated += 1
            length += stop - start
            visible += 0 if _blank(flags, start, stop) else stop - start
        else:
            slots[slot] = lines
    return lines, repeated, length, visible


@njit(cache=True, nogil=True)
def _blank(flags, start, stop):  # type: ignore[no-untyped-def]
    for k in range(start, stop):  # noqa: SIM110 Numba compiles no generator
        if not flags[k] & _SPACE:
            return False
    return True


@njit(cache=True, nogil=True)
def _paragraphs(codes, flags, starts, stops, hashes, slots, mask):  # type: ignore[no-untyped-def]
    """Count paragraphs of the stripped text, those seen before, and their characters."""
    begin, end = starts[0], stops[-1]
    while begin < end and flags[begin] & _SPACE:
        begin += 1
    while end > begin and flags[end - 1] & _SPACE:
        end -= 1
    total, repeated, length = 0, 0, 0
    opened, closed = np.int64(-1), np.int64(-1)
    for line in range(len(starts)):
        start, stop = max(starts[line], begin), min(stops[line], end)
        if start < stop:
            opened = start if opened < 0 else opened
            closed = stop
        if opened >= 0 and (start >= stop or stop == end):
            hashes[total] = span_hash(codes, opened, closed)
            slot = seek(slots, mask, hashes, total)
            total += 1
            if slots[slot]:
                repeated += 1
                length += closed - opened  # type: ignore[assignment]
            else:
                slots[slot] = total
            opened = np.int64(-1)
    return total, repeated, length

"""Hashes of spans of characters and the open-addressed table that counts them.

Other files' compiled kernels hold copies of these functions, and Numba's cache does not see a
change here: after one, delete the folders `__pycache__`.
"""

import numpy as np
from numba import njit

BASE = np.uint64(0x9E3779B97F4A7C15)
_BASE2 = np.uint64(int(BASE) ** 2 % 2**64)
_BASE3 = np.uint64(int(BASE) ** 3 % 2**64)
_BASE4 = np.uint64(int(BASE) ** 4 % 2**64)
_MIX = np.uint64(0xFF51AFD7ED558CCD)
_ONE, _TWO, _THREE, _FOUR = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
_32, _33, _ONE_32 = np.uint64(32), np.uint64(33), np.uint32(1)


@njit(cache=True, nogil=True, inline="always")
def span_hash(codes, start, stop):  # type: ignore[no-untyped-def]
    """Hash characters as a polynomial in BASE modulo 2^64, each code plus one a coefficient.

    The hash of a concatenation is hash(a) * BASE**len(b) + hash(b).
    """
    value = np.uint64(0)
    k, stop = np.uint64(start), np.uint64(stop)
    while k + _FOUR <= stop:  # four at a time: a multiplication waits for the one before it
        value = (
            value * _BASE4
            + (np.uint64(codes[k]) + _ONE) * _BASE3
            + (np.uint64(codes[k + _ONE]) + _ONE) * _BASE2
            + (np.uint64(codes[k + _TWO]) + _ONE) * BASE
            + (np.uint64(codes[k + _THREE]) + _ONE)
        )
        k += _FOUR
    while k < stop:
        value = value * BASE + (np.uint64(codes[k]) + _ONE)
        k += _ONE
    return value


_POWERS = np.array([pow(int(BASE), length, 2**64) for length in range(64)], np.uint64)


@njit(cache=True, nogil=True, inline="always")
def power(length):  # type: ignore[no-untyped-def]
    """Raise BASE to a length, modulo 2^64."""
    if length < len(_POWERS):
        return _POWERS[length]
    value, square = _ONE, BASE
    while length > 0:
        if length & 1:
            value *= square
        square *= square
        length >>= 1
    return value


@njit(cache=True, nogil=True, inline="always")
def find_homes(values, count, mask, homes):  # type: ignore[no-untyped-def]
    """Give for each value the slot where a search for it begins."""
    for k in range(np.uint64(count)):
        homes[k] = (((values[k] ^ (values[k] >> _33)) * _MIX) >> _32) & np.uint64(mask)


@njit(cache=True, nogil=True, inline="always")
def seek(slots, mask, homes, values, k):  # type: ignore[no-untyped-def]
    """Give the slot of `values[k]` in a table of places plus one: where an equal value is, or room.

    Places take half the memory of values, so a table stays in a first-level cache; unsigned
    indices spare Numba's look at negative ones. Both were measured: a third less time.
    """
    slot = homes[k]
    place = slots[slot]
    while place != 0 and values[np.uint32(place - _ONE_32)] != values[k]:
        slot = np.uint32((slot + _ONE_32) & np.uint32(mask))
        place = slots[slot]
    return slot


@njit(cache=True, nogil=True, inline="always")
def mask_for(count):  # type: ignore[no-untyped-def]
    """Size a table that is at most a quarter full: its number of slots, a power of two, less one."""
    size = 8
    while size < 4 * count:
        size *= 2
    return size - 1


@njit(cache=True, nogil=True)
def most(ends):  # type: ignore[no-untyped-def]
    """Give the number of spans in the document that has most."""
    found = 0
    for document in range(len(ends) - 1):
        found = max(found, ends[document + 1] - ends[document])
    return found


@njit(cache=True, nogil=True)
def hash_all(codes, flags, starts, stops):  # type: ignore[no-untyped-def]
    """Hash every span as `span_hash` does, and join the bits of its characters."""
    hashes, kinds = np.empty(len(starts), np.uint64), np.empty(len(starts), np.uint32)
    for span in range(len(starts)):
        value, kind = np.uint64(0), np.uint32(0)
        # Short: one loop to mispredict the end of.
        for k in range(np.uint64(starts[span]), np.uint64(stops[span])):
            value = value * BASE + (np.uint64(codes[k]) + _ONE)
            kind |= flags[k]
        hashes[span], kinds[span] = value, kind
    return hashes, kinds


@njit(cache=True, nogil=True)
def hash_lines(codes, starts, stops):  # type: ignore[no-untyped-def]
    """Hash every span as `span_hash` does, the faster way for long ones."""
    hashes = np.empty(len(starts), np.uint64)
    for span in range(len(starts)):
        hashes[span] = span_hash(codes, starts[span], stops[span])
    return hashes


@njit(cache=True, nogil=True)
def count_equal(hashes, ends):  # type: ignore[no-untyped-def]
    """Give for each value of a document the place of the first equal one; at that place, their number."""
    firsts, counts = np.empty(len(hashes), np.uint32), np.zeros(len(hashes), np.uint32)
    size = most(ends)
    slots, homes = np.empty(mask_for(size) + 1, np.uint32), np.empty(size, np.uint32)
    for document in range(len(ends) - 1):
        first, count = ends[document], ends[document + 1] - ends[document]
        own, mask = hashes[first : first + count], mask_for(count)
        find_homes(own, count, mask, homes)
        slots[: mask + 1] = 0
        for k in range(count):
            slot = seek(slots, mask, homes, own, k)
            if slots[slot] == 0:
                slots[slot] = k + 1
            firsts[first + k] = slots[slot] - _ONE_32
            counts[first + np.int64(firsts[first + k])] += _ONE_32
    return firsts, counts

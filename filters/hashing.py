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
_ONE, _32, _33 = np.uint64(1), np.uint64(32), np.uint64(33)


@njit(cache=True, nogil=True, inline="always")
def span_hash(codes, start, stop):  # type: ignore[no-untyped-def]
    """Hash characters as a polynomial in BASE modulo 2^64, each code plus one a coefficient.

    The hash of a concatenation is hash(a) * BASE**len(b) + hash(b).
    """
    value = np.uint64(0)
    k = start
    while k + 4 <= stop:  # four at a time: a multiplication waits for the one before it
        value = (
            value * _BASE4
            + (np.uint64(codes[k]) + _ONE) * _BASE3
            + (np.uint64(codes[k + 1]) + _ONE) * _BASE2
            + (np.uint64(codes[k + 2]) + _ONE) * BASE
            + (np.uint64(codes[k + 3]) + _ONE)
        )
        k += 4
    while k < stop:
        value = value * BASE + (np.uint64(codes[k]) + _ONE)
        k += 1
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
def seek(slots, mask, values, k):  # type: ignore[no-untyped-def]
    """Give the slot of `values[k]` in a table of places plus one: where an equal value is, or room.

    Places take half the memory of values, and a table of them stays in a first-level cache.
    """
    slot = np.int64(((values[k] ^ (values[k] >> _33)) * _MIX) >> _32) & mask
    while slots[slot] != 0 and values[slots[slot] - 1] != values[k]:
        slot = (slot + 1) & mask
    return slot


@njit(cache=True, nogil=True, inline="always")
def mask_for(count):  # type: ignore[no-untyped-def]
    """Size a table that is at most a quarter full: its number of slots, a power of two, less one."""
    size = 8
    while size < 4 * count:
        size *= 2
    return size - 1


@njit(cache=True, nogil=True)
def hash_all(codes, starts, stops):  # type: ignore[no-untyped-def]
    """Hash every span."""
    hashes = np.empty(len(starts), np.uint64)
    for k in range(len(starts)):
        hashes[k] = span_hash(codes, starts[k], stops[k])
    return hashes

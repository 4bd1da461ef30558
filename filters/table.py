"""An open-addressed table of 64-bit keys inside a compiled kernel; 0 is a free slot and no key."""

import numpy as np
from numba import njit

_MIX, _33, _0 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(33), np.uint64(0)


@njit(cache=True, nogil=True, inline="always")
def slot_of(table, key):  # type: ignore[no-untyped-def]
    """Give the slot where a key is or would be; the length of the table is a power of two."""
    mask = len(table) - 1
    slot = np.int64((key ^ (key >> _33)) * _MIX >> _33) & mask
    while table[slot] != _0 and table[slot] != key:
        slot = (slot + 1) & mask
    return slot

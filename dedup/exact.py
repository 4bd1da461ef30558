"""Exact duplicates: one 128-bit digest of the normalised text."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import xxhash
from numba import njit
from numpy.typing import NDArray

from .folding import SPACE, UNSTABLE, WIDTH_SHIFT, decode, load, store, tables
from .texts import Buffers, by_chunk, fixed_binary

_SPACE, _UNSTABLE = np.uint64(SPACE), np.uint64(UNSTABLE)
_PACKED, _WIDTH_SHIFT, _WIDTH = np.uint64((1 << 48) - 1), np.uint64(WIDTH_SHIFT), np.uint64(0xFF)
_ZERO, _ONE, _2, _7, _8, _61 = (np.uint64(n) for n in (0, 1, 2, 7, 8, 61))
_EACH = 0x0101010101010101
_TOPS, _CASES = np.uint64(0x80 * _EACH), np.uint64(0x20 * _EACH)
_FROM_A, _PAST_Z = np.uint64((0x80 - ord("A")) * _EACH), np.uint64((0x7F - ord("Z")) * _EACH)
_PAST_SPACE = np.uint64((0x7F - ord(" ")) * _EACH)
_BYTE_OF = np.uint64(sum(k << (61 - 8 * k) for k in range(8)))  # see ngrams.py
EMPTY = xxhash.xxh3_128_digest(b"")


@njit(cache=True, nogil=True)
def _fold(data, offsets, near, pages, cells):  # type: ignore[no-untyped-def]
    """Fold every text and squeeze its white space to single spaces: bytes, ends, unstable flags."""
    texts = len(offsets) - 1
    # No folding doubles a character's bytes: three become five at worst (U+1F82 and its like).
    out, used = np.empty((offsets[-1] - offsets[0]) * 2 + 16, np.uint8), np.int64(0)
    ends, unstable = np.zeros(texts + 1, np.int64), np.zeros(texts, np.bool_)
    for i in range(texts):
        at, stop, first, gap = offsets[i], offsets[i + 1], used, False
        seen = _ZERO
        while at < stop:
            byte = data[at]
            if byte < 0x80 and at + 8 <= stop:
                # Eight bytes at once, up to the first that is white space, control or not ASCII
                # (a sum that overflows its byte spoils only the bytes behind that one).
                x = load(data, at)
                others = (~(x + _PAST_SPACE) | x) & _TOPS
                bit = (others & (~others + _ONE)) >> _7
                run = np.int64((bit * _BYTE_OF) >> _61 if others else _8)
                if run:
                    out[used] = 0x20
                    used += gap
                    gap = False
                    capitals = (x + _FROM_A) & ~(x + _PAST_Z) & _TOPS
                    store(out, used, x | (capitals >> _2))
                    at, used = at + run, used + run
                    continue
            # Inlined by hand: numba counts references to an array at every call that takes it.
            cell, size = near[byte & 0x7F], 1
            if byte >= 0xE0 or (byte >= 0x80 and at + 1 == stop):
                code, size = decode(data, at, stop)
                page = np.int64(pages[code >> 8]) if code >= 0 else 0
                cell = cells[page * 256 + (code & 255)] if code >= 0 else _ZERO
            elif byte >= 0x80:
                cell, size = near[(np.int64(byte) & 0x1F) << 6 | np.int64(data[at + 1] & 0x3F)], 2
            seen |= cell
            if cell & _SPACE:
                gap = bool(used > first)
                at += size
                continue
            out[used] = 0x20
            used += gap
            gap = False
            if cell & _PACKED:
                store(out, used, cell)
                used += np.int64((cell >> _WIDTH_SHIFT) & _WIDTH) >> 3
            else:
                for k in range(size):
                    out[used + k] = data[at + k]
                used += size
            at += size
        ends[i + 1] = used
        unstable[i] = (seen & _UNSTABLE) != _ZERO
    return out[:used], ends, unstable


def digests(texts: object) -> pa.FixedSizeBinaryArray:
    """Give the xxh3-128 of each text's normal form with white space squeezed to single spaces.

    The normal form is NFC, case-folded; white space is `str.isspace`, none is left at the ends.
    Texts with equal digests have equal words, hence a Jaccard similarity of 1.

    Args:
        texts: an Arrow string array, chunked or not, or a sequence of `str`.

    Returns:
        fixed_size_binary(16), canonical (big-endian) xxh3-128; null for null.

    >>> one, two = digests(["Straße  12 ", "STRASSE\\n12"]).to_pylist()
    >>> one == two
    True
    """

    def kernel(chunk: Buffers) -> tuple[pa.Array, NDArray[np.bool_]]:
        folded, ends, unstable = _fold(chunk.data, chunk.offsets, *tables())
        view, digest = memoryview(folded), xxhash.xxh3_128_digest
        places = ends.tolist()
        made = b"".join(digest(view[a:b]) for a, b in pairwise(places))
        return fixed_binary(np.frombuffer(made, np.uint8), 16, chunk.valid), unstable

    return by_chunk(texts, kernel, pa.binary(16))

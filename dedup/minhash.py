"""MinHash signatures: the band keys by which near-duplicates meet, and exchange with datasketch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from .ngrams import minima as take_minima
from .shape import DEFAULT, Shape
from .texts import Buffers, by_chunk, fixed_binary

if TYPE_CHECKING:
    from datasketch import LeanMinHash

_START = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: far apart for near numbers
_MIX, _HALF, _33 = np.uint64(0xD6E8FEB86659FD93), np.uint64(32), np.uint64(33)
_FMIX_1, _FMIX_2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)


@njit(cache=True, nogil=True)
def hash_bands(minima, bands, rows):  # type: ignore[no-untyped-def]
    """Hash each band's minima to one 64-bit key, the band's number included."""
    keys = np.empty((len(minima), bands), np.uint64)
    for i in range(len(minima)):
        for band in range(bands):
            key = np.uint64(band + 1) * _START
            for row in range(band * rows, (band + 1) * rows):
                key = (key ^ np.uint64(minima[i, row])) * _MIX
                key ^= key >> _HALF
            key = (key ^ (key >> _33)) * _FMIX_1
            key = (key ^ (key >> _33)) * _FMIX_2
            keys[i, band] = key ^ (key >> _33)
    return keys


def minhashes(texts: object, shape: Shape = DEFAULT) -> pa.FixedSizeListArray:
    """Give the minima themselves: what `signatures` hashes to band keys, 4 bytes each.

    Minimum p of a text is the least a_p * h + b_p mod 2**32 over its n-grams, where h is the
    upper half of the n-gram's hash (see `shingles`) mixed by MurmurHash3's fmix32, and a_p is odd
    (`Shape.permutations`). Broder, On the resemblance and containment of documents (1997), with
    2-universal multiply-add permutations as in datasketch >= 2.0.

    Returns:
        fixed_size_list<uint32>[shape.hashes]; null for null and for a text without words.
    """

    def kernel(chunk: Buffers) -> tuple[pa.Array, NDArray[np.bool_]]:
        values, signed, unstable = take_minima(chunk, shape)
        lists = pa.FixedSizeListArray.from_arrays(
            pa.array(values.reshape(-1)), shape.hashes, mask=pa.array(~(signed & chunk.valid))
        )
        return lists, unstable

    return by_chunk(texts, kernel, pa.list_(pa.uint32(), shape.hashes))


def signatures(texts: object, shape: Shape = DEFAULT) -> pa.FixedSizeBinaryArray:
    """Give the LSH band keys of each text; two texts are candidates when a band's keys are equal.

    Args:
        texts: an Arrow string array, chunked or not, or a sequence of `str`.
        shape: the number of bands, minima a band, words an n-gram, and the seed.

    Returns:
        fixed_size_binary(8 * shape.bands): `bands` little-endian 64-bit keys, 112 bytes by default.
        Null for null and for a text without words.

    >>> texts = ["The quick brown fox jumps over it.", "the QUICK brown fox: jumps over it", "-"]
    >>> one, two, none = signatures(texts).to_pylist()
    >>> len(one), one == two, none
    (112, True, None)
    """

    def kernel(chunk: Buffers) -> tuple[pa.Array, NDArray[np.bool_]]:
        values, signed, unstable = take_minima(chunk, shape)
        keys = hash_bands(values, shape.bands, shape.rows)
        return fixed_binary(keys.view(np.uint8), 8 * shape.bands, signed & chunk.valid), unstable

    return by_chunk(texts, kernel, pa.binary(8 * shape.bands))


def band_keys(minhashes: pa.FixedSizeListArray, shape: Shape = DEFAULT) -> pa.FixedSizeBinaryArray:
    """Give the signatures of given minima: `band_keys(minhashes(t, s), s) == signatures(t, s)`.

    Raises:
        ValueError: lists of another length than `shape.hashes`.
    """
    if minhashes.type != pa.list_(pa.uint32(), shape.hashes):
        raise ValueError(
            f"expected lists of {shape.hashes} uint32 minima for {shape}, not {minhashes.type}"
        )
    valid = minhashes.is_valid().to_numpy(zero_copy_only=False)
    values = np.zeros((len(minhashes), shape.hashes), np.uint32)
    values[valid] = minhashes.drop_null().flatten().to_numpy().reshape(-1, shape.hashes)
    keys = hash_bands(values, shape.bands, shape.rows)
    return fixed_binary(keys.view(np.uint8), 8 * shape.bands, valid)


def to_datasketch(
    minhashes: pa.FixedSizeListArray, shape: Shape = DEFAULT
) -> "list[LeanMinHash | None]":
    """Give minima as datasketch sketches (scheme "affine32", datasketch >= 2.0); null is None.

    They are bit for bit what `datasketch.MinHash(num_perm=shape.hashes, seed=shape.seed,
    hashfunc=lambda h: h >> 32)` makes of the same `shingles`, and so may be compared and indexed
    with those. A sketch made with datasketch's default hash (SHA-1 of some token) has the same
    scheme and seed but other n-gram hashes: datasketch cannot tell, and will find nothing alike.
    """
    from datasketch import LeanMinHash

    return [
        None
        if values is None
        else LeanMinHash(seed=shape.seed, hashvalues=np.array(values, np.uint32), scheme="affine32")
        for values in minhashes.to_pylist()
    ]


def from_datasketch(
    sketches: "Sequence[LeanMinHash | None]", shape: Shape = DEFAULT
) -> pa.FixedSizeListArray:
    """Take datasketch sketches of scheme "affine32" as minima; see `to_datasketch`.

    Raises:
        ValueError: another scheme, seed or number of permutations than `shape` has.
    """
    for place, sketch in enumerate(sketches):
        found = None if sketch is None else (sketch.scheme, sketch.seed, len(sketch))
        if found not in (None, ("affine32", shape.seed, shape.hashes)):
            raise ValueError(
                f"sketch {place} has (scheme, seed, permutations) = {found}, but {shape} needs "
                f"('affine32', {shape.seed}, {shape.hashes}); pass the shape it was made with"
            )
    values = [None if sketch is None else sketch.hashvalues for sketch in sketches]
    return pa.array(values, pa.list_(pa.uint32(), shape.hashes))

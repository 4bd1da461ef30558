"""N-gram hashes of texts, and their minima: the kernels that read every byte."""

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from .folding import BREAK, SINGLE, UNSTABLE, WIDTH_SHIFT, WORD, decode, load, tables
from .shape import DEFAULT, Shape
from .texts import Buffers, by_chunk

BLOCK = 1024  # tokens hashed before their n-grams' minima are taken: 20 KiB, within the first cache

_WORD, _SINGLE = np.uint64(WORD), np.uint64(SINGLE)
_UNSTABLE, _BREAK = np.uint64(UNSTABLE), np.uint64(BREAK)
_PACKED, _WIDTH_SHIFT, _WIDTH = np.uint64((1 << 48) - 1), np.uint64(WIDTH_SHIFT), np.uint64(0xFF)
_ZERO, _ONE, _2, _3, _7, _8 = (np.uint64(n) for n in (0, 1, 2, 3, 7, 8))
_61, _63, _FULL = np.uint64(61), np.uint64(63), np.uint64(64)
_EACH = 0x0101010101010101
_TOPS, _LOWS, _CASES = np.uint64(0x80 * _EACH), np.uint64(0x7F * _EACH), np.uint64(0x20 * _EACH)
_UNDERSCORES = np.uint64(ord("_") * _EACH)
_FROM_A, _PAST_Z = np.uint64((0x80 - ord("a")) * _EACH), np.uint64((0x7F - ord("z")) * _EACH)
_FROM_0, _PAST_9 = np.uint64((0x80 - ord("0")) * _EACH), np.uint64((0x7F - ord("9")) * _EACH)
# (1 << 8 * k) * _BYTE_OF >> 61 is k: a perfect hash (Leiserson, Prokop, Randall, 1998).
_BYTE_OF = np.uint64(sum(k << (61 - 8 * k) for k in range(8)))
_START = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio
_MIX = np.uint64(0xD6E8FEB86659FD93)  # odd; Rrmxmx family (P. Evensen, 2018)
_HALF, _33 = np.uint64(32), np.uint64(33)
_16, _13 = np.uint32(16), np.uint32(13)
_FMIX32_1, _FMIX32_2 = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)
_FMIX_1, _FMIX_2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_SPACE = np.uint64(0x20)
_BASE = np.uint64(0xD1342543DE82EF95)  # odd multiplier of the rolling polynomial
_INSIDE, _OPEN = 1, 2  # where a walk over characters is: in a word, or behind one


@njit(cache=True, nogil=True, forceinline=True)
def _absorb(state, group):  # type: ignore[no-untyped-def]
    """Mix eight bytes (or the last few) of a token into its hash; a bijection of the group."""
    state = (state ^ group) * _MIX
    return state ^ (state >> _HALF)


@njit(cache=True, nogil=True, forceinline=True)
def _fmix(value):  # type: ignore[no-untyped-def]
    """Finish a 64-bit hash (MurmurHash3 fmix64, A. Appleby): every bit depends on every bit."""
    value = (value ^ (value >> _33)) * _FMIX_1
    value = (value ^ (value >> _33)) * _FMIX_2
    return value ^ (value >> _33)


@njit(cache=True, nogil=True)
def _far(data, at, stop, pages, cells):  # type: ignore[no-untyped-def]
    """Read a character of three or four bytes: its cell with bytes filled in, and its length."""
    code, size = decode(data, at, stop)
    if code < 0:
        return _ZERO, size
    cell = cells[np.int64(pages[code >> 8]) * 256 + (code & 255)]
    if cell & _PACKED == _ZERO:
        for k in range(size):
            cell |= np.uint64(data[at + k]) << np.uint64(8 * k)
        cell |= np.uint64(8 * size) << _WIDTH_SHIFT
    return cell, size


@njit(cache=True, nogil=True, forceinline=True)
def _word_bytes(x):  # type: ignore[no-untyped-def]
    """Find ASCII word characters in eight bytes at once: their top bits, and the bytes folded.

    Byte-wise comparisons by carries into the top bit (Lamport, Multiple byte processing, 1975).
    """
    low = x & _LOWS
    letter = low | _CASES
    letters = (letter + _FROM_A) & ~(letter + _PAST_Z)
    digits = (low + _FROM_0) & ~(low + _PAST_9)
    words = (letters | digits | ~((low ^ _UNDERSCORES) + _LOWS)) & ~x & _TOPS
    return words, x | ((letters & _TOPS) >> _2)


@njit(cache=True, nogil=True, forceinline=True)
def _push(state, group, used, packed, width):  # type: ignore[no-untyped-def]
    """Append up to eight bytes to a token: full groups of eight are absorbed at once."""
    group |= packed << used
    if used + width < _FULL:
        return state, group, used + width
    rest = (packed >> _ONE) >> (_63 - used)  # packed >> (64 - used), defined for used = 0 as well
    return _absorb(state, group), rest, used + width - _FULL


@njit(cache=True, nogil=True, forceinline=True)
def _finish(state, group, used):  # type: ignore[no-untyped-def]
    """Give the hash of a token and whether there was one."""
    value = _absorb(state, group) if used else state
    return value, np.int64(value != _START)


@njit(cache=True, nogil=True)
def _words(data, at, stop, tokens, near, pages, cells):  # type: ignore[no-untyped-def]
    """Hash words into `tokens` until it is full or the text ends: place, words, unstable flag."""
    count = 0
    limit = len(tokens) - 2  # one character can end a word and be a token itself
    unstable = _ZERO
    state, group, used = _START, _ZERO, _ZERO
    while at < stop and count < limit:
        byte = data[at]
        if byte < 0x80 and at + 8 <= stop:
            words, folded = _word_bytes(load(data, at))
            others = words ^ _TOPS
            if others == _ZERO:
                state, group, used = _push(state, group, used, folded, _FULL)
                at += 8
                continue
            bit = (others & (~others + _ONE)) >> _7  # the lowest bit of the first other byte
            run = (bit * _BYTE_OF) >> _61
            state, group, used = _push(state, group, used, folded & (bit - _ONE), run << _3)
            at += np.int64(run)
            byte = data[at]
            if byte < 0x80:
                tokens[count], made = _finish(state, group, used)
                count += made
                state, group, used = _START, _ZERO, _ZERO
                at += 1
                continue
        # Inlined by hand: numba counts references to an array at every call that takes it.
        cell, size = near[byte & 0x7F], 1
        if byte >= 0xE0 or (byte >= 0x80 and at + 1 == stop):
            cell, size = _far(data, at, stop, pages, cells)
        elif byte >= 0x80:
            cell, size = near[(np.int64(byte) & 0x1F) << 6 | np.int64(data[at + 1] & 0x3F)], 2
        unstable |= cell
        at += size
        if cell & _WORD:
            width = _8 if cell & _BREAK else (cell >> _WIDTH_SHIFT) & _WIDTH
            packed = cell & _PACKED & ((_ONE << width) - _ONE)
            state, group, used = _push(state, group, used, packed, width)
            if not cell & _BREAK:
                continue
        tokens[count], made = _finish(state, group, used)
        count += made
        state, group, used = _START, _ZERO, _ZERO
        if cell & _SINGLE:
            tokens[count] = _absorb(_START, cell & _PACKED)
            count += 1
    tokens[count], made = _finish(state, group, used)
    return at, count + made, (unstable & _UNSTABLE) != _ZERO


@njit(cache=True, nogil=True)
def _characters(data, at, stop, gap, tokens, near, pages, cells):  # type: ignore[no-untyped-def]
    """Hash the characters of words joined by one space: place, tokens, where the walk stands."""
    count = 0
    limit = len(tokens) - 7  # a space and the six characters one can fold to
    while at < stop and count < limit:
        byte = data[at]
        # Inlined by hand: numba counts references to an array at every call that takes it.
        cell, size = near[byte & 0x7F], 1
        if byte >= 0xE0 or (byte >= 0x80 and at + 1 == stop):
            cell, size = _far(data, at, stop, pages, cells)
        elif byte >= 0x80:
            cell, size = near[(np.int64(byte) & 0x1F) << 6 | np.int64(data[at + 1] & 0x3F)], 2
        at += size
        if not cell & (_WORD | _SINGLE):
            gap = _OPEN if gap else 0
            continue
        if gap == _OPEN:
            tokens[count] = _absorb(_START, _SPACE)
            count += 1
        packed, left = cell & _PACKED, (cell >> _WIDTH_SHIFT) & _WIDTH
        if cell & _BREAK:
            left = _8
        gap = _OPEN if cell & _BREAK else _INSIDE
        while left:
            lead = packed & _WIDTH
            width = (
                _8 if lead < 0x80 else np.uint64(16 if lead < 0xE0 else 24 if lead < 0xF0 else 32)
            )
            tokens[count] = _absorb(_START, packed & ((_ONE << width) - _ONE))
            count += 1
            packed >>= width
            left -= width
    return at, count, gap


@njit(cache=True, nogil=True)
def _block(data, at, stop, ngram, power, characters, walk, tokens, hashes, near, pages, cells):  # type: ignore[no-untyped-def]
    """Hash the n-grams that end in the next block of tokens.

    `walk` is (rolling hash, tokens so far, gap); tokens[:ngram] are the tokens before this block.
    Gives the place reached, the new walk, the n-grams made and the unstable flag.
    """
    rolling, seen, gap = walk
    new = tokens[ngram:]
    unstable = False
    if characters:
        at, count, gap = _characters(data, at, stop, gap, new, near, pages, cells)
    else:
        at, count, unstable = _words(data, at, stop, new, near, pages, cells)
    made = max(count - max(ngram - 1 - seen, 0), 0)
    skip = count - made
    for k in range(count):
        rolling = rolling * _BASE + new[k] - tokens[k] * power
        if k >= skip:
            hashes[k - skip] = _fmix(rolling)
    for k in range(ngram):
        tokens[k] = tokens[count + k]
    return at, (rolling, seen + count, gap), made, unstable


@njit(cache=True, nogil=True)
def lower(minima, hashes, made, mixed, odd, summands):  # type: ignore[no-untyped-def]
    """Lower each minimum by a block of n-grams: min of a * fmix32(high half) + b mod 2**32."""
    for k in range(made):
        value = np.uint32(hashes[k] >> _HALF)
        value = np.uint32((value ^ (value >> _16)) * _FMIX32_1)
        value = np.uint32((value ^ (value >> _13)) * _FMIX32_2)
        mixed[k] = value ^ (value >> _16)
    for p in range(len(odd)):
        multiplier, summand, low = odd[p], summands[p], minima[p]
        for k in range(made):
            low = min(low, np.uint32(multiplier * mixed[k] + summand))
        minima[p] = low


@njit(cache=True, nogil=True)
def _minima(data, offsets, ngram, power, odd, summands, near, pages, cells):  # type: ignore[no-untyped-def]
    """Take the minima of every text: (texts, hashes) uint32, which are signed, which unstable."""
    texts = len(offsets) - 1
    minima = np.full((texts, len(odd)), np.uint32(0xFFFFFFFF), np.uint32)
    signed, unstable = np.zeros(texts, np.bool_), np.zeros(texts, np.bool_)
    tokens, hashes = np.zeros(ngram + BLOCK + 8, np.uint64), np.zeros(BLOCK + 8, np.uint64)
    mixed = np.zeros(BLOCK + 8, np.uint32)
    for i in range(texts):
        for characters in (False, True):
            at, stop, walk = offsets[i], offsets[i + 1], (_ZERO, np.int64(0), np.int64(0))
            tokens[:ngram] = _ZERO
            while at < stop:
                at, walk, made, flag = _block(
                    data,
                    at,
                    stop,
                    ngram,
                    power,
                    characters,
                    walk,
                    tokens,
                    hashes,
                    near,
                    pages,
                    cells,
                )
                unstable[i] |= flag
                lower(minima[i], hashes, made, mixed, odd, summands)
            if walk[1] == 0 or walk[1] >= ngram:
                break
        if 0 < walk[1] < ngram:  # fewer characters than an n-gram has: all of them are the n-gram
            hashes[0] = _fmix(walk[0])
            lower(minima[i], hashes, 1, mixed, odd, summands)
        signed[i] = walk[1] > 0
    return minima, signed, unstable


@njit(cache=True, nogil=True)
def _all(data, offsets, ngram, power, near, pages, cells):  # type: ignore[no-untyped-def]
    """Hash every n-gram of every text, in order and with repeats: hashes, ends, unstable flags."""
    texts = len(offsets) - 1
    ends, unstable = np.zeros(texts + 1, np.int64), np.zeros(texts, np.bool_)
    tokens, hashes = np.zeros(ngram + BLOCK + 8, np.uint64), np.zeros(BLOCK + 8, np.uint64)
    out, used = np.empty((offsets[-1] - offsets[0]) // 5 + BLOCK + 8, np.uint64), 0
    for i in range(texts):
        for characters in (False, True):
            at, stop, walk = offsets[i], offsets[i + 1], (_ZERO, np.int64(0), np.int64(0))
            tokens[:ngram] = _ZERO
            while at < stop:
                at, walk, made, flag = _block(
                    data,
                    at,
                    stop,
                    ngram,
                    power,
                    characters,
                    walk,
                    tokens,
                    hashes,
                    near,
                    pages,
                    cells,
                )
                unstable[i] |= flag
                if used + made > len(out):
                    wider = np.empty(2 * (used + made), np.uint64)
                    wider[:used] = out[:used]
                    out = wider
                out[used : used + made] = hashes[:made]
                used += made
            if walk[1] == 0 or walk[1] >= ngram:
                break
        if 0 < walk[1] < ngram:
            if used == len(out):
                out = np.concatenate((out, out))
            out[used] = _fmix(walk[0])
            used += 1
        ends[i + 1] = used
    return out[:used], ends, unstable


@njit(cache=True, nogil=True)
def _squeeze(values, ends):  # type: ignore[no-untyped-def]
    """Drop repeats within each sorted run, in place; gives the new ends."""
    squeezed, used = np.zeros(len(ends), np.int64), 0
    for i in range(len(ends) - 1):
        first = used
        for k in range(ends[i], ends[i + 1]):
            if used == first or values[used - 1] != values[k]:
                values[used] = values[k]
                used += 1
        squeezed[i + 1] = used
    return squeezed


def _power(ngram: int) -> np.uint64:
    """Give the weight of the token that leaves the window."""
    return np.uint64(pow(int(_BASE), ngram, 2**64))


def minima(
    texts: Buffers, shape: Shape
) -> tuple[NDArray[np.uint32], NDArray[np.bool_], NDArray[np.bool_]]:
    """Take the MinHash minima of one chunk: values, which texts have words, which are unstable."""
    odd, summands = shape.permutations()
    return _minima(  # type: ignore[no-any-return]
        texts.data, texts.offsets, shape.ngram, _power(shape.ngram), odd, summands, *tables()
    )


def shingles(texts: object, shape: Shape = DEFAULT) -> pa.LargeListArray:
    """Give the set of n-gram hashes of each text, sorted, in no more than 8 bytes a word.

    A token is a run of `\\w` (Python's `re`) in the text's normal form (NFC, case-folded), or one
    character of a script written without spaces. The hash of an n-gram depends on the order of
    its tokens: a rolling polynomial of token hashes mod 2**64 (Karp and Rabin, 1987), finished
    with MurmurHash3's fmix64. A text of fewer tokens than `shape.ngram` is cut into n-grams of
    characters instead, its tokens joined by one space; one that is shorter still is one n-gram.

    Returns:
        large_list<uint64>, one list a text: empty for a text without words, null for null.

    >>> import pyarrow as pa
    >>> [len(s) for s in shingles(["one two three four five six", "one two", "?"]).to_pylist()]
    [2, 3, 0]
    """

    def kernel(chunk: Buffers) -> tuple[pa.Array, NDArray[np.bool_]]:
        values, ends, unstable = _all(
            chunk.data, chunk.offsets, shape.ngram, _power(shape.ngram), *tables()
        )
        for first, last in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
            values[first:last].sort()  # NumPy's vectorised sort: ten times numba's
        ends = _squeeze(values, ends)
        lists = pa.LargeListArray.from_arrays(
            pa.array(ends), pa.array(values[: ends[-1]]), mask=pa.array(~chunk.valid)
        )
        return lists, unstable

    return by_chunk(texts, kernel, pa.large_list(pa.uint64()))

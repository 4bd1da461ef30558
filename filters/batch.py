"""A batch of documents in one language, decoded once: what every signal's function is given."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .characters import PLAIN, classes
from .hashing import hash_all
from .languages import Language

_PLAIN = np.uint32(PLAIN)


@dataclass(frozen=True)
class Spans:
    """Words or lines of all documents: span k is `codes[starts[k]:stops[k]]`.

    Document i has the spans from `ends[i]` to `ends[i + 1]`.
    """

    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    ends: NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Documents as code points, with the bits of `characters` for each.

    Document i is `codes[ends[i]:ends[i + 1]]`; its UTF-8 is
    `data[offsets[rows[i]]:offsets[rows[i] + 1]]`.
    """

    language: Language
    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    rows: NDArray[np.int64]
    codes: NDArray[np.uint32]
    flags: NDArray[np.uint32]
    ends: NDArray[np.int64]
    split: "Callable[[Batch], Spans]"

    @cached_property
    def words(self) -> Spans:
        """The words, as `split` finds them."""
        return self.split(self)

    @cached_property
    def word_hashes(self) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
        """One hash a word, the same for equal words; and the bits of its characters, joined."""
        hashes, kinds = hash_all(self.codes, self.flags, self.words.starts, self.words.stops)
        return hashes, kinds

    @cached_property
    def lines(self) -> Spans:
        """What stands between newlines, empty lines as well: text.split("\\n")."""
        return Spans(*_split_at_newlines(self.codes, self.ends))


def decode(
    language: Language,
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    rows: NDArray[np.int64],
    split: Callable[[Batch], Spans],
) -> Batch:
    """Decode the texts of some rows. Bytes that are not UTF-8 become U+FFFD, one each."""
    codes, flags, ends = _decode(data, offsets, rows, classes())
    return Batch(language, data, offsets, rows, codes, flags, ends, split)


@njit(cache=True, nogil=True)
def _decode(data, offsets, rows, table):  # type: ignore[no-untyped-def]
    """Decode UTF-8 into code points and their bits; the ends of the documents in characters."""
    size = 0
    for row in rows:
        size += offsets[row + 1] - offsets[row]
    codes, flags = np.empty(size, np.uint32), np.empty(size, np.uint32)
    ends = np.zeros(len(rows) + 1, np.int64)
    at = 0
    for document in range(len(rows)):
        k, stop = offsets[rows[document]], offsets[rows[document] + 1]
        while k < stop:
            if data[k] < 0x80:
                code = np.uint32(data[k])
                k += 1
            else:
                code, width = _decode_one(data, k, stop)
                k += width
            codes[at] = code
            flags[at] = table[code] if code < len(table) else _PLAIN
            at += 1
        ends[document + 1] = at
    return codes[:at], flags[:at], ends


@njit(cache=True, nogil=True)
def _decode_one(data, at, stop):  # type: ignore[no-untyped-def]
    """Read one character of two bytes or more: its code point and its length."""
    lead = np.uint32(data[at])
    if lead < 0xE0 and at + 1 < stop:
        return ((lead & 0x1F) << 6) | (np.uint32(data[at + 1]) & 0x3F), 2
    if lead < 0xF0 and at + 2 < stop:
        middle = (np.uint32(data[at + 1]) & 0x3F) << 6
        return ((lead & 0x0F) << 12) | middle | (np.uint32(data[at + 2]) & 0x3F), 3
    if at + 3 < stop:
        high = ((lead & 0x07) << 18) | ((np.uint32(data[at + 1]) & 0x3F) << 12)
        low = ((np.uint32(data[at + 2]) & 0x3F) << 6) | (np.uint32(data[at + 3]) & 0x3F)
        return high | low, 4
    return np.uint32(0xFFFD), 1


@njit(cache=True, nogil=True)
def _split_at_newlines(codes, ends):  # type: ignore[no-untyped-def]
    """Find the lines between newlines; a document has one more than it has newlines."""
    count = len(ends) - 1
    for code in codes:
        count += code == 10
    starts, stops = np.empty(count, np.int64), np.empty(count, np.int64)
    line_ends = np.zeros(len(ends), np.int64)
    line = 0
    for document in range(len(ends) - 1):
        starts[line] = ends[document]
        for k in range(ends[document], ends[document + 1]):
            if codes[k] == 10:
                stops[line] = k
                line += 1
                starts[line] = k + 1
        stops[line] = ends[document + 1]
        line += 1
        line_ends[document + 1] = line
    return starts, stops, line_ends

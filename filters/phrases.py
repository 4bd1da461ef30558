"""Hits of phrases that pages say when they have nothing to say (`phrases.toml`)."""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .batch import Batch

CATEGORIES = ("lorem_ipsum", "javascript", "policy")
_SMALL = 0x600  # letters below have a small form in the table: Latin, Greek, Cyrillic
_HEAD = 4  # characters by which a phrase is looked for; none is shorter
_BUCKETS = 1024


class Phrases(NamedTuple):
    """Phrases in the order of their heads' buckets; bucket b has those from slots[b] to slots[b + 1]."""

    small: NDArray[np.uint32]
    slots: NDArray[np.int64]
    codes: NDArray[np.uint32]
    ends: NDArray[np.int64]
    categories: NDArray[np.int64]


@cache
def phrases() -> Phrases:
    """Read the phrases."""
    raw = tomllib.loads((Path(__file__).parent / "phrases.toml").read_text("utf-8"))
    listed = [
        (text.replace("ς", "σ"), place)
        for place, name in enumerate(CATEGORIES)
        for text in raw[name]
    ]
    listed.sort(key=lambda phrase: (_bucket(phrase[0]), phrase))
    buckets = [_bucket(text) for text, _ in listed]
    small = [ord(low) if len(low := chr(code).lower()) == 1 else code for code in range(_SMALL)]
    small[ord("ς")] = ord("σ")  # whose capital is the same
    return Phrases(
        np.array(small, np.uint32),
        np.searchsorted(buckets, np.arange(_BUCKETS + 1)),
        np.array([ord(character) for text, _ in listed for character in text], np.uint32),
        np.cumsum([0, *(len(text) for text, _ in listed)]),
        np.array([category for _, category in listed], np.int64),
    )


def _bucket(text: str) -> int:
    value = 0
    for character in text[:_HEAD]:
        value = (value * 31 + ord(character)) % _BUCKETS
    return value


def phrase_hits(batch: Batch) -> NDArray[np.float64]:
    """Count phrases of each category; one is found where a word begins, whatever follows it."""
    out = np.zeros((len(batch.rows), len(CATEGORIES)))
    words = batch.words
    _phrase_hits(batch.codes, batch.ends, words.starts, words.ends, *phrases(), out)
    return out


@njit(cache=True, nogil=True)
def _phrase_hits(codes, ends, starts, word_ends, small, slots, listed, bounds, categories, out):  # type: ignore[no-untyped-def]
    for document in range(len(out)):
        stop = ends[document + 1]
        for word in range(word_ends[document], word_ends[document + 1]):
            start = starts[word]
            if start + _HEAD > stop:
                continue
            bucket = np.int64(0)
            for k in range(start, start + _HEAD):
                bucket = (bucket * 31 + np.int64(_small(codes[k], small))) % _BUCKETS
            for phrase in range(slots[bucket], slots[bucket + 1]):
                first, length = bounds[phrase], bounds[phrase + 1] - bounds[phrase]
                k = 0
                while (
                    k < length
                    and start + k < stop
                    and _small(codes[start + k], small) == listed[first + k]
                ):
                    k += 1
                out[document, categories[phrase]] += k == length


@njit(cache=True, nogil=True, inline="always")
def _small(code, small):  # type: ignore[no-untyped-def]
    """Give a character in small letters."""
    return small[code] if code < _SMALL else code

"""Marks: words that tell a language from its neighbours, counted by a kernel in one pass over a text."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .predict import next_hash

_SHORTEST_STEM = 3
Counts = npt.NDArray[np.int32]


class Marks(NamedTuple):
    """A hash table of words and stems: `kinds` is a bit for each list that a hash is in."""

    names: tuple[str, ...]
    hashes: npt.NDArray[np.uint32]
    kinds: npt.NDArray[np.uint64]
    stems: npt.NDArray[np.uint64]


@cache
def marks(section: str) -> Marks:
    """Read a section of marks.toml."""
    return compile_marks({name: words.split() for name, words in _data()[section].items()})


def called() -> dict[str, frozenset[str]]:
    """Give, for each neighbour, the languages that a model takes it for."""
    return {code: frozenset(hosts) for code, hosts in _data()["called"].items()}


def sorbian_letters() -> dict[str, str]:
    """Give, for Slavic languages, the letters that they do not have and Sorbian does."""
    return dict(_data()["letters"])


@cache
def _data() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("marks.toml").read_text("utf-8"))


def compile_marks(lists: Mapping[str, list[str]]) -> Marks:
    """Put lists of words, and of stems that end in `*`, into a table for `count_marks`."""
    words: dict[int, int] = {}
    stems: dict[int, int] = {}
    for number, entries in enumerate(lists.values()):
        for entry in entries:
            stem = entry.endswith("*")
            table = stems if stem else words
            value = _hash(entry.removesuffix("*").encode())
            table[value] = table.get(value, 0) | 1 << number
    values = sorted(words.keys() | stems.keys())
    size = 1 << (2 * len(values)).bit_length()
    hashes, kinds = np.zeros(size, np.uint32), np.zeros((2, size), np.uint64)
    for value in values:
        slot = value & (size - 1)
        while kinds[:, slot].any():
            slot = (slot + 1) & (size - 1)
        hashes[slot] = value
        kinds[:, slot] = words.get(value, 0) | stems.get(value, 0), stems.get(value, 0)
    return Marks(tuple(lists), hashes, kinds[0], kinds[1])


def count_marks(table: Marks, texts: pa.LargeStringArray) -> tuple[Counts, Counts]:
    """Count the words of each list in each text: texts x lists, and the words of each text.

    Texts are lower-case. A word is a run of letters, apostrophes included; it counts once for
    a list, whether it is there itself or begins with a stem.
    """
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset :][: len(texts) + 1]
    text = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    found: tuple[Counts, Counts] = _count(
        text, offsets, table.hashes, table.kinds, table.stems, len(table.names)
    )
    return found


def _hash(word: bytes) -> int:
    value = 2166136261
    for byte in word:
        value = int(next_hash(np.uint32(value), byte))
    return value


@numba.njit(cache=True, nogil=True, inline="always")
def _look_up(value: Any, hashes: Any, kinds: Any) -> Any:
    """Find a hash; -1 if it is not there."""
    mask = len(hashes) - 1
    slot = np.int64(value) & mask
    while kinds[slot]:
        if hashes[slot] == value:
            return slot
        slot = (slot + 1) & mask
    return -1


@numba.njit(cache=True, nogil=True)
def _count(text: Any, offsets: Any, hashes: Any, kinds: Any, stems: Any, lists: int) -> Any:
    """Hash each word; look it up whole, and its beginnings among the stems."""
    found = np.zeros((len(offsets) - 1, lists), np.int32)
    words = np.zeros(len(offsets) - 1, np.int32)
    for number in range(len(words)):
        value, size, kind = np.uint32(2166136261), 0, np.uint64(0)
        for at in range(offsets[number], offsets[number + 1] + 1):
            byte = text[at] if at < offsets[number + 1] else np.uint8(32)
            if byte == 39 or 97 <= byte <= 122 or byte >= 0x80:
                if size >= _SHORTEST_STEM and byte & 0xC0 != 0x80:
                    slot = _look_up(value, hashes, kinds)
                    if slot >= 0:
                        kind |= stems[slot]
                value = next_hash(value, byte)
                size += 1
                continue
            if size:
                words[number] += 1
                slot = _look_up(value, hashes, kinds)
                if slot >= 0:
                    kind |= kinds[slot]
                for name in range(lists):
                    found[number, name] += np.int32(kind >> np.uint64(name) & np.uint64(1))
            value, size, kind = np.uint32(2166136261), 0, np.uint64(0)
    return found, words

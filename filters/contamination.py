"""Contamination: which texts hold passages of evaluation sets, by the words they share in a row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .buffers import view
from .texts import Texts, as_texts

NGRAM, SHORT_NGRAM = 13, 8
"""Words in a row: 13 as GPT-3's report and its successors compare, 8 for items that have fewer."""

OVERLAPS = pa.list_(pa.struct([("benchmark", pa.string()), ("ngrams", pa.int32())]))
"""The benchmarks that a text shares n-grams with, in order of name, and how many different ones."""


@dataclass(frozen=True)
class Benchmark:
    """An evaluation set: questions, passages, answers, each an item."""

    name: str
    items: Iterable[str]


@dataclass(frozen=True)
class Index:
    """The n-grams of benchmarks as hashes, 10 bytes each; what `find_overlaps` looks into."""

    names: tuple[str, ...] = ()
    keys: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    """Sorted; an n-gram of two benchmarks stands here twice."""
    owners: NDArray[np.uint16] = field(default_factory=lambda: np.zeros(0, np.uint16))
    """The benchmark that the key of the same place is from."""
    skipped: tuple[int, ...] = ()
    """Items of each benchmark that are shorter than `SHORT_NGRAM` words, which cannot be told."""


def build_index(benchmarks: Iterable[Benchmark]) -> Index:
    """Hash the n-grams of benchmarks; the order they come in makes no difference."""
    ordered = sorted(benchmarks, key=lambda benchmark: benchmark.name)
    parts = [_item_keys(benchmark.items) for benchmark in ordered]
    keys = np.concatenate([np.zeros(0, np.uint64), *(found for found, _ in parts)])
    owners = np.repeat(np.arange(len(parts), dtype=np.uint16), [len(found) for found, _ in parts])
    order = np.lexsort((owners, keys))
    return Index(
        tuple(benchmark.name for benchmark in ordered),
        keys[order],
        owners[order],
        tuple(skipped for _, skipped in parts),
    )


def _item_keys(items: Iterable[str]) -> tuple[NDArray[np.uint64], int]:
    """Give the different n-grams of items, and how many items have none."""
    from .ngram_kernel import ngrams  # imports Numba

    found, skipped = [np.zeros(0, np.uint64)], 0
    for batch in _batches(items):
        keys, counts = ngrams(*view(pa.array(batch, pa.large_string())), NGRAM, SHORT_NGRAM)
        found.append(np.unique(keys))
        skipped += int((counts == 0).sum())
    return np.unique(np.concatenate(found)), skipped


def _batches(items: Iterable[str], size: int = 4096) -> Iterator[list[str]]:
    batch: list[str] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def find_overlaps(texts: Texts, index: Index) -> pa.Array:
    """Find the benchmarks that each text shares n-grams with.

    Words are compared in lower case, without punctuation; numbers are words.

    Args:
        texts: an Arrow string array, chunked or not, or a sequence of str; null counts as empty.
        index: the n-grams of the benchmarks.

    Returns:
        A list of `OVERLAPS` a text, empty for a text that shares none.

    Raises:
        TypeError: not texts.
        ValueError: a text holds a lone surrogate.
    """
    from .ngram_kernel import matches  # imports Numba

    chunked = as_texts(texts)
    unique = np.unique(index.keys)
    rows, keys, first = [np.zeros(0, np.int64)], [np.zeros(0, np.uint64)], 0
    for chunk in chunked.chunks:
        found, values = matches(*view(chunk), NGRAM, SHORT_NGRAM, unique)
        rows.append(found + first)
        keys.append(values)
        first += len(chunk)
    return _overlaps(np.concatenate(rows), np.concatenate(keys), index, first)


def _overlaps(
    rows: NDArray[np.int64], keys: NDArray[np.uint64], index: Index, count: int
) -> pa.Array:
    """Count different n-grams by text and benchmark."""
    order = np.lexsort((keys, rows))
    rows, keys = rows[order], keys[order]
    fresh = np.ones(len(rows), bool)
    fresh[1:] = (rows[1:] != rows[:-1]) | (keys[1:] != keys[:-1])
    rows, keys = rows[fresh], keys[fresh]
    starts = np.searchsorted(index.keys, keys, "left")
    sizes = np.searchsorted(index.keys, keys, "right") - starts
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    owners = index.owners[np.repeat(starts, sizes) + within].astype(np.int64)
    width = max(1, len(index.names))
    groups, ngrams = np.unique(np.repeat(rows, sizes) * width + owners, return_counts=True)
    offsets = np.searchsorted(groups // width, np.arange(count + 1)).astype(np.int32)
    names = pa.array(index.names, pa.string()).take(pa.array(groups % width))
    values = pa.StructArray.from_arrays(
        [names, pa.array(ngrams.astype(np.int32))], fields=list(OVERLAPS.value_type)
    )
    return pa.ListArray.from_arrays(pa.array(offsets), values).cast(OVERLAPS)

"""Signatures and texts that benchmarks make up, and the tables that they print."""

import random
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from eurocorpus.dedup import Shape

SHAPE = Shape()
Keys = NDArray[np.uint64]


def synthetic(documents: int, seed: int = 1) -> Keys:
    """Make band keys of documents of which a third have company, in clusters of Zipf's sizes.

    Sizes follow a power law of exponent 2 up to a fiftieth of all. A member shares each band of
    its cluster with the chance of its own similarity, uniform from 0.75 to 1, to the 8th power.
    """
    rng = np.random.default_rng(seed)
    keys = rng.integers(0, 2**64, (documents, SHAPE.bands), dtype=np.uint64)
    sizes = family_sizes(documents, rng)
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    rows = rng.permutation(documents)[: len(cluster)]
    heads = rows[np.searchsorted(cluster, cluster)]
    chance = rng.uniform(0.75, 1.0, len(rows)) ** SHAPE.rows
    for band in range(SHAPE.bands):
        shares = rng.random(len(rows)) < chance
        keys[rows[shares], band] = keys[heads[shares], band]
    return keys


def family_sizes(documents: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw the sizes of families of two fifths of some documents: a power law of exponent 2."""
    sizes = np.minimum(rng.zipf(2.0, documents // 4) + 1, documents // 50)
    return sizes[np.cumsum(sizes) < 0.4 * documents]


def as_signatures(keys: Keys) -> pa.FixedSizeBinaryArray:
    """View band keys as `signatures` gives them."""
    kind = pa.binary(8 * keys.shape[1])
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(keys), [None, pa.py_buffer(keys)])


def invented(documents: int) -> list[str]:
    """Make texts of Zipf-distributed words, 50 to 1,500 each."""
    rng = random.Random(1)
    alphabet = "etaoinshrdluáéíóúčšžäöü"
    words = ["".join(rng.choices(alphabet, k=rng.randint(2, 10))) for _ in range(30_000)]
    weights = [1 / (rank + 1) for rank in range(len(words))]
    return [
        " ".join(rng.choices(words, weights, k=rng.randint(50, 1500))) for _ in range(documents)
    ]


def table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> None:
    """Print a Markdown table."""
    cells = [list(map(str, row)) for row in (head, *rows)]
    for row in [cells[0], ["---"] * len(cells[0]), *cells[1:]]:
        print("|", " | ".join(row), "|")
    print()

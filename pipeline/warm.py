"""Compile every kernel once, so that the workers of a run find them in Numba's cache.

`make setup` does it; on an HPC system do it in the job before the run: `python -m eurocorpus.pipeline.warm`.
"""

import time

import numpy as np
import pyarrow as pa

from ..dedup import (
    band_edges,
    components,
    digests,
    flatten,
    forest,
    near_duplicates,
    signatures,
    unite,
    verify,
)
from ..filters import measure, pii
from ..filters.boilerplate import count_lines
from ..filters.contamination import Benchmark, build_index, find_overlaps
from ..filters.lines import find_lines
from ..langid import identify
from .extract.extract import extract

_TEXT = (
    "Příliš žluťoučký kůň úpěl ďábelské ódy. Die Straße ist naß – und der Weg weit: 42 km…\n" * 4
)


def warm() -> float:
    """Run each kernel on a small text; return the seconds it took."""
    started = time.monotonic()
    texts = pa.array([_TEXT, _TEXT + "Konec.", "短い文書です。", ""], pa.large_string())
    identify(texts, engine="both")
    measure(texts, ["ces_Latn", "deu_Latn", "jpn_Jpan", "eng_Latn"])
    pii.find(texts, "ces_Latn")
    find_lines(texts, "ces_Latn")
    count_lines(texts, "example.org")
    find_overlaps(texts, build_index([Benchmark("warm", [_TEXT])]))
    digests(texts)
    labels = components(signatures(texts))
    verify(texts, labels, pa.array(range(len(texts))))
    stars = forest(band_edges(pa.array([1, 1, 2], pa.uint64()), pa.array([0, 1, 2])))
    parents = np.arange(3)
    unite(parents, stars)
    flatten(parents)
    extract(f"<table><tr><td>{_TEXT}&amp;<noscript>c</noscript></table>".encode())
    near_duplicates(["a", "b", "c", "d"], texts)
    return time.monotonic() - started


if __name__ == "__main__":
    print(f"kernels are compiled: {warm():.1f} s")

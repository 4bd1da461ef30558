"""Compile every kernel once, so that the workers of a run find them in Numba's cache.

`make setup` does it; on an HPC system do it in the job before the run: `python -m eurocorpus.pipeline.warm`.
"""

import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pyarrow as pa

_TEXT = (
    "Příliš žluťoučký kůň úpěl ďábelské ódy. Die Straße ist naß – und der Weg weit: 42 km…\n" * 4
)
_TEXTS = (_TEXT, _TEXT + "Konec.", "短い文書です。", "")


def _extraction() -> None:
    from .extract.extract import extract

    extract(f"<table><tr><td>{_TEXT}&amp;<noscript>c</noscript></table>".encode())


def _signals() -> None:
    from ..filters import measure

    measure(_TEXTS, ["ces_Latn", "deu_Latn", "jpn_Jpan", "eng_Latn"])


def _deduplication() -> None:
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

    texts = pa.array(_TEXTS, pa.large_string())
    digests(texts)
    labels = components(signatures(texts))
    verify(texts, labels, pa.array(range(len(texts))))
    stars = forest(band_edges(pa.array([1, 1, 2], pa.uint64()), pa.array([0, 1, 2])))
    parents = np.arange(3)
    unite(parents, stars)
    flatten(parents)
    near_duplicates(["a", "b", "c", "d"], texts)


def _languages() -> None:
    from ..langid import identify

    identify(_TEXTS, engine="both")


def _lines_and_personal_data() -> None:
    from ..filters import pii
    from ..filters.boilerplate import sample_lines
    from ..filters.contamination import Benchmark, build_index, find_overlaps
    from ..filters.lines import find_lines

    texts = pa.array(_TEXTS, pa.large_string())
    pii.find(texts, "ces_Latn")
    find_lines(texts, "ces_Latn")
    sample_lines(texts, "example.org")
    find_overlaps(texts, build_index([Benchmark("warm", [_TEXT])]))


PARTS: tuple[Callable[[], None], ...] = (  # the longest first: 42, 32, 26, 15 and 12 CPU-seconds
    _extraction,
    _signals,
    _deduplication,
    _languages,
    _lines_and_personal_data,
)


def warm() -> float:
    """Run each kernel on a small text, on every core; return the seconds it took."""
    started = time.monotonic()
    cores = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(
        min(cores, len(PARTS)),
        mp_context=multiprocessing.get_context("spawn"),
        max_tasks_per_child=1,
    ) as pool:
        for done in [pool.submit(part) for part in PARTS]:
            done.result()
    return time.monotonic() - started


if __name__ == "__main__":
    print(f"kernels are compiled: {warm():.1f} s")

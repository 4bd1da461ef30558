"""What was dropped, with samples of each reason and language, and the scores of all documents."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from ..storage.folder import RunFolder
from ..storage.parquet import iterate_language, languages, read_language
from ..suppression import REASON as TAKEN_DOWN
from .masking import MARGIN, masked
from .sample import Least

SAMPLES = 10
"""Dropped documents shown for each reason of a language."""
SCORE_BINS = 100
_EXCERPT = 600
_COLUMNS = ["id", "url", "source", "language", "stage", "reason", "value"]


def dropped_samples(
    folder: RunFolder, files: Iterable[str], beat: Callable[[int], None]
) -> dict[str, Any]:
    """Read the `dropped/` files of a run once; give samples by language and reason, with text.

    Text is there where a document came as far as having one. `opt_outs` counts, by language, the
    signals for which pages were dropped as `opted_out`.
    """
    sample = Least(SAMPLES, ("language", "reason"))
    opt_outs: dict[str, Counter[str]] = defaultdict(Counter)
    read = 0
    for path in files:
        with pq.ParquetFile(folder.root / path) as file:
            for batch in file.iter_batches(50_000, columns=_COLUMNS, use_threads=False):
                frame = pl.DataFrame(batch)
                sample.add(frame)
                opted_out = frame.filter(pl.col("reason") == "opted_out")
                for language, value in opted_out.select("language", "value").iter_rows():
                    opt_outs[language].update(value.split(", "))
                beat(read := read + frame.height)
    rows = sample.rows()
    _add_texts(folder, rows)
    samples: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        kept = ("id", "url", "value", "text")
        samples[row["language"]][row["reason"]].append({n: row[n] for n in kept if n in row})
    return {
        "samples": samples,
        "opt_outs": {
            name: [list(item) for item in sorted(counter.items())]
            for name, counter in opt_outs.items()
        },
    }


def _add_texts(folder: RunFolder, rows: list[dict[str, Any]]) -> None:
    """Add the beginning of the text to rows that were dropped after extraction, but not taken down."""
    wanted: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["stage"] != "documents" and row["reason"] != TAKEN_DOWN:
            wanted[row["source"], row["language"]].append(row)
    for (source, language), here in sorted(wanted.items()):
        texts = texts_of(folder, source, language, {row["id"] for row in here})
        for row in here:
            row["text"] = texts.get(row["id"], "")


def texts_of(
    folder: RunFolder, source: str, language: str, ids: set[str], characters: int = _EXCERPT
) -> dict[str, str]:
    """Read the beginnings of some texts of one input and language, personal data masked.

    None are there once `purge` has deleted the documents.
    """
    found: dict[str, str] = {}
    path = folder.root / folder.documents(source)
    if not path.exists():
        return found
    cut = characters + MARGIN
    for table in iterate_language(path, language, ["id", "text"]):
        frame = pl.DataFrame(table).filter(pl.col("id").is_in(list(ids)))
        found |= dict(frame.select("id", pl.col("text").str.slice(0, cut)).iter_rows())
        if len(found) == len(ids):
            break
    texts = masked(list(found.values()), language)
    return {id: text[:characters] for id, text in zip(found, texts, strict=True)}


def score_counts(folder: RunFolder, sources: Iterable[str]) -> dict[str, list[int]]:
    """Count all documents of each language by score, in hundredths, before any was judged.

    A bin is [n/100, (n+1)/100); a score of 1 is in the last.
    """
    counts: dict[str, Any] = defaultdict(lambda: np.zeros(SCORE_BINS, np.int64))
    for source in sources:
        path = folder.root / folder.documents(source)
        for language in languages(path) if path.exists() else ():
            scores = read_language(path, language, ["language_score"])["language_score"]
            bins = np.clip(scores.to_numpy() * SCORE_BINS, 0, SCORE_BINS - 1).astype(np.int64)
            counts[language] += np.bincount(bins, minlength=SCORE_BINS)
    return {language: bins.tolist() for language, bins in sorted(counts.items())}

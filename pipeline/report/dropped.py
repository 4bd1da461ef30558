"""What was dropped, with samples of each reason and language, and the scores of all documents."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..stages import judge
from ..storage.folder import RunFolder
from ..storage.ledger import read_entry
from ..storage.parquet import iterate_language, languages
from ..suppression import REASON as TAKEN_DOWN
from .masking import MARGIN, masked
from .sample import Least

SAMPLES = 10
"""Dropped documents shown for each reason of a language."""
SCORE_BINS = 100
Bins = NDArray[np.int64]
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


def score_counts(folder: RunFolder, sources: Iterable[str]) -> dict[str, dict[str, list[int]]]:
    """Count documents of each language by score, in hundredths, before any was judged.

    A bin is [n/100, (n+1)/100); a score of 1 is in the last. `scores` counts all of them; `rescued`
    those that were dropped for their score alone: they break no other rule.
    """
    scores: dict[str, Bins] = defaultdict(lambda: np.zeros(SCORE_BINS, np.int64))
    rescued: dict[str, Bins] = defaultdict(lambda: np.zeros(SCORE_BINS, np.int64))
    for source in sources:
        path = folder.root / folder.documents(source)
        judged = read_entry(folder, judge.STAGE, source)
        for language in languages(path) if path.exists() and judged else ():
            limits = judged.depends if judged else {}
            least = limits["min_score"].get(language, limits["min_score"]["*"])
            for table in iterate_language(path, language, ["language_score"]):
                scores[language] += _binned(table["language_score"])
            if scores[language][: int(least * SCORE_BINS) + 1].any():
                rescued[language] += _rescued(path, language, limits, least)
    return {
        "scores": {language: bins.tolist() for language, bins in sorted(scores.items())},
        "rescued": {language: bins.tolist() for language, bins in sorted(rescued.items())},
    }


def _rescued(path: Path, language: str, limits: Mapping[str, Any], least: float) -> Bins:
    """Count the documents with a score below the threshold that nothing else is held against."""
    found = np.zeros(SCORE_BINS, np.int64)
    open_to_all = {**limits, "min_score": {"*": 0.0}}
    for table in iterate_language(path, language, ["language_score", "signals", "pii"]):
        below = table.filter(pc.less(table["language_score"], pa.scalar(least, pa.float32())))
        if below.num_rows:
            reasons, _ = judge.verdicts(below, language, open_to_all)
            found += _binned(below["language_score"].filter(reasons.is_null()))
    return found


def _binned(scores: pa.ChunkedArray) -> Bins:
    """Count scores in hundredths."""
    hundredths = np.clip(scores.to_numpy() * SCORE_BINS, 0, SCORE_BINS - 1).astype(np.int64)
    return np.bincount(hundredths, minlength=SCORE_BINS)

"""The figures of one language: one pass over its shards, a row group at a time."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from .domains import NONE, host, registered
from .masking import masked
from .sample import Least
from .segments import language_mix, ngrams

LENGTHS = (0, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 1_000_000)
"""Lower edges of the histogram of lengths, in characters."""
SCORE_BINS = 20
SCORES = ("wds", "model_score")
"""Signals of quality or register with a histogram of their own: Web Docs Scorer, and the run's model."""
AUDIT = 12
"""Documents shown for people to judge."""
TOP = 100
"""Domains and suffixes listed."""
_SAMPLE = 200
_SAMPLE_CHARACTERS = 5_000
_COLUMNS = ("id", "url", "date", "text", "language_score", "source", "extractor")
_OPTIONAL = ("languages", "minhash_cluster_size", "pii", "rights", "signals")

CountTokens = Callable[[list[str]], int]


@dataclass(slots=True)
class _Tally:
    """What adds up over row groups; the number of different hosts bounds its memory."""

    sums: Counter[str] = field(default_factory=Counter)
    dates: list[str] = field(default_factory=list)
    counters: dict[str, Counter[Any]] = field(default_factory=dict)

    def count(self, name: str, values: pl.Series, weights: pl.Series | None = None) -> None:
        """Add to a counter the number of each value, or the sum of its weights."""
        weighted = pl.DataFrame({"value": values}).with_columns(
            n=pl.lit(1, pl.Int64) if weights is None else weights
        )
        counter = self.counters.setdefault(name, Counter())
        for value, number in weighted.group_by("value").agg(pl.col("n").sum()).iter_rows():
            counter[value] += number

    def pairs(self, name: str) -> list[list[Any]]:
        """Give a counter as [value, number], sorted by value."""
        counter = self.counters.get(name, Counter())
        return [[value, counter[value]] for value in sorted(counter, key=lambda v: (v is None, v))]

    def ranked(self, name: str, top: int = TOP) -> list[list[Any]]:
        """Give the most frequent values of a counter, the equally frequent by value."""
        counter = self.counters.get(name, Counter())
        ranked = sorted(counter.items(), key=lambda item: (-item[1], str(item[0])))
        return [[value, number] for value, number in ranked[:top]]


def language_figures(
    files: Iterable[Path],
    language: str,
    beat: Callable[[int], None],
    count_tokens: CountTokens | None = None,
) -> dict[str, Any]:
    """Measure the shards of one language; what is given is JSON-able and depends on the rows alone.

    Columns that a corpus may lack (`pii`, `rights`, `signals`, …) give figures where they are there.
    `beat` is told the number of documents read so far; `count_tokens` counts those of some texts.
    """
    tally = _Tally()
    sample = Least(_SAMPLE)
    for frame in _row_groups(files):
        _add(tally, frame)
        if count_tokens:
            tally.sums["tokens"] += count_tokens(frame["text"].to_list())
        sample.add(frame.select("id", "url", "date", "language_score", "characters", _EXCERPT))
        beat(tally.sums["documents"])
    chosen = sample.rows()
    texts = masked([row["text"] for row in chosen], language)
    names = ["documents", "characters", "bytes", "words", "segments"]
    return {
        **{name: tally.sums[name] for name in names + ["tokens"] * bool(count_tokens)},
        "dates": [min(tally.dates), max(tally.dates)] if tally.dates else [],
        **_distributions(tally),
        **_domains(tally),
        "ngrams": ngrams(texts),
        "language_mix": language_mix(texts, language),
        "sampled": len(chosen),
        "audit": [_shown(row, text) for row, text in zip(chosen[:AUDIT], texts, strict=False)],
    }


_EXCERPT = pl.col("text").str.slice(0, _SAMPLE_CHARACTERS)


def _row_groups(files: Iterable[Path]) -> Iterator[pl.DataFrame]:
    for path in files:
        with pq.ParquetFile(path) as file:
            there = set(file.schema_arrow.names)
            columns = [*_COLUMNS, *(name for name in _OPTIONAL if name in there)]
            for group in range(file.metadata.num_row_groups):
                frame = pl.DataFrame(file.read_row_group(group, columns, use_threads=False))
                text = pl.col("text").str
                yield frame.with_columns(
                    characters=text.len_chars().cast(pl.Int64),
                    bytes=text.len_bytes().cast(pl.Int64),
                    segments=text.count_matches(r"[^\n]+").cast(pl.Int64),
                    words=_words(frame).cast(pl.Int64),
                )


def _words(frame: pl.DataFrame) -> pl.Expr:
    """Count words: those of the filters where they were measured, else what white space separates."""
    if "signals" in frame.columns:
        return pl.col("signals").struct.field("words")
    return pl.col("text").str.count_matches(r"\S+")


def _add(tally: _Tally, frame: pl.DataFrame) -> None:
    """Add a row group to everything that is counted."""
    tally.sums["documents"] += frame.height
    for name in ("characters", "bytes", "segments", "words"):
        tally.sums[name] += int(frame[name].sum())
    days = frame["date"].drop_nulls().dt.strftime("%Y-%m-%d")
    tally.dates = [day for day in (*tally.dates, days.min(), days.max()) if isinstance(day, str)]
    tally.count("years", frame["date"].dt.year())
    edges = pl.Series(LENGTHS, dtype=pl.Int64)
    tally.count("lengths", edges.search_sorted(frame["characters"], side="right") - 1)
    score = (frame["language_score"].cast(pl.Float64) * SCORE_BINS).floor().cast(pl.Int64)
    tally.count("scores", score.clip(0, SCORE_BINS - 1))
    tally.count("segment_counts", frame["segments"])
    hosts = frame.select(host(pl.col("url")))["url"]
    tally.count("hosts", hosts)
    tally.count("host_bytes", hosts, frame["bytes"])
    tally.count("sources", frame["source"])
    tally.count("extractors", frame["extractor"])
    _add_optional(tally, frame)


def _add_optional(tally: _Tally, frame: pl.DataFrame) -> None:
    if "languages" in frame.columns:
        others = frame["languages"].list.get(1, null_on_oob=True).struct.field("language")
        tally.count("runners_up", others.drop_nulls())
    if "minhash_cluster_size" in frame.columns:
        tally.count("cluster_sizes", frame["minhash_cluster_size"])
    if "signals" in frame.columns:
        _add_scores(tally, frame["signals"].struct)
    if "rights" in frame.columns:
        rights = frame["rights"].struct
        tally.count("rights", rights.field("verdict"))
        tally.count("rights_signals", _signal_names(rights.field("signals").explode().drop_nulls()))
    if "pii" in frame.columns and frame["pii"].null_count() < frame.height:
        spans = frame["pii"].explode().drop_nulls()
        tally.count("pii", spans.struct.field("type"))
        tally.sums["pii_documents"] += int((frame["pii"].list.len() > 0).sum())


def _add_scores(tally: _Tally, signals: Any) -> None:
    """Count the scores of quality and register, 0 to 1, that were measured."""
    for name in set(SCORES) & set(signals.fields):
        measured = signals.field(name).drop_nulls()
        if measured.len():
            hundredths = (measured.cast(pl.Float64) * 100).floor().cast(pl.Int64)
            tally.count(name, hundredths.clip(0, 99))


def _signal_names(signals: pl.Series) -> pl.Series:
    """Name signals as they are counted; corpora of before have them as text."""
    if signals.dtype != pl.Struct:
        return signals
    parts = [signals.struct.field(name) for name in ("protocol", "place", "verdict")]
    return parts[0] + " " + parts[1] + " " + parts[2]


def _distributions(tally: _Tally) -> dict[str, Any]:
    """Give what was counted, every bin of a histogram in its place."""
    lengths = tally.counters.get("lengths", Counter())
    scores = tally.counters.get("scores", Counter())
    optional: dict[str, Any] = {
        name: tally.ranked(name)
        for name in ("runners_up", "rights", "rights_signals")
        if name in tally.counters
    }
    for name in SCORES:
        if name in tally.counters:
            counted = tally.counters[name]
            optional[name] = [[index / 100, counted[index]] for index in range(100)]
    if "pii" in tally.counters:
        optional |= {"pii": tally.ranked("pii"), "pii_documents": tally.sums["pii_documents"]}
    return {
        "lengths": [[edge, lengths[index]] for index, edge in enumerate(LENGTHS)],
        "scores": [[index / SCORE_BINS, scores[index]] for index in range(SCORE_BINS)],
        "segment_counts": tally.pairs("segment_counts"),
        "cluster_sizes": tally.pairs("cluster_sizes"),
        "years": tally.pairs("years"),
        "sources": tally.ranked("sources"),
        "extractors": tally.ranked("extractors"),
        **optional,
    }


def _domains(tally: _Tally) -> dict[str, Any]:
    """Fold hosts to registered domains and public suffixes, with the text that each contributes."""
    for name, number in tally.counters.get("hosts", Counter()).items():
        domain, suffix = registered(name) if name else (NONE, NONE)
        for counter, weight in (
            ("domains", number),
            ("domain_bytes", tally.counters["host_bytes"][name]),
        ):
            tally.counters.setdefault(counter, Counter())[domain] += weight
        tally.counters.setdefault("suffixes", Counter())[suffix] += number
    size = tally.counters.get("domain_bytes", Counter())
    return {
        "hosts": len(tally.counters.get("hosts", ())),
        "registered_domains": len(size),
        "domains": [[name, n, size[name]] for name, n in tally.ranked("domains")],
        "suffixes": tally.ranked("suffixes"),
    }


def _shown(row: dict[str, Any], text: str) -> dict[str, Any]:
    """Give a document of the sample as people see it."""
    date = row["date"]
    return {
        "id": row["id"],
        "url": row["url"],
        "date": date.strftime("%Y-%m-%d") if date else "",
        "score": round(row["language_score"], 3),
        "characters": row["characters"],
        "text": text[:1_500],
    }

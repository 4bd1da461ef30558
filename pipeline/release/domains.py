"""How much of each registered domain a release holds, so that its owner can look it up."""

import math
from collections.abc import Iterable

import polars as pl

from ..report.domains import NONE, host, registered

SCHEMA = {"domain": pl.String, "language": pl.String, "documents": pl.Int64, "text_bytes": pl.Int64}


def count(frame: pl.DataFrame, language: str) -> pl.DataFrame:
    """Count the documents and bytes of text (columns `url`, `text`) of each registered domain."""
    sized = frame.select(host(pl.col("url")).alias("host"), pl.col("text").str.len_bytes())
    hosts = sized.group_by("host").agg(pl.len().alias("n"), pl.col("text").sum())
    rows = [
        (registered(name)[0] if name else NONE, language, n, size)
        for name, n, size in hosts.iter_rows()
    ]
    return add([pl.DataFrame(rows, schema=SCHEMA, orient="row")])


def add(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Add up counts; a domain and language that comes to nothing is left out."""
    summed = (
        pl.concat([pl.DataFrame(schema=SCHEMA), *frames])
        .group_by("domain", "language").agg(pl.col("documents", "text_bytes").sum())
    )  # fmt: skip
    return summed.filter(pl.col("documents") > 0).sort("domain", "language")


def subtract(counts: pl.DataFrame, gone: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Take counts away."""
    return add([counts, *(part.with_columns(-pl.col("documents", "text_bytes")) for part in gone)])


def top(counts: pl.DataFrame, small_enterprise: bool = False) -> pl.DataFrame:
    """Give the most relevant domains by the Commission's template (section 2.3).

    The top 10 % of all domains by the size of their content; for SMEs the top 5 %, or 1,000 if that
    is less. At least one.
    """
    whole = counts["text_bytes"].sum()
    ranked = (
        counts.group_by("domain").agg(pl.col("documents", "text_bytes").sum())
        .sort(["text_bytes", "domain"], descending=[True, False])
    )  # fmt: skip
    number = math.ceil(0.1 * ranked.height)
    if small_enterprise:
        number = min(math.ceil(0.05 * ranked.height), 1000)
    share = (pl.col("text_bytes") / max(whole, 1)).round(6)
    return ranked.head(number).with_row_index("rank", 1).with_columns(share.alias("share"))

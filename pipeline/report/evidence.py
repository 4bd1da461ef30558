"""The duplicates of one language: how many of which kind, how similar, and the largest clusters."""

from collections import Counter
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from ..stages import deduplicate
from ..storage.folder import RunFolder
from ..storage.ledger import entries
from .duplicates import clusters

CLUSTERS = 8
"""Largest clusters shown."""


def duplicate_figures(folder: RunFolder, language: str) -> dict[str, Any]:
    """Read the evidence of a language's removed duplicates.

    `kinds`: [kind, removed]. `similarities`: [lower edge of a bin of 0.02, near-duplicates].
    """
    own = [e for e in entries(folder, deduplicate.STAGE) if e.facts["language"] == language]
    kinds: Counter[str] = Counter()
    similarities: Counter[float] = Counter()
    for entry in own:
        for output in entry.outputs:
            if output.path.startswith("dedup/removals/"):
                _add(folder.root / output.path, kinds, similarities)
    return {
        "kinds": [list(item) for item in sorted(kinds.items())],
        "similarities": [list(item) for item in sorted(similarities.items())],
        "clusters": clusters(folder, own)[:CLUSTERS],
    }


def _add(path: Any, kinds: Counter[str], similarities: Counter[float]) -> None:
    """Count the removals of one file, a row group at a time."""
    with pq.ParquetFile(path) as file:
        for group in range(file.metadata.num_row_groups):
            frame = pl.DataFrame(file.read_row_group(group, ["kind", "similarity"]))
            kinds.update(dict(frame.group_by("kind").len().iter_rows()))
            near = frame.filter(pl.col("kind") == "near")["similarity"].cast(pl.Float64)
            bins = ((near * 50 + 1e-4).floor().clip(0, 49) / 50).round(2)
            similarities.update(dict(bins.value_counts().iter_rows()))

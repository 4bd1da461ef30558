"""Shards of a release: rows of a run's shard with personal data masked, or some rows taken out."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...filters.pii import mask

Mask = Literal["none", "tag", "fake"]


def rewrite(
    source: Path, target: Path, change: Callable[[pa.Table], pa.Table], footer: dict[str, str]
) -> int:
    """Write a changed copy of a Parquet file, a row group at a time; return the number of rows."""
    rows = 0
    writer: pq.ParquetWriter | None = None
    target.parent.mkdir(parents=True, exist_ok=True)
    for table in _row_groups(source):
        changed = change(table)
        if writer is None:
            schema = changed.schema.with_metadata(footer)
            writer = pq.ParquetWriter(target, schema, compression="zstd", compression_level=3)
        if changed.num_rows:
            writer.write_table(changed.replace_schema_metadata(footer))
        rows += changed.num_rows
    if writer is not None:
        writer.close()
    return rows


def _row_groups(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for group in range(file.metadata.num_row_groups):
            yield file.read_row_group(group, use_threads=False)


def masked(table: pa.Table, how: Mask) -> pa.Table:
    """Mask personal data in `text`; `pii_types` says what stood there, in place of `pii`.

    Places in the text move with the masks, so `pii` goes. Without that column, or with `how` as
    `none`, the rows stay as they are.
    """
    if how == "none" or "pii" not in table.column_names:
        return table
    spans = table["pii"].combine_chunks()
    text = mask(table["text"], spans, how)
    frame = pl.DataFrame({"pii": pl.Series(pl.from_arrow(spans))})
    types = frame.select(
        pl.col("pii").list.eval(pl.element().struct.field("type")).list.unique().list.sort()
    )["pii"]
    at = table.column_names.index("pii")
    table = table.set_column(table.column_names.index("text"), "text", text)
    return table.set_column(at, "pii_types", types.to_arrow().cast(pa.list_(pa.string())))


def without(table: pa.Table, gone: pl.Series) -> pa.Table:
    """Take rows out, where `gone` says so."""
    return table.filter(pc.invert(pa.array(gone.to_list(), pa.bool_())))

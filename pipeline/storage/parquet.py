"""Parquet files with bounded row groups, one language in each, the same bytes for the same rows."""

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

GROUPS_KEY = "eurocorpus.groups"
"""Footer entry: JSON, `{language: [row group, ...]}`."""


@dataclass(frozen=True, slots=True)
class RowGroups:
    """How large a row group may become: rows, and bytes of the column `text`."""

    rows: int = 1000
    bytes: int = 16 << 20


class ParquetFile:
    """A Parquet file being written, row groups filled greedily from a stream of tables."""

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        limits: RowGroups = RowGroups(),
        *,
        published: bool = True,
    ) -> None:
        """Open `path` for writing; rows must have `schema`.

        What only passes from stage to stage (`published` false) has numbers uncompressed: written
        and read in half the time where row groups are small, and a tenth larger.
        """
        self._limits = limits
        self._schema = schema
        self._carry: list[pa.Table] = []
        self._writer = pq.ParquetWriter(
            path,
            schema,
            **_compression(schema, published),
            version="2.6",
            use_dictionary=[name for name in ("language", "source", "extractor", "stage", "reason")
                            if name in schema.names],
            write_page_index=False,
        )  # fmt: skip
        self.groups = 0
        self.rows = 0

    def add(self, table: pa.Table) -> None:
        """Append rows; a row group is written as soon as it is full."""
        self._carry.append(table)
        waiting = pa.concat_tables(self._carry)
        *full, rest = _cut(waiting, self._limits)
        for group in full:
            self._write(group)
        self._carry = [rest]

    def end_group(self) -> None:
        """Write what waits as a row group of its own."""
        for group in self._carry:
            if group.num_rows:
                self._write(group)
        self._carry = []

    def _write(self, group: pa.Table) -> None:
        # A single chunk, so that page boundaries do not tell how the rows arrived.
        self._writer.write_table(group.combine_chunks(), row_group_size=max(group.num_rows, 1))
        self.groups += 1
        self.rows += group.num_rows

    def close(self, metadata: dict[str, str]) -> None:
        """Write the footer with `metadata` and close the file."""
        self.end_group()
        self._writer.add_key_value_metadata(metadata)
        self._writer.close()


def _compression(schema: pa.Schema, published: bool) -> dict[str, Any]:
    """Give the writer's options: zstd for all columns, or for those of strings."""
    if published:
        return {"compression": "zstd", "compression_level": 3}
    strings = [f.name for f in schema if f.type in (pa.string(), pa.large_string())]
    return {
        "compression": dict.fromkeys(strings, "zstd"),
        "compression_level": dict.fromkeys(strings, 3),
    }


def _cut(table: pa.Table, limits: RowGroups) -> list[pa.Table]:
    """Split rows into full groups and a rest; a group holds at least one row."""
    sizes = np.zeros(table.num_rows, np.int64)
    if "text" in table.schema.names:
        sizes = pc.fill_null(pc.binary_length(table["text"]), 0).to_numpy().astype(np.int64)
    ends = np.cumsum(sizes)
    parts: list[pa.Table] = []
    start = 0
    while True:
        before = ends[start - 1] if start else 0
        by_bytes = int(np.searchsorted(ends, before + limits.bytes, "right"))
        stop = max(min(start + limits.rows, by_bytes), start + 1)
        if stop >= table.num_rows:
            return [*parts, table.slice(start)]
        parts.append(table.slice(start, stop - start))
        start = stop


class GroupedWriter:
    """A Parquet file between stages whose rows are grouped by language, in bounded memory.

    Rows keep their order within a language. What does not fit into `spill_bytes` waits in an
    Arrow file in `scratch`; the result does not depend on where it was cut.
    """

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        *,
        scratch: Path,
        limits: RowGroups = RowGroups(),
        spill_bytes: int = 128 << 20,
    ) -> None:
        """Open `path` for writing; `schema` must have a string column `language`."""
        self._file = ParquetFile(path, schema, limits, published=False)
        self._schema = schema
        self._scratch = scratch / f"{path.name}.spill"
        self._spill_bytes = spill_bytes
        self._waiting: list[pa.Table] = []
        self._waiting_bytes = 0
        self._stack = ExitStack()
        self._spill: pa.RecordBatchFileWriter | None = None
        self._spilled: list[str] = []

    def __enter__(self) -> Self:
        """Nothing happens until rows come."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the spill file; an unfinished Parquet file is the caller's to remove."""
        self._stack.close()
        self._scratch.unlink(missing_ok=True)

    def add(self, table: pa.Table) -> None:
        """Append rows of any languages."""
        self._waiting.append(table)
        self._waiting_bytes += table.nbytes
        if self._waiting_bytes > self._spill_bytes:
            self._flush()

    def _flush(self) -> None:
        """Write what waits to the spill file, one record batch a language."""
        if self._spill is None:
            self._spill = pa.ipc.new_file(str(self._scratch), self._schema)
            self._stack.callback(self._spill.close)
        for language, part in _by_language(self._waiting):
            (batch,) = part.combine_chunks().to_batches()
            self._spill.write_batch(batch)
            self._spilled.append(language)
        self._waiting, self._waiting_bytes = [], 0

    def close(self, metadata: dict[str, str]) -> dict[str, list[int]]:
        """Write the file, language by language; return the row groups of each."""
        waiting = dict(_by_language(self._waiting))
        self._waiting = []
        groups = {}
        for language in sorted(waiting.keys() | set(self._spilled)):
            first = self._file.groups
            for table in self._read_spill(language):
                self._file.add(table)
            if language in waiting:
                self._file.add(waiting.pop(language))
            self._file.end_group()
            groups[language] = list(range(first, self._file.groups))
        self._file.close(metadata | groups_metadata(groups))
        return groups

    def _read_spill(self, language: str) -> Iterator[pa.Table]:
        if language not in self._spilled:
            return
        self._stack.close()
        with pa.OSFile(str(self._scratch)) as file, pa.ipc.open_file(file) as reader:
            for index, name in enumerate(self._spilled):
                if name == language:
                    yield pa.Table.from_batches([reader.get_batch(index)], self._schema)

    @property
    def rows(self) -> int:
        """Rows written so far; all of them once the file is closed."""
        return self._file.rows


def _by_language(tables: list[pa.Table]) -> list[tuple[str, pa.Table]]:
    """Split rows by language, the languages sorted, rows in their old order."""
    if not tables:
        return []
    table = pa.concat_tables(tables)
    column = table["language"].cast(pa.string())
    return [
        (language, table.filter(pc.equal(column, language)))
        for language in sorted(pc.unique(column).to_pylist())
    ]


def groups_metadata(groups: dict[str, list[int]]) -> dict[str, str]:
    """Give the footer entry that says which row groups hold which language."""
    return {GROUPS_KEY: json.dumps(groups, sort_keys=True)}


def languages(path: Path) -> dict[str, list[int]]:
    """Read from the footer which row groups hold which language."""
    groups: dict[str, list[int]] = json.loads(_footer(path).metadata[GROUPS_KEY.encode()])
    return groups


def _footer(path: Path) -> pq.FileMetaData:
    """Read a file's footer; that of a file that many units read in turn is parsed once a process."""
    status = path.stat()
    return _parsed_footer(path, status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=64)
def _parsed_footer(path: Path, size: int, mtime_ns: int, inode: int) -> pq.FileMetaData:
    return pq.read_metadata(path)  # a third of a millisecond for 24 languages and 80 columns


def read_language(path: Path, language: str, columns: list[str] | None = None) -> pa.Table:
    """Read some columns of one language's rows; other languages' bytes are not touched."""
    with pq.ParquetFile(path, metadata=_footer(path)) as file:
        groups = languages(path).get(language, [])
        return file.read_row_groups(groups, columns=columns, use_threads=False)


def iterate_language(
    path: Path, language: str, columns: list[str] | None = None
) -> Iterator[pa.Table]:
    """Read one language's rows, a row group at a time."""
    with pq.ParquetFile(path, metadata=_footer(path)) as file:
        for group in languages(path).get(language, []):
            yield file.read_row_group(group, columns=columns, use_threads=False)


def read_rows(path: Path, language: str, rows: list[int], columns: list[str]) -> pa.Table:
    """Read some rows of one language, ascending; only the row groups that hold them are touched."""
    wanted, first, found = np.array(rows), 0, []
    with pq.ParquetFile(path, metadata=_footer(path)) as file:
        for group in languages(path).get(language, []):
            count = file.metadata.row_group(group).num_rows
            inside = wanted[(wanted >= first) & (wanted < first + count)] - first
            if len(inside):
                table = file.read_row_group(group, columns=columns, use_threads=False)
                found.append(table.take(pa.array(inside)))
            first += count
    return pa.concat_tables(found)


def iterate_rows(path: Path, columns: list[str]) -> Iterator[pa.Table]:
    """Read all rows, a row group at a time."""
    with pq.ParquetFile(path, metadata=_footer(path)) as file:
        for group in range(file.metadata.num_row_groups):
            yield file.read_row_group(group, columns=columns, use_threads=False)


def write_rows(path: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> int:
    """Write tables to one Parquet file; return the number of rows."""
    file = ParquetFile(path, schema, RowGroups(rows=100_000))
    for table in tables:
        file.add(table.cast(schema))
    file.close({})
    return file.rows


def text_share(path: Path) -> float:
    """Compressed bytes of the file for each byte of text in it; what shards are planned with."""
    metadata = pq.read_metadata(path)
    compressed = text = 0
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            if column.path_in_schema == "text":
                compressed += column.total_compressed_size
                text += column.total_uncompressed_size
    return compressed / text if text else 1.0

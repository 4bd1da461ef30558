"""The record of what a stage dropped: one row a document, with the reason and what decided."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ..storage.ledger import Counts
from ..storage.parquet import ParquetFile, RowGroups
from ..storage.schema import DROPPED
from .work import Work

_FLUSH_ROWS = 10_000


class Dropped:
    """A `dropped/` file being written; every row is counted as well, so that the two agree."""

    def __init__(self, path: Path, stage: str, source: str, counts: Counts) -> None:
        """Open `path`; rows will say `stage`, and `source` where they are added one by one."""
        self._file = ParquetFile(path, DROPPED, RowGroups(rows=100_000))
        self._stage = stage
        self._source = source
        self._counts = counts
        self._rows: list[tuple[str, str, str, str, str, str, str, str]] = []

    def add(
        self,
        *,
        id: str,
        url: str,
        language: str,
        reason: str,
        value: str,
        warc_record_id: str = "",
    ) -> None:
        """Note and count one document."""
        source = self._source
        self._counts.dropped(source, language, reason)
        self._rows.append((id, url, source, warc_record_id, language, self._stage, reason, value))
        if len(self._rows) >= _FLUSH_ROWS:
            self._flush()

    def add_table(self, table: pa.Table, source: str, language: str) -> None:
        """Note and count many documents of a source: columns `id`, `url`, `reason`, `value`."""
        for row in pc.value_counts(table["reason"]).to_pylist():
            self._counts.dropped(source, language, row["values"], row["counts"])
        same = {"source": source, "warc_record_id": "", "language": language, "stage": self._stage}
        columns = {name: table[name] for name in table.column_names}
        columns |= {name: pa.repeat(value, len(table)) for name, value in same.items()}
        self._flush()
        self._file.add(pa.table(columns).select(DROPPED.names).cast(DROPPED))

    def _flush(self) -> None:
        columns: Iterable[tuple[str, ...]] = zip(*self._rows, strict=True)
        if self._rows:
            arrays = [pa.array(column, pa.string()) for column in columns]
            self._file.add(pa.Table.from_arrays(arrays, schema=DROPPED))
        self._rows = []

    def close(self) -> None:
        """Write what waits, and the footer."""
        self._flush()
        self._file.close({})

    @property
    def rows(self) -> int:
        """Rows written; all of them once the file is closed."""
        return self._file.rows


@contextmanager
def dropped_file(work: Work, stage: str) -> Iterator[Dropped]:
    """Open the `dropped/` file of a unit for the length of a block."""
    with work.output(work.folder.dropped(stage, work.unit), lambda: dropped.rows) as path:
        dropped = Dropped(path, stage, work.unit, work.counts)
        yield dropped
        dropped.close()

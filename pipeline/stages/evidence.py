"""What an input holds of its hosts' robots.txt and the like, and what documents' rights come to."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import xxhash

from ..extract.read import Capture
from ..extract.rights import host_of, kind_of
from ..extract.rights.tdmrep import MAX_BYTES
from ..storage.parquet import ParquetFile, RowGroups
from ..storage.schema import EVIDENCE, JUDGED_RIGHTS
from .work import Work

_FLUSH_ROWS = 2_000
_BUCKETS = 4096


def bucket_of(host: str) -> int:
    """Which of 4,096 parts of the web a host is in: units depend on what is known of their parts."""
    return xxhash.xxh3_64_intdigest(host.encode("utf-8", "replace")) % _BUCKETS


class LateFile:
    """A Parquet file of rows that comes into being with its first row."""

    def __init__(self, schema: pa.Schema, create: Callable[[], Path]) -> None:
        """Rows have `schema`; `create` gives the path once it is needed."""
        self._schema = schema
        self._create = create
        self._waiting: list[dict[str, Any]] = []
        self._file: ParquetFile | None = None

    def add(self, row: dict[str, Any]) -> None:
        """Append a row."""
        self._waiting.append(row)
        if len(self._waiting) >= _FLUSH_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._file = self._file or ParquetFile(
                self._create(), self._schema, RowGroups(rows=10_000)
            )
            self._file.add(pa.Table.from_pylist(self._waiting, self._schema))
            self._waiting = []

    def close(self) -> None:
        """Write what waits, and the footer."""
        self._flush()
        if self._file is not None:
            self._file.close({})

    @property
    def rows(self) -> int:
        """Rows written; all of them once the file is closed."""
        return self._file.rows if self._file else 0


@contextmanager
def late_file(work: Work, path: str, schema: pa.Schema) -> Iterator[LateFile]:
    """Open an output that is not there if it has no rows, for the length of a block."""
    with ExitStack() as stack:
        file = LateFile(schema, lambda: stack.enter_context(work.output(path, lambda: file.rows)))
        yield file
        file.close()
        if not file.rows:
            (work.folder.root / path).unlink(missing_ok=True)


@contextmanager
def evidence_file(work: Work) -> Iterator[LateFile]:
    """Open what a unit of `documents` finds out about hosts."""
    with late_file(work, work.folder.evidence(work.unit), EVIDENCE) as file:
        yield file


@contextmanager
def judged_file(work: Work) -> Iterator[LateFile]:
    """Open the rights of documents whose hosts say something."""
    with late_file(work, work.folder.judged_rights(work.unit), JUDGED_RIGHTS) as file:
        yield file


def evidence(capture: Capture) -> dict[str, Any] | None:
    """Give a capture as a row of evidence, if it is one about its host."""
    kind = kind_of(capture.url)
    host = host_of(capture.url) if kind else ""
    if not host or not capture.status:
        return None
    where = (value for name, value in capture.headers if name.lower() == "location")
    return {
        "host": host,
        "kind": kind,
        "url": capture.url,
        "time": capture.date,
        "status": capture.status,
        "location": next(where, ""),
        "body": capture.body[:MAX_BYTES] if _may_have_rules(kind, capture) else b"",
    }


def _may_have_rules(kind: str, capture: Capture) -> bool:
    """Whether a body is worth keeping: many hosts have a page, of any size, in the place of each file."""
    is_page = capture.body[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"
    return capture.status == 200 and (kind == "robots" or not is_page)

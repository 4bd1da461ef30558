"""Common Crawl's columnar index: which records are wanted, before a byte of WARC is read.

The index is Parquet, a row a capture, sorted by reversed host name. Row groups whose statistics rule
them out are not read, and of the others just the columns that decide.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import UsageError
from .remote import Remote

RECORD = pa.schema(
    [
        ("warc_filename", pa.string()),
        ("warc_record_offset", pa.int64()),
        ("warc_record_length", pa.int64()),
    ]
)
"""Where a record lies."""

_MACRO = {"ekk": "est", "lvs": "lav", "als": "sqi", "nob": "nor", "nno": "nno"}
"""Codes of ours that the index, made by CLD2, has under another."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which captures are wanted; what is empty rules nothing out."""

    languages: tuple[str, ...] = ()
    """`mlt` or `mlt_Latn`; a capture may have several, one of them is enough."""
    tlds: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    status: tuple[int, ...] = (200,)
    mime: tuple[str, ...] = ("text/html", "application/xhtml+xml")

    @property
    def sets(self) -> dict[str, tuple[Any, ...]]:
        """Values by column, of columns that hold one value."""
        stated: dict[str, tuple[Any, ...]] = {
            "url_host_tld": tuple(tld.lower().lstrip(".") for tld in self.tlds),
            "url_host_registered_domain": tuple(domain.lower() for domain in self.domains),
            "fetch_status": self.status,
            "content_mime_detected": self.mime,
        }
        return {name: values for name, values in stated.items() if values}

    @property
    def codes(self) -> list[str]:
        """The languages as the index has them."""
        codes = (code.partition("_")[0] for code in self.languages)
        return sorted({_MACRO.get(code, code) for code in codes})


class RangeFile(io.RawIOBase):
    """A remote file as Python's files are, each read a range that comes whole."""

    def __init__(self, remote: Remote, url: str) -> None:
        """Ask for the size; nothing else is read."""
        super().__init__()
        self._remote, self._url = remote, url
        self._size = remote.size(url)
        self._at = 0

    def seekable(self) -> bool:
        """It is."""
        return True

    def readable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go somewhere; from the start, from here, or from the end."""
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Read to the end, or as much as is asked for and there."""
        left = max(self._size - self._at, 0)
        length = left if size is None or size < 0 else min(size, left)
        piece = self._remote.read(self._url, self._at, length)
        self._at += length
        return piece


def choose(url: str, choice: Choice, remote: Remote) -> Iterator[pa.Table]:
    """Give where the wanted records of one index file lie, a row group at a time, as `RECORD`.

    Raises:
        UsageError: the file is no index, or has not the columns that the choice needs.

    """
    try:
        file = pq.ParquetFile(pa.PythonFile(RangeFile(remote, url), mode="r"))
    except pa.ArrowInvalid as error:
        raise UsageError(f"{url}: expected a Parquet file of an index, found: {error}") from None
    with file:
        needed = [*RECORD.names, *choice.sets, *(["content_languages"] if choice.codes else [])]
        missing = [name for name in needed if name not in file.schema_arrow.names]
        if missing:
            raise UsageError(
                f"{url}: expected an index with the columns {', '.join(missing)}, found "
                f"{', '.join(file.schema_arrow.names[:8])}, …"
            )
        for group in range(file.metadata.num_row_groups):
            if _possible(file.metadata.row_group(group), choice):
                table = file.read_row_group(group, columns=needed, use_threads=False)
                yield table.filter(_wanted(table, choice)).select(RECORD.names).cast(RECORD)


def _possible(group: Any, choice: Choice) -> bool:
    """Whether the statistics of a row group leave room for a wanted capture."""
    sets = choice.sets
    for index in range(group.num_columns):
        column = group.column(index)
        values = sets.get(column.path_in_schema)
        statistics = column.statistics
        if values and statistics is not None and statistics.has_min_max:
            low, high = statistics.min, statistics.max
            if not any(low <= value <= high for value in values):
                return False
    return True


def _wanted(table: pa.Table, choice: Choice) -> pa.ChunkedArray:
    mask = pc.is_valid(table["warc_filename"])
    for name, values in choice.sets.items():
        column = table[name]
        mask = pc.and_(mask, pc.is_in(column, pa.array(values, column.type)))
    if choice.codes:
        pattern = rf"(^|,)({'|'.join(choice.codes)})(,|$)"
        mask = pc.and_(mask, pc.match_substring_regex(table["content_languages"], pattern))
    return pc.fill_null(mask, False)

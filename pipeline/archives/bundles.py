"""Bundles of records: what an index chose, cut into units of work, and fetched as one WARC file."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from ..errors import RunError
from .index import RECORD
from .remote import Remote, join

_GAP = 64 << 10  # a request costs more than these bytes
_MOST = 32 << 20  # bytes of one request


@dataclass(frozen=True, slots=True)
class Bundle:
    """Some records of an archive, in the order of files and places."""

    records: pa.Table
    """As `index.RECORD`, sorted."""

    @property
    def bytes(self) -> int:
        """Bytes of all records, compressed."""
        return int(np.sum(self.records["warc_record_length"].to_numpy()))

    @property
    def digest(self) -> str:
        """Names the bundle by the places that it holds."""
        digest = xxhash.xxh3_128()
        for name, offset, length in _rows(self.records):
            digest.update(f"{name}\t{offset}\t{length}\n".encode())
        return digest.hexdigest()[:16]

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        pq.write_table(self.records, path, compression="zstd")

    @classmethod
    def read(cls, path: Path) -> "Bundle":
        """Take it from a file."""
        return cls(pq.read_table(path, use_threads=False))


def cut(chosen: list[pa.Table], most_records: int, most_bytes: int) -> Iterator[Bundle]:
    """Sort what was chosen, leave out what was chosen twice, and cut it into bundles."""
    table = pa.concat_tables([RECORD.empty_table(), *chosen])
    table = (
        table.group_by(RECORD.names)
        .aggregate([])
        .sort_by([(name, "ascending") for name in RECORD.names])
    )
    start, size = 0, 0
    for row, length in enumerate(table["warc_record_length"].to_pylist()):
        if row > start and (row - start >= most_records or size + length > most_bytes):
            yield Bundle(table.slice(start, row - start))
            start, size = row, 0
        size += length
    if start < table.num_rows:
        yield Bundle(table.slice(start))


def fetch(bundle: Bundle, base: str, remote: Remote, target: Path) -> int:
    """Fetch the records of a bundle into one `.warc.gz`; return the bytes written.

    Records that lie near one another come with one request. Each must be a whole gzip member.

    Raises:
        UsageError: an archive file is not there.
        RunError: a record did not come whole.

    """
    written = 0
    with target.open("wb") as file:
        for name, ranges in _requests(bundle):
            url = join(base, name)
            first, last = ranges[0][0], ranges[-1][0] + ranges[-1][1]
            block = remote.read(url, first, last - first)
            for offset, length in ranges:
                record = block[offset - first : offset - first + length]
                _check(record, url, offset)
                written += file.write(record)
    return written


def _rows(table: pa.Table) -> Iterator[tuple[str, int, int]]:
    yield from zip(*(table[name].to_pylist() for name in RECORD.names), strict=True)


def _requests(bundle: Bundle) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Give (file, [(offset, length), …]) of records that one request fetches."""
    name, ranges = "", list[tuple[int, int]]()
    for file, offset, length in _rows(bundle.records):
        if ranges:
            first, end = ranges[0][0], ranges[-1][0] + ranges[-1][1]
            near = 0 <= offset - end <= _GAP and offset + length - first <= _MOST
            if file != name or not near:
                yield name, ranges
                ranges = []
        name = file
        ranges.append((offset, length))
    if ranges:
        yield name, ranges


def _check(record: bytes, url: str, offset: int) -> None:
    """Make sure that the bytes are one gzip member, whole."""
    stream = zlib.decompressobj(31)
    try:
        left = record
        while left and not stream.eof:
            stream.decompress(left, 1 << 20)
            left = stream.unconsumed_tail
    except zlib.error as error:
        raise RunError(
            f"{url}: expected a gzip member at byte {offset:,}, found: {error}"
        ) from None
    if not stream.eof or stream.unused_data:
        found = "less" if not stream.eof else "more"
        raise RunError(
            f"{url}: expected one whole gzip member at byte {offset:,}, of {len(record):,} bytes, found "
            f"{found}; is the index that of this archive?"
        )

"""WARC, WET, WAT and ARC files: FastWARC reads, and hands over where something is wrong.

FastWARC is fast and believes what a file declares. So a record is given only when its
successor has been found where it must be, and everything from the last unconfirmed record
on goes to the careful reader: after an error, after anything irregular, and at the end of
every file, which is where a truncated file shows.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from fastwarc.stream_io import GzipReader, Lz4Reader, WarcReader, ZstdReader
from fastwarc.warc import ArchiveIterator, WarcRecord

from .arc import ArcGrammar
from .capture import Capture, Damage, Limits
from .record import DOCUMENTS, Record, capture
from .salvage import WarcGrammar, records
from .window import Window, codec, refuses

_READERS = {"gzip": GzipReader, "lz4": Lz4Reader, "zstd": ZstdReader}


def read_archive(
    path: Path, counts: Counter[str], limits: Limits, *, arc: bool = False
) -> Iterator[Capture | Damage]:
    """The documents and the damage of one archive file; all records are counted by type."""
    with path.open("rb") as file:
        compression = codec(file.read(8))
        if not file.seek(0, 2):
            yield Damage(0, 0, "the file is empty")
            return
        items = _arc(file, compression, limits) if arc else _warc(file, compression, limits)
        nothing = True
        for item in items:
            nothing = False
            if isinstance(item, Damage):
                yield item
                continue
            kind = item.type or "untyped"
            counts[kind] += 1
            if kind in DOCUMENTS:
                yield replace(capture(item, limits), offset=item.offset)
            elif item.problem:
                what = f"{kind} record: {item.problem}: {item.detail}"
                yield Damage(item.offset, None, what, record=kind)
        if nothing:
            yield Damage(0, file.seek(0, 2), "the file holds no record")


def _arc(file: BinaryIO, compression: str, limits: Limits) -> Iterator[Record | Damage]:
    return records(Window(file, compression), ArcGrammar(), limits)


def _warc(file: BinaryIO, compression: str, limits: Limits) -> Iterator[Record | Damage]:
    """FastWARC's records while all is well, then the careful reader's."""
    confirmed = _Confirmed(file, compression, limits)
    yield from confirmed
    rest = records(Window(file, compression, confirmed.anchor), WarcGrammar(), limits)
    skip = confirmed.since
    for item in rest:
        if skip and isinstance(item, Record):
            skip -= 1
        else:
            yield item


class _Confirmed:
    """FastWARC's records, each given when the next one was found right behind it.

    `anchor` is a place in the file from where a reader can start, `since` the number of
    records given that begin behind it.
    """

    def __init__(self, file: BinaryIO, compression: str, limits: Limits) -> None:
        self._file = file
        self._reader: WarcReader | None = None
        file.seek(0)
        if compression in _READERS:
            self._reader = _READERS[compression](file)
        # A zstd file may need its first frame, and lz4 frames may depend on each other.
        self._anchored = compression in ("plain", "gzip")
        self._gzip = compression == "gzip"
        self._most = limits.block_bytes
        self._found: Iterator[WarcRecord] | None = None
        self.anchor = self.since = 0

    def __iter__(self) -> Iterator[Record]:
        held: Record | None = None
        while (found := self._next()) is not None:
            offset, record = found
            if held is not None:
                self.since += 1
                yield held
            if self._anchored and offset != self.anchor:
                self.anchor, self.since = offset, 0
            if record is None:
                return
            held = record

    def _next(self) -> tuple[int, Record | None] | None:
        """The next record and its place; null at the end and where FastWARC refuses the bytes."""
        try:
            if self._found is None:
                self._found = iter(ArchiveIterator(self._reader or self._file, parse_http=False))
            found = next(self._found, None)
            if found is None:
                return None
            offset = self._offset(found)
            return offset, self._record(found, offset)
        except BaseException as error:
            if not refuses(error):
                raise
            return None

    def _offset(self, found: WarcRecord) -> int:
        if self._gzip and self._reader is not None:
            return self._reader.frame_start_position() or 0
        return found.stream_pos

    def _record(self, found: WarcRecord, offset: int) -> Record | None:
        """The record read; null if it is shorter than declared or runs into another member."""
        headers = {name.lower(): value for name, value in found.headers.to_tuples()}
        kind = headers.get("warc-type", "").lower()
        length = found.content_length
        block = b""
        if kind in DOCUMENTS and length:
            block = found.reader.read(min(length, self._most))
            if len(block) < min(length, self._most):
                return None
        if self._gzip and length and self._offset(found) != offset:
            return None
        return Record(kind, headers, block, length, offset)

"""Writes WARC 1.1: one gzip member a record, digests, revisits, truncation; a file can be cut back.

A record is committed once the journal knows where it ends. What lies beyond in the open file after
a kill is cut off before the next record is written, so that no record is there twice.
"""

import base64
import gzip
import hashlib
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Literal

OPEN = ".open"
"""What the name of a file ends in as long as it is written to."""

Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Original:
    """The record that a revisit refers to."""

    record: str
    url: str
    date: str
    digest: str = ""

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The header fields that name it."""
        return [
            ("WARC-Refers-To", self.record),
            ("WARC-Refers-To-Target-URI", self.url),
            ("WARC-Refers-To-Date", self.date),
        ]


@dataclass
class Exchange:
    """A request and its answer, as bytes on the wire but for what must not or cannot be kept.

    `head` begins with the status line and ends with an empty line; `body` is what followed, its
    chunks joined and its content encoding as sent.
    """

    url: str
    date: datetime
    request: bytes
    head: bytes
    body: bytes
    address: str = ""
    protocol: str = "http/1.1"
    truncated: Literal["", "length", "time", "disconnect", "unspecified"] = ""
    original: Original | None = None
    """An earlier record with the same payload: a revisit is written."""
    unmodified: bool = False
    """Whether the server said so (304), rather than the digests."""

    @cached_property
    def digest(self) -> str:
        """The label of the payload: of the earlier record's where the server sent none."""
        return self.original.digest if self.unmodified and self.original else label(self.body)

    @property
    def date_text(self) -> str:
        """The moment as WARC 1.1 allows: UTC, to the microsecond."""
        return _date(self.date)


class WarcFiles:
    """A series of WARC files that one part of a crawl writes; `<prefix>-<part>-<number>.warc.gz`."""

    def __init__(self, folder: Path, name: str, limit: int, info: Headers) -> None:
        """Continue the series called `name` in a folder; `limit` is the size for a new file."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._name, self._limit = folder, name, limit
        self._info = list(info)
        self._file: BinaryIO | None = None
        self._number = -1

    def resume(self, name: str, end: int) -> None:
        """Go on after the last record that was committed: in file `name`, up to byte `end`.

        Whatever lies beyond it, in that file or in later ones, was never committed and is removed.
        Without any (`name` empty) all files of the series go.
        """
        for path in sorted(self._folder.glob(f"{self._name}-*.warc.gz*")):
            final = path.name.removesuffix(OPEN)
            if final > name:
                path.unlink()
        if not name:
            return
        self._number = int(name.removesuffix(".warc.gz").rpartition("-")[2])
        whole, opened = self._folder / name, self._folder / (name + OPEN)
        if (
            whole.exists() and whole.stat().st_size > end
        ):  # killed between its last record and the line
            whole.rename(opened)
        if opened.exists():
            self._file = opened.open("r+b")
            self._file.truncate(end)
            self._file.seek(end)

    def size(self, name: str) -> int:
        """Bytes of a file of the series that are there; 0 if it is not."""
        for path in (self._folder / name, self._folder / (name + OPEN)):
            if path.exists():
                return path.stat().st_size
        return 0

    def write(self, exchange: Exchange, metadata: Headers) -> tuple[str, str, int]:
        """Write an exchange and what is known besides; return record id, file name and end.

        The records reach the operating system, not yet the disk: `sync` is for that.
        """
        file = self._begin()
        target, date = exchange.url, exchange.date_text
        response, request = _new_id(), _new_id()
        payload = ("WARC-Payload-Digest", exchange.digest)
        common = [("WARC-Target-URI", target), ("WARC-Date", date)]
        address = [("WARC-IP-Address", exchange.address)] if exchange.address else []
        protocol = [("WARC-Protocol", exchange.protocol)] if exchange.protocol != "http/1.1" else []
        http = "application/http; msgtype="
        concurrent = ("WARC-Concurrent-To", response)
        self._record("request", request, [*common, *address, concurrent], f"{http}request",
                     exchange.request)  # fmt: skip
        kind, block, extra = _answer(exchange)
        self._record(kind, response, [*common, *address, *protocol, payload, *extra],
                     f"{http}response", block)  # fmt: skip
        self._record("metadata", _new_id(), [*common, concurrent], "application/warc-fields",
                     _fields(metadata))  # fmt: skip
        file.flush()
        place = response, self._current, file.tell()
        if file.tell() >= self._limit:
            self.close()
        return place

    def sync(self) -> None:
        """Have what was written reach the disk."""
        if self._file:
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """End the open file, and give it its final name."""
        if self._file:
            self.sync()
            self._file.close()
            self._file = None
            path = self._folder / self._current
            path.with_name(path.name + OPEN).rename(path)

    @property
    def _current(self) -> str:
        return f"{self._name}-{self._number:05}.warc.gz"

    def _begin(self) -> BinaryIO:
        if self._file is None:
            self._number += 1
            self._file = (self._folder / (self._current + OPEN)).open("wb")
            headers = [
                ("WARC-Date", _date(datetime.now().astimezone())),
                ("WARC-Filename", self._current),
            ]
            block = _fields([*self._info, ("isPartOf", self._name)])
            self._record("warcinfo", _new_id(), headers, "application/warc-fields", block)
        return self._file

    def _record(
        self, kind: str, record: str, headers: Headers, content_type: str, block: bytes
    ) -> None:
        lines = [
            ("WARC-Type", kind),
            ("WARC-Record-ID", record),
            *headers,
            ("WARC-Block-Digest", label(block)),
            ("Content-Type", content_type),
            ("Content-Length", str(len(block))),
        ]
        head = "WARC/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n"
        assert self._file is not None
        self._file.write(gzip.compress(head.encode() + block + b"\r\n\r\n", 6, mtime=0))


def label(payload: bytes) -> str:
    """Label a payload as archives do: SHA-1 in base 32.

    >>> label(b"")
    'sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ'
    """
    return "sha1:" + base64.b32encode(hashlib.sha1(payload).digest()).decode("ascii")


def _answer(exchange: Exchange) -> tuple[str, bytes, list[tuple[str, str]]]:
    """Give type, block and own header fields of the record for an answer."""
    if exchange.original is None:
        extra = [("WARC-Truncated", str(exchange.truncated))] if exchange.truncated else []
        return "response", exchange.head + exchange.body, extra
    why = "server-not-modified" if exchange.unmodified else "identical-payload-digest"
    profile = f"http://netpreserve.org/warc/1.1/revisit/{why}"
    return "revisit", exchange.head, [("WARC-Profile", profile), *exchange.original.fields]


def _new_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def _date(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond:06}Z"


def _fields(fields: Headers) -> bytes:
    return "".join(f"{name}: {' '.join(value.split())}\r\n" for name, value in fields).encode()

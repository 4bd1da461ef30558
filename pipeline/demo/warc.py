"""Writes WARC 1.1 files that come out the same every time: fixed dates, ids from URLs."""

import datetime
import uuid
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from warcio.warcwriter import WARCWriter

START = datetime.datetime(2026, 3, 2, 6, 0, 0, tzinfo=datetime.UTC)
"""The date of the first response. The next is a second later, as of a fetcher in no hurry."""

ROLL_BYTES = 128 << 10
"""A file that has grown beyond this is followed by another."""


class WarcFiles:
    """The WARC files of one capture; a context manager that closes the last of them."""

    def __init__(self, folder: Path, user_agent: str) -> None:
        """Write into `folder`, naming `user_agent` in each warcinfo record."""
        self.paths: list[Path] = []
        self._folder = folder
        self._user_agent = user_agent
        self._file: BinaryIO | None = None
        self._written = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file that is open."""
        if self._file:
            self._file.close()

    def roll_over(self) -> None:
        """Begin a new file if there is none, or the open one is large enough."""
        if self._file and self._file.tell() < ROLL_BYTES:
            return
        if self._file:
            self._file.close()
        name = f"eurocorpus-demo-{START:%Y%m%d}-{len(self.paths):05}.warc.gz"
        self.paths.append(self._folder / name)
        self._file = self.paths[-1].open("wb")
        fields = {
            "software": "eurocorpus demo",
            "format": "WARC File Format 1.1",
            "robots": "obey",
            "http-header-user-agent": self._user_agent,
            "description": "A small web written for eurocorpus and served on loopback",
        }
        text = "".join(f"{key}: {value}\r\n" for key, value in fields.items())
        self._record("warcinfo", name, text.encode(), {"WARC-Filename": name})

    def write(self, url: str, request: bytes, response: bytes) -> None:
        """Add an exchange: a request and a response record, the raw bytes as block."""
        self._record("request", url, request, {"WARC-Concurrent-To": _id("response", url)})
        self._record("response", url, response, {"WARC-IP-Address": "127.0.0.1"})
        self._written += 1

    def _record(self, kind: str, name: str, block: bytes, headers: dict[str, str]) -> None:
        date = START + datetime.timedelta(seconds=self._written)
        own = {"WARC-Record-ID": _id(kind, name), "WARC-Date": f"{date:%Y-%m-%dT%H:%M:%SZ}"}
        writer = WARCWriter(self._file, gzip=True, warc_version="1.1")
        writer.write_record(
            writer.create_warc_record(
                "" if kind == "warcinfo" else name,
                kind,
                payload=BytesIO(block),
                length=len(block),
                warc_headers_dict=own | headers,
            )
        )


def _id(kind: str, name: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{kind} {name}')}>"

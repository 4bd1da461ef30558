"""Bytes of files near or far, whole or not at all: what arrives short is asked for again, then an error."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import xxhash
from fsspec.core import url_to_fs

from ..errors import RunError, UsageError
from .streams import Streams

T = TypeVar("T")

_PIECE = 16 << 20
_LONGEST_WAIT = 120.0
_TEMPORARY = frozenset({408, 429, 500, 502, 503, 504})


class ShortReadError(OSError):
    """Fewer bytes arrived than were asked for."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often something is asked for again, and how long before that."""

    retries: int = 6
    seconds: float = 1.0
    """Before the first repetition; doubled each time, with jitter."""
    seed: int = 0
    """The same seed gives the same waits for the same bytes."""

    def wait(self, what: str, attempt: int) -> float:
        """Seconds to wait after the attempt of this number, from 0: half to one and a half of the doubled."""
        drawn = xxhash.xxh3_64_intdigest(f"{self.seed}\0{what}\0{attempt}".encode()) / 2**64
        return min(self.seconds * 2.0**attempt * (0.5 + drawn), _LONGEST_WAIT)


class Remote:
    """Files under `http(s)://`, `file://`, a path, or whatever fsspec has a package for (`s3://`)."""

    def __init__(
        self,
        patience: Patience = Patience(),
        streams: Streams | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Take one of `streams` for each request, if there is such a limit; `beat` says that one is alive."""
        self._patience = patience
        self._streams = streams
        self._beat = beat

    def size(self, url: str) -> int:
        """The size of a file.

        Raises:
            UsageError: there is no such file.
            RunError: no answer, or none that says the size.

        """

        def ask() -> int:
            filesystem, path = _open(url)
            size = filesystem.size(path)
            if size is None:
                raise ShortReadError("the server does not say how large the file is")
            return int(size)

        return self._patiently(f"size of {url}", url, ask)

    def read(self, url: str, start: int, length: int) -> bytes:
        """Read `length` bytes from `start` on: all of them.

        Raises:
            UsageError: there is no such file.
            RunError: they did not come, however often they were asked for.

        """

        what = f"bytes {start}-{start + length - 1}"

        def ask() -> bytes:
            filesystem, path = _open(url)
            # A proxy that compresses would change what a range is.
            plain = {"headers": {"Accept-Encoding": "identity"}} if _is_http(url) else {}
            piece: bytes = filesystem.cat_file(path, start=start, end=start + length, **plain)
            if len(piece) > length:
                raise UsageError(
                    f"{url}: expected {what}, found a server that sends more than is asked for"
                )
            if len(piece) < length:
                raise ShortReadError(f"expected {length:,} bytes, found {len(piece):,}")
            return piece

        return self._patiently(what, url, ask) if length else b""

    def pieces(self, url: str) -> Iterator[bytes]:
        """Read a whole file in pieces of 16 MiB."""
        size = self.size(url)
        for start in range(0, size, _PIECE):
            yield self.read(url, start, min(_PIECE, size - start))
            self._beat()

    def read_all(self, url: str) -> bytes:
        """Read a whole file into memory."""
        return b"".join(self.pieces(url))

    def fetch(self, url: str, target: Path) -> int:
        """Copy a whole file to disk; return its size."""
        with target.open("wb") as file:
            return sum(file.write(piece) for piece in self.pieces(url))

    def _patiently(self, what: str, url: str, ask: Callable[[], T]) -> T:
        from aiohttp import ClientError  # 0.4 CPU-seconds in each process, that few runs need

        for attempt in range(self._patience.retries + 1):
            try:
                with self._stream():
                    return ask()
            except (OSError, ClientError) as error:
                problem = _cause(error)
                if not _is_temporary(problem):
                    raise UsageError(f"{url}: expected {what}, found {_said(problem)}") from None
            if attempt < self._patience.retries:
                self._sleep(max(self._patience.wait(f"{url} {what}", attempt), _asked_for(problem)))
        raise RunError(
            f"{url}: {what} did not come in {self._patience.retries + 1} attempts; the last: "
            f"{_said(problem)}. Type the same command to try again"
        )

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 5))
            self._beat()

    @contextmanager
    def _stream(self) -> Iterator[None]:
        if self._streams is None:
            yield
        else:
            with self._streams.one(self._beat):
                yield


def _cause(error: BaseException) -> BaseException:
    """The error behind fsspec's, which calls a file missing that it could not ask for."""
    if isinstance(error, FileNotFoundError) and error.__cause__ is not None:
        return error.__cause__
    return error


def _is_temporary(error: BaseException) -> bool:
    from aiohttp import ClientConnectionError, ClientPayloadError, ClientResponseError

    if isinstance(error, ClientResponseError):
        return error.status in _TEMPORARY
    transient = (ShortReadError, ClientConnectionError, ClientPayloadError, ConnectionError)
    return isinstance(error, (*transient, TimeoutError))


def _is_http(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def _said(error: BaseException) -> str:
    from aiohttp import ClientResponseError

    if isinstance(error, FileNotFoundError):
        return "nothing there"
    if isinstance(error, ClientResponseError):
        return f"HTTP {error.status} {error.message}"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _asked_for(error: BaseException) -> float:
    """The seconds of a Retry-After header, within reason."""
    from aiohttp import ClientResponseError

    headers = error.headers if isinstance(error, ClientResponseError) else None
    value = str(headers.get("Retry-After", "")) if headers else ""
    return min(float(value), _LONGEST_WAIT) if value.isascii() and value.isdigit() else 0.0


def _open(url: str) -> tuple[Any, str]:
    try:
        filesystem, path = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"{url}: expected a path, http(s):// or another scheme that fsspec reads: {error}"
        ) from None
    return filesystem, path


def is_remote(location: str) -> bool:
    """Whether a location is a URL and no path.

    >>> is_remote("https://a.example/x"), is_remote("/data/x"), is_remote("s3://bucket/x")
    (True, False, True)
    """
    return "://" in location


def join(base: str, path: str) -> str:
    """Put a path below a base: a folder or a URL.

    >>> join("https://a.example/", "crawl-data/x"), join("/data", "crawl-data/x")
    ('https://a.example/crawl-data/x', '/data/crawl-data/x')
    """
    return f"{base.rstrip('/')}/{path.lstrip('/')}"

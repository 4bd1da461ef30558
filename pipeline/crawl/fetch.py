"""Fetches one URL with Scrapy's downloader: the answer as bytes, or why there is none."""

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal
from urllib.parse import urlsplit

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, StopDownload
from scrapy.http import Response
from scrapy.http.headers import Headers as ScrapyHeaders

from ..extract.read.http import Headers
from ..extract.read.sniff import media_type
from .config import CrawlConfig
from .identity import request_headers
from .resolver import GuardedResolver
from .urls import host_of
from .warc import Exchange
from .wire import Wire

_SECRET = ("set-cookie", "set-cookie2", "authorization", "www-authenticate", "proxy-authenticate")
_UNDONE = ("transfer-encoding", "connection", "keep-alive", "content-length")
"""Of the connection rather than of the answer; the length is written anew where chunks were joined."""
_BODILESS = (204, 304)
_KNOWN = frozenset(HTTPStatus)
_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")


@dataclass(slots=True)
class Answer:
    """A server's answer, whatever its status."""

    url: str
    date: datetime
    status: int
    headers: Headers
    body: bytes
    request: bytes
    head: bytes
    latency: float
    seconds: float
    address: str
    protocol: str
    truncated: Literal["", "length", "time", "disconnect", "unspecified"] = ""

    def header(self, name: str) -> str:
        """Give a header's first value, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def exchange(self) -> Exchange:
        """Give what an archive keeps."""
        return Exchange(
            self.url, self.date, self.request, self.head, self.body, self.address, self.protocol,
            self.truncated,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer: `refused` (the address is not allowed), `dns`, `timeout`, `headers`, `connection`."""

    why: Literal["refused", "dns", "timeout", "headers", "connection"]
    detail: str = ""


@dataclass(slots=True)
class _Taking:
    """What is known of an answer while it comes in."""

    types: tuple[str, ...] | None
    limit: int
    began: float = field(default_factory=time.monotonic)
    until: float = 0.0
    received: int = 0
    latency: float = 0.0
    """Seconds from the request to the headers; 0 before they are there."""
    cut: Literal["", "length", "time", "unspecified"] = ""

    @property
    def started(self) -> bool:
        """Whether the headers are there."""
        return self.latency > 0


class Fetcher:
    """Makes requests, as many at a time as it is asked to."""

    def __init__(self, crawler: Crawler, resolver: GuardedResolver, config: CrawlConfig) -> None:
        """Use a crawler whose engine runs."""
        self._crawler, self._resolver, self._config = crawler, resolver, config
        crawler.signals.connect(self._on_headers, signals.headers_received)
        crawler.signals.connect(self._on_bytes, signals.bytes_received)

    async def get(
        self,
        url: str,
        *,
        types: tuple[str, ...] | None = None,
        limit: int | None = None,
        conditions: dict[str, str] | None = None,
    ) -> Answer | Failure:
        """Fetch a URL; `types` are those whose body is taken, all if null; `limit` is its size."""
        taking = _Taking(types, limit or self._config.answer.bytes)
        wire = Wire(self._config.answer.header_bytes)
        request = Request(
            url,
            headers={**request_headers(self._config), **(conditions or {})},
            dont_filter=True,
            meta={
                "taking": taking,
                "wire": wire,
                "download_slot": host_of(url),
                "download_timeout": self._config.network.timeout + self._config.answer.seconds,
            },
        )
        date = datetime.now(UTC)
        assert self._crawler.engine is not None
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - whatever Scrapy, Twisted or OpenSSL raise
            return self._failure(url, wire, error)
        return _answer(response, date, taking, wire)

    def _on_headers(self, headers: ScrapyHeaders, request: Request) -> None:
        taking: _Taking = request.meta["taking"]
        now = time.monotonic()
        taking.latency = max(now - taking.began, 1e-6)
        taking.until = now + self._config.answer.seconds
        declared = media_type((headers.get(b"Content-Type") or b"").decode("latin-1"))
        if taking.types is not None and declared and declared not in taking.types:
            taking.cut = "unspecified"
            raise StopDownload(fail=False)

    def _on_bytes(self, data: bytes, request: Request) -> None:
        taking: _Taking = request.meta["taking"]
        taking.received += len(data)
        if taking.received > taking.limit:
            taking.cut = "length"
        elif time.monotonic() > taking.until:
            taking.cut = "time"
        if taking.cut:
            raise StopDownload(fail=False)

    def _failure(self, url: str, wire: Wire, error: Exception) -> Failure:
        detail = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        if wire.flooded:
            return Failure("headers", f"more than {wire.header_bytes:,} bytes of headers")
        if address := self._resolver.refused.get(host_of(url).strip("[]")):
            return Failure("refused", address)
        if isinstance(error, CannotResolveHostError):
            return Failure("dns", detail)
        return Failure("timeout" if "Timeout" in detail else "connection", detail)


def _answer(response: Response, date: datetime, taking: _Taking, wire: Wire) -> Answer:
    truncated: Literal["", "length", "time", "disconnect", "unspecified"] = taking.cut
    if not truncated and "dataloss" in response.flags:
        truncated = "disconnect"
    body = response.body[: taking.limit]
    head, headers = _head(response, wire, len(body))
    protocol = (response.protocol or "HTTP/1.1").lower()
    return Answer(
        url=response.url,
        date=date,
        status=response.status,
        headers=headers,
        body=body,
        request=wire.request or _request_head(response),
        head=head,
        latency=taking.latency,
        seconds=time.monotonic() - taking.began,
        address=wire.address or str(response.ip_address or ""),
        protocol=protocol,
        truncated=truncated,
    )


def _head(response: Response, wire: Wire, size: int) -> tuple[bytes, Headers]:
    """Give the head that is kept, and the headers in it.

    Cookies and challenges are left out, and what tells of the connection: the body is kept with its
    chunks joined, so that its length is stated instead.
    """
    lines = _lines(response, wire)
    chunked = any(name.lower() == "transfer-encoding" for name, _ in lines[1:])
    kept = []
    for name, value in lines[1:]:
        key = name.lower()
        if key in _SECRET or key in _UNDONE[:3] or (key == "content-length" and chunked):
            continue
        kept.append((name, value))
    if response.status in _BODILESS:
        pass
    elif chunked or not any(name.lower() == "content-length" for name, _ in kept):
        kept.append(("Content-Length", str(size)))
    text = f"{lines[0][0]}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in kept) + "\r\n"
    return text.encode("latin-1", "replace"), tuple(kept)


def _lines(response: Response, wire: Wire) -> list[tuple[str, str]]:
    """Give the status line (its value empty) and the headers, as they came where that is known."""
    final = _final_head(wire.head)
    if final:
        text = _FOLD.sub(" ", final.decode("latin-1")).split("\n")
        fields = [line.rstrip("\r").partition(":") for line in text[1:]]
        return [(text[0].rstrip("\r"), "")] + [
            (name.strip(), value.strip()) for name, colon, value in fields if colon and name.strip()
        ]
    phrase = HTTPStatus(response.status).phrase if response.status in _KNOWN else "Unknown"
    return [(f"HTTP/1.1 {response.status} {phrase}", "")] + [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    ]


def _final_head(head: bytes) -> bytes:
    """Cut the head of the answer proper out of what came: interim ones before it, the body after."""
    while end := _END.search(head):
        if not re.match(rb"HTTP/\S+ 1\d\d\b", head):
            return head[: end.start()]
        head = head[end.end() :]
    return b""


def _request_head(response: Response) -> bytes:
    """Write down a request of which the bytes were never text, as over HTTP/2."""
    request = response.request
    assert request is not None
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {target} HTTP/1.1", f"Host: {parts.netloc}"]
    for name, values in request.headers.items():
        lines += [f"{name.decode('latin-1')}: {value.decode('latin-1')}" for value in values]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

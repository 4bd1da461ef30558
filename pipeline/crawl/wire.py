"""Scrapy's HTTP handlers with two things more: the heads of answers as they came, and a limit to them.

Scrapy gives headers in its own spelling and reads as many as a server sends. An archive wants them
as sent, and a crawler must not be fed headers for ever.
"""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.core.downloader.handlers.http2 import H2DownloadHandler
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.internet.defer import Deferred
from twisted.web._newclient import HEADER, STATUS

if TYPE_CHECKING:
    from twisted.web._newclient import Request as TxRequest
    from twisted.web.iweb import IResponse

_MARK = b"X-Wire"  # on a request's way to the connection; taken off before it is sent


@dataclass(slots=True)
class Wire:
    """What was seen on the connection of one exchange."""

    header_bytes: int
    request: bytes = b""
    head: bytes = b""
    """Status line and headers, and what came in one piece with their end."""
    address: str = ""
    flooded: bool = False


class Handler:
    """Downloads over HTTP/1.1, or HTTP/2 where `CRAWL_HTTP2` is set and the host speaks it."""

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        """Make both; connections are opened when they are needed."""
        self._wires: dict[bytes, Wire] = {}
        self._http1 = HTTP11DownloadHandler(crawler)
        pool = self._http1._pool
        pool._factory = partial(_Factory, self._wires)
        pool.retryAutomatically = False  # its second request would come without a delay
        self._http2 = (
            H2DownloadHandler(crawler) if crawler.settings.getbool("CRAWL_HTTP2") else None
        )
        self._only_http1: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Handler":
        """Make a handler as Scrapy does."""
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        """Download; `request.meta["wire"]` is filled in on the way, over HTTP/1.1."""
        origin = request.url.split("/", 3)[2]
        if self._http2 and request.url.startswith("https:") and origin not in self._only_http1:
            try:
                return await self._http2.download_request(request)
            except Exception as error:
                if not _is_refusal(error):
                    raise
                self._only_http1.add(origin)
        mark = b"%d" % id(request)
        self._wires[mark] = request.meta["wire"]
        marked = request.replace(headers={**request.headers, _MARK: mark})
        try:
            return await self._http1.download_request(marked)
        finally:
            self._wires.pop(mark, None)

    async def close(self) -> None:
        """Close all connections."""
        await self._http1.close()
        if self._http2:
            await self._http2.close()


def _is_refusal(error: BaseException) -> bool:
    """Whether a host does not speak HTTP/2, by what Scrapy makes of it."""
    text = f"{type(error).__name__} {error} {error.__cause__!r}"
    return "Negotiat" in text or "negotiat" in text


class _Protocol(_LenientHTTP11ClientProtocol):
    """A connection that notes the bytes of heads."""

    wires: dict[bytes, Wire]
    _wire: Wire | None = None

    def request(self, request: "TxRequest") -> "Deferred[IResponse]":
        [mark] = request.headers.getRawHeaders(_MARK, [b""])
        request.headers.removeHeader(_MARK)
        self._wire = self.wires.get(mark)
        if self._wire:
            self._wire.request = _head_of(request)
            self._wire.head = b""
            self._wire.address = getattr(self.transport.getPeer(), "host", "")
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:
        wire, parser = self._wire, self._parser
        if wire and parser is not None and parser.state in (STATUS, HEADER):
            wire.head += data
            if len(wire.head) > wire.header_bytes and b"\r\n\r\n" not in wire.head:
                wire.flooded = True
                self.transport.abortConnection()
                return
        super().dataReceived(data)


class _Factory(_LenientHTTP11ClientFactory):
    """Makes such connections."""

    def __init__(self, wires: dict[bytes, Wire], *arguments: Any) -> None:
        super().__init__(*arguments)
        self._wires = wires

    def buildProtocol(self, addr: Any) -> _Protocol:
        protocol = _Protocol(self._quiescentCallback)
        protocol.wires = self._wires
        return protocol


def _head_of(request: "TxRequest") -> bytes:
    """Write a request's head as Twisted does."""
    lines = [b"%s %s HTTP/1.1" % (request.method, request.uri)]
    lines += [] if request.persistent else [b"Connection: close"]
    for name, values in request.headers.getAllRawHeaders():
        lines += [b"%s: %s" % (name, value) for value in values]
    return b"\r\n".join(lines) + b"\r\n\r\n"

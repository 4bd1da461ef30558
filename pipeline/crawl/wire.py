"""Scrapy's HTTP handlers with two things more: the heads of answers as they came, and a limit to them.

Scrapy gives headers in its own spelling and reads as many as a server sends. An archive wants them
as sent, and a crawler must not be fed headers for ever.
"""

import asyncio
from collections.abc import Coroutine
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
from scrapy.exceptions import DownloadTimeoutError
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
        self._seconds = crawler.settings.getfloat("CRAWL_TIMEOUT")
        self._only_http1: set[str] = set()
        self._speaks_http2: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Handler":
        """Make a handler as Scrapy does."""
        return cls(crawler)

    async def download_request(self, request: Request) -> Response:
        """Download; `request.meta["wire"]` is filled in on the way, over HTTP/1.1.

        An origin that has never answered over HTTP/2 is asked over HTTP/1.1 from then on: Scrapy does
        not see that a server names no protocol in its handshake, and waits for an answer.
        """
        origin = request.url.split("/", 3)[2]
        if not self._http2 or request.url.startswith("http:") or origin in self._only_http1:
            return await self._download(request)
        try:
            response = await self._begun_in_time(request, self._http2.download_request(request))
        except BaseException:
            if origin not in self._speaks_http2:
                self._only_http1.add(origin)
            raise
        self._speaks_http2.add(origin)
        return response

    async def _download(self, request: Request) -> Response:
        mark = b"%d" % id(request)
        self._wires[mark] = request.meta["wire"]
        marked = request.replace(headers={**request.headers, _MARK: mark})
        try:
            return await self._begun_in_time(request, self._http1.download_request(marked))
        finally:
            self._wires.pop(mark, None)

    async def _begun_in_time(
        self, request: Request, download: Coroutine[Any, Any, Response]
    ) -> Response:
        """Give up a download whose headers are late; its connection is closed."""
        task = asyncio.ensure_future(download)
        try:
            await asyncio.wait([task], timeout=self._seconds)
            if not task.done() and not request.meta["taking"].started:
                raise DownloadTimeoutError(f"no answer in {self._seconds:g} s")
            return await task
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait([task])

    async def close(self) -> None:
        """Close all connections."""
        await self._http1.close()
        if self._http2:
            await self._http2.close()


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
        wire = self._wire if self._in_head() else None
        if wire:
            wire.head += data
        super().dataReceived(data)
        if wire and self._in_head() and len(wire.head) > wire.header_bytes:
            wire.flooded = True
            self.transport.abortConnection()

    def _in_head(self) -> bool:
        """Whether the head of the answer, interim ones before it included, has not ended yet."""
        return self._parser is not None and self._parser.state in (STATUS, HEADER)


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

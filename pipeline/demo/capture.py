"""A small polite fetcher: walks the sample web and writes what it received into WARC files."""

import gzip
import http.client
import socket
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import cast
from urllib.parse import urldefrag, urljoin, urlsplit

import lxml.html
from protego import Protego

from .sites import SITES, pages
from .warc import WarcFiles
from .web import Web, serve

AGENT = "eurocorpus-demo"
"""The name under which robots.txt may address the fetcher."""

USER_AGENT = f"{AGENT}/1.0 (fetches the sample web of eurocorpus from loopback, nothing else)"

_ALLOW_ALL = Protego.parse("")
_FORBID_ALL = Protego.parse("User-agent: *\nDisallow: /")


@dataclass(frozen=True)
class Exchange:
    """A request and its response, as bytes on the wire."""

    url: str
    request: bytes
    response: bytes

    @cached_property
    def _parsed(self) -> tuple[http.client.HTTPResponse, bytes]:
        parser = http.client.HTTPResponse(cast(socket.socket, _Replay(self.response)))
        parser.begin()
        body = parser.read()
        if parser.getheader("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        return parser, body

    @property
    def status(self) -> int:
        """The status code."""
        return self._parsed[0].status

    @property
    def body(self) -> bytes:
        """The body without its codings."""
        return self._parsed[1]

    def header(self, name: str) -> str:
        """Give a header's value, empty where there is none."""
        return self._parsed[0].getheader(name) or ""


class _Replay:
    """Enough of a socket for `HTTPResponse` to read bytes that have already arrived."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> BytesIO:
        return BytesIO(self._data)


@dataclass(frozen=True, slots=True)
class Captured:
    """What a capture wrote and met."""

    paths: list[Path]
    fetched: int
    """Responses, the robots.txt files included."""
    forbidden: list[str] = field(default_factory=list)
    """URLs that were linked and, as robots.txt asks, not fetched; sorted."""
    by_status: dict[int, int] = field(default_factory=dict)
    """HTTP status -> responses."""


def capture(out: Path, web: Web | None = None) -> Captured:
    """Fetch the sample web, site by site, into WARC files in the folder `out`.

    Serves the web itself unless given one that is already being served. Two captures are byte
    for byte the same.
    """
    if web is None:
        with serve(pages()) as own:
            return capture(out, own)
    port = web.port
    out.mkdir(parents=True, exist_ok=True)
    statuses: Counter[int] = Counter()
    forbidden: list[str] = []
    with WarcFiles(out, USER_AGENT) as files:
        for site in SITES.values():
            files.roll_over()
            for exchange in crawl(site.host, lambda url: fetch(url, port), forbidden):
                files.write(exchange.url, exchange.request, exchange.response)
                statuses[exchange.status] += 1
    return Captured(
        files.paths, statuses.total(), sorted(forbidden), dict(sorted(statuses.items()))
    )


def crawl(host: str, fetch: Callable[[str], Exchange], forbidden: list[str]) -> Iterator[Exchange]:
    """Walk one host breadth-first from its front page, robots.txt before all else.

    Links are taken in the order of the page. What robots.txt forbids goes into `forbidden`.
    """
    first = fetch(f"https://{host}/robots.txt")
    yield first
    robots = rules(first)
    queue = deque([f"https://{host}/"])
    seen = {first.url, *queue}
    while queue:
        url = queue.popleft()
        if not robots.can_fetch(url, AGENT):
            forbidden.append(url)
            continue
        exchange = fetch(url)
        yield exchange
        for target in links(exchange):
            if urlsplit(target).hostname == host and target not in seen:
                seen.add(target)
                queue.append(target)


def rules(robots: Exchange) -> Protego:
    """Read a robots.txt as RFC 9309 says: absent allows all, unreachable forbids all."""
    if robots.status >= 500:
        return _FORBID_ALL
    if robots.status >= 400:
        return _ALLOW_ALL
    return Protego.parse(robots.body.decode("utf-8", "replace"))


def links(exchange: Exchange) -> list[str]:
    """Give the absolute URLs that a response points to, without their fragments."""
    if location := exchange.header("Location"):
        return [urljoin(exchange.url, location)]
    if not exchange.header("Content-Type").startswith("text/html") or not exchange.body:
        return []
    hrefs = lxml.html.document_fromstring(exchange.body).xpath("//a/@href")
    return [urldefrag(urljoin(exchange.url, str(href))).url for href in hrefs]


def fetch(url: str, port: int) -> Exchange:
    """Request one URL of the sample web from loopback and keep every byte."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    request = (
        f"GET {target} HTTP/1.1\r\nHost: {parts.hostname}\r\nUser-Agent: {USER_AGENT}\r\n"
        "Accept: text/html,*/*;q=0.5\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    ).encode("ascii")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        response = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    return Exchange(url, request, response)

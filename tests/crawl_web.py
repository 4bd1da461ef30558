"""A web of many hosts on loopback addresses of their own, which notes every request it gets."""

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

Reply = bytes | AsyncIterator[bytes]
Site = Callable[["Request"], Reply]


@dataclass(frozen=True)
class Request:
    """A request as it came, when it came, and over which connection."""

    host: str
    path: str
    headers: dict[str, str]
    raw: bytes
    connection: int
    port: int
    time: float = field(default_factory=time.monotonic)


@dataclass
class Span:
    """When a connection to a host was open."""

    host: str
    begin: float
    end: float = float("inf")


class Web:
    """Hosts at 127.1.x.y, all on one port; `serve` starts it."""

    def __init__(self, sites: Mapping[str, Site], elsewhere: Mapping[str, str]) -> None:
        self.sites = dict(sites)
        self.addresses = {
            host: f"127.1.{n // 250}.{n % 250 + 1}" for n, host in enumerate(self.sites)
        } | dict(elsewhere)
        self.port = 0
        self.log: list[Request] = []
        self.connections: list[Span] = []
        self.at_once: Counter[str] = Counter()
        """Most requests to each host that were being answered at one time."""
        self._busy: Counter[str] = Counter()

    def url(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    def paths(self, host: str) -> list[str]:
        """The paths that were asked of a host, in order."""
        return [request.path for request in self.log if request.host == host]

    def hosts_file(self, folder: Path, more: Mapping[str, str] | None = None) -> str:
        path = folder / "hosts"
        names = self.addresses | dict(more or {})
        path.write_text("".join(f"{address} {host}\n" for host, address in names.items()), "utf-8")
        return str(path)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        by_address = {address: host for host, address in self.addresses.items()}
        host = by_address[writer.get_extra_info("sockname")[0]]
        span = Span(host, time.monotonic())
        self.connections.append(span)
        number = len(self.connections)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._exchange(reader, writer, host, number):
                pass
        span.end = time.monotonic()
        writer.close()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, number: int
    ) -> bool:
        raw = await reader.readuntil(b"\r\n\r\n")
        first, *lines = raw.decode("latin-1").split("\r\n")[:-2]
        headers = {
            name.lower(): value.strip() for name, _, value in (li.partition(":") for li in lines)
        }
        request = Request(host, first.split(" ")[1], headers, raw, number, self.port)
        self.log.append(request)
        self._busy[host] += 1
        self.at_once[host] = max(self.at_once[host], self._busy[host])
        try:
            reply = self.sites[host](request)
            if isinstance(reply, bytes):
                writer.write(reply)
                await writer.drain()
                return b"\r\nConnection: close" not in reply[:2000] and bool(reply)
            async for piece in reply:
                writer.write(piece)
                await writer.drain()
            return False
        finally:
            self._busy[host] -= 1


@contextmanager
def serve(sites: Mapping[str, Site], elsewhere: Mapping[str, str] | None = None) -> Iterator[Web]:
    """Answer for all hosts until the block ends; some have addresses `elsewhere`."""
    web = Web(sites, elsewhere or {})
    sockets = _bind(web)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop, web, sockets), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for bound in sockets:
            bound.close()


def _bind(web: Web) -> list[socket.socket]:
    """Bind all addresses to one port that is free at each."""
    for _ in range(100):
        sockets: list[socket.socket] = []
        web.port = 0
        try:
            for address in web.addresses.values():
                bound = socket.create_server((address, web.port), backlog=64)
                sockets.append(bound)
                web.port = bound.getsockname()[1]
            return sockets
        except OSError:
            for bound in sockets:
                bound.close()
    raise OSError("no port is free at all addresses")


def _run(loop: asyncio.AbstractEventLoop, web: Web, sockets: list[socket.socket]) -> None:
    asyncio.set_event_loop(loop)

    async def begin() -> list[asyncio.Server]:
        return [
            await asyncio.start_server(web.answer, sock=bound, limit=1 << 20) for bound in sockets
        ]

    servers = loop.run_until_complete(begin())
    loop.run_forever()
    for server in servers:
        server.close()
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def page(
    body: str | bytes = b"",
    status: str = "200 OK",
    kind: str = "text/html; charset=utf-8",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Write an answer."""
    data = body.encode() if isinstance(body, str) else body
    fields = {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + data


def links(*targets: str, text: str = "") -> str:
    """Write a page of links."""
    items = "".join(f'<li><a href="{target}">{target}</a></li>' for target in targets)
    return f"<!DOCTYPE html><html><head><title>Links</title></head><body><p>{text}</p><ul>{items}</ul></body></html>"


NOT_FOUND = page("Not found", "404 Not Found", "text/plain")


def tree(pages: Mapping[str, bytes], robots: str | None = None) -> Site:
    """Make a site of fixed pages; what is not among them is not found."""
    known = dict(pages)
    if robots is not None:
        known["/robots.txt"] = page(robots, kind="text/plain")
    return lambda request: known.get(request.path, NOT_FOUND)

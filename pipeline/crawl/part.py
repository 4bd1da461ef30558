"""One part of a crawl: its hosts, their journal and WARC files, in one process with one Scrapy engine."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ... import __version__
from ..engine import Casualty, Sandbox
from .config import CrawlConfig
from .fetch import Answer, Fetcher
from .frontier import Frontier, Item, Scope
from .identity import user_agent
from .journal import Journal, Line, read_journal
from .paths import Paths
from .urls import host_of
from .visit import Stop, Turnstiles, Visit
from .warc import Original, WarcFiles

_SYNC_SECONDS = 5.0
_LOOK_SECONDS = 0.25
_PAGE_CPU_SECONDS = 10.0
_PAGE_MEMORY = 1 << 30


class Part:
    """The state of one part, on disk and in memory, and the notes that its visits take."""

    def __init__(self, config: CrawlConfig, number: int, scope: Scope) -> None:
        """Take up where the last process ended, whatever ended it."""
        self._config, self.number, self.paths = config, number, Paths(Path(config.output))
        name = f"{config.warc.prefix}-{number:04}"
        info = _warcinfo(config)
        self._journal = Journal(self.paths.journal(number))
        self._warc = WarcFiles(self.paths.warc, name, config.warc.bytes, info)
        self._evidence = WarcFiles(self.paths.robots, f"{name}-robots", config.warc.bytes, info)
        self.frontier = Frontier(config, scope)
        self._scope = scope
        self._originals: dict[str, Original] = {}
        self._earlier: dict[str, Line] = {}
        self._restore(number)

    def _restore(self, number: int) -> None:
        """Read the journal as far as the WARC files bear it out, and cut off what goes beyond."""
        ends = {"w": ("", 0), "r": ("", 0)}
        files = {"w": self._warc, "r": self._evidence}
        kept = 0
        for line, end in read_journal(self.paths.journal(number)):
            places = [(key, line[key][0], line[key][1]) for key in files if key in line]
            if any(files[key].size(name) < at for key, name, at in places):
                break  # the machine lost power: a line reached the disk before its record
            for key, name, at in places:
                ends[key] = name, at
            self._note(line)
            kept = end
        self._journal.cut(kept)
        for key, series in files.items():
            series.resume(*ends[key])

    def _note(self, line: Line) -> None:
        self.frontier.apply(line)
        if line["k"] == "page" and line["s"] == 200 and line["n"] and "id" in line:
            original = Original(line["id"], line["u"], line["t"], line["digest"])
            self._originals.setdefault(line["digest"], original)

    def line(self, line: Line) -> None:
        """Write a line and act on it."""
        self._journal.append(line)
        self._note(line)

    def begin(self, number: int, new: Iterable[Line]) -> None:
        """Begin a round with what is new for this part: items to add, and answers that it asked for."""
        if self.frontier.round < number:
            for line in new:
                self.line({"k": "add", **line})
            self.line({"k": "round", "n": number})

    def remember(self, earlier: Iterable[Line]) -> None:
        """Take note of the pages of earlier crawls: asked for only if changed, stored only if new."""
        for line in earlier:
            self._earlier[line["u"]] = line
            original = Original(line["id"], line["u"], line["t"], line["digest"])
            self._originals.setdefault(line["digest"], original)

    def conditions(self, url: str) -> dict[str, str]:
        """Give the headers that ask for a page only if it has changed since an earlier crawl."""
        line = self._earlier.get(url, {})
        headers = {"If-None-Match": line.get("etag"), "If-Modified-Since": line.get("modified")}
        return {name: value for name, value in headers.items() if value}

    def page(self, item: Item, answer: Answer, facts: dict[str, Any], robots: str) -> None:
        """Write an answer's records, then its line: only with that it is committed."""
        exchange = answer.exchange()
        line: Line = {"k": "page", "u": item.url, "s": answer.status, "n": len(answer.body)}
        earlier = self._earlier.get(item.url)
        if answer.status == 304 and earlier:
            exchange.original = Original(earlier["id"], item.url, earlier["t"], earlier["digest"])
            exchange.unmodified = True
            facts = {
                key: earlier[key] for key in ("links", "maps", "sketch", "lang") if key in earlier
            }
        elif answer.status == 200 and not answer.truncated:
            exchange.original = self._originals.get(exchange.digest)
        facts = self._within(item, facts)
        metadata = [
            ("fetchTimeMs", str(round(1000 * answer.seconds))),
            ("depth", str(item.depth)),
            *([("via", item.via)] if item.via else []),
            *([("robots", robots)] if robots else []),
            *([("language", facts["lang"])] if "lang" in facts else []),
        ]
        record, name, end = self._warc.write(exchange, metadata)
        line |= {"w": [name, end], "t": exchange.date_text, "digest": exchange.digest, **facts}
        line |= (
            {"id": record} if exchange.original is None else {"revisit": exchange.original.record}
        )
        for key, header in (("etag", "etag"), ("modified", "last-modified")):
            if value := answer.header(header):
                line[key] = value
        self.line(line)

    def evidence(self, line: Line, answers: list[Answer]) -> None:
        """Write answers about a host's files, redirects on the way included, then a line."""
        written: Line = {"t": datetime.now(UTC).isoformat()}
        for answer in answers:
            about = [("evidenceFor", line["u"])]
            record, name, end = self._evidence.write(answer.exchange(), about)
            written |= {"r": [name, end], "id": record}
        self.line(line | written)

    def sync(self) -> None:
        """Have everything reach the disk, records before the lines that vouch for them."""
        self._warc.sync()
        self._evidence.sync()
        self._journal.sync()

    def close(self) -> None:
        """End the WARC files, so that others read them, and the journal."""
        self._warc.close()
        self._evidence.close()
        self._journal.close()

    def _within(self, item: Item, facts: dict[str, Any]) -> dict[str, Any]:
        """Drop links that lead out of the crawl; the journal would grow by them."""
        host = host_of(item.url)

        def inside(url: str) -> bool:
            return host_of(url) == host or self._scope.takes(url)

        kept = {
            key: [url for url in facts.get(key, ()) if inside(url)] for key in ("links", "maps")
        }
        rest = {key: value for key, value in facts.items() if key not in kept}
        return rest | {key: urls for key, urls in kept.items() if urls}


def _warcinfo(config: CrawlConfig) -> list[tuple[str, str]]:
    identity = config.identity
    fields = {
        "software": f"eurocorpus {__version__}",
        "format": "WARC File Format 1.1",
        "robots": "obey (RFC 9309)",
        "http-header-user-agent": user_agent(config),
        "http-header-from": identity.contact,
        "operator": identity.operator,
        "description": "Set-Cookie, challenges and connection headers are left out; chunks are joined",
    }
    return [(key, value) for key, value in fields.items() if value]


class Reader:
    """Looks into pages in a sandbox, one at a time; its process belongs to its one thread."""

    def __init__(self, config: CrawlConfig) -> None:
        """Start nothing yet."""
        self._config = config
        self._thread = ThreadPoolExecutor(1, "read")
        self._sandbox = Sandbox(
            f"{__package__}.page:read_page",
            cpu_seconds=_PAGE_CPU_SECONDS,
            memory_bytes=_PAGE_MEMORY,
        )

    async def read(self, item: Item, answer: Answer) -> dict[str, Any]:
        """Give the facts of a page; a page that breaks its reader has none but that."""
        config = self._config
        arguments = (
            item.url, answer.headers, answer.body, item.sitemap, bool(config.wanted.languages),
            int(config.answer.decoded_bytes), config.answer.links,
        )  # fmt: skip
        loop = asyncio.get_running_loop()
        [found] = await loop.run_in_executor(self._thread, self._sandbox.map, [arguments])
        if isinstance(found, Casualty):
            return {"problem": found.kind}
        facts: dict[str, Any] = found
        return facts

    def close(self) -> None:
        """End the process and the thread."""
        self._thread.submit(self._sandbox.close).result()
        self._thread.shutdown()


async def crawl_part(
    config: CrawlConfig,
    part: Part,
    fetcher: Fetcher,
    quota: int | None,
    beat: Callable[[int, int], None],
) -> bool:
    """Visit the hosts of a part until none is left or the crawl is to stop; whether none is left.

    `quota` is the most answers, robots.txt and the like not counted.
    """
    stopping = asyncio.Event()
    turnstiles = Turnstiles(config, fetcher.get, stopping)
    reader = Reader(config)
    visit = Visit(config, part.frontier, turnstiles, part, reader.read, part.number, quota)
    waiting = [host for host in part.frontier.hosts.values() if host.has_work]
    waiting.reverse()  # the first is visited first

    async def work() -> None:
        while waiting:
            await visit.run(waiting.pop())

    workers = [asyncio.ensure_future(work()) for _ in range(min(config.at_once, len(waiting)))]
    try:
        await _watch(config, part, workers, stopping, beat)
    finally:
        for worker in workers:
            worker.cancel()
        ended = await asyncio.gather(*workers, return_exceptions=True)
        reader.close()
    for error in ended:
        if isinstance(error, Exception) and not isinstance(error, Stop):
            raise error
    return not any(isinstance(error, BaseException) for error in ended)


async def _watch(
    config: CrawlConfig,
    part: Part,
    workers: Sequence[asyncio.Future[None]],
    stopping: asyncio.Event,
    beat: Callable[[int, int], None],
) -> None:
    """Wait for the workers; sync now and then, and stop them when it is time."""
    synced = time.monotonic()
    until: float | None = None
    while True:
        done, left = await asyncio.wait(
            workers, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_EXCEPTION
        ) if workers else (set(), set())  # fmt: skip
        beat(part.frontier.pages, part.frontier.bytes)
        now = time.monotonic()
        if not left or any(_broke(worker) for worker in done):
            return
        if until is None and part.paths.stop.exists():
            stopping.set()
            until = now + config.limits.grace
        if until is not None and now >= until:
            return
        if now - synced >= _SYNC_SECONDS:
            part.sync()
            synced = now


def _broke(worker: asyncio.Future[None]) -> bool:
    error = None if worker.cancelled() else worker.exception()
    return error is not None and not isinstance(error, Stop)

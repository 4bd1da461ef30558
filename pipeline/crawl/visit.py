"""A visit to one host: its robots.txt first, then its pages one after another, at its own pace."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from ..extract.read.http import decode_body, describe
from ..extract.rights.robots import MAX_BYTES, decode, parse
from .config import CrawlConfig
from .fetch import Answer, Failure
from .frontier import Frontier, Host, Item
from .identity import EVIDENCE
from .journal import Line
from .pace import PUSHED_BACK, TRY_AGAIN, Clock, retry_after
from .robots import REDIRECTS, Robots
from .urls import host_of, normalise, origin_of, part_of


class Stop(Exception):
    """The crawl is being stopped; what has been written stays."""


class Elsewhere(Exception):
    """A robots.txt leads to a host of another part, which will be asked."""


class Get(Protocol):
    """How a URL is fetched."""

    def __call__(
        self,
        url: str,
        *,
        types: tuple[str, ...] | None = None,
        limit: int | None = None,
        conditions: dict[str, str] | None = None,
    ) -> Awaitable[Answer | Failure]:
        """Fetch it, once."""


@dataclass(slots=True)
class Turnstile:
    """One request to a host at a time, and none too early."""

    clock: Clock
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Turnstiles:
    """The turnstiles of all hosts: every request of a part passes through one."""

    def __init__(self, config: CrawlConfig, get: Get, stopping: asyncio.Event) -> None:
        """Fetch with `get` until `stopping` is set."""
        self._config, self._get, self._stopping = config, get, stopping
        self._hosts: dict[str, Turnstile] = {}

    def clock(self, host: str) -> Clock:
        """Give the clock of a host."""
        return self._of(host).clock

    async def get(self, url: str, **options: Any) -> Answer | Failure:
        """Fetch a URL when it is the host's turn; try again what may pass.

        Raises:
            Stop: the crawl is being stopped.

        """
        turnstile = self._of(host_of(url))
        clock = turnstile.clock
        for attempt in range(self._config.pace.retries + 1):
            async with turnstile.lock:
                await self._wait(clock)
                found = await self._get(url, **options)
                now = time.monotonic()
                if isinstance(found, Answer) and found.status not in TRY_AGAIN:
                    clock.answered(now, found.latency)
                    return found
                asked = (
                    retry_after(found.header("retry-after")) if isinstance(found, Answer) else None
                )
                patient = clock.pushed_back(now, asked)
            final = isinstance(found, Failure) and found.why in ("refused", "headers")
            if not patient or final or attempt == self._config.pace.retries:
                return found
        raise AssertionError

    async def _wait(self, clock: Clock) -> None:
        while True:
            if self._stopping.is_set():
                raise Stop
            if (left := clock.left(time.monotonic())) <= 0:
                return
            try:
                await asyncio.wait_for(self._stopping.wait(), left)
            except TimeoutError:
                continue

    def _of(self, host: str) -> Turnstile:
        if host not in self._hosts:
            self._hosts[host] = Turnstile(Clock(self._config.pace))
        return self._hosts[host]


class Notes(Protocol):
    """Where a visit writes down what it finds; each call is whole or was never made."""

    def page(self, item: Item, answer: Answer, facts: dict[str, Any], robots: str) -> None:
        """Keep an answer."""

    def evidence(self, line: Line, answers: list[Answer]) -> None:
        """Keep answers that tell of a file of `EVIDENCE`, and what they come to, as a line."""

    def line(self, line: Line) -> None:
        """Keep a line of the journal."""

    def conditions(self, url: str) -> dict[str, str]:
        """Give the headers that ask for a page only if it has changed since an earlier crawl."""


class Visit:
    """Fetches from one host until nothing is left, or its budget is."""

    def __init__(
        self,
        config: CrawlConfig,
        frontier: Frontier,
        turnstiles: Turnstiles,
        notes: Notes,
        read: Callable[[Item, Answer], Awaitable[dict[str, Any]]],
        part: int,
        quota: int | None = None,
    ) -> None:
        """Take note of what the visits of part number `part` share.

        `read` looks into a page; `quota` is the most answers that all visits may have.
        """
        self._config, self._frontier = config, frontier
        self._turnstiles, self._notes, self._read = turnstiles, notes, read
        self._part, self._quota = part, quota
        self._robots: dict[str, dict[str, tuple[Robots, Line]]] = {}
        """For each host that is being visited: origin -> its rules, and the line that has them."""

    async def run(self, host: Host) -> None:
        """Go on with a host's queue.

        Raises:
            Stop: the crawl is being stopped.

        """
        self._robots[host.name] = {}
        try:
            await self._run(host)
        except Elsewhere:
            pass
        finally:
            del self._robots[host.name]

    async def _run(self, host: Host) -> None:
        until = time.monotonic() + self._config.budget.seconds
        while host.queue and host.queue[0].asks:
            await self._answer(host.queue[0])
        while host.queue and not host.waiting:
            why = self._frontier.verdict(host) or ("time" if time.monotonic() > until else "")
            if not why:
                item = host.queue[0]
                robots, record = await self._rules(host, item.url)
                why = self._impatience(host)
            if why:
                if not host.ended:
                    self._notes.line({"k": "end", "h": host.name, "why": why})
                return
            why = self._frontier.refusal(host, item)
            if not robots.allows(item.url):
                why = "robots" if robots.reachable else "robots_unreachable"
            if why:
                self._notes.line({"k": "skip", "u": item.url, "why": why})
                continue
            self._take_ticket()
            if not await self._fetch(item, record):
                self._give_ticket_back()

    def _impatience(self, host: Host) -> str:
        asked = self._turnstiles.clock(host.name).asked
        return "crawl_delay" if asked > self._config.pace.patience else ""

    def _take_ticket(self) -> None:
        if self._quota is not None:
            if self._quota == 0:
                raise Stop
            self._quota -= 1

    def _give_ticket_back(self) -> None:
        if self._quota is not None:
            self._quota += 1

    async def _fetch(self, item: Item, record: str) -> bool:
        """Fetch and note one URL; whether there was an answer."""
        found = await self._turnstiles.get(
            item.url,
            types=None if item.sitemap else self._config.answer.types,
            conditions=self._notes.conditions(item.url),
        )
        if isinstance(found, Failure):
            self._notes.line({"k": "miss", "u": item.url, "why": found.why, "detail": found.detail})
            return False
        facts: dict[str, Any] = {}
        if 300 <= found.status < 400 and (target := _target(found, item.url)):
            facts["to"] = target
        elif found.status == 200 and found.body:
            facts = await self._read(item, found)
        self._notes.page(item, found, facts, record)
        if found.status in PUSHED_BACK:  # after all retries
            host = self._frontier.hosts[host_of(item.url)]
            self._notes.line({"k": "end", "h": host.name, "why": "pushed_back"})
        return True

    async def _rules(self, host: Host, url: str) -> tuple[Robots, str]:
        """Give the rules for a URL's origin, and the id of the record that has them."""
        origin, known = origin_of(url), self._robots[host.name]
        line = await self._evidence(host, f"{origin}/{EVIDENCE[0]}")
        if known.get(origin, (None, None))[1] is not line:
            robots = Robots.of(line["s"], line.get("body", ""), self._config.identity.name)
            known[origin] = robots, line
            delays = [robots.delay for robots, _ in known.values()]
            self._turnstiles.clock(host.name).asked = max(delays)
            for name in EVIDENCE[1:]:
                if robots.allows(f"{origin}/{name}") and not self._impatience(host):
                    await self._evidence(host, f"{origin}/{name}")
        return known[origin][0], line.get("id", "")

    async def _evidence(self, host: Host, url: str) -> Line:
        """Give the journal's line on a file of an origin, after fetching it if there is none or an old one."""
        line = host.evidence.get(url)
        if line and _age(line) < self._config.pace.robots_hours:
            return line
        found, redirects, onward = await self._follow(url, REDIRECTS if _is_robots(url) else 0)
        if onward:
            line = {"k": "ask", "u": url, "to": onward, "hops": len(redirects)}
            self._notes.evidence(line, redirects)
            raise Elsewhere
        self._keep({"k": "robots", "u": url}, found, redirects)
        return host.evidence[url]

    async def _answer(self, item: Item) -> None:
        """Find out for another part what the robots.txt of one of its hosts says, which leads here."""
        found, redirects, onward = await self._follow(item.url, REDIRECTS - item.hops)
        line: Line = {"u": item.asks, "from": item.url}
        if onward:
            line |= {"k": "ask", "to": onward, "hops": item.hops + len(redirects)}
            self._notes.evidence(line, redirects)
        else:
            self._keep({"k": "answer", **line}, found, redirects)

    def _keep(self, line: Line, found: Answer | Failure, redirects: list[Answer]) -> None:
        if isinstance(found, Failure):
            said: Line = {"s": None, "why": found.why, "detail": found.detail}
            self._notes.evidence(line | said, redirects)
            return
        said = {"s": found.status}
        if _is_robots(line["u"]) and 200 <= found.status < 300:
            said |= _read_rules(found, line["u"])
        self._notes.evidence(line | said, [*redirects, found])

    async def _follow(self, url: str, most: int) -> tuple[Answer | Failure, list[Answer], str]:
        """Follow redirects, at most so many: give the last answer and those before it.

        Third, where they lead on, if that is a host of another part: none is fetched by two.
        """
        redirects: list[Answer] = []
        while True:
            found = await self._turnstiles.get(url, limit=MAX_BYTES + 1)
            if isinstance(found, Failure) or not 300 <= found.status < 400:
                return found, redirects, ""
            target = _target(found, url)
            if target is None or len(redirects) == most:
                return found, redirects, ""
            redirects.append(found)
            if part_of(host_of(target), self._config.parts or 1) != self._part:
                return found, redirects, target
            url = target


def _is_robots(url: str) -> bool:
    return url.endswith("/" + EVIDENCE[0])


def _target(answer: Answer, url: str) -> str | None:
    """Where a redirect leads, if it says so and it may be fetched."""
    location = answer.header("location")
    return normalise(location, url) if location else None


def _read_rules(answer: Answer, url: str) -> Line:
    """Give the `body` of a robots.txt as text, and `maps`, the sitemaps that it names.

    One that broke off or cannot be decoded is as good as no answer: status `s` is null. Rules that
    forbid may be in what is missing.
    """
    codings = describe(answer.headers)[1]
    body, problem, detail = decode_body(codings, answer.body, MAX_BYTES + 1, cut=True)
    if answer.truncated in ("disconnect", "time"):
        problem, detail = "truncated", answer.truncated
    if problem:
        return {"s": None, "why": problem, "detail": detail}
    text = decode(body)
    named = (normalise(map, url) for map in parse(text).sitemaps)
    maps = [target for target in named if target]
    return {"body": text} | ({"maps": maps} if maps else {})


def _age(line: Line) -> float:
    """Hours since a robots.txt was fetched."""
    return (datetime.now(UTC) - datetime.fromisoformat(line["t"])).total_seconds() / 3600

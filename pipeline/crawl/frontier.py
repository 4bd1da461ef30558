"""The frontier: what is still to be fetched of each host, and when a host has had enough.

It is a function of the journal: `apply` takes a line that has just been written, or that an earlier
process wrote. A host's own order depends on nothing but the host, since links to other hosts wait
for the next round: so the pages that a crawl has do not depend on its parts, or on when it was killed.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from xxhash import xxh3_64_intdigest

from .config import CrawlConfig
from .journal import Line
from .urls import domain_of, host_of, is_endless, shape_of

_ALIKE = 14  # of the 16 values of a sketch: about nine tenths of the words in threes


@dataclass(frozen=True, slots=True)
class Item:
    """A URL to be fetched; `depth` is in links from a seed, `hops` in redirects in a row.

    `asks`: no page, but where the robots.txt of this URL leads, whose host is in another part.
    """

    url: str
    depth: int = 0
    hops: int = 0
    sitemap: bool = False
    via: str = ""
    asks: str = ""

    @property
    def line(self) -> Line:
        """As it stands in a journal and between rounds."""
        short: dict[str, Any] = {"u": self.url, "d": self.depth, "hops": self.hops}
        more = {"m": 1 if self.sitemap else 0, "v": self.via, "q": self.asks}
        return short | {key: value for key, value in more.items() if value}

    @classmethod
    def of(cls, line: Line) -> "Item":
        """Read what `line` wrote."""
        return cls(
            line["u"], line["d"], line["hops"], "m" in line, line.get("v", ""), line.get("q", "")
        )


@dataclass(slots=True)
class Host:
    """What is known of one host."""

    name: str
    queue: deque[Item] = field(default_factory=deque)
    pages: int = 0
    bytes: int = 0
    sitemaps: int = 0
    failures: int = 0
    """URLs in a row that failed."""
    ended: str = ""
    """Why nothing more is fetched of it, whatever is in the queue."""
    waiting: bool = False
    """Whether another part has been asked for its robots.txt."""
    languages: deque[bool] = field(default_factory=deque)
    """Whether each of the last pages was in a wanted language."""
    shapes: dict[str, tuple[int, str, tuple[int, ...]]] = field(default_factory=dict)
    """For each shape: stale pages in a row, and digest and sketch of the last page."""
    evidence: dict[str, Line] = field(default_factory=dict)
    """The last robots.txt, ai.txt and so on of each origin, by URL, as journalled."""

    @property
    def has_work(self) -> bool:
        """Whether there is something to fetch in this round; what others ask comes first."""
        if not self.queue:
            return False
        return bool(self.queue[0].asks) or not (self.ended or self.waiting)


class Frontier:
    """The hosts of one part of a crawl."""

    def __init__(self, config: CrawlConfig, scope: "Scope") -> None:
        """Begin with nothing to do."""
        self._config, self._scope = config, scope
        self._seen: set[int] = set()
        self._domains: dict[str, int] = {}
        self.hosts: dict[str, Host] = {}
        self.outside: dict[str, Line] = {}
        """For the next round: links to other hosts, and questions and answers about robots.txt."""
        self.pages = self.bytes = self.round = 0

    def apply(self, line: Line) -> None:
        """Take note of a line of the journal."""
        match line["k"]:
            case "round":
                self.round, self.outside = line["n"], {}
            case "add":
                self._add(Item.of(line))
            case "robots":
                self._robots(line)
            case "ask" | "answer":
                self._pass_on(line)
            case "end":
                self.hosts[line["h"]].ended = line["why"]
            case "page":
                self._page(*self._done(line), line)
            case "miss":
                self._done(line)[0].failures += 1
            case "skip":
                self._done(line)

    def verdict(self, host: Host) -> str:
        """Say why a host is at its end; empty if it may go on with the head of its queue."""
        budget, wanted = self._config.budget, self._config.wanted
        if host.ended:
            return host.ended
        if host.pages >= budget.pages:
            return "pages"
        if host.bytes >= budget.bytes:
            return "bytes"
        if host.failures >= self._config.pace.failures:
            return "failing"
        if len(host.languages) >= wanted.pages:
            if sum(host.languages) < wanted.share * len(host.languages):
                return "language"
        return ""

    def refusal(self, host: Host, item: Item) -> str:
        """Say why an item is not fetched, whatever robots.txt says; empty if it may be."""
        stale = host.shapes.get(shape_of(item.url), (0,))[0]
        if stale >= self._config.budget.trap_pages:
            return "trap"
        if item.sitemap and host.sitemaps >= self._config.budget.sitemaps:
            return "sitemaps"
        return ""

    def _done(self, line: Line) -> tuple[Host, Item]:
        host = self.hosts[host_of(line["u"])]
        while host.queue and (item := host.queue.popleft()).url != line["u"]:
            pass
        return host, item

    def _page(self, host: Host, item: Item, line: Line) -> None:
        host.failures = host.failures + 1 if line["s"] >= 500 else 0
        host.pages += 1
        host.bytes += line["n"]
        host.sitemaps += item.sitemap
        self.pages += 1
        self.bytes += line["n"]
        if "lang" in line:
            host.languages.append(line["lang"] in self._config.wanted.languages)
            if len(host.languages) > self._config.wanted.pages:
                host.languages.popleft()
        self._note_shape(host, line)
        if "to" in line:
            target = Item(line["to"], item.depth, item.hops + 1, item.sitemap, item.url)
            self._link(host, target)
        for url in line.get("maps", ()):
            self._link(host, Item(url, item.depth, sitemap=True, via=item.url))
        for url in line.get("links", ()):
            self._link(host, Item(url, item.depth + 1, via=item.url))

    def _robots(self, line: Line) -> None:
        host = self._host(host_of(line["u"]))
        host.evidence[line["u"]] = line
        host.waiting = False
        for url in line.get("maps", ()):
            self._link(host, Item(url, sitemap=True, via=line["u"]))

    def _pass_on(self, line: Line) -> None:
        """Ask another part where a robots.txt leads to one of its hosts; or answer, as it will note it."""
        if "from" in line:
            self.hosts[host_of(line["from"])].queue.popleft()
        else:
            self._host(host_of(line["u"])).waiting = True
        if line["k"] == "ask":
            passed = Item(line["to"], hops=line["hops"], asks=line["u"]).line
        else:
            passed = {key: value for key, value in line.items() if key not in ("from", "r")}
            passed["k"] = "robots"
        self.outside[f"{passed['u']} {line['u']}"] = passed

    def _note_shape(self, host: Host, line: Line) -> None:
        """Count pages of one shape, one after another, that say the same."""
        shape = shape_of(line["u"])
        run, digest, sketch = host.shapes.get(shape, (0, "", ()))
        new = tuple(line.get("sketch", ()))
        alike = line["digest"] == digest or (
            bool(new) and len(set(new) & set(sketch)) >= _ALIKE * max(len(new), len(sketch)) / 16
        )
        host.shapes[shape] = (run + 1 if alike else 0, line["digest"], new)

    def _link(self, host: Host, item: Item) -> None:
        budget = self._config.budget
        if item.depth > budget.depth or item.hops > budget.redirects:
            return
        if is_endless(item.url, budget.segments):
            return
        if host_of(item.url) == host.name:
            self._add(item)
        elif self._scope.takes(item.url):
            if not (known := self.outside.get(item.url)) or item.depth < known["d"]:
                self.outside[item.url] = item.line

    def _add(self, item: Item) -> None:
        if item.asks:
            self._host(host_of(item.url)).queue.appendleft(item)
            return
        key = xxh3_64_intdigest(item.url.encode())
        if key in self._seen:
            return
        if host := self._host(host_of(item.url)):
            self._seen.add(key)
            host.queue.append(item)

    def _host(self, name: str) -> Host:
        if name not in self.hosts:
            self.hosts[name] = Host(name)
            domain = domain_of(name)
            self._domains[domain] = self._domains.get(domain, 0) + 1
            if self._domains[domain] > self._config.budget.hosts:
                self.hosts[name].ended = "hosts"
        return self.hosts[name]


class Scope:
    """Which hosts a crawl may go to."""

    def __init__(self, kind: str, seeds: Iterable[str]) -> None:
        """`kind` is host, domain or any; `seeds` are URLs."""
        self._kind = kind
        hosts = {host_of(url) for url in seeds}
        self._names = hosts if kind == "host" else {domain_of(host) for host in hosts}

    def takes(self, url: str) -> bool:
        """Whether a URL is inside."""
        if self._kind == "any":
            return True
        host = host_of(url)
        return (host if self._kind == "host" else domain_of(host)) in self._names

"""What hosts say about all their pages: robots.txt, tdmrep.json and ai.txt, and where they stand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from . import aitxt, tdmrep
from .robots import Robots
from .signal import Signal

FILES = {
    "/robots.txt": "robots",
    "/.well-known/tdmrep.json": "tdmrep",
    "/ai.txt": "aitxt",
    "/.well-known/ai.txt": "aitxt",
}
"""Paths that hold evidence about a host, and what it is called in data."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file of a host as it was seen."""

    host: str
    """As of `host_of`."""
    kind: str
    """A value of `FILES`."""
    status: int
    """Of the HTTP answer; 200 for a copy."""
    body: bytes
    time: datetime | None = None


def host_of(url: str) -> str:
    """Name a host and its port, if it is not the scheme's own; empty where there is none.

    http and https of a host are one: what it says to either counts for both.

    >>> host_of("HTTPS://Example.org:443/x"), host_of("http://example.org:8080/")
    ('example.org', 'example.org:8080')
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ""
    return host if port in (None, 80, 443) else f"{host}:{port}"


def kind_of(url: str) -> str:
    """Say which evidence a URL holds; empty for a page."""
    if not url.endswith(("/robots.txt", "/ai.txt", "/tdmrep.json")):
        return ""
    try:
        return FILES.get(urlsplit(url).path, "")
    except ValueError:
        return ""


class Host:
    """What is known of one host, ready to be asked about its pages."""

    def __init__(self, evidence: Iterable[Evidence], agents: Iterable[str]) -> None:
        """Parse the files of a host, one of a kind; answers other than 200 say nothing."""
        files: Mapping[str, Evidence] = {e.kind: e for e in evidence if e.status == 200}
        self._files = files
        self._robots = Robots(files["robots"].body, agents) if "robots" in files else None
        self._rules = tdmrep.rules(files["tdmrep"].body) if "tdmrep" in files else []

    def signals(self, url: str) -> list[Signal]:
        """Give what the host says about a page of its own."""
        found: list[Signal] = []
        if self._robots is not None:
            found += self._seen("robots", self._robots.signals(url))
        if self._rules:
            found += self._seen("tdmrep", tdmrep.signals(self._rules, url))
        if "aitxt" in self._files:
            found += self._seen("aitxt", aitxt.signals(self._files["aitxt"].body, url))
        return found

    def _seen(self, kind: str, signals: list[Signal]) -> list[Signal]:
        time = self._files[kind].time
        return [replace(signal, time=time) for signal in signals]

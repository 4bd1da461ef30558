"""URLs: block and allow lists, and the words of adult and spam sites in 24 languages."""

import re
import tomllib
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pyarrow as pa
import xxhash
from numpy.typing import NDArray
from publicsuffixlist import PublicSuffixList

from .texts import Texts, as_texts

_PATHS = 8
"""Segments of a path that a list's entry may have."""
_TOKEN = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class UrlList:
    """A list of hosts, and of URLs without their scheme.

    An entry without a slash is a host: it covers the hosts below it, but an entry that is a public
    suffix (`co.uk`, `blogspot.com`) covers nothing, since those below it have other owners. An entry
    with a slash covers the pages below it, at whole segments of the path.
    """

    name: str
    entries: Iterable[str]
    allows: bool = False
    """Whether a match keeps a page, whatever the other lists and the words say."""
    expressions: Iterable[str] = ()
    """Regular expressions, looked for in the whole URL without its scheme, in lower case."""


@dataclass(frozen=True)
class UrlRules:
    """Lists as sorted hashes, 10 bytes an entry; what `judge_urls` looks into."""

    names: tuple[str, ...] = ()
    allows: tuple[bool, ...] = ()
    keys: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    owners: NDArray[np.uint16] = field(default_factory=lambda: np.zeros(0, np.uint16))
    """The list that the key of the same place is from."""
    expressions: tuple[tuple[int, str], ...] = ()
    """Regular expressions, and the list that each is from."""

    def owner(self, entry: str) -> int:
        """Give the first list that has an entry, or -1."""
        key = np.uint64(_key(entry))
        place = int(np.searchsorted(self.keys, key))
        found = place < len(self.keys) and self.keys[place] == key
        return int(self.owners[place]) if found else -1


def compile_rules(lists: Iterable[UrlList]) -> UrlRules:
    """Hash the entries of some lists; of lists that share an entry an allowing one decides.

    Raises:
        ValueError: an expression is none that Python's `re` reads; the message names it.
    """
    ordered = sorted(lists, key=lambda listed: not listed.allows)
    hashes = [_keys(listed.entries) for listed in ordered]
    keys = np.concatenate([np.zeros(0, np.uint64), *hashes])
    owners = np.repeat(np.arange(len(ordered), dtype=np.uint16), [len(part) for part in hashes])
    order = np.argsort(keys, kind="stable")
    return UrlRules(
        tuple(listed.name for listed in ordered),
        tuple(listed.allows for listed in ordered),
        keys[order],
        owners[order],
        tuple(
            (owner, _expression(line.strip()))
            for owner, listed in enumerate(ordered)
            for line in listed.expressions
            if line.strip() and not line.startswith("#")
        ),
    )


def _expression(pattern: str) -> str:
    try:
        with warnings.catch_warnings(action="error", category=FutureWarning):
            re.compile(pattern)
    except (re.error, FutureWarning) as error:  # the latter of POSIX classes such as [[:alpha:]]
        raise ValueError(
            f"expected a regular expression as Python has them, found {pattern!r}: {error}"
        ) from None
    return pattern


@cache
def _searched(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _keys(entries: Iterable[str]) -> NDArray[np.uint64]:
    return np.fromiter((_key(entry) for raw in entries if (entry := _entry(raw))), np.uint64)


def _key(entry: str) -> int:
    return xxhash.xxh3_64_intdigest(entry.encode("utf-8", "surrogatepass"))


def _entry(line: str) -> str:
    """Bring a line of a list into the form that URLs are looked up in; '' for a comment."""
    line = line.partition("#")[0].strip()
    if not line:
        return ""
    line = line.split()[-1]  # a hosts file: 0.0.0.0 example.com
    line = line.partition("://")[2] or line
    host, slash, path = line.partition("/")
    path = path.rstrip("/")
    return _host(host.lower()) + (f"/{path}" if slash and path else "")


def judge_urls(urls: Texts, rules: UrlRules | None = None, *, words: bool = True) -> pa.Array:
    """Say what speaks against each URL: nothing is fetched, no page is read.

    Args:
        urls: http or https URLs.
        rules: lists, compiled; none by default.
        words: whether the words of urls.toml count.

    Returns:
        A string a URL: `name: entry` for the list and entry that block it, `words: …` for the words,
        null for a URL to be kept or that cannot be read.
    """
    rules = rules or UrlRules()
    verdicts = [_verdict(url or "", rules, words) for url in as_texts(urls).to_pylist()]
    return pa.array(verdicts, pa.string())


def _verdict(url: str, rules: UrlRules, words: bool) -> str | None:
    try:
        parts = urlsplit(url)
        host = _host(parts.hostname or "")
    except ValueError:
        return None
    blocked = None
    if len(rules.keys):
        for entry in _entries(host, parts.path):
            owner = rules.owner(entry)
            if owner >= 0 and rules.allows[owner]:
                return None
            if owner >= 0 and blocked is None:
                blocked = f"{rules.names[owner]}: {entry}"
    lowered = url.partition("://")[2].lower() if rules.expressions else ""
    for owner, pattern in rules.expressions:
        if (blocked is None or rules.allows[owner]) and _searched(pattern).search(lowered):
            if rules.allows[owner]:
                return None
            blocked = f"{rules.names[owner]}: {pattern}"
    return blocked or (_words(host, parts.path) if words else None)


def _host(host: str) -> str:
    """Give a host in ASCII, without a port and a final dot."""
    host = host.partition(":")[0].rstrip(".") if host.count(":") < 2 else host
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _entries(host: str, path: str) -> Iterator[str]:
    """Give every entry that would cover a URL, the narrowest first."""
    segments = [segment for segment in path.split("/") if segment][:_PATHS]
    hosts = list(_own_hosts(host))
    for owner in hosts:
        for count in range(len(segments), 0, -1):
            yield f"{owner}/{'/'.join(segments[:count])}"
    yield from hosts


def registered_domains(urls: Texts) -> pa.Array:
    """Give the registered domain of each URL; its host where there is none, '' where no host is."""
    return pa.array([_registered(url or "") for url in as_texts(urls).to_pylist()], pa.string())


def _registered(url: str) -> str:
    try:
        host = _host(urlsplit(url).hostname or "")
    except ValueError:
        return ""
    return (_own_hosts(host) or (host,))[-1]


@lru_cache(1 << 12)
def _own_hosts(host: str) -> tuple[str, ...]:
    """Give a host and those above it, up to the registered domain."""
    if _is_address(host):
        return (host,)
    registered = _suffixes().privatesuffix(host)
    if not registered:
        return ()
    labels = host.split(".")
    above = len(labels) - registered.count(".") - 1
    return tuple(".".join(labels[k:]) for k in range(above + 1))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _words(host: str, path: str) -> str | None:
    """Name the words that give a URL away: one in the host, or two of any kind."""
    lexicon = _lexicon()
    given_away, hits = _host_words(host)
    if given_away:
        return f"words: {given_away}"
    tokens = set(_TOKEN.findall((unquote(path) if "%" in path else path).lower()))
    hits |= tokens & lexicon.strong | tokens & lexicon.soft
    return f"words: {', '.join(sorted(hits))}" if len(hits) >= 2 else None


@lru_cache(1 << 12)
def _host_words(host: str) -> tuple[str | None, frozenset[str]]:
    """Give what alone gives a host away, and the words in it that count with others."""
    lexicon = _lexicon()
    name = lexicon.innocent.sub("", _unicode(host))
    tokens = frozenset(_TOKEN.findall(name))
    strong = sorted(tokens & lexicon.strong)
    part = lexicon.parts.search(name)
    return part[0] if part else strong[0] if strong else None, tokens & lexicon.soft


@dataclass(frozen=True)
class _Lexicon:
    """The words of urls.toml, of all languages together: a URL's language is not known."""

    strong: frozenset[str]
    soft: frozenset[str]
    parts: re.Pattern[str]
    innocent: re.Pattern[str]


@cache
def _lexicon() -> _Lexicon:
    facts = tomllib.loads((Path(__file__).parent / "urls.toml").read_text("utf-8"))
    innocent = sorted(facts["innocent"], key=len, reverse=True)
    return _Lexicon(
        frozenset(word for words in facts["strong"].values() for word in words),
        frozenset(word for words in facts["soft"].values() for word in words),
        re.compile("|".join(map(re.escape, facts["parts"]))),
        re.compile("|".join(map(re.escape, innocent))),
    )


def _unicode(host: str) -> str:
    """Give a host's labels as people read them, without its public suffix."""
    if "xn--" in host:
        with suppress(UnicodeError):
            host = host.encode("ascii").decode("idna")
    suffix = _suffixes().publicsuffix(host)
    return host.removesuffix(f".{suffix}").lower() if suffix else host.lower()

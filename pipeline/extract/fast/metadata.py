"""What a page says about itself: title, author, date, language, licence, address, type.

Reads the places that the tokeniser noted (`Tokens.events`), never the whole page again.
"""

import html as _html
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urljoin

import numpy as np
from numpy.typing import NDArray

from .features import HINTS
from .layout import (
    CANONICAL,
    HTML_LANG,
    JSON_LD,
    LICENCE,
    META_CONTENT,
    META_NAME,
    TIME,
    TITLE,
    Tokens,
)

_DATE = re.compile(
    r"\b(?P<y>(?:19|20)\d\d)(?:-(?P<m>\d\d)-(?P<d>\d\d)|(?P<mm>\d\d)(?P<dd>\d\d))(?!\d)"
    r"|\b(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\. ?(?P<year>(?:19|20)\d\d)\b"
)
"""ISO 8601 with or without hyphens, or day.month.year, which no country writes otherwise."""
_LD_KEYS = ("datePublished", "@type", "author", "license")
_LD_VALUE = re.compile(
    r'"\s*:\s*(?:\[\s*)?(?:\{[^{}]{0,2000}?"name"\s*:\s*)?"((?:[^"\\]|\\.){0,300})"'
)
_COMMONS_LICENCE = re.compile(rb"creativecommons\.org/(?:licenses|publicdomain)/", re.IGNORECASE)
_TYPE_HINTS = {
    "article": "article", "newsarticle": "article", "blogposting": "article", "reportagenewsarticle": "article",
    "product": "product", "product.item": "product", "og:product": "product", "productgroup": "product",
    "discussionforumposting": "forum", "qapage": "forum", "question": "forum",
    "collectionpage": "collection", "itemlist": "collection", "product.group": "collection",
    "website": "website", "techarticle": "docs", "apireference": "docs",
}  # fmt: skip
_DATE_NAMES = ("article:published_time", "datepublished", "dc.date", "dcterms.created", "date",
               "dc.date.issued", "pubdate", "publishdate", "parsely-pub-date", "sailthru.date")  # fmt: skip
_TITLE_NAMES = ("og:title", "dc.title", "twitter:title")
_DESCRIPTION_NAMES = ("description", "og:description", "dc.description", "twitter:description")
_AUTHOR_NAMES = ("author", "article:author", "dc.creator", "parsely-author", "byl")
_LANGUAGE_NAMES = ("content-language", "og:locale")
_LICENCE_NAMES = ("dcterms.license", "dc.rights")
_READ = frozenset(
    name.encode()
    for names in (_DATE_NAMES, _TITLE_NAMES, _DESCRIPTION_NAMES, _AUTHOR_NAMES, _LANGUAGE_NAMES,
                  _LICENCE_NAMES, ("og:type", "og:url"))
    for name in names
)  # fmt: skip
_LD_LIMIT = 65536  # characters of JSON-LD looked at


@dataclass(frozen=True, slots=True)
class Metadata:
    """A page's statements about itself; empty where it makes none."""

    title: str = ""
    description: str = ""
    author: str = ""
    date: str = ""
    language_hint: str = ""
    canonical_url: str = ""
    licence: str = ""
    hints: NDArray[np.float32] = field(default_factory=lambda: np.zeros(len(HINTS), np.float32))
    """Of `features.HINTS`, in order."""


def _plain(source: bytes) -> str:
    text = _html.unescape(source.decode("utf-8", "replace"))
    return " ".join(text.split())


def _collect(html: bytes, events: NDArray[np.int32]) -> tuple[dict[str, str], dict[int, str]]:
    """(meta name -> first content, event kind -> first value)."""
    meta: dict[str, str] = {}
    first: dict[int, str] = {}
    name = b""
    for kind, start, end in events.tolist():
        if kind == META_NAME:
            name = html[start:end].strip().lower()
        elif kind == META_CONTENT:
            if name in _READ and name.decode() not in meta:
                meta[name.decode()] = _plain(html[start:end])
        elif kind == JSON_LD:
            value = html[start:end].decode("utf-8", "replace")
            first[kind] = (first.get(kind, "") + value)[:_LD_LIMIT]
        elif kind not in first and not (kind == LICENCE and _is_no_licence(html[start:end])):
            first[kind] = _plain(html[start:end])
    return meta, first


def _is_no_licence(address: bytes) -> bool:
    """Whether a link leads to another page of Creative Commons than a licence."""
    return b"creativecommons.org" in address.lower() and not _COMMONS_LICENCE.search(address)


def _linked_data(source: str) -> dict[str, list[str]]:
    """The fields of JSON-LD that matter, read without parsing it: it is often broken."""
    found: dict[str, list[str]] = {}
    for key in _LD_KEYS:
        at = source.find(f'"{key}"')
        while at >= 0:
            at += len(key) + 1
            if match := _LD_VALUE.match(source, at):
                found.setdefault(key, []).append(_unescaped(match[1]))
            at = source.find(f'"{key}"', at)
    return found


def _unescaped(value: str) -> str:
    r"""A string of JSON as text: `\/`, `\"` and `\u0123`, also in pairs."""
    if "\\" in value:
        value = re.sub(
            r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), value.replace("\\/", "/")
        ).replace('\\"', '"')
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _plain(value.encode())


def _date(stated: Iterable[str]) -> str:
    """The first day of the calendar among dates as pages write them, as ISO 8601."""
    for value in stated:
        for found in _DATE.finditer(value):
            year, month, day = (
                int(found[a] or found[b] or found[c])
                for a, b, c in (("y", "y", "year"), ("m", "mm", "month"), ("d", "dd", "day"))
            )
            with suppress(ValueError):  # such as 30 February
                return date(year, month, day).isoformat()
    return ""


def _choose(meta: dict[str, str], *names: str) -> str:
    return next((meta[name] for name in names if meta.get(name)), "")


def _hints(
    meta: dict[str, str], linked: dict[str, list[str]], published: str
) -> NDArray[np.float32]:
    kinds = {_TYPE_HINTS.get(kind.lower()) for kind in linked.get("@type", [])}
    kinds.add(_TYPE_HINTS.get(meta.get("og:type", "").lower()))
    if published:
        kinds.add("date")
    return np.array([name in kinds for name in HINTS], np.float32)


def read_metadata(html: bytes, page: Tokens, url: str = "") -> Metadata:
    """Collect what the page states; `html` is the UTF-8 that `page` was made of."""
    meta, first = _collect(html, page.events)
    linked = _linked_data(first.get(JSON_LD, ""))
    stated = [*linked.get("datePublished", []), *(meta.get(name, "") for name in _DATE_NAMES)]
    published = _date([*stated, first.get(TIME, "")])
    author = _choose(meta, *_AUTHOR_NAMES)
    if author.startswith("http"):
        author = ""
    canonical = first.get(CANONICAL, "") or meta.get("og:url", "")
    licence = first.get(LICENCE, "") or _choose(meta, *_LICENCE_NAMES)
    licence = licence or next(iter(linked.get("license", [])), "")
    language = first.get(HTML_LANG, "") or _choose(meta, *_LANGUAGE_NAMES)
    return Metadata(
        title=_choose(meta, *_TITLE_NAMES[:2])
        or first.get(TITLE, "")
        or meta.get(_TITLE_NAMES[2], ""),
        description=_choose(meta, *_DESCRIPTION_NAMES),
        author=author or next(iter(linked.get("author", [])), ""),
        date=published,
        language_hint=language.partition(",")[0].strip(),
        canonical_url=_absolute(url, canonical),
        licence=_absolute(url, licence) if "/" in licence else "",
        hints=_hints(meta, linked, published),
    )


def _absolute(base: str, url: str) -> str:
    try:
        return urljoin(base, url) if url else ""
    except ValueError:  # `http://[` and the like
        return ""

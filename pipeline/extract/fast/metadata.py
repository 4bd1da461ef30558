"""What a page says about itself: title, author, date, language, licence, address, type.

Reads the places that the tokeniser noted (`Tokens.events`), never the whole page again.
"""

import html as _html
import re
from dataclasses import dataclass, field
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

_DATE = re.compile(r"\b((?:19|20)\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_LD_FIELD = re.compile(
    r'"(datePublished|headline|@type|author)"\s*:\s*(?:\[\s*)?(?:\{[^{}]*?"name"\s*:\s*)?'
    r'"((?:[^"\\]|\\.){0,300})"'
)
_TYPE_HINTS = {
    "article": "article", "newsarticle": "article", "blogposting": "article", "reportagenewsarticle": "article",
    "product": "product", "product.item": "product", "og:product": "product", "productgroup": "product",
    "discussionforumposting": "forum", "qapage": "forum", "question": "forum",
    "collectionpage": "collection", "itemlist": "collection", "product.group": "collection",
    "website": "website", "techarticle": "docs", "apireference": "docs",
}  # fmt: skip
_DATE_NAMES = ("article:published_time", "datepublished", "dc.date", "dcterms.created", "date",
               "dc.date.issued", "pubdate", "publishdate", "parsely-pub-date", "sailthru.date")  # fmt: skip
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
    name = ""
    for kind, start, end in events.tolist():
        value = html[start:end]
        if kind == META_NAME:
            name = value.decode("utf-8", "replace").strip().lower()
        elif kind == META_CONTENT:
            if name not in meta:
                meta[name] = _plain(value)
        elif kind == JSON_LD:
            first[kind] = (first.get(kind, "") + value.decode("utf-8", "replace"))[:_LD_LIMIT]
        elif kind not in first:
            first[kind] = _plain(value)
    return meta, first


def _linked_data(source: str) -> dict[str, list[str]]:
    """The fields of JSON-LD that matter, read without parsing it: it is often broken."""
    found: dict[str, list[str]] = {}
    for key, value in _LD_FIELD.findall(source):
        if "\\" in value:
            value = re.sub(
                r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), value.replace("\\/", "/")
            ).replace('\\"', '"')
            value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        found.setdefault(key, []).append(_plain(value.encode()))
    return found


def _choose(meta: dict[str, str], *names: str) -> str:
    return next((meta[name] for name in names if meta.get(name)), "")


def _hints(meta: dict[str, str], linked: dict[str, list[str]], date: str) -> NDArray[np.float32]:
    kinds = {_TYPE_HINTS.get(kind.lower()) for kind in linked.get("@type", [])}
    kinds.add(_TYPE_HINTS.get(meta.get("og:type", "").lower()))
    if date:
        kinds.add("date")
    return np.array([name in kinds for name in HINTS], np.float32)


def read_metadata(html: bytes, page: Tokens, url: str = "") -> Metadata:
    """Collect what the page states; `html` is the UTF-8 that `page` was made of."""
    meta, first = _collect(html, page.events)
    linked = _linked_data(first.get(JSON_LD, ""))
    stated = [*linked.get("datePublished", []), *(meta.get(name, "") for name in _DATE_NAMES)]
    dates = (_DATE.search(value) for value in [*stated, first.get(TIME, "")])
    date = next(("-".join(m.groups()) for m in dates if m), "")
    author = _choose(meta, "author", "article:author", "dc.creator", "parsely-author", "byl")
    if author.startswith("http"):
        author = ""
    canonical = first.get(CANONICAL, "") or meta.get("og:url", "")
    licence = first.get(LICENCE, "") or _choose(meta, "dcterms.license", "dc.rights")
    return Metadata(
        title=_choose(meta, "og:title", "dc.title") or first.get(TITLE, ""),
        description=_choose(meta, "description", "og:description", "dc.description"),
        author=author or next(iter(linked.get("author", [])), ""),
        date=date,
        language_hint=first.get(HTML_LANG, "") or _choose(meta, "content-language", "og:locale"),
        canonical_url=_absolute(url, canonical),
        licence=_absolute(url, licence) if "/" in licence else "",
        hints=_hints(meta, linked, date),
    )


def _absolute(base: str, url: str) -> str:
    try:
        return urljoin(base, url) if url else ""
    except ValueError:  # `http://[` and the like
        return ""

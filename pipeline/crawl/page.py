"""What a crawler reads of a fetched page: its links, its language, and a sketch of what it says.

Runs in a sandbox: a page may be made to crash a parser or to expand without end.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import ElementNode, HTMLTree
from xxhash import xxh3_64_intdigest

from ..extract.read.charset import decode
from ..extract.read.http import decode_body, describe
from ..extract.read.sniff import kind
from .urls import normalise

_SKETCH = 16
_WORD = re.compile(r"[^\W\d_]+")
_SHORT = 200  # characters; of less text no language is asserted, and it may not be the main text


def read_page(
    url: str,
    headers: tuple[tuple[str, str], ...],
    body: bytes,
    sitemap: bool,
    languages: bool,
    decoded_bytes: int,
    most_links: int,
) -> dict[str, Any]:
    """Give `links` (normalised, in order, once each), and where they apply `maps` (sitemaps), `sketch`,
    `lang` and `problem`.

    The sketch has the lowest 16 hashes of the words of the main text in threes, without numbers.
    A page that asks so (`nofollow`, in its headers or its head) has no links.
    """
    content_type, codings = describe(headers)
    if codings:
        body, problem, detail = decode_body(codings, body, decoded_bytes)
        if problem:
            return {"links": [], "problem": f"{problem}: {detail}"}
    if sitemap or _is_sitemap(body):
        return read_sitemap(url, body, decoded_bytes, most_links)
    form, _ = kind(content_type, body)
    if form != "html":
        return {"links": []}
    return _read_html(url, headers, decode(body, content_type).text, languages, most_links)


def _read_html(
    url: str, headers: tuple[tuple[str, str], ...], html: str, languages: bool, most: int
) -> dict[str, Any]:
    tree = HTMLTree.parse(html)
    text = extract_plain_text(tree, main_content=True, links=False, alt_texts=False)
    if len(text) < _SHORT:
        text = extract_plain_text(tree, links=False, alt_texts=False)
    found: dict[str, Any] = {"links": [], "sketch": _sketch(text)}
    if not _says_nofollow(tree, headers):
        found["links"] = _unique(_hrefs(tree), _base(tree, url), most)
    if languages and len(text) >= _SHORT:
        from ...langid import identify  # its models take a second, and not every crawl asks

        found["lang"] = identify([text])["language"][0].as_py()
    return found


def _sketch(text: str) -> list[int]:
    words = _WORD.findall(text.lower())
    threes = {" ".join(words[at : at + 3]) for at in range(max(len(words) - 2, 1))}
    return sorted(xxh3_64_intdigest(three.encode()) >> 24 for three in threes)[:_SKETCH]


def _select(tree: HTMLTree, selector: str) -> Iterable[ElementNode]:
    found = tree.document.query_selector_all(selector) if tree.document else ()
    return cast("Iterable[ElementNode]", found)


def _hrefs(tree: HTMLTree) -> Iterator[str]:
    for element in _select(tree, "a[href], area[href], link[rel=next][href]"):
        if "nofollow" not in (element.getattr("rel") or "").lower().split():
            yield element.getattr("href") or ""
    for frame in _select(tree, "frame[src], iframe[src]"):
        yield frame.getattr("src") or ""


def _base(tree: HTMLTree, url: str) -> str:
    bases = [normalise(base.getattr("href") or "", url) for base in _select(tree, "base[href]")]
    return next(filter(None, bases), url)


def _says_nofollow(tree: HTMLTree, headers: tuple[tuple[str, str], ...]) -> bool:
    said = [value for name, value in headers if name.lower() == "x-robots-tag"]
    said += [
        meta.getattr("content") or ""
        for meta in _select(tree, "meta[name][content]")
        if (meta.getattr("name") or "").strip().lower() == "robots"
    ]
    words = {word.strip().lower() for value in said for word in value.split(",")}
    return bool(words & {"nofollow", "none"})


def _is_sitemap(body: bytes) -> bool:
    return re.match(rb"(?s)\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:\w+:)?(?:urlset|sitemapindex)\b",
                    body[:4096]) is not None  # fmt: skip


def read_sitemap(url: str, body: bytes, limit: int, most: int) -> dict[str, Any]:
    """Give the pages that a sitemap names as `links`, or the sitemaps of an index as `maps`."""
    if body.startswith(b"\x1f\x8b"):
        body, problem, detail = decode_body(["gzip"], body, limit)
        if problem:
            return {"links": [], "problem": f"{problem}: {detail}"}
    if body.lstrip()[:1] != b"<":  # RFC-less, but in the protocol: a URL a line
        lines = body.decode("utf-8", "replace").splitlines()
        return {"links": _unique(iter(lines), url, most)}
    from scrapy.utils.sitemap import Sitemap  # imports Twisted; most pages are no sitemaps

    locations: list[str] = []
    form = ""
    try:
        sitemap = Sitemap(body)
        form = sitemap.type
        locations += (entry.get("loc") or "" for entry in sitemap)
    except Exception as error:  # noqa: BLE001 - lxml and Scrapy raise anything on what is no sitemap
        return {"links": [], "problem": f"no sitemap: {type(error).__name__}"}
    return {
        "links": [],
        ("maps" if form == "sitemapindex" else "links"): _unique(iter(locations), url, most),
    }


def _unique(hrefs: Iterator[str], base: str, most: int) -> list[str]:
    found: dict[str, None] = {}
    for href in hrefs:
        if len(found) >= most:
            break
        if target := normalise(href, base):
            found[target] = None
    return list(found)

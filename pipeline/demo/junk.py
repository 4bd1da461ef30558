"""The pages that a corpus is better without, one of each sort, and the way to break HTML."""

import re
import struct
import zlib
from collections.abc import Iterator

from .page import NO_TEXT, Outcome, SamplePage

_LOREM = (
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut "
    "labore et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco "
    "laboris nisi ut aliquip ex ea commodo consequat."
)
_STUFFED = "cheap flights, cheap hotels, cheap flights and hotels, book cheap flights online, "
_SHORT = "Closed on Mondays."


def paths() -> list[str]:
    """Give the paths of all junk pages, in the order of `pages`."""
    return [path for path, *_ in _TABLE]


def pages(host: str) -> Iterator[SamplePage]:
    """Give the junk pages as pages of `host`."""
    for path, kind, status, content_type, body, outcomes in _TABLE:
        trouble = path.strip("/").partition(".")[0]
        url = f"https://{host}{path}"
        yield SamplePage(
            url,
            kind,
            "und",
            body,
            content_type,
            status=status,
            trouble=(trouble,),
            outcomes=frozenset(outcomes),
        )


def malformed(html: str) -> str:
    """Break a page as people do: end tags and quotes left out, an element never closed.

    >>> malformed('<td width="9"><p>One</p><p>Two</p></td>')
    '<td width=9><p>One<p>Two'
    """
    html = re.sub(r"</(p|td|tr|table|body|html|font|i)>", "", html)
    return re.sub(r'="([\w#]+)"', r"=\1", html).replace("<h2>", "<b><h2>")


def _html(title: str, body: str) -> bytes:
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"</head>\n<body>{body}</body></html>\n"
    ).encode()


def _menu() -> bytes:
    links = "".join(f'<li><a href="/#{n}">Section {n}</a></li>' for n in range(1, 61))
    return _html("Sitemap", f"<nav><ul>{links}</ul></nav>")


def _numbers() -> bytes:
    rows = "<br>\n".join(f"{n * 7919 % 100000} {n * 104729 % 100000}" for n in range(1, 200))
    return _html("Readings", f"<p>{rows}</p>")


def _pdf() -> bytes:
    """Give a PDF of one empty page."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
    ]
    data = b"%PDF-1.4\n"
    offsets: list[int] = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return data + (
        b"xref\n0 4\n0000000000 65535 f \n%strailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (table, len(data))
    )


def _png() -> bytes:
    """Give a PNG of one grey pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00\x80")
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


_UTF8 = "text/html; charset=utf-8"
_LOREM_PAGE = _html("Home", "".join(f"<p>{_LOREM}</p>" for _ in range(4)))
_STUFFED_PAGE = _html("Flights", "".join(f"<p>{_STUFFED * 4}</p>" for _ in range(12)))
_MISSING_PAGE = _html("Not found", "<h1>Not found</h1><p>There is no such page.</p>")

_TABLE: list[tuple[str, str, int, str, bytes, set[Outcome] | frozenset[Outcome]]] = [
    ("/not_found", "error", 404, _UTF8, _MISSING_PAGE, {"http_status"}),
    ("/pdf.pdf", "file", 200, "application/pdf", _pdf(), {"content_type"}),
    ("/image.png", "file", 200, "image/png", _png(), {"content_type"}),
    ("/empty_body", "junk", 200, _UTF8, b"", {"empty"}),
    ("/lorem_ipsum", "junk", 200, _UTF8, _LOREM_PAGE, {"language", "quality"}),
    ("/keyword_stuffing", "junk", 200, _UTF8, _STUFFED_PAGE, {"quality", "language"}),
    ("/numbers", "junk", 200, _UTF8, _numbers(), NO_TEXT),
    ("/navigation_only", "junk", 200, _UTF8, _menu(), NO_TEXT),
    ("/very_short", "junk", 200, _UTF8, _html("Hours", f"<p>{_SHORT}</p>"), NO_TEXT),
]

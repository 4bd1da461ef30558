"""Whether a payload is HTML, plain text, or something that is no page."""

import re
from functools import lru_cache

_HTML = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
_XML = frozenset({"text/xml", "application/xml"})
_GENERIC = frozenset(
    {
        "",
        "text/plain",
        "application/octet-stream",
        "binary/octet-stream",
        "application/unknown",
        "unknown/unknown",
        "content/unknown",
        "application/x-unknown-content-type",
        "*/*",
    }
)
_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"RIFF", "application/x-riff"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"OggS\0", "application/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0", "application/x-ole-storage"),
)
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_TAG = re.compile(
    rb"\s*(?:<!--.{0,400}?-->\s*)*"
    rb"<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta)"
    rb"[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_XHTML = re.compile(rb"<(?:!doctype )?html[\s>]", re.IGNORECASE)
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")


@lru_cache(maxsize=1024)
def media_type(content_type: str) -> str:
    """The type of a Content-Type header, in lower case and without parameters.

    >>> media_type("Text/HTML; charset=utf-8")
    'text/html'
    """
    return re.split("[;,]", content_type, maxsplit=1)[0].strip().lower()


def refused_type(content_type: str) -> str:
    """The media type if the header alone rules a page out, else an empty string."""
    media = media_type(content_type)
    return "" if media in _HTML or media in _GENERIC or media in _XML else media[:100]


def kind(content_type: str, body: bytes) -> tuple[str, str]:
    """`("html", "")`, `("text", "")`, or `("", type)` for what is no page.

    The header decides, but a known binary signature overrules it, and a header that says
    nothing is replaced by a look at the first bytes: the tags and the binary bytes of the
    WHATWG MIME sniffing standard, sections 7.1 and 7.2.
    """
    media = media_type(content_type)
    if media in _HTML and body.startswith(b"<"):
        return "html", ""
    for magic, name in _MAGIC:
        if body.startswith(magic):
            return "", name
    if media in _HTML:
        return "html", ""
    head = body[:1024]
    if media in _XML:
        return ("html", "") if _XHTML.search(head) else ("", media)
    bom = next((len(bom) for bom in _BOMS if head.startswith(bom)), 0)
    if _TAG.match(head[bom:].replace(b"\0", b"") if bom == 2 else head[bom:]):
        return "html", ""
    if not bom and _BINARY.search(head):
        return "", media if media not in ("", "text/plain") else "application/octet-stream"
    return ("text", "") if media in ("", "text/plain") else ("", media)

"""Bytes of a page to text: BOM, HTTP header, meta, then detection; and the bytes decide.

The order and the labels are those of the WHATWG Encoding and HTML standards (`iso-8859-1`
means windows-1252, and so on). Unlike a browser, this never believes a claim that the bytes
contradict: what is valid UTF-8 is UTF-8, and what claims to be but is not gets detected.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

How = Literal["bom", "header", "meta", "detected", "utf-8"]

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_HEAD = 4096
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([^\s\"';,]+)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"'>]+)")
_META = re.compile(rb"<meta[\s/][^>]*?charset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_HIGH = bytes(range(0x80, 0x100))
# š and ž of ISO-8859-15, as in Estonian and Finnish, where Latin-1 has ¨ and ¸.
_LATIN9 = re.compile(rb"[A-Za-z\xc0-\xff][\xa8\xb8][a-z\xc0-\xff]")
_C1 = re.compile(rb"[\x80-\x9f]")

# Python's names where the standard means a larger set than the label's own.
_WIDER = {
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gbk": "gb18030",
    "big5": "big5hkscs",
}
_LABELS = {
    "x-mac-cyrillic": "mac-cyrillic",
    "x-mac-ukrainian": "mac-cyrillic",
    "x-user-defined": "cp1252",
}
_NAMES = {
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "big5hkscs": "big5",
    "cp874": "windows-874",
    "cp866": "ibm866",
    "euc_jp": "euc-jp",
    "iso2022_jp": "iso-2022-jp",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
    "mac-roman": "macintosh",
    "mac-cyrillic": "x-mac-cyrillic",
}
_MULTIBYTE = frozenset({"cp932", "cp949", "gb18030", "big5hkscs", "euc_jp"})
_STATEFUL = frozenset({"iso2022_jp", "utf-16-le", "utf-16-be"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text, the encoding used (WHATWG name in lower case), and what decided it."""

    text: str
    encoding: str
    how: How


def decode(body: bytes, content_type: str = "") -> Decoded:
    """The text of `body`: no NUL, no lone surrogate, U+FFFD for bytes that do not decode.

    `content_type` is the HTTP header; its charset counts before the page's own. Never raises.

    >>> decode("naïve".encode("latin-1"), "text/html; charset=ISO-8859-1")
    Decoded(text='naïve', encoding='windows-1252', how='header')
    """
    for bom, codec in _BOMS:
        if body.startswith(bom) and (codec != "utf-8" or _is_utf8(body, claimed=True)):
            return _decoded(body[len(bom) :], codec, "bom")
    declared = _declared(body, content_type)
    for codec, how in declared:
        if codec in _STATEFUL and _is_stateful(body, codec):
            return _decoded(body, codec, how)
    claim = next((how for codec, how in declared if codec == "utf-8"), None)
    if _is_utf8(body, claimed=claim is not None):
        return _decoded(body, "utf-8", claim or "utf-8")
    for codec, how in declared:
        if codec not in _STATEFUL and codec != "utf-8" and _fits(body, codec):
            return _decoded(body, codec, how)
    return _decoded(body, _detect(body), "detected")


def to_utf8(body: bytes, content_type: str = "") -> tuple[bytes, str]:
    """The page as UTF-8 without BOM, and the name of the encoding that it came in.

    A body that is so already is returned itself. A meta element in the page may still name
    the old encoding: a parser must be told that the bytes are UTF-8.
    """
    plain = b"\0" not in body and b"\x1b" not in body and not body.startswith(_BOMS[0][0])
    if plain and _is_valid(body):
        return body, "utf-8"
    decoded = decode(body, content_type)
    return decoded.text.encode(), decoded.encoding


def _decoded(body: bytes, codec: str, how: How) -> Decoded:
    return Decoded(clean(body.decode(codec, "replace")), _name(codec), how)


def clean(text: str) -> str:
    """Text that UTF-8, Arrow and HTML parsers take: U+FFFD for NUL and lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "\ufffd") if "\0" in text else text


def _name(codec: str) -> str:
    """The WHATWG name of a Python codec."""
    if codec.startswith("cp125"):
        return f"windows-{codec[2:]}"
    if codec.startswith("iso8859-"):
        return f"iso-8859-{codec[8:]}"
    return _NAMES.get(codec, codec)


@lru_cache(maxsize=512)
def codec_for(label: str) -> str:
    """Python's codec for a label of the Encoding Standard; empty if there is none."""
    label = label.strip().lower()
    if label in _LABELS:
        return _LABELS[label]
    try:
        codec = map_encoding_to_html5(label, fallback_utf8=False) or ""
    except ValueError:
        return ""
    return _WIDER.get(codec, codec)


def _declared(body: bytes, content_type: str) -> list[tuple[str, How]]:
    """The codecs that the header and the page name, in the order in which they count."""
    found: list[tuple[str, How]] = []
    header = _CHARSET.search(content_type)
    if header and (codec := codec_for(header[1])):
        found.append((codec, "header"))
    head = body[:_HEAD]
    meta = _XML.match(head) or _META.search(_COMMENT.sub(b"", head))
    if meta and (codec := codec_for(meta[1].decode("latin-1"))):
        # A page whose meta could be read as ASCII is not UTF-16 (HTML standard, prescan).
        found.append(("utf-8" if codec.startswith("utf-16") else codec, "meta"))
    return found


def _is_valid(body: bytes) -> bool:
    if body.isascii():
        return True
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_utf8(body: bytes, *, claimed: bool) -> bool:
    """Whether the bytes are UTF-8, but for a few that some include or cut has broken.

    Legacy text has next to no byte sequences that are well-formed UTF-8, so a page with
    more well-formed sequences than stray bytes is UTF-8 if it says so, and one with 20
    times as many even if it does not.
    """
    if _is_valid(body):
        return True
    text = body.decode("utf-8", "ignore")
    sequences = len(text) - len(body.translate(None, _HIGH))
    stray = len(body) - len(text.encode())
    return sequences > stray * (1 if claimed else 20)


def _is_stateful(body: bytes, codec: str) -> bool:
    """Whether the bytes show what a claim of ISO-2022-JP or UTF-16 leads to expect."""
    if codec == "iso2022_jp":
        return b"\x1b" in body
    head = body[:_HEAD]
    zeros = head.count(b"\0")
    return zeros > len(head) // 8 and "\ufffd" not in head[:1000].decode(codec, "ignore")


def _fits(body: bytes, codec: str) -> bool:
    """Whether a legacy encoding can be what the bytes are in: at most 2 % do not decode."""
    if codec not in _MULTIBYTE:
        return True
    text = body.decode(codec, "replace")
    return text.count("\ufffd") * 50 <= len(body) - len(body.translate(None, _HIGH))


def _detect(body: bytes) -> str:
    """The codec that detection finds, put right where its guess is known to be off."""
    guess = codec_for(detect_encoding(body) or "")
    if guess in ("", "utf-8", "iso8859-10", "iso8859-14") or guess in _STATEFUL:
        # Bytes that are not UTF-8; ISO-8859-10 and -14 are not used on the web.
        return "cp1252"
    if guess == "koi8-r":
        return "koi8-u"  # the same letters, and the Ukrainian ones instead of box drawings
    if guess == "iso8859-13" and _C1.search(body):
        return "cp1257"  # printable where ISO-8859 has control characters
    if guess == "iso8859-2" and _C1.search(body):
        return "cp1250"
    if guess == "cp1252" and not _C1.search(body) and _LATIN9.search(body):
        return "iso8859-15"
    return guess

"""What a page says about its use: in its HTTP headers, its head, and its licence links.

Read before extraction, which loses all of it. Most pages say nothing, so the head is searched for
tags once, the tags for a few words, and only tags with such a word are looked at closely.
"""

import re
from collections.abc import Callable, Iterable
from html import unescape

from .agents import load_agents
from .fields import training_signal, training_usage
from .rsl import MEDIA_TYPE
from .rsl import signal as rsl_signal
from .signal import Signal
from .tdmrep import reservation

_HEAD_BYTES = 256 << 10
_NO_HEAD_BYTES = 64 << 10  # looked at where no tag says where the head ends
_END = re.compile(rb"</head[\s>]|<body[\s>]", re.IGNORECASE)
_TAG = re.compile(rb"<(?:meta|link|script)\s[^>]{1,2000}>", re.IGNORECASE)
_WORDS = (
    b"noai",
    b"noml",
    b"noimageai",
    b"tdm-",
    b"license",
    b"rsl+xml",
)  # an alternation takes 20 times as long
_REL = re.compile(rb"rel\s*=\s*[\"']?[^\"'>]{0,100}license")
_INERT = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(style|noscript|template|title|textarea)[\s>].*?(?:</\1|\Z)"
    rb"|<script(?![^>]{0,1000}rsl\+xml)[\s>].*?(?:</script|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_SCRIPT = re.compile(rb"(<script\s[^<>]{1,1000}>)(.*?)(?:</script|\Z)", re.IGNORECASE | re.DOTALL)
_ATTRIBUTE = re.compile(rb"([a-z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_ANCHOR = re.compile(rb"<(?:a|area|link)\s[^<>]{1,2000}>", re.IGNORECASE)
_LINK_VALUE = re.compile(r'<([^<>]{1,2000})>((?:\s*;\s*[\w*-]+\s*(?:=\s*(?:"[^"]*"|[^\s;,"]*))?)*)')
_LINK_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"([^"]*)"|([^\s;,"]*))')
_MOST_LICENCES = 5
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}

_DIRECTIVES = {"noai": "deny", "noml": "deny", "noimageai": "unknown"}
"""Conventions of DeviantArt and Spawning (noai, noimageai) and of Mojeek (noml)."""
_WITH_VALUE = frozenset(
    {"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"}
)
"""Directives with a colon of their own, which is no agent's."""


def page_signals(headers: Iterable[tuple[str, str]], body: bytes, url: str = "") -> list[Signal]:
    """Read all that a response says about its use, in the order: headers, head, licence links."""
    found: list[Signal] = []
    tdm: dict[str, str] = {}
    usage: list[str] = []
    for name, value in headers:
        key = name.lower()
        if key in _TDM:
            # A reservation among several lines is one, whatever the others say.
            tdm[key] = max(tdm.get(key, ""), value.strip())
        elif key == "content-usage":
            usage.append(value)
        elif key in _HEADERS:
            found += _HEADERS[key](value, url)
    if tdm:
        found += reservation("header", tdm.get("tdm-reservation", ""), tdm.get("tdm-policy", ""))
    if said := training_usage(", ".join(usage)):
        found.append(_preference("aipref", f"train-ai={said}", said == "n"))
    return _unique(found + _markup(body, url))


def _preference(protocol: str, value: str, denies: bool) -> Signal:
    return Signal(protocol, "header", value, "deny" if denies else "allow")


def _unique(signals: list[Signal]) -> list[Signal]:
    return list(dict.fromkeys(signals)) if len(signals) > 1 else signals


def _robots_header(value: str, url: str) -> list[Signal]:
    """`X-Robots-Tag`: directives, after an agent's name and a colon those for that agent."""
    found, scope = [], ""
    for item in value.split(","):
        name, colon, rest = item.partition(":")
        if colon and name.strip().lower() not in _WITH_VALUE:
            scope, item = name.strip(), rest
        word = item.strip().lower()
        if word in _DIRECTIVES:
            found.append(_directive("header", word, scope))
    return found


def _directive(place: str, word: str, scope: str) -> Signal:
    scope = "_".join(scope.split())[:100]
    return Signal("noai", place, word, _DIRECTIVES[word], scope)  # type: ignore[arg-type]


def _signal_header(value: str, url: str) -> list[Signal]:
    said = training_signal(value)
    return [_preference("content-signal", f"ai-train={said}", said == "no")] if said else []


def _link_header(value: str, url: str) -> list[Signal]:
    """`Link` (RFC 8288) with the relation `license`."""
    found = []
    for address, text in _LINK_VALUE.findall(value[:8192]):
        parameters: dict[str, str] = {}
        for name, quoted, plain in _LINK_PARAMETER.findall(text):
            parameters.setdefault(name.lower(), quoted or plain)
        if "license" in parameters.get("rel", "").lower().split():
            found.append(_licence("header", address, parameters.get("type", "")))
    return found


_TDM = frozenset({"tdm-reservation", "tdm-policy"})
_HEADERS: dict[str, Callable[[str, str], list[Signal]]] = {
    "x-robots-tag": _robots_header,
    "content-signal": _signal_header,
    "link": _link_header,
}


def _licence(place: str, address: str, media_type: str) -> Signal:
    protocol = "rsl" if media_type.strip().lower() == MEDIA_TYPE else "licence"
    return Signal(protocol, place, address.strip()[:1000])


def _markup(body: bytes, url: str) -> list[Signal]:
    if (codec := _UTF16.get(body[:2])) is not None:
        body = body[2 : 2 + 2 * _HEAD_BYTES].decode(codec, "replace").encode()
    end = _END.search(body, 0, _HEAD_BYTES)
    head = body[: end.start() if end else _NO_HEAD_BYTES]
    found: list[Signal] = []
    if _speaks(b"\n".join(_TAG.findall(head))):
        head = _INERT.sub(b" ", head)
        found = _head(head, url)
    if body.find(b"license", len(head)) >= 0 and _REL.search(body, len(head)):
        links = _licence_links(_INERT.sub(b" ", body[len(head) :]))
        found += links[:_MOST_LICENCES]
    return found


def _speaks(tags: bytes) -> bool:
    tags = tags.lower()
    return any(word in tags for word in _WORDS)


def _head(head: bytes, url: str) -> list[Signal]:
    """Look at the tags of a head closely, comments and scripts taken out."""
    found: list[Signal] = []
    tdm: dict[str, str] = {}
    for tag in _TAG.findall(head):
        if not _speaks(tag):
            continue
        attributes = _attributes(tag)
        name = attributes.get("name", "").strip().lower()
        content = attributes.get("content", "").strip()
        if name in _TDM:
            tdm[name] = max(tdm.get(name, ""), content)
        elif name == "robots" or name.endswith("bot") or name in _agents():
            words = (word.strip().lower() for word in content.split(","))
            scope = "" if name == "robots" else name
            found += [_directive("meta", word, scope) for word in words if word in _DIRECTIVES]
        elif "license" in attributes.get("rel", "").lower().split() and "href" in attributes:
            found.append(_licence("link", attributes["href"], attributes.get("type", "")))
    if tdm:
        found += reservation("meta", tdm.get("tdm-reservation", ""), tdm.get("tdm-policy", ""))
    scripts = _SCRIPT.findall(head) if b"rsl+xml" in head.lower() else []
    inline = (body for tag, body in scripts if b"rsl+xml" in tag.lower())
    return found + [rsl_signal("script", document, url) for document in inline]


def _licence_links(body: bytes) -> list[Signal]:
    tags = (_attributes(tag) for tag in _ANCHOR.findall(body) if b"license" in tag.lower())
    return [
        _licence("body", tag["href"], tag.get("type", ""))
        for tag in tags
        if "license" in tag.get("rel", "").lower().split() and tag.get("href", "").strip()
    ]


def _attributes(tag: bytes) -> dict[str, str]:
    """The attributes of a tag, names in lower case; the first of a name counts."""
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(tag):
        text = b"".join(values).decode("utf-8", "replace")
        found.setdefault(name.decode().lower(), unescape(text).replace("\0", ""))
    return found


def _agents() -> frozenset[str]:
    return frozenset(name.lower() for name in load_agents().names)

"""Patterns of paths as robots.txt has them (RFC 9309, 2.2.2 and 2.2.3): `*`, `$`, the longest wins."""

import re
from urllib.parse import quote, urlsplit

_ENCODED = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT = "%/?:@!&'()+,;=#[]~$*"


def path_of(url: str) -> str:
    """The path and query of a URL as patterns are matched with.

    >>> path_of("https://www.example.com/path/foo-$")
    '/path/foo-%24'
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "/"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return normal(path).replace("$", "%24").replace("*", "%2A")


def normal(text: str) -> str:
    """Percent-encoding made alike: only what must be encoded is, in upper case.

    >>> normal("/%7efoo/ü%2f")
    '/~foo/%C3%BC%2F'
    """
    return _ENCODED.sub(_decode, quote(text, safe=_KEPT, errors="replace"))


def _decode(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern matches the beginning of a path from `path_of`; takes linear time.

    >>> matches("/this/*/exactly$", "/this/path/exactly"), matches("/fish*.php", "/fish.asp")
    (True, False)
    """
    anchored = pattern.endswith("$")
    first, *middle = normal(pattern[:-1] if anchored else pattern).split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if not middle:
        return not anchored or at == len(path)
    last = middle.pop()
    for part in middle:
        at = path.find(part, at)
        if at < 0:
            return False
        at += len(part)
    if anchored:
        return len(path) - len(last) >= at and path.endswith(last)
    return path.find(last, at) >= 0

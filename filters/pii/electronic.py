"""Addresses on the net: e-mail, IPv4 and IPv6."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from publicsuffixlist import PublicSuffixList

from .places import Place
from .span import Span

_EMAIL = re.compile(r"(?P<local>\w[\w.+%'-]{0,63})@(?P<domain>(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,})")  # fmt: skip
_GLUED = re.compile(r"(?<=[a-z])[A-Z]\w*$")  # info@firma.deTelefon: a line break was lost
_IPV4 = re.compile(r"(?<![\w.,/-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|[.,]\d)")
_SMALL = 20
"""Section numbers such as 3.1.2.4 have no part as large; what could be one needs a word beside it."""
_BESIDE, _NEAR = 15, 40  # characters


def emails(body: str) -> Iterator[Span]:
    """Find addresses whose top-level domain exists."""
    for match in _EMAIL.finditer(body):
        local, domain = match["local"], _GLUED.sub("", match["domain"])
        while "." in domain and not _exists(domain):
            domain = domain.rpartition(".")[0]  # info@firma.de.Mehr: a space was lost
        if "." in domain and ".." not in local and local[-1] not in ".'":
            yield Span("email", match.start(), match.start("domain") + len(domain))


@lru_cache(1 << 12)
def _exists(domain: str) -> bool:
    """Whether a domain's last label is a top-level domain."""
    return _suffixes().publicsuffix(domain.lower()) is not None


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def ipv4s(body: str, before: str, after: str, place: Place) -> Iterator[Span]:
    """Find public addresses that are not versions or section numbers."""
    text = before[-1:] + body + after[:2]
    shift = len(before[-1:])
    for match in _IPV4.finditer(text):
        parts = match[0].split(".")
        if any(part != str(int(part)) for part in parts) or not _is_public(match[0]):
            continue
        ahead, behind = before + body[: max(0, match.start() - shift)], text[match.end() :] + after
        if _is_address(parts, ahead, behind, place):
            yield Span("ipv4", match.start() - shift, match.end() - shift)


def _is_address(parts: list[str], ahead: str, behind: str, place: Place) -> bool:
    """Tell an address from a version or a section by its size and the words beside it."""
    if max(map(int, parts)) < _SMALL:
        beside = f"{ahead[-_BESIDE:]}\n{behind[:_BESIDE]}"
        return place.last("address", beside) > place.last("version", ahead[-_BESIDE:])
    nearby = ahead[-_NEAR:]
    version = place.last("version", nearby)
    if version < 0:
        return place.last("version", behind[:_BESIDE]) < 0
    return place.last("address", nearby) > version


def _is_public(address: str) -> bool:
    try:
        parsed = IPv4Address(address)
    except AddressValueError:
        return False
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def ipv6s(body: str) -> Iterator[Span]:
    """Find public addresses."""
    address = body.rstrip(":") if not body.endswith("::") else body
    try:
        public = IPv6Address(address).is_global
    except AddressValueError:
        return
    if public and any(character.isdigit() for character in address):
        yield Span("ipv6", 0, len(address))

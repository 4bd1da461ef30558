"""Reservations against text and data mining that a page states in its HTTP headers and its head.

Read before extraction, which loses them. What robots.txt and well-known files say is the crawler's
to record. Signals and their meaning:

- `tdm-reservation: 1`, header or meta: TDM Reservation Protocol, W3C community group report, 2024;
- `noai`, `noml` in `X-Robots-Tag` or meta robots: convention of DeviantArt, Spawning and Mojeek;
- `Content-Usage: train-ai=n`: IETF AIPREF, draft-ietf-aipref-attach;
- `Content-Signal: ai-train=no`: Cloudflare's content signals policy.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

POLICY_VERSION = "1"

PROTOCOLS = ("TDMRep (header, meta)", "noai and noml (X-Robots-Tag, meta robots)",
             "AIPREF Content-Usage (header)", "Content Signals (header)")  # fmt: skip
"""What is read, for people: protocol, and where it may stand."""

_HEAD_BYTES = 64 << 10
_META = re.compile(rb"<meta\b[^>]{0,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"([a-z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_NO_AI = {"noai", "noml"}


@dataclass(frozen=True, slots=True)
class Rights:
    """What a page says about its use: `deny`, `allow`, or `unknown` where it says nothing."""

    verdict: Literal["allow", "deny", "unknown"]
    signals: tuple[str, ...] = ()
    """Such as `meta tdm-reservation=1`, in the order found."""
    policy: str = POLICY_VERSION


def read_rights(headers: Iterable[tuple[str, str]], body: bytes) -> Rights:
    """Read the reservations of one response; any `deny` wins.

    In TDMRep a meta element supersedes the header; every other signal stands for itself.
    """
    stated = [("header", name.lower(), value) for name, value in headers]
    stated += [("meta", name, content) for name, content in _metas(body)]
    found: dict[str, tuple[str, bool]] = {}
    for place, name, value in stated:
        for protocol, denied, text in _interpret(place, name, value):
            found[protocol] = (f"{place} {text}", denied)
    if not found:
        return Rights("unknown")
    denied = any(denied for _, denied in found.values())
    return Rights("deny" if denied else "allow", tuple(signal for signal, _ in found.values()))


def _metas(body: bytes) -> Iterable[tuple[str, str]]:
    for tag in _META.findall(body[:_HEAD_BYTES]):
        attributes = {name.lower(): b"".join(values) for name, *values in _ATTRIBUTE.findall(tag)}
        if b"name" in attributes and b"content" in attributes:
            yield (
                attributes[b"name"].decode("latin-1").strip().lower(),
                attributes[b"content"].decode("latin-1").strip(),
            )


def _interpret(place: str, name: str, value: str) -> Iterable[tuple[str, bool, str]]:
    """Give (protocol, whether it denies, readable signal) for a header or meta element."""
    value = value.strip()
    if name == "tdm-reservation" and value in ("0", "1"):
        yield "tdmrep", value == "1", f"tdm-reservation={value}"
    elif name == ("x-robots-tag" if place == "header" else "robots"):
        # A header may name an agent first, as in `gptbot: noai`.
        tokens = {token.rpartition(":")[2].strip().lower() for token in value.split(",")}
        for token in sorted(tokens & _NO_AI):
            yield f"{place} {token}", True, f"{name}={token}"
    elif name == "content-usage" and place == "header":
        # Structured field dictionary (RFC 9651): keys are case-sensitive, the last one counts.
        items = dict(item.strip().split("=", 1) for item in value.split(",") if "=" in item)
        if items.get("train-ai") in ("y", "n"):
            yield "aipref", items["train-ai"] == "n", f"content-usage train-ai={items['train-ai']}"
    elif name == "content-signal" and place == "header":
        signals = dict(
            item.strip().lower().split("=", 1) for item in value.split(",") if "=" in item
        )
        if signals.get("ai-train") in ("yes", "no"):
            yield "content-signal", signals["ai-train"] == "no", f"ai-train={signals['ai-train']}"

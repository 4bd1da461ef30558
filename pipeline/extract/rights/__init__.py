"""Reservations against text and data mining, and permissions, as pages and hosts state them.

`read_rights` reads one response: headers and markup. `Host` answers for robots.txt, tdmrep.json and
ai.txt. `decide` comes to a verdict. What is read of each protocol is in docs/reference/rights.md.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from .agents import Agents, load_agents
from .hosts import FILES, Evidence, Host, host_of, kind_of
from .page import page_signals
from .signal import POLICY_VERSION, Rights, Signal, decide, deciding

__all__ = [
    "FILES",
    "POLICY_VERSION",
    "PROTOCOLS",
    "Agents",
    "Evidence",
    "Host",
    "Rights",
    "Signal",
    "decide",
    "deciding",
    "host_of",
    "kind_of",
    "load_agents",
    "page_signals",
    "read_rights",
]

PROTOCOLS = (
    "robots.txt (RFC 9309)",
    "TDMRep (tdmrep.json, header, meta)",
    "noai and noml (X-Robots-Tag, meta robots)",
    "AIPREF Content-Usage (header, robots.txt)",
    "Content Signals (header, robots.txt)",
    "RSL 1.0 (inline)",
    "ai.txt",
)
"""What is read, for people: protocol, and where it may stand."""


def read_rights(
    headers: Iterable[tuple[str, str]],
    body: bytes,
    url: str = "",
    *,
    time: datetime | None = None,
    policy: str = "strict",
    agent: str = "",
) -> Rights:
    """Read what one response says about its use, and come to a verdict; see `decide`.

    >>> read_rights([("TDM-Reservation", "1")], b"<html>").verdict
    'deny'
    """
    signals = page_signals(headers, body, url)
    return decide([replace(signal, time=time) for signal in signals], policy, agent)

"""What a reservation or a permission is, and what several of them come to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

POLICY_VERSION = "3"
"""Goes up when the same signals come to another verdict."""

Verdict = Literal["allow", "deny", "unknown"]

_TDM_ORDER = ("tdmrep.json", "header", "meta")


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing said about the use of a page or of a host's pages."""

    protocol: str
    """`tdmrep`, `noai`, `aipref`, `content-signal`, `rsl`, `ai.txt`, `robots.txt` or `licence`."""
    place: str
    """`header`, `meta`, `link`, `script`, `body`, or a file: `robots.txt`, `tdmrep.json`, `ai.txt`."""
    value: str
    """Such as `tdm-reservation=1`; an address for a policy or licence."""
    verdict: Verdict = "unknown"
    """What it says about the training of language models on text."""
    scope: str = ""
    """The agents that it speaks to, separated by spaces; empty: all."""
    time: datetime | None = None
    """When it was seen."""

    def __str__(self) -> str:
        """Write it on one line without commas, so that lists of them can be taken apart again."""
        scope = f" ({self.scope})" if self.scope else ""
        return f"{self.place} {self.value}{scope}".replace(",", "%2C")

    @property
    def name(self) -> str:
        """What it is counted as."""
        return (
            f"{self.protocol} {self.place} {self.verdict}"
            if self.place != self.protocol
            else (f"{self.protocol} {self.verdict}")
        )

    def speaks_to(self, agent: str) -> bool:
        """Whether it concerns an agent that is known by this name."""
        return not self.scope or agent.lower() in self.scope.lower().split()


@dataclass(frozen=True, slots=True)
class Rights:
    """What is known about the use of a page: `deny`, `allow`, or `unknown` where nothing is said."""

    verdict: Verdict
    signals: tuple[Signal, ...] = ()
    policy: str = POLICY_VERSION


def decide(signals: Iterable[Signal], policy: str = "strict", agent: str = "") -> Rights:
    """Come to a verdict: any `deny` that counts wins, else any `allow`.

    In TDMRep a later place supersedes an earlier one: tdmrep.json, header, meta (Final Report of
    2024-02-02, section 4). Under the policy `own-agent`, what is said to other agents than `agent`
    does not count; under `strict` and `annotate` all does.
    """
    signals = tuple(signals)
    verdicts = {signal.verdict for signal in _counting(signals, policy, agent)}
    verdict: Verdict = (
        "deny" if "deny" in verdicts else "allow" if "allow" in verdicts else "unknown"
    )
    return Rights(verdict, signals)


def deciding(signals: Iterable[Signal], policy: str = "strict", agent: str = "") -> str:
    """Name the signals that deny and count, separated by `, `; empty where none does."""
    counting = _counting(tuple(signals), policy, agent)
    return ", ".join(str(signal) for signal in counting if signal.verdict == "deny")


def _counting(signals: tuple[Signal, ...], policy: str, agent: str) -> list[Signal]:
    places = {s.place for s in signals if s.protocol == "tdmrep" and s.verdict != "unknown"}
    last = next((place for place in reversed(_TDM_ORDER) if place in places), "")
    return [
        signal
        for signal in signals
        if signal.verdict != "unknown"
        and (signal.protocol != "tdmrep" or signal.place == last)
        and (policy != "own-agent" or signal.speaks_to(agent))
    ]

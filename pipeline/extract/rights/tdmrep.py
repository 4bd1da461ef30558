"""tdmrep.json, the file of the TDM Reservation Protocol (W3C community group, 2024-02-02)."""

import json
from dataclasses import dataclass

from .paths import matches, path_of
from .signal import Signal

MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Rule:
    """What is said about the paths that a pattern matches."""

    location: str
    reservation: str
    policy: str = ""


def rules(body: bytes) -> list[Rule]:
    """Read the rules in their order; what is no rule is left out, what is no JSON array has none."""
    try:
        content = json.loads(body[:MAX_BYTES].decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return []
    return [rule for item in content if (rule := _rule(item))] if isinstance(content, list) else []


def _rule(item: object) -> Rule | None:
    if not isinstance(item, dict):
        return None
    location, reservation = item.get("location"), item.get("tdm-reservation")
    policy = item.get("tdm-policy", "")
    if not isinstance(location, str) or not location.startswith(("/", "*")):
        return None
    if type(reservation) is not int or reservation not in (0, 1):
        return None  # "any other value is as if it were not there"; true is no number in JSON
    return Rule(location, str(reservation), policy if isinstance(policy, str) else "")


def signals(found: list[Rule], url: str) -> list[Signal]:
    """What the first rule that matches says: "the most specific match is the first in sequence"."""
    path = path_of(url)
    rule = next((rule for rule in found if matches(rule.location, path)), None)
    return reservation("tdmrep.json", rule.reservation, rule.policy) if rule else []


def reservation(place: str, value: str, policy: str = "") -> list[Signal]:
    """Give a reservation, and the address of its policy; anything but 0 and 1 is not there."""
    found = []
    if value in ("0", "1"):
        verdict = "deny" if value == "1" else "allow"
        found.append(Signal("tdmrep", place, f"tdm-reservation={value}", verdict))  # type: ignore[arg-type]
    if policy:
        found.append(Signal("tdmrep", place, f"tdm-policy={policy[:1000]}"))
    return found

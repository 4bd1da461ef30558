"""ai.txt as Spawning defined it: robots.txt for data sets, with rules about types of files."""

from .paths import matches, path_of
from .robots import Group, decode, groups
from .signal import Signal

_TYPES = ("", ".html", ".htm", ".txt")
"""A page is text, whatever its address ends in."""


def signals(body: bytes, url: str) -> list[Signal]:
    """What the file says about the text at a URL; other files of this name have no rules for it."""
    found, _ = groups(decode(body))
    stated = [group for group in found[1:] if group.agents & {"*"}]
    path = path_of(url)
    if any(_denied(stated, path + ending) for ending in _TYPES):
        return [Signal("ai.txt", "ai.txt", "disallow", "deny")]
    return []


def _denied(stated: list[Group], path: str) -> bool:
    """Whether the longest pattern that matches disallows; of two as long the one that allows counts."""
    best = (-1, True)
    for group in stated:
        for name, value in group.rules:
            if name not in ("allow", "disallow") or not value:
                continue
            pattern = value if value.startswith(("/", "*")) else f"/{value}"
            if matches(pattern, path):
                best = max(best, (len(pattern), name == "allow"))
    return not best[1]

"""ai.txt: Spawning's, a robots.txt for data sets with rules about types of files, and the Internet-Draft's.

The draft (draft-car-ai-txt-wellknown-00) has fields about the site, `Training` among them, and blocks
about agents, indented. Both are read wherever they stand, since their files have one name.
"""

import re
from collections.abc import Iterator

from .paths import matches, path_of
from .robots import Group, decode, groups
from .signal import Signal, Verdict

_FIELD = re.compile(r"([ \t]*)([A-Za-z-]+)[ \t]*:[ \t]*([^#]*)")
_TYPES = ("", ".html", ".htm", ".txt")
"""A page is text, whatever its address ends in."""


def signals(body: bytes, url: str) -> list[Signal]:
    """What the file says about the text at a URL; other files of this name have no rules for it."""
    text, path = decode(body), path_of(url)
    found, _ = groups(text)
    stated = [group for group in found[1:] if group.agents & {"*"}]
    if any(_denied(stated, path + ending) for ending in _TYPES):
        return [Signal("ai.txt", "ai.txt", "disallow", "deny")]
    return list(_declared(text, path))


def _declared(text: str, path: str) -> Iterator[Signal]:
    """Give what the fields of the draft say about training, to all and to agents that are named."""
    blocks = _blocks(text)
    for agent, fields in blocks.items():
        said = [value.lower() for name, value in fields if name == "training"][-1:]
        if said == ["conditional"]:
            said = [_on_path(fields, path)]
        scope = "" if agent == "*" else agent
        if said == ["deny"] or said == ["allow"]:
            verdict: Verdict = "deny" if said == ["deny"] else "allow"
            yield Signal("ai.txt", "ai.txt", f"training={said[0]}", verdict, scope)


def _blocks(text: str) -> dict[str, list[tuple[str, str]]]:
    """Fields by agent, `*` for those of the site, which an indented block for `*` overrides."""
    blocks: dict[str, list[tuple[str, str]]] = {"*": []}
    agent = "*"
    for line in text.splitlines():
        if match := _FIELD.match(line):
            indent, name, value = match[1], match[2].lower(), match[3].strip()
            if not indent:
                agent = "_".join(value.split())[:100] if name == "agent" and value else "*"
            blocks.setdefault(agent, []).append((name, value))
    return blocks


def _on_path(fields: list[tuple[str, str]], path: str) -> str:
    """What the longest pattern that matches says; of two as long the one that denies counts."""
    found = [
        (len(value), name == "training-deny")
        for name, value in fields
        if name in ("training-allow", "training-deny") and value and matches(value, path)
    ]
    return "" if not found else "deny" if max(found)[1] else "allow"


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

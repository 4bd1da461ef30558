"""robots.txt: which agents may not come, and what else it says about the use of what it covers.

Protego decides who may fetch (RFC 9309). A pass of our own reads what Protego does not know: the
rules Content-Usage (AIPREF) and Content-Signal (Cloudflare) of each group, and License (RSL 1.0).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from protego import Protego

from .fields import training_signal, training_usage
from .paths import matches, path_of
from .signal import Signal

MAX_BYTES = 500 << 10
"""What is read of a file at most (RFC 9309, 2.5)."""

_LINE = re.compile(r"[ \t]*([A-Za-z-]+)[ \t]*:[ \t]*([^#\r\n]*)")
_PRODUCT = re.compile(r"[^/\s]+")
_VERSION = re.compile(
    r"^([ \t]*user-agent[ \t]*:[ \t]*[^/\s#]+)/[^#\r\n]*", re.IGNORECASE | re.MULTILINE
)
_RULES = frozenset({"allow", "disallow", "content-usage", "content-signal", "crawl-delay"})


@dataclass(slots=True)
class Group:
    """Agents, in lower case, and the rules for them."""

    agents: set[str] = field(default_factory=set)
    rules: list[tuple[str, str]] = field(default_factory=list)
    """Name in lower case, and value."""


def decode(body: bytes) -> str:
    """The text of a robots.txt or a file of its kind: UTF-8, or UTF-16 where its first bytes say so.

    Bytes that are neither are replaced. Of a file that is too long, the last line that is read is left
    out: it may be cut in the middle of a path.
    """
    codec = "utf-16" if body.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = body[:MAX_BYTES].decode(codec, "replace").replace("\0", "")
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1] if len(body) > MAX_BYTES else text


def parse(text: str) -> Protego:
    """Read who may fetch what; an agent with a version is the agent, as Protego does not know."""
    return Protego.parse(_VERSION.sub(r"\1", text))


def groups(text: str) -> tuple[list[Group], list[tuple[str, str]]]:
    """Take a file apart: its groups, and its lines of any name (in lower case) that it has outside.

    Lines before the first `User-agent` are a group for `*`: Cloudflare's files begin so.
    """
    found = [Group({"*"})]
    others: list[tuple[str, str]] = []
    begins = False
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        name, value = match[1].lower(), match[2].strip()
        if name == "user-agent":
            if not begins:
                found.append(Group())
            product = _PRODUCT.match(value)
            found[-1].agents.add(product[0].lower() if product else "")
            begins = True
        elif name in _RULES:
            found[-1].rules.append((name, value))
            begins = False
        else:
            others.append((name, value))
    return found, others


class Robots:
    """One robots.txt, read for a list of agents."""

    def __init__(self, body: bytes, agents: Iterable[str]) -> None:
        """Parse the file; never raises."""
        text = decode(body)
        self._protego = parse(text)
        self._groups, others = groups(text)
        named = {agent for group in self._groups for agent in group.agents}
        # Whoever is not named is treated as `*` is.
        self._agents = {agent: agent if agent.lower() in named else "*" for agent in agents}
        self._distinct = sorted(set(self._agents.values()))
        self._licences = sorted({value for name, value in others if name == "license" and value})

    def signals(self, url: str) -> list[Signal]:
        """What the file says about a URL, each thing with the agents that it is said to."""
        path = path_of(url)
        said: dict[tuple[str, str, bool], set[str]] = {}
        for agent in self._distinct:
            if not self._protego.can_fetch(url, agent):
                said.setdefault(("robots.txt", "disallow", True), set()).add(agent)
                continue  # what may not be fetched has no usage preference (AIPREF, section 3.1)
            for protocol, value, denies in _preferences(self._rules(agent), path):
                said.setdefault((protocol, value, denies), set()).add(agent)
        signals = [
            Signal(protocol, "robots.txt", value, "deny" if denies else "allow", self._scope(whom))
            for (protocol, value, denies), whom in sorted(said.items())
        ]
        return signals + [Signal("rsl", "robots.txt", address) for address in self._licences]

    def _rules(self, agent: str) -> list[tuple[str, str]]:
        own = [group for group in self._groups if agent.lower() in group.agents]
        return [rule for group in own for rule in group.rules]

    def _scope(self, whom: set[str]) -> str:
        addressed = [agent for agent, stands_for in self._agents.items() if stands_for in whom]
        return (
            ""
            if len(addressed) == len(self._agents)
            else " ".join(sorted(addressed, key=str.lower))
        )


def _preferences(rules: list[tuple[str, str]], path: str) -> Iterable[tuple[str, str, bool]]:
    """Give (protocol, value, whether it denies) of a group's rules for a path."""
    if said := _longest(rules, "content-signal", path, training_signal, "no"):
        yield "content-signal", f"ai-train={said}", said == "no"
    if said := _longest(rules, "content-usage", path, training_usage, "n"):
        yield "aipref", f"train-ai={said}", said == "n"


def _longest(
    rules: list[tuple[str, str]], name: str, path: str, read: Callable[[str], str], denies: str
) -> str:
    """What the rules of a name with the longest path that matches say; one that denies wins."""
    stated = [_scoped(value) for rule, value in rules if rule == name]
    found = [(len(pattern), read(said)) for pattern, said in stated if matches(pattern, path)]
    longest = max((length for length, _ in found), default=0)
    values = {said for length, said in found if length == longest and said}
    return denies if denies in values else next(iter(values), "")


def _scoped(value: str) -> tuple[str, str]:
    """Take a rule apart: its path, `/` where it has none, and what it says."""
    if not value.startswith("/"):
        return "/", value
    pattern, _, said = value.replace("\t", " ").partition(" ")
    return pattern, said

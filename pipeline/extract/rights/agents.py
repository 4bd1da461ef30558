"""The agents that collect text for the training of models: a pinned list, or the user's own."""

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ...errors import UsageError

PINNED = Path(__file__).with_name("agents.toml")
_TOKEN = re.compile(r"\*|[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Agents:
    """Product tokens as robots.txt files name them, and the list's version."""

    version: str
    names: tuple[str, ...]


@lru_cache(maxsize=8)
def load_agents(path: Path = PINNED) -> Agents:
    """Read a list: a TOML file with `version` and `agents`.

    Raises:
        UsageError: there is no such file, or it is no such list.

    """
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"rights.agents: {path}: expected a TOML file, found: {error}") from None
    names, version = content.get("agents"), content.get("version")
    if not isinstance(version, str) or not isinstance(names, list) or not names:
        raise UsageError(
            f'rights.agents: {path}: expected `version = "…"` and `agents = ["GPTBot", …]`, found '
            f"{', '.join(content) or 'nothing'}"
        )
    for name in names:
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise UsageError(
                f"rights.agents: {path}: expected agents named as in robots.txt, such as GPTBot or "
                f"*, found {name!r}"
            )
    return Agents(version, tuple(sorted(set(names), key=str.lower)))

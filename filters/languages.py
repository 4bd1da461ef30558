"""What the filters know about a language, from its file: thresholds and stop words."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "thresholds"
DEFAULT = "default"
"""The file for a language that has none: medians of those that have one, and no stop words."""


@dataclass(frozen=True)
class Language:
    """A language's code, thresholds by name, and stop words."""

    code: str
    thresholds: Mapping[str, float]
    stop_words: tuple[str, ...]


@cache
def language(code: str) -> Language:
    """Read a language's file, or the default one where it has none."""
    path = FOLDER / f"{code if code in languages() else DEFAULT}.toml"
    facts: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    values = {name: float(value) for name, value in facts["thresholds"].items()}
    return Language(code, values, tuple(facts["stop_words"]))


@cache
def languages() -> frozenset[str]:
    """Name the languages that have a file."""
    return frozenset(path.stem for path in FOLDER.glob("*_*.toml"))

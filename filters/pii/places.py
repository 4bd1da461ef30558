"""Which countries' numbers to expect in a text, and the words that tell them apart."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

_FOLDER = Path(__file__).parent
_COMPOUND = 5
"""From this many letters on, a word counts inside a longer one as well: `Servicetelefon`."""

Words: TypeAlias = tuple[tuple[str, bool], ...]
"""Words in lower case, and whether each must be a whole word."""


@dataclass(frozen=True)
class Place:
    """Where a text comes from, by its language and the domain that it was found on."""

    language: str
    countries: tuple[str, ...]
    """ISO 3166, the likeliest first: that of the domain, then those of the language."""

    def last(self, kind: str, text: str) -> int:
        """Give where the last word of a kind (a table of words.toml) ends in `text`, or -1."""
        return last_end(_words(kind, self.language), text)


def last_end(listed: Words, text: str) -> int:
    """Give where the last of some words ends in `text`, or -1.

    A search for each word is ten times as fast as one pattern of all of them.
    """
    text = text.lower()
    end = -1
    for word, whole in listed:
        at = text.rfind(word)
        while whole and at >= 0 and not _is_whole(text, at, at + len(word)):
            at = text.rfind(word, 0, at + len(word) - 1)
        if at >= 0:
            end = max(end, at + len(word))
    return end


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no letter of a word goes on into the text around it."""
    before = text[start].isalpha() and text[start - 1 : start].isalpha()
    after = text[end - 1].isalpha() and text[end : end + 1].isalpha()
    return not before and not after


@cache
def place(language: str, domain: str) -> Place:
    """Give the place of a language (such as `ces_Latn`) and a top-level domain or ''."""
    facts = load("countries")
    of_domain = facts["domains"].get(domain, domain.upper() if len(domain) == 2 else "")
    of_language = facts["languages"].get(language, [])
    return Place(
        language, tuple(dict.fromkeys([*([of_domain] if of_domain else []), *of_language]))
    )


@cache
def load(name: str) -> dict[str, Any]:
    """Read one of the data files of this folder."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text("utf-8"))


@cache
def _words(kind: str, language: str) -> Words:
    table = load("words")[kind]
    return words(*table["*"], *table.get(language, []))


def words(*listed: str) -> Words:
    """Give words as the data files list them, and whether each must be a whole word."""
    plain = {word.removesuffix("$") or word: word.endswith("$") for word in listed}
    return tuple(
        (word, whole or sum(map(str.isalpha, word)) < _COMPOUND) for word, whole in plain.items()
    )

"""The lists of words in `orthography.toml`, with the forms that are made of them."""

import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from pathlib import Path

ABBREVIATIONS = tuple(f"{letter}." for letter in "abcdefghijklmnopqrstuvwxyzäöü")
"""Single letters that keep their full stop in most languages."""

FACES_AT_END = (":)", ":-)", ";)", ";-)", ":(", ":-(", "):", "=)", "''")
"""Marks that stay together at the end of a word, in every language."""


@cache
def _file() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "orthography.toml").read_text("utf-8"))


def units() -> tuple[str, ...]:
    """List the units of measurement that are split off a number."""
    return tuple(_file()["all"]["units"].split())


def faces() -> tuple[str, ...]:
    """List the emoticons that are words."""
    return tuple(_file()["all"]["faces"].split())


def word_lists(name: str) -> dict[str, tuple[str, ...]]:
    """Give a language's openings, closings, joined first parts and exceptions; none if it has none."""
    lists = {key: words.split() for key, words in _file().get(name, {}).items()}
    found = {
        key: (*lists.get(key, []), *_cased(lists.get(f"{key}_cased", [])))
        for key in ("openings", "closings", "joined", "exceptions")
    }
    found["openings"] += _cased(_articles(lists.get("articles", [])))
    found["closings"] += tuple(_hyphenated(lists.get("hyphenated", [])))
    found["exceptions"] += tuple(_capitalised(lists.get("capitalised", [])))
    if name == "eng_Latn":
        found["exceptions"] += tuple(_capitalised(_contractions(lists)))
    if name == "ell_Grek":
        found["exceptions"] += tuple(_numbered())
    if name == "dan_Latn":
        found["exceptions"] += tuple(f"{day}." for day in range(1, 32))
    return found


def _cased(words: Iterable[str]) -> tuple[str, ...]:
    """Give words as they are, capitalised and in capitals."""
    return tuple(sorted({case(word) for word in words for case in (str, str.title, str.upper)}))


def _capitalised(words: Iterable[str]) -> Iterator[str]:
    """Give words as they are and capitalised."""
    for word in words:
        yield from (word, word[0].upper() + word[1:])


def _contractions(lists: dict[str, list[str]]) -> Iterator[str]:
    """Make English contractions, with either apostrophe and without."""
    bare = [verb for verb in lists["negated"] if verb not in ("ca", "wo", "sha", "were")]
    cut = [f"{verb}|n't" for verb in lists["negated"]]
    cut += [
        "".join(pair)
        for pair in product(lists["subjects"], (f"|{end}" for end in lists["endings"]))
    ]
    yield from (f"{verb}|nt" for verb in bare)
    yield from (f"{hour}|{half}" for hour, half in product(range(1, 13), ("am", "pm")))
    for word in cut:
        yield from (word, word.replace("'", "’"))


def _hyphenated(words: Iterable[str]) -> Iterator[str]:
    """Make what follows a French verb and a hyphen: -t, -il, -elle."""
    for hyphen, word in product("-–—‐‑", words):
        yield from (f"{hyphen}{word}", f"{hyphen}{word.upper()}")


def _articles(stems: list[str]) -> list[str]:
    """Make the Maltese article and what is joined to it, with the letters that it takes on."""
    return [f"{stem}{letter}-" for stem, letter in product(["", *stems], "lċdnrstxzż") if stems]


def _numbered() -> Iterator[str]:
    """List Greek numbers of items and initials: the mark belongs to them."""
    yield from (f"{number}." for number in range(100))
    yield from (f"{number:02}." for number in range(10))
    yield from (f"{digit})" for digit in range(10))
    yield from (f"{letter}." for letter in "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ")

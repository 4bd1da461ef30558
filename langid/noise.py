"""What is not language: numbers, code, markup, base64, random letters, menus, emoji, mojibake.

A model that knows only languages must call such text one of them. Kernels count characters and
words of a text (characters.py), and plain rules on shares of those counts answer before the model
is asked. Thresholds were set on sets of our own making against real sentences in 47 languages; what each
refuses is measured in docs/reference/languages.md.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .characters import Count, count_characters

Mask = npt.NDArray[np.bool_]


def is_noise(texts: pa.LargeStringArray) -> Mask:
    """Say of each text whether it is something other than language; an empty one is not.

    Only the text's own characters are looked at. A text too short to tell is let through.
    """
    counts = count_characters(texts).T
    found: Mask = np.zeros(len(texts), np.bool_)
    for rule in (_few_letters, _code, _gibberish, _repeated, _broken, _list):
        found |= rule(counts)
    return found


def _few_letters(count: Any) -> Any:
    """Fewer than half of the visible characters are letters: numbers, tables, emoji, ASCII art."""
    return count[Count.LETTERS] < 0.5 * count[Count.VISIBLE]


def _code(count: Any) -> Any:
    """Brackets, operators and underscores of programs and markup; names such as `getName`."""
    signs, turns = count[Count.SYMBOLS], count[Count.TURNS]
    symbols = signs > np.maximum(0.05 * count[Count.VISIBLE], 3)
    layout = signs + count[Count.LAYOUT] > np.maximum(0.05 * count[Count.VISIBLE], 9)
    names = (turns > 0.12 * count[Count.WORDS]) & (turns >= 3)
    only_names = (turns > 0.3 * count[Count.WORDS]) & (turns >= 5)
    return symbols | layout | only_names | (names & (signs > 0.015 * count[Count.VISIBLE]))


def _gibberish(count: Any) -> Any:
    """Base64, hashes and random letters: endless words, digits in them, runs of consonants."""
    endless = count[Count.LONG] > 0.5 * count[Count.LETTERS]
    mixed = (count[Count.MIXED] > 0.3 * count[Count.WORDS]) & (count[Count.MIXED] >= 2)
    enough = count[Count.LATIN] >= 20
    clustered = enough & (count[Count.CLUSTERED] > 0.18 * count[Count.LATIN])
    rare = enough & (count[Count.RARE] > 0.34 * count[Count.LATIN])
    return (
        endless
        | mixed
        | (clustered & rare)
        | (count[Count.CLUSTERED] > 0.4 * count[Count.LATIN]) & enough
    )


def _repeated(count: Any) -> Any:
    """One word, or one character, said again and again."""
    words = (count[Count.WORDS] >= 8) & (count[Count.COMMONEST] > 0.35 * count[Count.WORDS])
    return words | (count[Count.RUNS] > 0.25 * count[Count.VISIBLE])


def _broken(count: Any) -> Any:
    """UTF-8 that was read as Latin-1 or Windows-1252, or bytes that could not be read."""
    return (count[Count.BROKEN] > 0.015 * count[Count.VISIBLE]) & (count[Count.BROKEN] >= 3)


def _list(count: Any) -> Any:
    """Menus and lists of names: short items, capitals, nothing that ends or joins a clause."""
    words, items = count[Count.WORDS], count[Count.SEPARATORS] + count[Count.LINES]
    separated = (items >= 4) & (words < 3.2 * items) & (count[Count.STOPS] <= 0.1 * items)
    titles = (words >= 5) & (count[Count.MARKS] == 0) & (count[Count.TITLES] > 0.75 * words)
    return separated | titles

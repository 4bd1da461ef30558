"""A second look at close languages, by the words that tell them apart.

Croatian, Bosnian and Serbian in Latin script share most words, and a model guesses among them.
Their marks are counted: words that are Croatian only, words that are not Croatian, ekavian and
ijekavian forms. The difference, and the model's own log-odds at half weight, decide; where they
say little the answer is the group, `hbs_Latn`. Languages that the model does not know are told from
the neighbour by whose name it calls them if enough of the words are theirs alone.
"""

import math
from collections.abc import Collection, Sequence
from functools import cache
from typing import TypeAlias

import pyarrow as pa

from .codes import GROUP, MEMBERS
from .hints import lean, weigh
from .marks import called, count_marks, marks, sorbian_letters

_MODEL_WEIGHT = 0.5
_ENOUGH = 1.5
"""Least evidence for a member, as log-odds: 1.5 gave a precision of 0.98 in Leipzig's sentences."""
_LEAST_LETTERS = 0.015
_LEAST_SHARE, _LEAST_MARKS = 0.08, 2
"""Of the words of a text, to call it a neighbour: in 2 of 3,349 paragraphs of others that was wrong."""

Guess: TypeAlias = list[tuple[str, float]]


def look_again(
    texts: Sequence[str], guesses: Sequence[Guess], hints: Sequence[Collection[str]]
) -> list[Guess]:
    """Correct guesses (codes and scores, the best first) where close languages are concerned."""
    found = [
        weigh(_sorbian(guess, text), beside)
        for guess, text, beside in zip(guesses, texts, hints, strict=True)
    ]
    numbers = [k for k, guess in enumerate(found) if guess and guess[0][0] in _hosts()]
    counts, words = count_marks(marks("neighbours"), _lowered(texts, numbers))
    for number, row, size in zip(numbers, counts.tolist(), words.tolist(), strict=True):
        found[number] = _neighbour(found[number], row, size)
    numbers = [k for k, guess in enumerate(found) if guess and guess[0][0] in MEMBERS]
    counts, _ = count_marks(marks("south_slavic"), _lowered(texts, numbers))
    for number, (hrv, other, ekavian, ijekavian) in zip(numbers, counts.tolist(), strict=True):
        leaning = lean(hints[number])
        found[number] = south_slavic(found[number], hrv, other, ekavian, ijekavian, leaning)
    return found


def _lowered(texts: Sequence[str], numbers: Sequence[int]) -> pa.LargeStringArray:
    return pa.array([texts[number].lower() for number in numbers], pa.large_string())


@cache
def _hosts() -> frozenset[str]:
    return frozenset(code for codes in called().values() for code in codes)


def _neighbour(guess: Guess, counts: list[int], words: int) -> Guess:
    """Give the neighbour whose marks the text has, with the score of the language it passed for."""
    if not guess or max(counts) < max(_LEAST_MARKS, _LEAST_SHARE * words):
        return guess
    name = marks("neighbours").names[counts.index(max(counts))]
    best, score = guess[0]
    if best not in called()[name]:
        return guess
    return [(name, score), *((code, other) for code, other in guess[1:] if code != name)]


def _sorbian(guess: Guess, text: str) -> Guess:
    """Correct a Slavic language to Upper Sorbian if three characters in 200 are foreign to it."""
    foreign = sorbian_letters().get(guess[0][0], "") if guess else ""
    count = sum(text.count(letter) for letter in foreign)
    if not count or count < _LEAST_LETTERS * len(text):
        return guess
    return [("hsb_Latn", guess[0][1]), *(pair for pair in guess[1:] if pair[0] != "hsb_Latn")]


def south_slavic(
    guess: Guess, croatian: int, other: int, ekavian: int, ijekavian: int, leaning: float = 0
) -> Guess:
    """Share the score of Croatian, Bosnian and Serbian out anew, by their marks.

    `leaning` is what speaks for Croatian beside the text, in log-odds.

    >>> south_slavic([("bos_Latn", 0.6), ("hrv_Latn", 0.4)], 5, 0, 0, 3)[0][0]
    'hrv_Latn'
    >>> south_slavic([("hrv_Latn", 0.6), ("bos_Latn", 0.4)], 0, 0, 0, 1)
    [('hbs_Latn', 1.0)]
    """
    scores = dict(guess)
    total = sum(scores.get(code, 0) for code in MEMBERS)
    rest = [(code, score) for code, score in guess if code not in MEMBERS]
    ours = scores.get("hrv_Latn", 0) + 0.01
    theirs = scores.get("bos_Latn", 0) + scores.get("srp_Latn", 0) + 0.01
    evidence = float(croatian - other - max(ekavian - ijekavian, 0))
    evidence += _MODEL_WEIGHT * math.log(ours / theirs) + leaning
    if abs(evidence) < _ENOUGH:
        return _sorted([(GROUP, total), *rest])
    share = total / (1 + math.exp(-evidence))
    side = "srp_Latn" if ekavian > ijekavian else "bos_Latn" if ijekavian > ekavian else GROUP
    return _sorted([("hrv_Latn", share), (side, total - share), *rest])


def _sorted(guess: Guess) -> Guess:
    return sorted(guess, key=lambda pair: (-pair[1], pair[0]))

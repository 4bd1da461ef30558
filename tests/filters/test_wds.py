"""WDS against a slow twin that follows web-docs-scorer's definitions with regular expressions."""

import math
import re
from statistics import fmean, median, pstdev

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eurocorpus.filters import measure
from eurocorpus.filters.wds import medians
from eurocorpus.pipeline.demo import pages

PUNCTUATION = re.compile(
    "[\u0021-\u0022\u0027-\u0029\u002c-\u002e\u003a-\u003b\u003f\\[\\]\u0060\u00a1\u00b4-\u00b5\u00b7\u00bf\u0589-\u05c7"
    "\u0600-\u061f\u066a-\u066d\u06d4-\u06ed\u0700-\u070f\u1360-\u1368\u1800-\u180a\u1ab0-\u1aff\u1c78-\u1c7f"
    "\u1cc0-\u1cc7\u1fbd-\u1fc1\u1fcd-\u1fcf\u1fdd-\u1fdf\u1fed-\u1fef\u1ffd-\u2027\u3000-\u303f\u4dc0-\u4dff"
    "\ua6f0-\ua6f7\ufe10-\ufe6f]"
)
SINGULAR = re.compile(
    "[\u0023-\u0026\u002a-\u002b\u002f\u003c-\u003e\u0040\\\\\u007c\u007e\u00a2-\u00b3\u00b8-\u00be\u00d7\u00f7"
    "\u02b0-\u0385\u0483-\u0489\u0559-\u055f\u2010-\u2d00\u2de0-\u2e52\U00010000-\U0001ffff\ua670-\ua67f\u3200-\u33ff]"
)
SPACE = re.compile("[\u0000-\u0020\u007f-\u00a0]")


def count(line: str) -> tuple[int, int, int, int]:
    """Letters, punctuation, lone characters and digits of a line."""
    digits = sum(c.isdecimal() for c in line)
    words = sum(
        not (c.isdecimal() or PUNCTUATION.match(c) or SINGULAR.match(c) or SPACE.match(c))
        for c in line
    )
    return words, len(PUNCTUATION.findall(line)), len(SINGULAR.findall(line)), digits


def between(value: float, places: list[float], scores: list[float], scale: float = 1) -> float:
    return float(np.interp(value, [place * scale for place in places], scores))


def wds(text: str, code: str, saving: float) -> float:
    """Score a text in the Latin script; `saving` is what compression saves, in percent."""
    digits, punctuation, singular = medians(code)
    short, long, very_long = (round(length / punctuation) for length in (24, 250, 1000))
    lines = text.split("\n")
    counts = [count(line) for line in lines]
    words, marks, lone, numbers = (np.array(kind, float) for kind in zip(*counts, strict=True))
    letters = float(words.sum())
    if not letters:
        return 0
    percent = [round(100 * float(kind.sum()) / letters, 1) for kind in (marks, lone, numbers)]
    filled = [line for line in lines if len(line) >= short]
    urls = max(text.count("www"), text.count("http"))
    numeric = sum(n for n, w in zip(numbers, words, strict=True) if n > 0.1 * w)
    sparse = sum(
        w
        for m, w in zip(marks, words, strict=True)
        if w > 3 * short and round(100 * m / w, 1) < 0.5 * punctuation
    )
    punctuated = between(percent[0], [0.3, 0.5, 0.9, 2.5, 25], [0, 0.5, 1, 1, 0], punctuation)
    if punctuated >= 0.3:
        punctuated = min(punctuated, between(sparse / letters, [0.05, 0.2, 0.4], [1, 0.6, 0]))
    capped = np.minimum(words, long).tolist()
    off = abs(saving - (12 * math.log10(len(text)) - 23))
    penalties = [
        between(urls / (letters / (100 * short)), [3, 10], [1, 0]),
        punctuated,
        between(percent[1], [1, 2, 6, 10], [1, 0.7, 0.5, 0], singular),
        between(percent[2], [1, 30], [1, 0], digits) * between(numeric, [50, 500], [1, 0]),
        len(set(filled)) / len(filled) if filled else 1.0,
        between(off, [14, 21, 28], [1, 0.7, 0]),
        between(pstdev(capped) / fmean(capped), [0, 0.6], [0.5, 1]) if len(lines) >= 5 else 1.0,
    ]
    if min(penalties) < 0.1:
        return 0
    total = sum(p**-2.9 for p in penalties)
    penalty: float = math.prod(p ** (3 * p**-2.9 / total) for p in penalties)
    return basic(lines, words.tolist(), (short, long, very_long)) * penalty


def basic(lines: list[str], words: list[float], lengths: tuple[int, int, int]) -> float:
    short, long, very_long = lengths
    right = wrong = 0.0
    many, great = 0, []
    for line, word in zip(lines, words, strict=True):
        letters = [c for c in line if c.isalpha()]
        if 2 * sum(is_latin(c) for c in letters) < len(letters):
            wrong += word
        elif word > short:
            right += word
            many += word > long
            share = (min(word, very_long) - long) / (very_long - long)
            great += [2 * share - 1] if share > 0.5 else []
    language = right / (right + wrong) if right else 0
    return 0.8 * language + 0.1 * min(many, 10) / 10 + 0.1 * (fmean(great) if great else 0)


def is_latin(character: str) -> bool:
    ranges = ((0, 0x2B8), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA722, 0xA7FF), (0xAB30, 0xAB6F))
    return any(a <= ord(character) <= b for a, b in (*ranges, (0xFB00, 0xFB06), (0xFF21, 0xFF5A)))


PIECE = st.sampled_from(
    ["Toto je věta o počasí, které bylo včera pěkné.", "slovo ", "a b c ", "12 345 ", "www.cz ", "http://x ", "— ", "★★",
     "Ελλάδα και η θάλασσα ", "!!! ", "Dlouhá řada slov bez jediného znaménka mezi nimi "]
)  # fmt: skip
LINES = st.lists(
    st.one_of(
        st.lists(st.tuples(PIECE, st.integers(1, 12)), max_size=5).map(
            lambda parts: "".join(piece * times for piece, times in parts)
        ),
        st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0x2FFF), max_size=60),
    ),
    max_size=9,
).map("\n".join)


@settings(max_examples=300, deadline=None)
@given(LINES, st.sampled_from(["ces_Latn", "spa_Latn", "mlt_Latn", "xxx_Latn"]))
@example("", "ces_Latn")
@example("\0", "ces_Latn")
@example("x" * 100_000, "ces_Latn")
def test_scores_equal_their_twins(text: str, code: str) -> None:
    row = measure([text], code, words="whitespace").to_pylist()[0]
    expected = wds(text, code, 100 * (1 - row["compression"]))
    assert row["wds"] == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_running_text_scores_higher_than_a_menu() -> None:
    articles = [(page.gold, page.language) for page in pages() if page.gold and page.language]
    texts, codes = map(list, zip(*articles, strict=True))
    menu = "\n".join(["Domů", "O nás", "Kontakt", "E-shop | Košík (0)", "www.obec.cz", "2021"] * 5)
    *good, bad = measure([*texts, menu], [*codes, "ces_Latn"])["wds"].to_pylist()
    assert median(good) > 0.5
    assert bad < 0.1


def test_languages_are_scaled_to_spanish() -> None:
    assert medians("spa_Latn") == (1, 1, 1)
    assert medians("mlt_Latn")[1] == pytest.approx(6.4 / 2.4)
    latin, cyrillic = medians("xxx_Latn"), medians("xxx_Cyrl")
    assert latin != cyrillic
    assert 0.5 < min(medians("xxx_Xxxx")) < max(medians("xxx_Xxxx")) < 2

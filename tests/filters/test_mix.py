"""Signals beyond the rules against slow twins that follow their definitions."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eurocorpus import filters as module
from eurocorpus.filters import measure
from eurocorpus.filters.languages import language
from eurocorpus.filters.phrases import CATEGORIES, phrases

BULLETS = "-•‣⁃∙▪▫■□●○◦·➢➤►▸▹◆◇✓✔✗*+–—"


def mix(text: str) -> dict[str, float]:
    """Compute the signals of a text in the Latin script from white-space words."""
    words, count = text.split(), max(len(text), 1)
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    letters = [c for c in text if c.isalpha()]
    of_lines, of_letters = max(len(lines), 1), max(len(letters), 1)
    keywords = Counter(word for word in words if len(word) >= 4)
    return {
        "characters": len(text),
        "letters": len(letters) / count,
        "digits": sum(c.isdecimal() for c in text) / count,
        "white_space": sum(c.isspace() for c in text) / count,
        "braces": sum(c in "{}" for c in text) / count,
        "list_lines": sum(is_item(line) for line in lines) / of_lines,
        "table_lines": sum(line.count("|") + line.count("\t") >= 2 for line in lines) / of_lines,
        "code_lines": sum(line[-1] in ";{}" or line[0] == "<" for line in lines) / of_lines,
        "c4_lines": sum(c4_keeps(line) for line in lines) / of_lines,
        "long_lines": sum(len(line) >= 200 for line in lines),
        "markup": sum(marks(line) for line in lines) / of_lines,
        "own_script": sum(is_latin(c) for c in letters) / of_letters,
        "different_words": len(set(words)) / max(len(words), 1),
        "top_keyword": max((len(w) * n for w, n in keywords.items()), default=0) / count,
        "longest_word": max(map(len, words), default=0),
        "longest_line": max((len(s) for s in text.split("\n") if s.strip()), default=0),
        "compression": coded(words) / max(sum(len(word) + 1 for word in words), 1),
        "tokens": len(words),
        "stop_word_share": sum(w in language("ces_Latn").stop_words for w in words)
        / max(len(words), 1),
        "latin": sum(is_latin(c) for c in letters) / of_letters,
    }


def is_item(line: str) -> bool:
    return bool(re.match(r"\d+[.)]\s", line)) or (line[0] in BULLETS and line[1:2].isspace())


def c4_keeps(line: str) -> bool:
    return len(line.split()) >= 3 and line[-1] in ".?!\"'" and not line.endswith("...")


def marks(line: str) -> int:
    entity = r"&(?=#*[A-Za-z0-9#]+;)"
    return sum(
        bool(re.match(rf"</|<[A-Za-z]|\{{\{{|\[\[|\]\(|{entity}", line[k:]))
        for k in range(len(line))
    )


def is_latin(character: str) -> bool:
    ranges = ((0, 0x2B8), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA722, 0xA7FF), (0xAB30, 0xAB6F))
    return any(a <= ord(character) <= b for a, b in (*ranges, (0xFB00, 0xFB06), (0xFF21, 0xFF5A)))


def coded(words: list[str]) -> int:
    """Cost of a greedy coding: a new word its length and one, a run that stood before three."""
    cost, k, coded_to = 0, 0, 0
    latest: dict[str, int] = {}
    for k, word in enumerate(words):
        if word not in latest:
            cost += len(word) + 1
            coded_to = k + 1
        elif k >= coded_to:
            cost += 3
            coded_to = k
            while coded_to < len(words) and words[latest[word] + coded_to - k] == words[coded_to]:
                coded_to += 1
        latest[word] = k
    return cost


LINES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        st.lists(
            st.sampled_from(["slovo", "Věta.", "-", "•", "1.", "|", "\t", "{", "};", "</a>", "<b", "&amp;", "[[x]]",
                             "](u)", "...", "?", "a", "keyword"]),
            max_size=9,
        ).map(" ".join),
    ),
    max_size=6,
).map("\n".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(LINES)
@example("")
@example("\0")
@example("x" * 100_000)
@example("a b " * 500)
@example("e\u0301 \u0301")
@example("&#&#38; &; &a;&")
def test_signals_equal_their_twins(text: str) -> None:
    row = measure([text], "ces_Latn", words="whitespace").to_pylist()[0]
    for name, expected in mix(text).items():
        assert row[name] == pytest.approx(expected, rel=1e-6, abs=1e-6), name


def test_capitals_and_script_are_shares_of_letters() -> None:
    row = measure(["ABcd Ελ 12"], "ell_Grek").to_pylist()[0]
    assert row["capitals"] == pytest.approx(3 / 6)
    assert row["own_script"] == pytest.approx(2 / 6)
    assert measure(["Ελ"], "und").to_pylist()[0]["own_script"] == 1


def test_phrases_are_found_in_any_case_where_a_word_begins() -> None:
    text = (
        "Please enable JavaScript. LOREM IPSUM dolor; nojavascript. Tato stránka používá cookies."
    )
    row = measure([text], "ces_Latn").to_pylist()[0]
    assert [row[name] for name in CATEGORIES] == [1, 1, 1]
    assert [measure(["Ein Satz."], "deu_Latn").to_pylist()[0][name] for name in CATEGORIES] == [
        0,
        0,
        0,
    ]


def test_every_phrase_is_found() -> None:
    table = phrases()
    for place, category in enumerate(table.categories):
        codes = table.codes[table.ends[place] : table.ends[place + 1]]
        text = "".join(map(chr, codes)).upper() + " xyz"
        assert measure([text], "und").to_pylist()[0][CATEGORIES[category]] >= 1, text


def phrase_hits(text: str) -> list[int]:
    """Count the phrases of each category that begin where a word does."""
    raw = tomllib.loads((Path(module.__file__).parent / "phrases.toml").read_text("utf-8"))
    small = "".join(
        low if ord(c) < 0x600 and len(low := c.lower()) == 1 else c for c in text
    ).replace("ς", "σ")
    starts = [match.start() for match in re.finditer(r"(?<!\S)\S", text)]
    return [
        sum(small.startswith(phrase.replace("ς", "σ"), k) for k in starts for phrase in raw[name])
        for name in CATEGORIES
    ]


PHRASES = st.lists(
    st.sampled_from(
        ["Lorem", "ipsum", "JavaScript", "java", "script", "používá", "COOKIES", "cookies", "Privacy", "policy", "πολιτική",
         "ΠΟΛΙΤΙΚΉ", "απορρήτου", "бисквитки", "използва", " ", "\n", ", ", "İ", "\u0301"]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(PHRASES, st.text(st.characters(exclude_categories=["Cs"]), max_size=60)))
@example("πολιτική απορρήτου ΠΟΛΙΤΙΚΉ ΑΠΟΡΡΉΤΟΥ")
def test_phrase_hits_equal_their_twin(text: str) -> None:
    whites = "\x1c\x1d\x1e\x1f\x85"  # white space to str.split and not to \\s everywhere
    text = text.translate({ord(c): " " for c in whites})
    row = measure([text], "ces_Latn", words="whitespace").to_pylist()[0]
    assert [row[name] for name in CATEGORIES] == phrase_hits(text)

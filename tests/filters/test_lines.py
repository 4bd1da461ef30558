"""Lines around the text: phrases in 24 languages, and the kernel beside a slow twin."""

import json
import os
import re
import tomllib
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.filters import lines
from eurocorpus.filters.lines import LINES, RULES, find_lines, remove_lines

FACTS = tomllib.loads((Path(lines.__file__).parent / "lines.toml").read_text("utf-8"))
EU = sorted(FACTS["whole"].keys() - {"*"})
MARKS = "|»«›‹·•→←>/"
RULED = set(MARKS + "-–—_*.…=~+#,:")


def rules(text: str, language: str) -> dict[str, str]:
    """Each line that goes, and why."""
    (found,) = find_lines([text], language).to_pylist()
    return {text[line["start"] : line["end"]]: line["rule"] for line in found}


def words(text: str) -> list[str]:
    """Words with a letter, in lower case, as the phrases are compared."""
    found = re.findall(r"(?:[^\W_]|[\u0300-\u036f])+", text)
    folded = ["".join(c.lower() if len(c.lower()) == 1 else c for c in word) for word in found]
    return [word for word in folded if any(c.isalpha() or "\u0300" <= c <= "\u036f" for c in word)]


@cache
def phrases(language: str) -> dict[str, set[tuple[str, ...]]]:
    """The phrases that count in a language, by kind."""
    return {
        kind: {tuple(words(w)) for code in ("*", "eng_Latn", language) for w in table.get(code, [])}
        for kind, table in FACTS.items()
    }


def obvious(line: str, language: str) -> str | None:
    """The rules, one line of Python each."""
    own = phrases(language)
    mine = tuple(words(line))
    table = line.lstrip(" \t").startswith("|")
    grams = {mine[k : k + n] for n in range(1, 5) for k in range(len(mine) - n + 1)}
    numbers = [n for n in re.findall(r"[^\W_]+", line) if n.isdigit()]
    entries = re.split(rf"(?<=[\x00- ])[{re.escape(MARKS)}](?=[\x00- ]|$)", line)
    entries = [entry for k, entry in enumerate(entries) if k == len(entries) - 1 or words(entry)]
    if not mine:
        visible = {c for c in line if c > " "}
        pager = len(numbers) >= 4 and all(len(number) <= 3 for number in numbers)
        ruled = all(c in RULED or c.isdigit() for c in visible) and not (table and "-" in line)
        return "symbols" if visible and ruled and (not numbers or pager) else None
    if len(mine) <= 6 and mine in own["whole"]:
        return "phrase"
    if (len(mine) <= 60 and grams & own["inside"]) or (len(mine) <= 12 and grams & own["short"]):
        return "notice"
    row = len(entries) >= 3 and all(len(words(entry)) <= 3 for entry in entries)
    return "menu" if row and not numbers and not table else None


PIECES = ["Read more", "číst", " dále", "uses cookies", " | ", " > ", "|", "-", "{", "→", "Åre", "12", "2010", " ", "\t", ".", "posted by", "Straße", "é", "e\u0301", "Menu", "ΣΑΣ"]  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(PIECES), max_size=8).map("".join), max_size=4),
    st.sampled_from(["ces_Latn", "deu_Latn", "und"]),
)
def test_the_kernel_does_what_the_rules_say(given_lines: list[str], language: str) -> None:
    text = "\n".join(given_lines)
    (found,) = find_lines([text], language).to_pylist()
    got = {line["start"]: (line["end"], line["rule"]) for line in found}
    expected, start = {}, 0
    for line in given_lines:
        if rule := obvious(line, language):
            expected[start] = (start + len(line), rule)
        start += len(line) + 1
    assert got == expected


@pytest.mark.parametrize("language", EU)
def test_phrases_of_every_language(language: str) -> None:
    assert language in FACTS["inside"]
    assert language in FACTS["short"]
    first, notice = FACTS["whole"][language][0], FACTS["inside"][language][0]
    text = f"Úvod textu 1.\n » {first.upper()} (3) \nAbc {notice.capitalize()}, def.\nKonec, 2."
    assert list(rules(text, language).values()) == ["phrase", "notice"]


def test_there_are_24_languages_and_phrases_fit() -> None:
    assert len(EU) == 24
    for kind, most in (("whole", 6), ("inside", 4), ("short", 4)):
        for phrases in FACTS[kind].values():
            assert all(1 <= len(words(phrase)) <= most for phrase in phrases)


def test_text_is_left_alone() -> None:
    text = (
        "Die Suche nach dem Mehr endet nie, und die Startseite der Zeitung ist voll davon.\n"
        "| Land | Hauptstadt |\n> zitiert\nhttp://example.org/a/b/c\n05.11.2016, 22:40\n1 + 1 = 2\n}\n|---|---|"
    )
    assert rules(text, "deu_Latn") == {}


def test_remove_lines() -> None:
    texts = ["Menu\nText zůstává.\n\n→\nČíst dále", None, "Nic."]
    left = remove_lines(texts, find_lines(texts, "ces_Latn"))
    assert left.to_pylist() == ["Text zůstává.\n", None, "Nic."]
    with pytest.raises(ValueError, match="for each of 3 texts"):
        remove_lines(texts, find_lines(["a"], "ces_Latn"))


@settings(deadline=None)
@given(st.lists(st.text()), st.sampled_from([*EU, "und"]))
def test_any_text_gives_whole_lines(texts: list[str], language: str) -> None:
    found = find_lines(pa.array(texts, pa.string()), language)
    assert found.type == LINES
    for text, spans in zip(texts, found.to_pylist(), strict=True):
        ends = {0, *(place + 1 for place, character in enumerate(text) if character == "\n")}
        for line in spans:
            assert line["rule"] in RULES
            assert line["start"] in ends
            assert line["end"] == len(text) or text[line["end"]] == "\n"


DATA = Path(os.environ.get("EUROCORPUS_DATA", Path(__file__).parents[3] / "shared" / "data"))
LABELLED = DATA / "quality" / "turku-line-quality"
NAMES = {"de": "deu_Latn", "en": "eng_Latn", "es": "spa_Latn", "fi": "fin_Latn", "fr": "fra_Latn", "sv": "swe_Latn"}  # fmt: skip


@pytest.mark.skipif(not LABELLED.exists(), reason=f"no labelled lines at {LABELLED}")
@pytest.mark.parametrize("name", NAMES)
def test_lines_that_people_would_keep_are_kept(name: str) -> None:
    """The table of docs/reference/lines.md; human labels, 1 to keep and 0 to drop."""
    right = wrong = wanted = 0
    for row in (LABELLED / f"{name}.jsonl").read_text("utf-8").splitlines():
        page = json.loads(row)
        rows = [line.replace("\n", " ") for line in page["lines"]]
        (found,) = find_lines(["\n".join(rows)], NAMES[name]).to_pylist()
        gone, start = {line["start"] for line in found}, 0
        for line, label in zip(rows, page["labels"], strict=True):
            right += start in gone and label == "0"
            wrong += start in gone and label == "1"
            wanted += label == "0"
            start += len(line) + 1
    print(f"{name}: precision {right / (right + wrong):.2f}, recall {right / wanted:.2f}")
    assert right / (right + wrong) >= 0.9

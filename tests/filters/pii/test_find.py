"""What is found in sentences of 24 languages, written for this test, and what is left alone."""

import re
import tomllib
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.filters.pii import SPANS, TYPES, find

HERE = Path(__file__).parent
LANGUAGES = sorted(path.stem for path in HERE.glob("*_*.toml"))
MARKED = re.compile(r"⟦(\w+)\|(.*?)⟧")
Labels = set[tuple[str, str]]


def unmarked(line: str) -> tuple[str, Labels]:
    """Give a line without its marks, and the types and values that they held."""
    return MARKED.sub(r"\2", line), set(MARKED.findall(line))


@cache
def counts(language: str) -> dict[str, Counter[str]]:
    """Count by type what was found rightly, found wrongly and missed."""
    facts = tomllib.loads((HERE / f"{language}.toml").read_text("utf-8"))
    lines = [unmarked(line) for line in facts["found"] + facts["clean"]]
    found = find([text for text, _ in lines], language, [facts["domain"]] * len(lines))
    result: dict[str, Counter[str]] = defaultdict(Counter)
    for (text, wanted), spans in zip(lines, found.to_pylist(), strict=True):
        got = {(span["type"], text[span["start"] : span["end"]]) for span in spans}
        for outcome, labels in (
            ("right", got & wanted), ("wrong", got - wanted), ("missed", wanted - got),
        ):  # fmt: skip
            for kind, value in labels:
                result[kind][outcome] += 1
                if outcome != "right":
                    print(f"{language}: {outcome} {kind} {value!r} in {text!r}")
    return result


def test_there_is_a_set_for_each_official_language() -> None:
    assert len(LANGUAGES) == 24


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_types_and_no_more_than_one_error(language: str) -> None:
    result = counts(language)
    assert {"email", "iban", "phone", "ipv4"} <= result.keys()
    assert sum(count["wrong"] + count["missed"] for count in result.values()) <= 1


@pytest.mark.parametrize("kind", TYPES)
def test_precision_and_recall_of_a_type(kind: str) -> None:
    total: Counter[str] = sum((counts(language)[kind] for language in LANGUAGES), Counter())
    assert total["right"] / (total["right"] + total["wrong"]) >= 0.95
    assert total["right"] / (total["right"] + total["missed"]) >= 0.95


IBANS = tomllib.loads((HERE / "ibans.toml").read_text("utf-8"))["examples"]


@pytest.mark.parametrize("iban", IBANS)
@pytest.mark.parametrize("separator", ["", " ", "\u00a0"])
def test_every_iban_of_the_union_in_every_language(iban: str, separator: str) -> None:
    value = separator.join(iban[k : k + 4] for k in range(0, len(iban), 4))
    text = f"Plaťte na {value}, děkujeme"
    assert find([text], "ces_Latn").to_pylist() == [
        [{"type": "iban", "start": 10, "end": 10 + len(value)}]
    ]


@pytest.mark.parametrize("iban", IBANS)
def test_a_wrong_digit_makes_no_iban(iban: str) -> None:
    wrong = iban[:-1] + ("1" if iban[-1] != "1" else "2")
    assert "iban" not in {span["type"] for span in find([f"IBAN {wrong}"], "eng_Latn")[0].as_py()}


def test_places_count_code_points() -> None:
    text = "𝒳😀 žluťoučký kůň: info@kůň.cz"
    (spans,) = find([text], "ces_Latn").to_pylist()
    assert [text[span["start"] : span["end"]] for span in spans] == ["info@kůň.cz"]


def test_the_domain_tells_the_country() -> None:
    text = ["Ring 021 123 4567"]
    assert find(text, "dan_Latn", ["firma.ro"])[0].as_py()
    assert not find(text, "dan_Latn", ["firma.dk"])[0].as_py()


def test_null_empty_and_no_texts() -> None:
    assert find([None, ""], "ces_Latn").to_pylist() == [[], []]
    assert find([], "ces_Latn").type == SPANS
    assert len(find(pa.array(["a"] * 3).slice(1), "ces_Latn")) == 2


def test_languages_and_domains_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one domain for each of 1"):
        find(["text"], "ces_Latn", ["a.cz", "b.cz"])
    with pytest.raises(ValueError, match="one language for each of 1"):
        find(["text"], ["ces_Latn", "slk_Latn"])


@settings(deadline=None)  # the first call may compile
@given(st.lists(st.text() | st.text("0123456789 +-./()@:aAäIBAN.\n")), st.sampled_from(LANGUAGES))
def test_any_text_gives_spans_in_order_and_inside_it(texts: list[str], language: str) -> None:
    found = find(texts, language)
    assert found.type == SPANS
    for text, spans in zip(texts, found.to_pylist(), strict=True):
        end = 0
        for span in spans:
            assert span["type"] in TYPES
            assert end <= span["start"] < span["end"] <= len(text)
            end = span["end"]


@settings(deadline=None)  # the first call may compile
@given(st.lists(st.sampled_from(["Tel. +420 212 345 678 ", "a@b.cz, ", "Ω😀 ", "8.8.4.4 "])))
def test_how_texts_are_chunked_does_not_matter(texts: list[str]) -> None:
    whole = find(texts, "ces_Latn").to_pylist()
    chunked = pa.chunked_array([pa.array([text]) for text in texts], pa.string())
    assert find(chunked, "ces_Latn").to_pylist() == whole

"""Hints tip what is close, and overrule no text that says clearly what it is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.langid import LANGUAGES, hints_of, identify
from eurocorpus.langid.hints import _CODES, lean, weigh

OPEN = "On je danas bio kod kuće i čitao je knjigu o starom gradu."
SERBIAN = (
    "Posle januara predsednik opštine saopštio je gde će se graditi fabrika. Čovek uvek želi "
    "lepo vreme i svet bez brige, a hiljadu ljudi putuje vozom preko reke."
)
CROATIAN = ("hrv_Latn",) * 2
GUESSES = st.dictionaries(st.sampled_from(LANGUAGES), st.floats(0.01, 1), max_size=5)
HINTS = st.lists(st.sampled_from(LANGUAGES), max_size=3)


@pytest.mark.parametrize(
    ("declared", "url", "codes"),
    [
        ("hr", "", ["hrv_Latn"]),
        ("nb-NO", "https://a.no/", ["nob_Latn"] * 2),
        ("sr_Latn", "http://user@www.a.hr:80/x.cz", ["srp_Cyrl", "srp_Latn", "hrv_Latn"]),
        ("CES", "//a.cz/", ["ces_Latn"]),
        ("x-default, en", "https://example.com/a.hr", []),
        ("", "https://ελ.example.GR./", ["ell_Grek"]),
        ("\0", "no url", []),
    ],
)
def test_what_markup_and_domain_speak_for(declared: str, url: str, codes: list[str]) -> None:
    assert list(hints_of(declared, url)) == codes


def test_domains_stand_for_languages_that_there_are() -> None:
    assert all(hints_of(label, "") for label in _CODES.values())


@given(st.text(max_size=20), st.text(max_size=30))
def test_any_declaration_and_address(declared: str, url: str) -> None:
    assert set(hints_of(declared, url)) <= set(LANGUAGES)


@given(GUESSES, HINTS)
def test_scores_keep_their_sum_and_order(guess: dict[str, float], hints: list[str]) -> None:
    pairs = sorted(guess.items(), key=lambda pair: (-pair[1], pair[0]))
    found = weigh(pairs, hints)
    assert math.isclose(sum(guess.values()), sum(score for _, score in found), abs_tol=1e-9)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert weigh(pairs, []) == pairs


def test_croatian_bosnian_serbian() -> None:
    assert identify([OPEN])["language"].to_pylist() == ["hbs_Latn"]
    answers = identify([OPEN, SERBIAN, OPEN], hints=[CROATIAN, CROATIAN, ()])
    assert answers["language"].to_pylist() == ["hrv_Latn", "srp_Latn", "hbs_Latn"]
    assert lean(["bos_Latn"]) == lean(["srp_Cyrl", "srp_Latn"]) < 0 < lean(["hrv_Latn"])


def test_a_text_in_another_language_stays_what_it_is() -> None:
    english = "This page is a part of the manual that nobody has translated yet."
    answers = identify([english, "1234 5678 90"], hints=[("dan_Latn",) * 2] * 2)
    assert answers["language"].to_pylist() == ["eng_Latn", "zxx"]


def test_as_many_hints_as_texts() -> None:
    with pytest.raises(ValueError, match="expected hints for 2 texts, found 1"):
        identify(["a", "b"], hints=[()])

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.langid import identify, vote
from eurocorpus.langid.identify import SCHEMA as IDENTIFIED
from eurocorpus.langid.lines import FOREIGN, LEAST_CHARACTERS, SCHEMA

CZECH = (
    "Vláda dnes schválila nový zákon o ochraně přírody a krajiny, který začne platit příští rok."
)
SLOVAK = (
    "Vláda dnes schválila nový zákon o ochrane prírody a krajiny, ktorý začne platiť budúci rok."
)
ENGLISH = (
    "The government approved a new law on the protection of nature that comes into force next year."
)
GREEK = (
    "Η κυβέρνηση ενέκρινε σήμερα νέο νόμο για την προστασία της φύσης που θα ισχύσει του χρόνου."
)


def said(*languages: str) -> pa.Table:
    """Answers as `identify` gives them."""
    columns = [pa.array(languages, pa.string()).dictionary_encode(), [0.9] * len(languages)]
    return pa.table([*columns, [[]] * len(languages)], schema=IDENTIFIED)


def test_a_long_line_in_another_language_is_foreign() -> None:
    text = f"{CZECH}\nshort one\n{ENGLISH}\n{CZECH}\n{GREEK}"
    (row,) = vote([text], said("ces_Latn")).to_pylist()
    found = [(line["language"], text[line["start"] : line["end"]]) for line in row["lines"]]
    assert found == [("eng_Latn", ENGLISH), ("ell_Grek", GREEK)]
    voted = 2 * len(CZECH) + len(ENGLISH) + len(GREEK)
    assert row["share"] == pytest.approx((len(ENGLISH) + len(GREEK)) / voted)


@pytest.mark.parametrize(
    ("text", "language", "share"),
    [
        (f"{CZECH}\n{SLOVAK}", "ces_Latn", 0.0),  # close
        (f"{CZECH}\n{ENGLISH[:50]}", "ces_Latn", 0.0),  # short
        (CZECH + "\n" + "1234 5678 " * 12, "ces_Latn", 0.0),  # no language
        ("two\nwords", "eng_Latn", None),
        (ENGLISH, "zxx", None),
        ("", "und", None),
    ],
)
def test_what_is_not_surely_foreign_is_not(text: str, language: str, share: float | None) -> None:
    (row,) = vote([text], said(language)).to_pylist()
    assert (row["language"], row["lines"], row["share"]) == (language, [], share)


def test_answers_do_not_depend_on_the_company() -> None:
    texts = [f"{CZECH}\n{ENGLISH}", f"{ENGLISH}\n{ENGLISH}\n{CZECH}", SLOVAK]
    languages = ["ces_Latn", "eng_Latn", "slk_Latn"]
    together = vote(texts, said(*languages))
    assert together.schema == SCHEMA
    for text, language, row in zip(texts, languages, together.to_pylist(), strict=True):
        assert vote([text], said(language)).to_pylist() == [row]


@given(st.lists(st.text(max_size=200), max_size=4), st.sampled_from(["ces_Latn", "ell_Grek"]))
def test_foreign_lines_are_whole_lines(texts: list[str], language: str) -> None:
    table = vote(texts, said(*[language] * len(texts)))
    assert table["lines"].type == FOREIGN
    for text, row in zip(texts, table.to_pylist(), strict=True):
        places, start = set(), 0
        for line in text.split("\n"):
            if len(line) >= LEAST_CHARACTERS:
                places.add((start, start + len(line)))
            start += len(line) + 1
        assert {(line["start"], line["end"]) for line in row["lines"]} <= places
        assert row["language"] != language or (row["share"] is None) == (not places)


def test_most_lines_outvote_the_answer() -> None:
    text = f"{CZECH}\n{ENGLISH}\n{GREEK}\n{ENGLISH}"
    (row,) = vote([text], said("ell_Grek")).to_pylist()
    assert row["language"] == "eng_Latn"
    assert row["languages"] == identify([f"{ENGLISH}\n{ENGLISH}"])["languages"][0].as_py()
    assert [line["language"] for line in row["lines"]] == ["ces_Latn", "ell_Grek"]
    assert row["share"] < 0.5


def test_each_text_has_an_answer() -> None:
    assert vote([], said()).num_rows == 0
    with pytest.raises(ValueError, match="expected answers for 1 texts, found 0"):
        vote(["a"], said())

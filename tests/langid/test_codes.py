"""Each label of the model has a code, and the codes are the field's."""

from eurocorpus.langid import EU_LANGUAGES, LANGUAGES
from eurocorpus.langid.codes import CODES, resolve
from eurocorpus.langid.identify import model_path
from eurocorpus.langid.model import read_model


def test_every_label_of_the_model_has_a_code() -> None:
    assert set(read_model(model_path()).labels) == set(CODES)


def test_the_24_official_languages_can_all_be_identified() -> None:
    assert len(EU_LANGUAGES) == 24
    assert set(EU_LANGUAGES) <= set(LANGUAGES)


def test_no_two_labels_share_a_code() -> None:
    codes = [code for codes in CODES.values() for code in codes]
    assert len(codes) == len(set(codes))


def test_script_decides_where_a_language_has_two() -> None:
    assert resolve("sr", "Ово је српски") == "srp_Cyrl"
    assert resolve("sr", "Ovo je srpski") == "srp_Latn"
    assert resolve("sr", "123") == "srp_Cyrl"

"""Thresholds are replayed from signals; overrides that would do nothing are refused."""

import pytest

from eurocorpus.filters import (
    FOREIGN_LINES,
    MODEL_SCORE,
    REASONS,
    RULES,
    SIGNALS,
    deciding_value,
    judge,
    languages,
    measure,
    thresholds,
)
from eurocorpus.langid import EU_LANGUAGES

TEXT = "Knihovna otevírá v devět hodin. Na polici je kniha, a ta se čte po večerech s chutí.\n" * 6


def test_every_official_language_has_thresholds_of_its_own() -> None:
    assert set(EU_LANGUAGES) <= set(languages())
    assert {rule.signal for rule in RULES} <= {*SIGNALS, MODEL_SCORE, FOREIGN_LINES}
    assert len(set(REASONS)) == len(REASONS)


def test_the_first_failing_rule_is_named_with_its_value() -> None:
    signals = measure([TEXT], "ces_Latn")
    reasons = judge(signals, "ces_Latn")
    assert reasons.to_pylist() == ["duplicate_line_fraction"]
    value = deciding_value(signals, reasons).to_pylist()[0]
    assert value == pytest.approx(5 / 7, abs=0.2)
    assert value > thresholds("ces_Latn")["max_duplicate_line_fraction"]


def test_a_threshold_changes_the_verdict_and_not_the_signal() -> None:
    signals = measure([TEXT.splitlines()[0]], "ces_Latn")
    off = {rule.threshold: rule.off for rule in RULES}
    assert judge(signals, "ces_Latn", {"*": off}).to_pylist() == [None]
    strict: dict[str, dict[str, float]] = {"*": off, "ces_Latn": {"min_words": 100}}
    assert judge(signals, "ces_Latn", strict).to_pylist() == ["too_few_words"]
    assert judge(signals, "slk_Latn", strict).to_pylist() == [None]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"*": {"min_word": 1}}, "did you mean 'min_words'"),
        ({"czech": {"min_words": 1}}, "not a language code"),
        ({"*": {"min_words": "many"}}, "must be a number"),
    ],
)
def test_an_override_that_names_nothing_is_refused(
    overrides: dict[str, dict[str, float]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        judge(measure([TEXT], "ces_Latn"), "ces_Latn", overrides)


def test_no_rows_are_judged_as_none() -> None:
    assert judge(measure([], "ces_Latn"), "ces_Latn").to_pylist() == []

"""Every reason that code can give is in the fixed list."""

from eurocorpus.filters import REASONS as RULE_NAMES
from eurocorpus.pipeline.extract.read import PROBLEMS
from eurocorpus.pipeline.reasons import REASONS


def test_all_reasons_of_reading_and_judging_are_listed() -> None:
    assert set(PROBLEMS) <= set(REASONS)
    assert set(RULE_NAMES) <= set(REASONS)


def test_sentences_say_something() -> None:
    for reason, sentence in REASONS.items():
        assert reason.isidentifier()
        assert len(sentence.split()) >= 4

"""Filters: text in, signals out; signals in, verdict out."""

from .adapters import as_signal
from .languages import languages
from .measure import measure
from .model import fasttext_score
from .rules import REASONS, RULES, Rule, check_overrides, deciding_value, judge, thresholds
from .signals import FOREIGN_LINES, MEASURES, MODEL_SCORE, SIGNALS

__all__ = [
    "FOREIGN_LINES",
    "MEASURES",
    "MODEL_SCORE",
    "REASONS",
    "RULES",
    "SIGNALS",
    "Rule",
    "as_signal",
    "check_overrides",
    "deciding_value",
    "fasttext_score",
    "judge",
    "languages",
    "measure",
    "thresholds",
]

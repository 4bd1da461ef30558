"""Filters: text in, signals out; signals in, verdict out."""

from .adapters import as_signal
from .languages import languages
from .measure import measure
from .rules import REASONS, RULES, Rule, check_overrides, deciding_value, judge, thresholds
from .signals import MEASURES, SIGNALS

__all__ = [
    "MEASURES",
    "REASONS",
    "RULES",
    "SIGNALS",
    "Rule",
    "as_signal",
    "check_overrides",
    "deciding_value",
    "judge",
    "languages",
    "measure",
    "thresholds",
]

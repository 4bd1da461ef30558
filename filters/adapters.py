"""Other libraries' document filters as signals, as they are."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


def as_signal(document_filter: Any) -> Callable[[str], float]:
    """Make a function of a text, for `measure(…, extra=…)`, of another library's filter.

    Args:
        document_filter: an object with `score_document(text)`, such as NeMo Curator's
            `DocumentFilter` (the signal is its score), or with `filter(document)`, such as
            datatrove's `BaseFilter` (the signal is 1 where it drops a text and 0 where it keeps it).

    Raises:
        TypeError: the object has neither.

    >>> class Shouting:
    ...     def filter(self, document):
    ...         return not document.text.isupper()
    >>> as_signal(Shouting())("BUY NOW"), as_signal(Shouting())("A quiet word.")
    (1.0, 0.0)
    """
    score = getattr(document_filter, "score_document", None)
    keep = getattr(document_filter, "filter", None)
    if callable(score):
        return lambda text: float(score(text))
    if callable(keep):
        return lambda text: _drops(keep, text)
    name = type(document_filter).__name__
    raise TypeError(f"expected a filter with score_document(text) or filter(document), not {name}")


def _drops(keep: Callable[[Any], Any], text: str) -> float:
    """Ask datatrove's kind of filter, which answers True, or False, or False and a reason."""
    answer = keep(SimpleNamespace(text=text, id="", metadata={}, media=[]))
    return float(not (answer[0] if isinstance(answer, tuple) else answer))

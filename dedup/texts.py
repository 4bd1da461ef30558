"""Texts as bytes and offsets: every kind of input the package takes, made one."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_IS_TEXT = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)


class Buffers(NamedTuple):
    """One Arrow chunk of texts, without copies: text i is data[offsets[i]:offsets[i + 1]]."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    valid: NDArray[np.bool_]


def as_large(texts: object) -> pa.ChunkedArray:
    """Give texts of any accepted kind as chunks of large_string.

    Args:
        texts: an Arrow string, large_string, string_view or dictionary-encoded array, chunked or
            not, or a sequence of `str` and `None`. Lone surrogates become "?".

    Raises:
        TypeError: anything else; the message names what was found.
    """
    array: Any = texts
    if isinstance(texts, Sequence) and not isinstance(texts, str):
        array = _from_sequence(texts)
    elif not isinstance(texts, pa.Array | pa.ChunkedArray):
        raise TypeError(
            f"expected an Arrow string array or a sequence of str, not {type(texts).__name__}"
        )
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if not pa.types.is_null(kind) and not any(is_kind(kind) for is_kind in _IS_TEXT):
        raise TypeError(f"expected texts (Arrow string or large_string), not {array.type}")
    chunked = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    return chunked.cast(pa.large_string())


def _from_sequence(texts: Sequence[object]) -> pa.Array:
    """Give a sequence of str as Arrow, whatever the strings hold."""
    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        safe = [None if t is None else str(t).encode("utf-8", "replace").decode() for t in texts]
        return pa.array(safe, pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise TypeError(f"expected a sequence of str or None: {error}") from error


def buffers(chunk: pa.LargeStringArray) -> Buffers:
    """View one chunk's buffers; the offsets count from the start of the data, slices included."""
    _, offsets, data = chunk.buffers()
    if len(chunk) == 0 or offsets is None:
        places = np.zeros(len(chunk) + 1, np.int64)
    else:
        places = np.frombuffer(offsets, np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
    text = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    # Arrow's memory is read-only; numba would compile every kernel twice if some of it were not.
    for array in (text, places):
        array.flags.writeable = False
    return Buffers(text, places, chunk.is_valid().to_numpy(zero_copy_only=False))


def normal_form(text: str) -> str:
    """Give the text that is hashed: NFC, case-folded, NFC again.

    Case folding is lower-casing that also maps ß to ss and ς to σ (Unicode 3.13, toCasefold), so
    that the words of exact duplicates are equal too.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def by_chunk(
    texts: object,
    kernel: Callable[[Buffers], tuple[pa.Array, NDArray[np.bool_]]],
    kind: pa.DataType,
) -> pa.Array:
    """Run a kernel over every chunk, and again over the texts that it could not fold alone.

    Args:
        texts: what `as_large` takes.
        kernel: gives one value a text, and which texts hold a character whose folding depends on
            its neighbours (a combining mark); those are put into `normal_form` first.
        kind: the Arrow type of the values.
    """
    parts = [_repaired(chunk, kernel) for chunk in as_large(texts).chunks]
    return pa.concat_arrays(parts) if parts else pa.array([], kind)


def _repaired(
    chunk: pa.LargeStringArray, kernel: Callable[[Buffers], tuple[pa.Array, NDArray[np.bool_]]]
) -> pa.Array:
    values, unstable = kernel(buffers(chunk))
    rows = np.flatnonzero(unstable)
    if not len(rows):
        return values
    binary = chunk.take(pa.array(rows)).cast(pa.large_binary())
    folded = [normal_form(text.decode("utf-8", "replace")) for text in binary.to_pylist()]
    repaired, _ = kernel(buffers(pa.array(folded, pa.large_string())))
    places = np.arange(len(values))
    places[rows] = len(values) + np.arange(len(rows))
    return pa.concat_arrays([values, repaired]).take(pa.array(places))


def fixed_binary(
    data: NDArray[np.uint8], width: int, valid: NDArray[np.bool_]
) -> pa.FixedSizeBinaryArray:
    """Wrap values of `width` bytes as Arrow, null where not valid."""
    mask = None if valid.all() else pa.py_buffer(np.packbits(valid, bitorder="little"))
    kind = pa.binary(width)
    return pa.FixedSizeBinaryArray.from_buffers(kind, len(valid), [mask, pa.py_buffer(data)])

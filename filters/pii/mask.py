"""Spans of personal data to texts without it."""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any, Literal, TypeAlias
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..texts import Texts, as_texts
from .places import load

How: TypeAlias = Literal["tag", "fake"]


def mask(texts: Texts, spans: pa.Array | pa.ChunkedArray, how: How = "tag") -> pa.Array:
    """Replace what `find` found; equal values are replaced by equal ones, in every run.

    Args:
        texts: the texts that `find` was given.
        spans: what it gave.
        how: `tag` writes `<email-pii>`, `<ip-pii>` and so on; `fake` a reserved address or number
            that reaches nobody.

    Returns:
        A large_string a text; null where the text is null.

    Raises:
        ValueError: no such `how`; there is not one list of spans for each text; a span lies
            outside its text.
    """
    return mask_with_spans(texts, spans, how)[0]


def mask_with_spans(
    texts: Texts, spans: pa.Array | pa.ChunkedArray, how: How = "tag"
) -> tuple[pa.Array, pa.Array]:
    """Do what `mask` does, and give the spans of what was put in; null where there were null spans."""
    if how not in ("tag", "fake"):
        raise ValueError(f"how must be tag or fake, not {how!r}")
    chunked = as_texts(texts)
    if len(spans) != len(chunked):
        raise ValueError(
            f"expected one list of spans for each of {len(chunked)} texts, found {len(spans)}"
        )
    plain = pa.concat_arrays([pa.array([], pa.large_string()), *chunked.chunks])
    rows = np.flatnonzero(
        pc.fill_null(pc.list_value_length(spans), 0).to_numpy(zero_copy_only=False)
    )
    whole = spans.combine_chunks() if isinstance(spans, pa.ChunkedArray) else spans
    if not len(rows):
        return plain, whole
    chosen = pa.array(rows)
    pairs = list(zip(plain.take(chosen).to_pylist(), whole.take(chosen).to_pylist(), strict=True))
    pieces = [list(_replaced(text or "", found, how)) for text, found in pairs]
    masked = pa.array(["".join(parts) for parts in pieces], pa.large_string())
    moved = [_moved(found, parts) for (_, found), parts in zip(pairs, pieces, strict=True)]
    place = np.arange(len(plain))
    place[rows] = len(plain) + np.arange(len(rows))
    return (
        pa.concat_arrays([plain, masked]).take(pa.array(place)),
        pa.concat_arrays([whole, pa.array(moved, whole.type)]).take(pa.array(place)),
    )


def _moved(spans: list[dict[str, Any]], pieces: list[str]) -> list[dict[str, Any]]:
    """Give the spans of every second piece."""
    ends = list(accumulate(map(len, pieces)))
    return [
        span | {"start": ends[2 * number], "end": ends[2 * number + 1]}
        for number, span in enumerate(spans)
    ]


def _replaced(text: str, spans: list[dict[str, Any]], how: How) -> Iterator[str]:
    end = 0
    for span in spans:
        if not end <= span["start"] < span["end"] <= len(text):
            raise ValueError(
                f"a span from {span['start']} to {span['end']} does not fit a text of {len(text)} "
                f"characters whose spans so far end at {end}: are these the spans of these texts?"
            )
        yield text[end : span["start"]]
        end = span["end"]
        yield _substitute(span["type"], text[span["start"] : end], how)
    yield text[end:]


def _substitute(kind: str, value: str, how: How) -> str:
    table = load("fakes")
    if how == "tag":
        return str(table["tags"][kind])
    fakes = table["fakes"][kind]
    return str(fakes[crc32(value.encode()) % len(fakes)])


def above(spans: pa.Array | pa.ChunkedArray, k: int) -> pa.Array:
    """Tell which texts have more than `k` findings, as lists of members or leaked tables have."""
    counts = pc.fill_null(pc.list_value_length(spans), 0)
    counts = counts.combine_chunks() if isinstance(counts, pa.ChunkedArray) else counts
    return pc.greater(counts, k)

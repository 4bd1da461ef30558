"""Texts to spans of personal data: a pass over the bytes, then a close look at the few places."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from ..texts import Languages, Texts, as_texts, encoded
from .places import place
from .span import SPANS, Span

Domains: TypeAlias = pa.Array | pa.ChunkedArray | Sequence[str | None]


def find(texts: Texts, languages: Languages, domains: Domains | None = None) -> pa.Array:
    """Find the personal data that has a form of its own; names and addresses of people have none.

    Args:
        texts: an Arrow string array, chunked or not, or a sequence of str; null counts as empty.
        languages: a code such as `ces_Latn` a text, or one for all.
        domains: the host name that each text comes from; its top-level domain tells the country.

    Returns:
        A list of `SPANS` a text. What was found is not in it: text[start:end] is.

    Raises:
        TypeError: not texts or not languages.
        ValueError: lengths differ; a text holds a lone surrogate.
    """
    from .look import look  # imports Numba, half a second that `mask` does not need

    chunked = as_texts(texts)
    codes, indices = encoded(languages, len(chunked))
    hosts = _top_level(domains, len(chunked))
    places = [place(codes[index], host) for index, host in zip(indices, hosts, strict=True)]
    found: list[list[Span]] = []
    for chunk in chunked.chunks:
        found += look(chunk, places[len(found) : len(found) + len(chunk)])
    return _array(found)


def _top_level(domains: Domains | None, count: int) -> list[str]:
    """Give the last label of each host name."""
    if domains is None:
        return [""] * count
    if len(domains) != count:
        raise ValueError(f"expected one domain for each of {count} texts, found {len(domains)}")
    if isinstance(domains, pa.Array | pa.ChunkedArray):
        domains = domains.to_pylist()
    return [(domain or "").rstrip(".").rpartition(".")[2].lower() for domain in domains]


def _array(found: list[list[Span]]) -> pa.Array:
    flat = [span for spans in found for span in spans]
    ends = np.cumsum([len(spans) for spans in found], dtype=np.int32)
    values = pa.StructArray.from_arrays(
        [
            pa.array([span.type for span in flat], pa.string()),
            pa.array([span.start for span in flat], pa.int32()),
            pa.array([span.end for span in flat], pa.int32()),
        ],
        fields=list(SPANS.value_type),
    )
    offsets = pa.array(np.concatenate(([0], ends)), pa.int32())
    return pa.ListArray.from_arrays(offsets, values).cast(SPANS)

"""A close look at the places that the scan found, to tell personal data from what looks like it."""

from collections.abc import Iterable, Iterator
from itertools import groupby

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..buffers import view
from . import scan
from .electronic import emails, ipv4s, ipv6s
from .identity import identities
from .money import cards, ibans
from .phone import phones
from .places import Place
from .span import TYPES, Span

_BEFORE, _AFTER = 100, 90  # bytes to look at around a place


def look(chunk: pa.LargeStringArray, places: list[Place]) -> list[list[Span]]:
    """Find the personal data of each text; `places` says where each comes from."""
    found: list[list[Span]] = [[] for _ in places]
    data, offsets = view(chunk)
    rows = scan.scan(data, offsets).tolist()
    for text, group in groupby(rows, key=lambda row: row[0]):
        bounds = (int(offsets[text]), int(offsets[text + 1]))
        found[text] = _apart(_spans(data, bounds, group, places[text]))
    return found


def _spans(
    data: NDArray[np.uint8], bounds: tuple[int, int], rows: Iterable[list[int]], place: Place
) -> Iterator[Span]:
    """Look at each place of one text."""
    low, high = bounds
    for _, kind, start, stop, point in rows:
        before = _decoded(data[max(low, start - _BEFORE) : start])
        body = _decoded(data[start:stop])
        after = _decoded(data[stop : min(high, stop + _AFTER)])
        for span in _kind(kind, body, before, after, place):
            yield span.moved(point)


def _decoded(data: NDArray[np.uint8]) -> str:
    return data.tobytes().decode("utf-8", "ignore")  # the edges may fall into a character


def _kind(kind: int, body: str, before: str, after: str, place: Place) -> Iterator[Span]:
    if kind == scan.EMAIL:
        yield from emails(body)
    elif kind == scan.IPV6:
        yield from ipv6s(body)
    elif kind == scan.IBAN:
        yield from ibans(body)
    elif kind == scan.CODE:
        yield from identities(body, before, after, place)
    else:
        yield from ipv4s(body, before, after, place)
        yield from cards(body, before, place)
        yield from identities(body, before, after, place)
        yield from phones(body, before, after, place)


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Put findings in order; of those that overlap keep the one whose type comes first."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (TYPES.index(span.type), span.start, -span.end)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)

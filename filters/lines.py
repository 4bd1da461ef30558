"""Lines that pages put around their text: menus, pagers, notices of cookies and of JavaScript.

A line is judged by its words alone: by what fills it, by phrases in 24 languages, and by the marks
between its words. Boilerplate that only other pages of the same site give away is in `boilerplate`.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .buffers import view
from .texts import Languages, Texts, as_texts, encoded

if TYPE_CHECKING:
    from .line_kernel import Phrases

RULES = ("symbols", "phrase", "notice", "menu")
"""Why a line goes: it is a rule or a row of page numbers; it is a phrase such as `Read more`; it is a
notice; it is a row of short entries between bars, arrows or dots."""

LINES = pa.list_(pa.struct([("rule", pa.string()), ("start", pa.int32()), ("end", pa.int32())]))
"""The lines of one text that go, in order; places in Unicode code points, without the newline."""


def find_lines(texts: Texts, languages: Languages) -> pa.Array:
    """Find the lines that are no text.

    Args:
        texts: an Arrow string array, chunked or not, or a sequence of str; null counts as empty.
        languages: a code such as `ces_Latn` a text, or one for all; English phrases and those of
            all languages count everywhere.

    Returns:
        A list of `LINES` a text. Empty lines are not among them.

    Raises:
        TypeError: not texts or not languages.
        ValueError: lengths differ; a text holds a lone surrogate.
    """
    from .line_kernel import judge_lines  # imports Numba

    chunked = as_texts(texts)
    codes, indices = encoded(languages, len(chunked))
    parts = [np.zeros((0, 4), np.int64)]
    first = 0
    for chunk in chunked.chunks:
        data, offsets = view(chunk)
        own = indices[first : first + len(chunk)]
        for index in np.unique(own):
            rows = np.flatnonzero(own == index)
            found = judge_lines(data, offsets, rows, _phrases(codes[index]))
            parts.append(found + np.array([first, 0, 0, 0]))
        first += len(chunk)
    return as_lines(np.concatenate(parts), len(chunked), RULES)


def as_lines(found: NDArray[np.int64], count: int, rules: tuple[str, ...]) -> pa.Array:
    """Group rows (text, start, end, place of the rule in `rules`) into a list of `LINES` a text."""
    found = found[np.lexsort((found[:, 1], found[:, 0]))]
    offsets = np.searchsorted(found[:, 0], np.arange(count + 1)).astype(np.int32)
    names = pa.DictionaryArray.from_arrays(found[:, 3].astype(np.int8), pa.array(rules))
    columns = [names.cast(pa.string())]
    columns += [pa.array(found[:, place].astype(np.int32)) for place in (1, 2)]
    values = pa.StructArray.from_arrays(columns, fields=list(LINES.value_type))
    return pa.ListArray.from_arrays(pa.array(offsets), values).cast(LINES)


@cache
def _phrases(language: str) -> "Phrases":
    from .line_kernel import compile_phrases

    facts = tomllib.loads((Path(__file__).parent / "lines.toml").read_text("utf-8"))
    kinds = {
        kind: [word for code in ("*", "eng_Latn", language) for word in table.get(code, [])]
        for kind, table in facts.items()
    }
    return compile_phrases(kinds["whole"], kinds["inside"], kinds["short"])


def remove_lines(texts: Texts, lines: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Take lines out of texts.

    Args:
        texts: the texts that `find_lines` or `repeated_lines` was given.
        lines: what it gave.

    Returns:
        A large_string a text; null where the text is null.

    Raises:
        ValueError: there is not one list for each text.
    """
    chunked = as_texts(texts)
    if len(lines) != len(chunked):
        raise ValueError(
            f"expected one list of lines for each of {len(chunked)} texts, found {len(lines)}"
        )
    plain = pa.concat_arrays([pa.array([], pa.large_string()), *chunked.chunks])
    counts = pc.fill_null(pc.list_value_length(lines), 0).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(counts)
    if not len(rows):
        return plain
    pairs = zip(plain.take(rows).to_pylist(), lines.take(pa.array(rows)).to_pylist(), strict=True)
    left = [_without(text or "", {line["start"] for line in found}) for text, found in pairs]
    return pc.replace_with_mask(plain, pa.array(counts > 0), pa.array(left, pa.large_string()))


def _without(text: str, starts: set[int]) -> str:
    kept, start = [], 0
    for line in text.split("\n"):
        if start not in starts:
            kept.append(line)
        start += len(line) + 1
    return "\n".join(kept)

"""From kept blocks to text: lines in reading order, table rows on one line, nothing twice."""
# ruff: noqa: SIM109  (kernel)

import unicodedata

import numpy as np
from numba import njit
from numpy.typing import NDArray

from . import tags
from .layout import CONCEALED, COVERT, END, NODE, PARENT, START, TAG, Tokens

_TD, _TH, _NOSCRIPT = (tags.ID[name] for name in ("td", "th", "noscript"))
_PANEL = 400  # bytes of a hidden element from which it counts as a tab or an accordion
_LONG = 60  # bytes from which a repeated block is a copy, not a label


@njit(cache=True, boundscheck=False)
def _nearest(nodes, blocks, a, b):  # type: ignore[no-untyped-def]
    """For each block its nearest element a or b; 0 = none."""
    found = np.zeros(len(nodes), np.int32)
    for node in range(1, len(nodes)):
        tag = nodes[node, TAG]
        found[node] = node if tag == a or tag == b else found[nodes[node, PARENT]]
    out = np.empty(len(blocks), np.int32)
    for k in range(len(blocks)):
        out[k] = found[blocks[k, NODE]]
    return out


def _rows(page: Tokens) -> list[int]:
    """For each block the table row that it is a one-block cell of; 0 = none."""
    cells = _nearest(page.nodes, page.blocks, _TD, _TH)
    alone = (np.bincount(cells) == 1)[cells] & (cells > 0)
    rows: list[int] = np.where(alone, page.nodes[cells, PARENT], 0).tolist()
    return rows


@njit(cache=True, boundscheck=False)
def _small_hidden(nodes, blocks):  # type: ignore[no-untyped-def]
    """Blocks whose hidden ancestor holds less than `_PANEL` bytes of text."""
    hidden = np.zeros(len(nodes), np.int32)
    for node in range(1, len(nodes)):
        hidden[node] = node if nodes[node, CONCEALED] else hidden[nodes[node, PARENT]]
    sizes = np.zeros(len(nodes), np.int64)
    for k in range(len(blocks)):
        sizes[hidden[blocks[k, NODE]]] += blocks[k, END] - blocks[k, START]
    out = np.zeros(len(blocks), np.bool_)
    for k in range(len(blocks)):
        out[k] = blocks[k, COVERT] and sizes[hidden[blocks[k, NODE]]] < _PANEL
    return out


def unseen(page: Tokens) -> NDArray[np.bool_]:
    """Blocks that no reader sees, whatever the model says of them.

    Text of `noscript`, unless that is where the page keeps most of its text (some forums), and
    hidden elements, unless they are so large that a script must be meant to show them: tabs
    and accordions hold 5 % of the main text of shops and services.
    """
    inside = _nearest(page.nodes, page.blocks, _NOSCRIPT, _NOSCRIPT) > 0
    lengths = page.blocks[:, END] - page.blocks[:, START]
    if 2 * lengths[inside].sum() >= lengths.sum():
        inside[:] = False
    hidden: NDArray[np.bool_] = inside | _small_hidden(page.nodes, page.blocks)
    return hidden


def assemble(page: Tokens, keep: NDArray[np.bool_]) -> str:
    """The text of the kept blocks: NFC, one line a block; the cells of a row share a line."""
    raw = page.text.tobytes()
    rows = _rows(page)
    starts, ends = page.blocks[:, START].tolist(), page.blocks[:, END].tolist()
    parts: list[bytes] = []
    seen: set[bytes] = set()
    row = 0
    for k in np.flatnonzero(keep).tolist():
        block = raw[starts[k] : ends[k]]
        if len(block) >= _LONG:
            if block in seen:
                continue
            seen.add(block)
        if parts:
            parts.append(b" " if rows[k] and rows[k] == row else b"\n")
        row = rows[k]
        parts.append(block)
    text = b"".join(parts).decode("utf-8", "replace")
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)

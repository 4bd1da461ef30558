"""From kept blocks to text: lines in reading order, table rows on one line, nothing twice."""

import unicodedata

import numpy as np
from numpy.typing import NDArray

from . import tags
from .tokenise import END, NODE, PARENT, START, TAG, Tokens

_CELLS = (tags.ID["td"], tags.ID["th"])
_NOSCRIPT = tags.ID["noscript"]
_LONG = 60  # bytes from which a repeated block is a copy, not a label


def _ancestor(nodes: NDArray[np.int32], node: int, wanted: tuple[int, ...]) -> int:
    while node > 0:
        if nodes[node, TAG] in wanted:
            return node
        node = int(nodes[node, PARENT])
    return 0


def _rows(page: Tokens) -> list[int]:
    """For each block the table row that it is a one-block cell of; 0 = none."""
    if not np.isin(page.nodes[:, TAG], _CELLS).any():
        return [0] * len(page.blocks)
    cells = [_ancestor(page.nodes, int(node), _CELLS) for node in page.blocks[:, NODE]]
    sizes = np.bincount(cells, minlength=1)
    return [
        int(page.nodes[cell, PARENT]) if cell and sizes[cell] == 1 else 0 for cell in cells
    ]


def without_scripting(page: Tokens) -> NDArray[np.bool_]:
    """Blocks inside `noscript`, unless that is where the page keeps most of its text."""
    inside = np.zeros(len(page.blocks), np.bool_)
    if not (page.nodes[:, TAG] == _NOSCRIPT).any():
        return inside
    for k, node in enumerate(page.blocks[:, NODE]):
        inside[k] = _ancestor(page.nodes, int(node), (_NOSCRIPT,)) > 0
    lengths = page.blocks[:, END] - page.blocks[:, START]
    return inside & (lengths[inside].sum() < lengths[~inside].sum())


def assemble(page: Tokens, keep: NDArray[np.bool_]) -> str:
    """The text of the kept blocks: NFC, one line a block; the cells of a row share a line."""
    raw = page.text.tobytes()
    rows = _rows(page)
    parts: list[str] = []
    seen: set[bytes] = set()
    row = 0
    for k in np.flatnonzero(keep).tolist():
        block = raw[page.blocks[k, START] : page.blocks[k, END]]
        if len(block) >= _LONG:
            if block in seen:
                continue
            seen.add(block)
        if parts:
            parts.append(" " if rows[k] and rows[k] == row else "\n")
        row = rows[k]
        parts.append(block.decode("utf-8", "replace"))
    text = "".join(parts)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)

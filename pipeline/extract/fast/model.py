"""Two ensembles of decision trees that say how likely each block is main text.

The first sees a block's features; the second sees them again beside what the first said of
the block, its neighbours, its relatives in the tree and the page. Both were trained by
`train.py` with LightGBM, which nothing here needs.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .ensemble import Ensemble, Trees, compile_trees, probabilities
from .layout import END, NODE, PARENT, START, STYLE_HASH, TAG, Tokens

MODEL = Path(__file__).with_name("model.npz")

_STEPS = np.array([-3, -2, -1, 1, 2, 3])
_LEVELS = 6
_WINDOWS = np.array([4, 12, 40])
FIRST_DECIDED, SECOND_DECIDED = 4.0, 2.5  # log-odds: 1.8 %, 7.6 %; below the lowest cutoff
_NEAR = 0.02
SECOND_NAMES = [
    "first",
    *(f"first{step:+d}" for step in _STEPS),
    *(f"first_level{level}" for level in range(_LEVELS)),
    *(f"first_window{width}" for width in _WINDOWS),
    "first_style",
    "first_page",
    "first_before",
    "first_after",
    "first_section",
    "first_heading",
    "first_best",
]
"""What the second ensemble sees beside the features."""


@dataclass(frozen=True)
class Model:
    """Both ensembles, and a name that tells this model from others."""

    first: Trees
    second: Trees
    version: str

    @cached_property
    def ensembles(self) -> tuple[Ensemble, Ensemble]:
        """Both in the form that scores."""
        return compile_trees(self.first), compile_trees(self.second)


@njit(cache=True, boundscheck=False)
def _mean(sums, weights):  # type: ignore[no-untyped-def]
    return sums / weights if weights > 0 else 0.0


@njit(cache=True, boundscheck=False)
def _relatives(x, at, p, weight, blocks, nodes):  # type: ignore[no-untyped-def]
    """Mean probability, weighted by length, of the subtrees that hold a block."""
    sums = np.zeros((len(nodes), 2), np.float32)
    for i in range(len(p)):
        sums[blocks[i, NODE], 0] += p[i] * weight[i]
        sums[blocks[i, NODE], 1] += weight[i]
    for node in range(len(nodes) - 1, 0, -1):
        sums[nodes[node, PARENT]] += sums[node]
    for i in range(len(p)):
        ancestor = np.int64(blocks[i, NODE])
        for level in range(_LEVELS):
            x[i, at + level] = _mean(sums[ancestor, 0], sums[ancestor, 1])
            ancestor = np.int64(nodes[ancestor, PARENT])


@njit(cache=True, boundscheck=False)
def _styles(x, at, p, weight, blocks, nodes):  # type: ignore[no-untyped-def]
    """Mean probability of the blocks of one style (hash collisions are harmless)."""
    sums = np.zeros((4096, 2), np.float32)
    for step in range(2):
        for i in range(len(p)):
            node = blocks[i, NODE]
            key = nodes[node, STYLE_HASH] * 31 + nodes[nodes[node, PARENT], STYLE_HASH]
            slot = (key ^ (key >> 15)) & 4095
            if step == 0:
                sums[slot, 0] += p[i] * weight[i]
                sums[slot, 1] += weight[i]
            else:
                x[i, at] = _mean(sums[slot, 0], sums[slot, 1])


@njit(cache=True, boundscheck=False)
def _sections(x, at, p, weight, blocks, nodes, h1, h6):  # type: ignore[no-untyped-def]
    """Mean probability of the blocks under the same heading, and the heading's own."""
    n = len(p)
    start = 0
    for i in range(n + 1):
        is_heading = i < n and h1 <= nodes[blocks[min(i, n - 1), NODE], TAG] <= h6
        if i < n and not is_heading:
            continue
        total = mass = np.float32(0)
        for j in range(start, i):
            own = h1 <= nodes[blocks[j, NODE], TAG] <= h6
            total += 0 if own else p[j] * weight[j]
            mass += 0 if own else weight[j]
        for j in range(start, i):
            x[j, at] = total / mass if mass > 0 else -1
            x[j, at + 1] = p[start]
        start = i


@njit(cache=True, boundscheck=False)
def _second_view(x, p, blocks, nodes, h1, h6):  # type: ignore[no-untyped-def]
    """The features with `SECOND_NAMES` beside them."""
    n, known = x.shape
    out = np.empty((n, known + 7 + _LEVELS + len(_WINDOWS) + 7), np.float32)
    weight = np.empty(n, np.float32)
    total = np.zeros((n + 1, 2), np.float32)
    highest = np.float32(0)
    for i in range(n):
        weight[i] = blocks[i, END] - blocks[i, START] + 10
        total[i + 1, 0] = total[i, 0] + p[i] * weight[i]
        total[i + 1, 1] = total[i, 1] + weight[i]
        highest = max(highest, p[i])
    for i in range(n):
        out[i, :known] = x[i]
        f = known
        out[i, f] = p[i]
        for step in _STEPS:
            f += 1
            out[i, f] = p[i + step] if 0 <= i + step < n else -1
        f = known + 7 + _LEVELS
        for width in _WINDOWS:
            low, high = max(0, i - width), min(n, i + width + 1)
            out[i, f] = _mean(total[high, 0] - total[low, 0], total[high, 1] - total[low, 1])
            f += 1
        out[i, f + 1] = _mean(total[n, 0], total[n, 1])
        out[i, f + 2] = _mean(total[i, 0], total[n, 0])
        out[i, f + 3] = _mean(total[n, 0] - total[i + 1, 0], total[n, 0])
        out[i, f + 6] = highest
    f = known + 7
    _relatives(out, f, p, weight, blocks, nodes)
    f += _LEVELS + len(_WINDOWS)
    _styles(out, f, p, weight, blocks, nodes)
    _sections(out, f + 4, p, weight, blocks, nodes, h1, h6)
    return out


def second_view(
    x: NDArray[np.float32], first: NDArray[np.float32], page: Tokens
) -> NDArray[np.float32]:
    """What the second ensemble sees: float32 [blocks, features + len(SECOND_NAMES)]."""
    from .tags import ID

    view: NDArray[np.float32] = _second_view(x, first, page.blocks, page.nodes, ID["h1"], ID["h6"])
    return view


def near(first: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Blocks that the second stage looks at: possible text within two blocks.

    The others (45 % of the blocks of the training pages, 0.2 % of their main text) stay out.
    """
    padded = np.zeros(len(first) + 4, np.float32)
    padded[2:-2] = first
    high = padded >= _NEAR
    unsettled: NDArray[np.bool_] = high[:-4] | high[1:-3] | high[2:-2] | high[3:-1] | high[4:]
    return unsettled


def predict(x: NDArray[np.float32], page: Tokens, model: Model) -> NDArray[np.float32]:
    """The probability of each block that it is main text."""
    if not len(x):
        return np.empty(0, np.float32)
    first, second = model.ensembles
    out = probabilities(x, first, FIRST_DECIDED)
    unsettled = near(out)
    view = second_view(x, out, page)[unsettled]
    out[unsettled] = probabilities(view, second, SECOND_DECIDED)
    return out


def cutoff(probability: NDArray[np.float32], lengths: NDArray[np.int32]) -> float:
    """The threshold that makes a page's expected F1 as high as it gets: half of that F1.

    Of all ways to keep blocks the best for F1 keeps those above F1/2 (Lipton, Elkan &
    Narayanaswamy 2014, "Optimal thresholding of classifiers to maximize F1"). A clear article
    thus gets 0.5, a page where main text is hard to tell (shops, listings) a lower one: it
    is better to keep what may be main text than to lose the page.
    """
    if not len(probability):
        return 0.5
    order = np.argsort(-probability, kind="stable")
    length = lengths[order].astype(np.float64)
    wanted = probability[order] * length
    expected = 2 * np.cumsum(wanted) / (np.cumsum(length) + wanted.sum())
    return float(expected.max()) / 2


@cache
def load(path: Path = MODEL) -> Model:
    """Read a model file; it stays loaded."""
    with np.load(path) as file:
        first, second = (
            Trees(*(file[f"{name}_{field}"] for field in Trees._fields))
            for name in ("first", "second")
        )
        return Model(first, second, str(file["version"]))


def save(model: Model, path: Path) -> None:
    """Write a model file."""
    arrays = {
        f"{name}_{field}": array
        for name, trees in (("first", model.first), ("second", model.second))
        for field, array in trees._asdict().items()
    }
    np.savez_compressed(
        path,
        allow_pickle=False,
        version=np.array(model.version),
        **arrays,
    )

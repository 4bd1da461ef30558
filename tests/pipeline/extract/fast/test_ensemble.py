import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from eurocorpus.pipeline.extract.fast.ensemble import LEAVES, Trees, compile_trees, probabilities
from eurocorpus.pipeline.extract.fast.features import NAMES
from eurocorpus.pipeline.extract.fast.model import FIRST_DECIDED, load


def slow_probability(row: NDArray[np.float32], trees: Trees) -> float:
    """One block, tree by tree; stops where the kernel does."""
    total = np.float32(0)
    for number, root in enumerate(trees.root):
        if number >= 24 and number % 8 == 0 and abs(total) >= 4:
            break
        node = int(root)
        while node >= 0:
            right = row[trees.feature[node]] > trees.threshold[node]
            node = int(trees.right[node] if right else trees.left[node])
        total += trees.value[~node]
    return float(1 / (1 + np.exp(-total)))


@given(st.integers(0, 2**32 - 1))
def test_trees_are_walked_as_they_read(seed: int) -> None:
    trees = load().first
    x = np.random.default_rng(seed).normal(0, 5, (37, len(NAMES))).astype(np.float32)
    expected = [slow_probability(row, trees) for row in x]
    found = probabilities(x, compile_trees(trees), FIRST_DECIDED)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def chain(leaves: int) -> Trees:
    """One tree that asks for one leaf after the other."""
    inner = np.arange(leaves - 1, dtype=np.int32)
    right = np.append(inner[1:], ~np.int32(leaves - 1))
    return Trees(
        np.zeros(1, np.int32), np.zeros(leaves - 1, np.int16), inner.astype(np.float32),
        ~inner, right, np.arange(leaves, dtype=np.float32),
    )  # fmt: skip


@pytest.mark.parametrize("leaves", [2, 3, 31, LEAVES])
def test_each_leaf_is_reached(leaves: int) -> None:
    x = np.arange(leaves, dtype=np.float32)[:, None]
    found = probabilities(x, compile_trees(chain(leaves)), 1e9)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-x[:, 0])), rtol=1e-6)


def test_a_tree_with_too_many_leaves_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 32 leaves, found 33"):
        compile_trees(chain(LEAVES + 1))

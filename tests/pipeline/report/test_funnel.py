"""The drawn funnel says every number, stays in its frame, and is as wide as its numbers say."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.report.funnel import funnel

LOSSES = st.lists(
    st.dictionaries(st.sampled_from([f"reason_{letter}" for letter in "abcdefghi"]),
                    st.integers(1, 10**6), max_size=9),
    min_size=4, max_size=4,
)  # fmt: skip


def drawn(losses: list[dict[str, int]], kept: int) -> tuple[list[int], dict[str, Any]]:
    steps = [kept]
    for dropped in reversed(losses):
        steps.insert(0, steps[0] + sum(dropped.values()))
    return steps, funnel(steps, losses)


@given(losses=LOSSES, kept=st.integers(0, 10**7))
def test_the_drawing_says_what_the_table_says(losses: list[dict[str, int]], kept: int) -> None:
    steps, made = drawn(losses, kept)
    svg = ElementTree.fromstring(made["chart"])
    words = ["".join(node.itertext()) for node in svg.iter("text")]
    for step, row in zip(steps, made["rows"], strict=True):
        assert row[2] == step
        assert f"{step:,} {row[0]}" in words
    for dropped in losses:
        lost = sum(dropped.values())
        assert not lost or any(word.startswith(f"−{lost:,} ") for word in words)
    told = sum(int(word.split()[0].replace(",", "")) for word in words if re.search("reason", word))
    assert told == steps[0] - kept


@given(losses=LOSSES, kept=st.integers(0, 10**7))
def test_it_stays_in_its_frame_and_to_scale(losses: list[dict[str, int]], kept: int) -> None:
    steps, made = drawn(losses, kept)
    svg = ElementTree.fromstring(made["chart"])
    *_, wide, high = map(float, svg.attrib["viewBox"].split())
    for node in svg.iter("rect"):
        x, y, width, height = (float(node.get(k, "")) for k in ("x", "y", "width", "height"))
        assert 0 <= x <= x + width <= wide
        assert 0 <= y <= y + height <= high
    nodes = [node for node in svg.iter("rect") if node.get("class") == "kept"]
    for node, step in zip(nodes, steps, strict=True):
        expected = max(100 * step / steps[0], 1) if step else 0
        assert float(node.get("width", "")) == pytest.approx(expected, abs=0.06)

"""Charts are well-formed whatever they are given, and their bars are as long as their numbers say."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.report.charts import histogram, short, stacked_bar

LABELS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=20)
BINS = st.lists(st.tuples(LABELS, st.integers(0, 10**12)), max_size=40)


def rectangles(svg: str, kind: str) -> list[ElementTree.Element]:
    return [node for node in ElementTree.fromstring(svg).iter("rect") if node.get("class") == kind]


@given(bins=BINS, title=LABELS)
def test_columns_are_as_high_as_their_numbers(bins: list[tuple[str, int]], title: str) -> None:
    svg = histogram(bins, x_title=title, y_title=title, marker=(1, title))
    columns = rectangles(svg, "column")
    assert len(columns) == len(bins)
    heights = [float(column.get("height", "")) for column in columns]
    top = max((number for _, number in bins), default=0)
    for height, (_, number) in zip(heights, bins, strict=True):
        if top:
            assert height == pytest.approx(max(heights) * number / top, abs=0.11)
    for column, (label, number) in zip(columns, bins, strict=True):
        assert column[0].text == f"{label}: {number:,}"


@given(bins=st.lists(st.integers(1, 10**9), min_size=1, max_size=30))
def test_nothing_is_drawn_outside(bins: list[int]) -> None:
    svg = histogram([("x", number) for number in bins], x_title="x", y_title="y")
    for column in rectangles(svg, "column"):
        x, y, width, height = (float(column.get(k, "")) for k in ("x", "y", "width", "height"))
        assert 0 <= x <= x + width <= 360
        assert 22 - 0.1 <= y <= y + height <= 148.1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_parts_of_a_bar_follow_one_another(shares: list[float]) -> None:
    drawn = rectangles(stacked_bar([(share, "kept") for share in shares]), "kept")
    at = 0.0
    for node, share in zip(drawn, shares, strict=True):
        assert float(node.get("x", "")) == pytest.approx(at, abs=0.03)
        assert float(node.get("width", "")) == pytest.approx(100 * share, abs=0.01)
        at += 100 * share


@given(st.floats(0, 1e15))
def test_short_numbers_are_right_to_two_digits(number: float) -> None:
    text = short(number)
    size = {"k": 1e3, "M": 1e6, "G": 1e9}.get(text[-1], 1)
    value = float(text.rstrip("kMG")) * size
    assert value == pytest.approx(number, rel=0.06, abs=1e-300)

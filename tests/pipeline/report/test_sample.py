"""A sample depends on which rows there are, not on how they came."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.report.sample import Least

ROWS = st.lists(st.tuples(st.integers(0, 999), st.sampled_from("abc")), unique=True, max_size=60)


def frame(rows: list[tuple[int, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [f"{number:03}" for number, _ in rows], "group": [group for _, group in rows]},
        schema={"id": pl.String, "group": pl.String},
    )


@given(rows=ROWS, size=st.integers(1, 5), cut=st.integers(1, 20))
def test_the_least_of_each_group_whatever_the_cuts(
    rows: list[tuple[int, str]], size: int, cut: int
) -> None:
    sample = Least(size, ("group",))
    for start in range(0, len(rows), cut):
        sample.add(frame(rows[start : start + cut]))
    expected = [
        {"id": f"{number:03}", "group": group}
        for group in "abc"
        for number in sorted(n for n, name in rows if name == group)[:size]
    ]
    assert sample.rows() == expected


@given(rows=ROWS, size=st.integers(1, 5))
def test_without_groups(rows: list[tuple[int, str]], size: int) -> None:
    sample = Least(size)
    for row in rows:
        sample.add(frame([row]))
    assert sorted(row["id"] for row in sample.rows()) == sorted(f"{n:03}" for n, _ in rows)[:size]

"""Overlap with evaluation sets, beside the same with Python sets."""

import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.filters.contamination import OVERLAPS, Benchmark, Index, build_index, find_overlaps

PASSAGE = (
    "Kolik obyvatel mělo město Brno podle sčítání lidu, domů a bytů v roce 2021, a kolik Ostrava?"
)
SHORT = "Které město je hlavním městem celé České republiky?"


def test_a_passage_is_flagged_by_its_benchmark_and_text_is_not() -> None:
    index = build_index([Benchmark("belebele", [PASSAGE]), Benchmark("include", [SHORT])])
    texts = [
        f"Kvíz: {PASSAGE.upper()} Odpověď níže.",
        f"{SHORT} {PASSAGE.replace(',', '')}",
        "Kolik obyvatel mělo město Brno podle sčítání? To nevíme.",
        None,
    ]
    assert find_overlaps(texts, index).to_pylist() == [
        [{"benchmark": "belebele", "ngrams": 5}],
        [{"benchmark": "belebele", "ngrams": 5}, {"benchmark": "include", "ngrams": 1}],
        [],
        [],
    ]


def test_what_two_benchmarks_share_counts_for_both() -> None:
    index = build_index([Benchmark("b", [PASSAGE, PASSAGE]), Benchmark("a", [PASSAGE])])
    assert [row["benchmark"] for row in find_overlaps([PASSAGE], index)[0].as_py()] == ["a", "b"]


def test_items_that_are_too_short_are_counted() -> None:
    assert build_index([Benchmark("quiz", ["ano", "ne", SHORT])]).skipped == (2,)


def test_nothing_overlaps_with_nothing() -> None:
    assert find_overlaps([PASSAGE], Index()).to_pylist() == [[]]
    assert find_overlaps([], build_index([Benchmark("a", [])])).type == OVERLAPS


def test_a_surrogate_is_refused() -> None:
    with pytest.raises(ValueError, match="lone surrogate"):
        find_overlaps(["\ud800"], Index())


def words(text: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in re.findall(r"[^\W_]+", text))


def grams(text: str, n: int) -> set[tuple[str, ...]]:
    own = words(text)
    return {own[k : k + n] for k in range(len(own) - n + 1)}


TEXT = st.lists(st.sampled_from(["a", "B", "č", "1", "Ω,", "-", "\n"]), max_size=40).map(" ".join)


@settings(deadline=None)
@given(
    st.lists(TEXT, max_size=4),
    st.dictionaries(st.sampled_from("xyz"), st.lists(TEXT, max_size=3), max_size=3),
)
def test_sets_of_tuples_say_the_same(texts: list[str], sets: dict[str, list[str]]) -> None:
    index = build_index(Benchmark(name, items) for name, items in sets.items())
    expected = []
    for text in texts:
        row = []
        for name, items in sorted(sets.items()):
            wanted: set[tuple[str, ...]] = set()
            for item in items:
                wanted |= grams(item, 13) if len(words(item)) >= 13 else grams(item, 8)
            found = wanted & (grams(text, 13) | grams(text, 8))
            row += [{"benchmark": name, "ngrams": len(found)}] if found else []
        expected.append(row)
    assert find_overlaps(texts, index).to_pylist() == expected
    chunked = pa.chunked_array([pa.array([text]) for text in texts], pa.string())
    assert find_overlaps(chunked, index).to_pylist() == expected


@settings(deadline=None)
@given(st.lists(st.text(), min_size=1))
def test_every_long_text_overlaps_with_itself(texts: list[str]) -> None:
    found = find_overlaps(texts, build_index([Benchmark("itself", texts)])).to_pylist()
    for text, row in zip(texts, found, strict=True):
        assert bool(row) or len(words(text)) < 8 or not text.isascii()

"""Lines of a site: what repeats is found, in whatever order and parts the pages come."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.filters.boilerplate import COUNTS, add_counts, count_lines, repeated_lines
from eurocorpus.filters.lines import remove_lines

PAGES = [f"Obecní noviny\nČlánek číslo {'ab'[k % 2] * (k + 1)} o městě.\n© 2024 Obec" for k in range(12)]  # fmt: skip


def cleaned(pages: list[str], sites: list[str], counts: pa.Table, **how: float) -> list[str]:
    left = remove_lines(pages, repeated_lines(pages, sites, counts, **how))  # type: ignore[arg-type]
    return list(left.to_pylist())


def test_what_stands_on_most_pages_goes() -> None:
    sites = ["obec.cz"] * len(PAGES)
    left = cleaned(PAGES, sites, count_lines(PAGES, sites))
    assert left == [page.split("\n")[1] for page in PAGES]


def test_a_small_site_and_another_site_keep_theirs() -> None:
    counts = count_lines(PAGES, "obec.cz")
    assert cleaned(PAGES[:1], ["jina.cz"], counts) == PAGES[:1]
    assert cleaned(PAGES, ["obec.cz"] * 12, counts, least_pages=13) == PAGES


def test_a_share_is_a_share() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        repeated_lines(PAGES, "obec.cz", count_lines(PAGES, "obec.cz"), share=30)


def test_nothing_gives_nothing() -> None:
    assert count_lines([], []).equals(COUNTS.empty_table())
    assert add_counts([]).equals(COUNTS.empty_table())
    assert len(repeated_lines([], [], COUNTS.empty_table())) == 0


LINE = st.sampled_from(["Menu", "menu!", "Text 1", "Text 2", "", "12", "Ω", "a\u0301"])


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.lists(LINE, max_size=5)), max_size=12),
    st.integers(0, 12),
    st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    st.randoms(use_true_random=False),
)
def test_counting_in_parts_and_any_order_is_counting_by_hand(
    pages: list[tuple[str, list[str]]], cut: int, share: float, shuffled: random.Random
) -> None:
    sites = [site for site, _ in pages]
    texts = ["\n".join(lines) for _, lines in pages]
    whole = count_lines(texts, sites)
    order = list(range(len(pages)))
    shuffled.shuffle(order)
    parts = [order[:cut], order[cut:]]
    counts = add_counts(
        [count_lines([texts[k] for k in part], [sites[k] for k in part]) for part in parts]
    )
    assert counts.equals(whole)

    def name(line: str) -> str:
        return line.lower().rstrip("!")

    found = repeated_lines(texts, sites, counts, share=share, least_pages=2)
    for (site, lines), spans in zip(pages, found.to_pylist(), strict=True):
        own = [other for where, other in pages if where == site]
        kept, start = [], 0
        for line in lines:
            pages_with = sum(name(line) in map(name, other) for other in own)
            has_letter = any(c.isalpha() for c in line)
            if has_letter and len(own) >= 2 and pages_with > share * len(own):
                kept.append(start)
            start += len(line) + 1
        assert [span["start"] for span in spans] == kept


def test_counts_are_the_same_for_every_chunking() -> None:
    chunked = pa.chunked_array([pa.array(PAGES[:5]), pa.array(PAGES[5:])])
    assert count_lines(chunked, "a").equals(count_lines(PAGES, "a"))
    assert np.max(count_lines(PAGES, "a")["pages"].to_numpy()) == len(PAGES)

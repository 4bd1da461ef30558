"""Lines that repeat: what repeats is found, in whatever order and parts the pages come."""

import random

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.filters.boilerplate import (
    SAMPLE,
    SITES,
    checksum,
    find_repeats,
    frequent_lines,
    join_samples,
    repeated_lines,
    sample_lines,
    site_hashes,
)
from eurocorpus.filters.lines import remove_lines

PAGES = [
    f"Obecní noviny\nČlánek číslo {'ab'[k % 2] * (k + 1)} o našem městě a okolí.\n© 2024 Obec"
    for k in range(12)
]
LONG = "Tato věta má víc než čtyřicet znaků, a proto se počítá."


def cleaned(pages: list[str], sites: list[str], sample: pa.Table, least_pages: int = 10) -> list[str]:  # fmt: skip
    frequent = frequent_lines(sample, least_pages=least_pages)
    return list(remove_lines(pages, repeated_lines(pages, sites, frequent)).to_pylist())


def test_a_page_of_little_else_keeps_its_lines() -> None:
    page = "Obecní noviny\nNic.\n© 2024 Obec"
    sample = sample_lines(PAGES, "obec.cz")
    assert cleaned([page, PAGES[5]], ["obec.cz"] * 2, sample) == [page, PAGES[5].split("\n")[1]]
    frequent = frequent_lines(sample)
    assert [len(lines) for lines in repeated_lines([page], "obec.cz", frequent, most=1)] == [2]


def test_what_stands_on_most_pages_goes() -> None:
    sites = ["obec.cz"] * len(PAGES)
    left = cleaned(PAGES, sites, sample_lines(PAGES, sites))
    assert left == [page.split("\n")[1] for page in PAGES]


def test_a_small_site_and_another_site_keep_theirs() -> None:
    sample = sample_lines(PAGES, "obec.cz")
    assert cleaned(PAGES[:1], ["jina.cz"], sample) == PAGES[:1]
    assert cleaned(PAGES, ["obec.cz"] * 12, sample, least_pages=13) == PAGES


def test_copies_of_a_page_are_one_page() -> None:
    page = f"{LONG}\n{LONG} A ještě jedna.\nNěco docela jiného, delšího než datum."
    copies = [f"{page}\n{day}. května" for day in range(1, 31)]
    sample = sample_lines(copies, "obec.cz")
    assert len(set(sample["page"].to_pylist())) == 1
    assert cleaned(copies, ["obec.cz"] * 30, sample) == copies


def test_a_large_site_is_known_by_a_sample() -> None:
    pages = [f"{LONG}\nstrana {'x' * k}" for k in range(1, 300)]
    sample = sample_lines(pages, "a", pages=50)
    frequent = frequent_lines(sample)
    assert frequent["of"].to_pylist() == [50]
    assert frequent["pages"].to_pylist() == [50]


def test_a_share_is_a_share() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        frequent_lines(SAMPLE.empty_table(), share=30)


def test_nothing_gives_nothing() -> None:
    assert sample_lines([], []).equals(SAMPLE.empty_table())
    assert join_samples([]).equals(SAMPLE.empty_table())
    frequent = frequent_lines(SAMPLE.empty_table())
    assert len(repeated_lines([], [], frequent)) == 0
    assert repeated_lines(PAGES, "a", frequent).to_pylist() == [[]] * len(PAGES)
    assert len(find_repeats([])) == 0


LINE = st.sampled_from(["Menu", "menu!", "Text 1", "Text 2", "", "12", "Ω", "a\u0301", "čím dál"])
SITE_PAGES = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.lists(LINE, max_size=6)), max_size=12
)


def name(line: str) -> str:
    return line.lower().rstrip("!")


def by_hand(pages: list[tuple[str, list[str]]]) -> dict[str, dict[tuple[str, ...], set[str]]]:  # fmt: skip
    """The pages of each site, by the names of their longest lines, and their lines."""
    found: dict[str, dict[tuple[str, ...], set[str]]] = {}
    for site, lines in pages:
        worded = [line for line in lines if any(c.isalpha() for c in line)]
        if worded:
            longest = sorted(worded, key=lambda line: (-len(line), hash_of(line)))[:3]
            key = tuple(sorted(map(name, longest)))
            found.setdefault(site, {}).setdefault(key, set()).update(map(name, worded))
    return found


def hash_of(line: str) -> int:
    return int(sample_lines([line], "a")["line"][0].as_py())


@settings(deadline=None)
@given(
    SITE_PAGES, st.integers(0, 12), st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    st.integers(1, 4), st.randoms(use_true_random=False),
)  # fmt: skip
def test_sampling_in_parts_and_any_order_is_counting_by_hand(
    pages: list[tuple[str, list[str]]], cut: int, share: float, most: int, shuffled: random.Random
) -> None:
    sites = [site for site, _ in pages]
    texts = ["\n".join(lines) for _, lines in pages]
    order = list(range(len(pages)))
    shuffled.shuffle(order)
    parts = [
        sample_lines([texts[k] for k in part], [sites[k] for k in part], most)
        for part in (order[:cut], order[cut:])
    ]
    sample = sample_lines(texts, sites, most)
    assert join_samples(parts, most).equals(sample)
    halves = [frequent_lines(sample.filter(pc.equal(sample["site"], site)), least_pages=2)
              for site in site_hashes(["a", "b"]).tolist()]  # fmt: skip
    whole = checksum(frequent_lines(sample, least_pages=2))
    assert sum(map(checksum, halves)) % (1 << 64) == whole

    frequent = frequent_lines(sample_lines(texts, sites), share=share, least_pages=2)
    found = repeated_lines(texts, sites, frequent, most=1)
    counted = by_hand(pages)
    for (site, lines), spans in zip(pages, found.to_pylist(), strict=True):
        own = counted.get(site, {}).values()
        gone, start = [], 0
        for line in lines:
            pages_with = sum(name(line) in other for other in own)
            has_letter = any(c.isalpha() for c in line)
            if has_letter and len(own) >= 2 and pages_with > share * len(own):
                gone.append(start)
            start += len(line) + 1
        assert [span["start"] for span in spans] == gone


def test_samples_are_the_same_for_every_chunking() -> None:
    chunked = pa.chunked_array([pa.array(PAGES[:5]), pa.array(PAGES[5:])])
    assert sample_lines(chunked, "a").equals(sample_lines(PAGES, "a"))


def test_hashes_of_sites_are_a_range() -> None:
    hashes = site_hashes([f"{k}.cz ces_Latn" for k in range(1000)])
    assert hashes.dtype == np.int64
    assert 0 <= hashes.min() < SITES // 100
    assert SITES - SITES // 100 < hashes.max() < SITES


def test_what_a_text_says_twice_goes_once() -> None:
    text = f"{LONG}\nRefrén\n{LONG.upper()}\nRefrén\n\n{LONG}!"
    (spans,) = find_repeats([text]).to_pylist()
    assert [text[span["start"] : span["end"]] for span in spans] == [LONG.upper(), LONG + "!"]
    assert remove_lines([text], find_repeats([text])).to_pylist() == [f"{LONG}\nRefrén\nRefrén\n"]
    assert find_repeats([LONG, LONG]).to_pylist() == [[], []]


@given(
    st.lists(st.lists(st.sampled_from(["ab cd", "AB, cd", "ef gh ij", "12", "", "k"]), max_size=8))
)
def test_repeats_are_what_a_set_says(pages: list[list[str]]) -> None:
    found = find_repeats(["\n".join(lines) for lines in pages], least_characters=5)
    for lines, spans in zip(pages, found.to_pylist(), strict=True):
        seen: set[str] = set()
        gone, start = [], 0
        for line in lines:
            key = line.lower().replace(",", "")
            if len(line) >= 5 and key in seen:
                gone.append(start)
            seen |= {key} if len(line) >= 5 else set()
            start += len(line) + 1
        assert [span["start"] for span in spans] == gone

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from eurocorpus.pipeline.extract.fast.ensemble import probabilities
from eurocorpus.pipeline.extract.fast.features import NAMES, features
from eurocorpus.pipeline.extract.fast.keywords import BITS, CATEGORIES, NEXT, keyword_bits
from eurocorpus.pipeline.extract.fast.model import (
    FIRST_DECIDED,
    MODEL,
    SECOND_NAMES,
    cutoff,
    load,
    near,
    predict,
    second_view,
)
from eurocorpus.pipeline.extract.fast.tokenise import tokenise

from .soup import soups  # type: ignore[import-not-found,unused-ignore]


def test_the_model_is_small_and_fits_the_features() -> None:
    model = load()
    assert MODEL.stat().st_size < 1_000_000
    assert model.first.feature.max() < len(NAMES)
    assert model.second.feature.max() < len(NAMES) + len(SECOND_NAMES)


@given(soups)
def test_every_page_has_finite_features(html: str) -> None:
    source = html.encode("utf-8", "replace")
    page = tokenise(source, nodes=10_000, depth=500, text=10**6)
    x = features(page, len(source), b"A Title", np.zeros(7, np.float32))
    assert x.shape == (len(page.blocks), len(NAMES))
    assert np.isfinite(x).all()
    first = probabilities(x, load().ensembles[0], FIRST_DECIDED)
    view = second_view(x, first, page)
    assert view.shape == (len(x), len(NAMES) + len(SECOND_NAMES))
    assert np.isfinite(view).all()
    final = predict(x, page, load())
    assert ((final >= 0) & (final <= 1)).all()


probability_lists = st.lists(
    st.tuples(st.integers(1, 99), st.integers(1, 500)), min_size=1, max_size=9
)


@given(probability_lists)
def test_no_selection_has_a_higher_expected_f1_than_the_cutoff(rows: list[tuple[int, int]]) -> None:
    p = np.array([percent / 100 for percent, _ in rows], np.float32)
    lengths = np.array([length for _, length in rows], np.int32)

    def expected(keep: NDArray[np.bool_]) -> float:
        return float(2 * (p * lengths)[keep].sum() / (lengths[keep].sum() + (p * lengths).sum()))

    kept = p > cutoff(p, lengths) - 1e-6
    best = max(
        expected(np.array([number >> k & 1 for k in range(len(p))], np.bool_))
        for number in range(1, 2 ** len(p))
    )
    assert expected(kept) >= best - 1e-5


@given(st.lists(st.floats(0, 1, width=32), max_size=12))
def test_near(values: list[float]) -> None:
    first = np.array(values, np.float32)
    expected = [max(values[max(0, k - 2) : k + 3]) >= np.float32(0.02) for k in range(len(values))]
    assert (near(first).tolist() if values else []) == expected


def slow_bits(text: str) -> int:
    """Keywords by search: `_` stands for any character that is no letter or digit, or a hump."""
    spaced = ""
    for k, c in enumerate(text):
        if "A" <= c <= "Z" and k and "a" <= text[k - 1] <= "z":
            spaced += "_"
        spaced += c.lower() if "A" <= c <= "Z" else c
    letters = "".join(
        c if "a" <= c <= "z" else "0" if "0" <= c <= "9" else "_" for c in f"_{spaced}_"
    )
    found = 0
    for bit, words in enumerate(CATEGORIES.values()):
        for word in words.split():
            plain = "".join(c if "a" <= c <= "z" else "_" for c in word)
            found |= (plain in letters) << bit
    return found


@settings(deadline=None)  # the first call compiles
@given(
    st.lists(
        st.sampled_from([*" ".join(CATEGORIES.values()).split(), "A", "Nav", "x", " ", "-", "7"]),
        max_size=5,
    ).map("".join)
)
def test_keywords_are_found(text: str) -> None:
    source = np.frombuffer(text.encode(), np.uint8)
    assert int(keyword_bits(source, 0, len(source), NEXT, BITS)) == slow_bits(text)

import string
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eurocorpus.dedup import Shape, shingles
from eurocorpus.dedup.ngrams import BLOCK

Hashes = Callable[[str, int], list[int]]

# Letters whose folding is odd, marks, unspaced scripts and separators, drawn often together.
ODD = "aéßẞİıσςΣǰΐſŉﬃ\u0301\u0307\u0345ก้က្日本カ가ᄀ\u1161 _-\n\x00٣²Ⅷ\U00010400\U0001f600"
odd_text = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])))
word_text = st.lists(st.text(string.ascii_letters + "ščßΣ日", max_size=12)).map(" ".join)


@settings(deadline=None)  # the first call compiles
@given(st.lists(st.one_of(odd_text, word_text), max_size=4), st.integers(1, 7))
@example(["\u0390 x \u01c4 \u212b \u1fb7 \u0149"], 1)
@example(["x" * 5000 + " y"], 5)
@example(["strasse-straße-STRAẞE xxxxxxxß xxxxxxxss"], 2)
def test_agrees_with_the_slow_twin_on_any_text(
    hashes: Hashes, texts: list[str], ngram: int
) -> None:
    found = shingles(texts, Shape(ngram=ngram)).to_pylist()
    assert found == [hashes(text, ngram) for text in texts]


@pytest.mark.parametrize("words", [1, 4, 5, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 3, 5 * BLOCK])
def test_blocks_leave_no_seam(hashes: Hashes, words: int) -> None:
    text = " ".join(f"word{k}" for k in range(words))
    assert shingles([text]).to_pylist() == [hashes(text, 5)]
    letters = "".join(string.ascii_lowercase[k * k % 26] for k in range(words))
    assert shingles([letters]).to_pylist() == [hashes(letters, 5)]


def test_order_of_words_and_digits_count() -> None:
    texts = ["a b c d e", "a b c e d", "a b c d 5", "a b c d 6"]
    assert len({tuple(s) for s in shingles(texts).to_pylist()}) == 4


def test_short_texts_and_unspaced_scripts_are_cut_into_characters(hashes: Hashes) -> None:
    assert [
        len(s) for s in shingles(["abcdefg", "ab cd", "abc", "日本語のテキスト"]).to_pylist()
    ] == [3, 1, 1, 4]
    # A sentence that differs in one character still shares most of its n-grams.
    one, other = map(
        set, shingles(["今日は天気がとても良いですね", "昨日は天気がとても良いですね"]).to_pylist()
    )
    assert len(one & other) / len(one | other) > 0.7


def test_every_kind_of_arrow_text(hashes: Hashes) -> None:
    texts = ["one two three four five six", None, "", "x", "ещё раз о том же самом деле"]
    expected = [None if text is None else hashes(text, 5) for text in texts]
    plain = pa.array(texts, pa.string())
    kinds = [
        texts,
        tuple(texts),
        plain,
        plain.cast(pa.large_string()),
        plain.cast(pa.string_view()),
        plain.dictionary_encode(),
        pa.chunked_array([plain.slice(0, 2), plain.slice(2, 0), plain.slice(2)]),
    ]
    for kind in kinds:
        assert shingles(kind).to_pylist() == expected
    for start in range(6):
        for length in range(6 - start):
            assert (
                shingles(plain.slice(start, length)).to_pylist() == expected[start : start + length]
            )


@pytest.mark.parametrize(
    "empty", [[], pa.array([], pa.string()), pa.chunked_array([], pa.string())]
)
def test_no_texts_give_no_sets(empty: object) -> None:
    assert shingles(empty).to_pylist() == []
    assert shingles(empty).type == pa.large_list(pa.uint64())


def test_nulls_alone() -> None:
    assert shingles([None, None]).to_pylist() == [None, None]
    assert shingles(pa.nulls(2)).to_pylist() == [None, None]


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_bytes_that_are_not_utf8_are_separators(data: bytes) -> None:
    offsets = pa.py_buffer(bytes(4) + len(data).to_bytes(4, "little"))
    broken = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(data))
    assert len(shingles(broken)) == 1


def test_lone_surrogates_do_not_stop_the_rest() -> None:
    assert (
        shingles(["a b c d e", "a\ud800b"]).to_pylist()[0] == shingles(["a b c d e"]).to_pylist()[0]
    )


@pytest.mark.parametrize("wrong", ["one text", [1, 2], pa.array([1]), 7, pa.array([b"x"])])
def test_what_is_not_text_is_refused(wrong: object) -> None:
    with pytest.raises(TypeError, match="expected"):
        shingles(wrong)

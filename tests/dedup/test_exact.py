import unicodedata

import pyarrow as pa
import pytest
import xxhash
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eurocorpus.dedup import digests

ODD = " \t\n\u00a0\u2003\x1c\x0b\x85aZ[@`{éßẞİıσςΣǰΐŉﬃ\u0301\u0307\u0345\u212b가ᄀ\u1161日\U0001f600\x00"
odd_text = st.text(st.one_of(st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])))
ascii_text = st.text(st.characters(max_codepoint=127))


def _slow(text: str) -> bytes:
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return xxhash.xxh3_128_digest(" ".join(folded.split()).encode())


@settings(deadline=None)
@given(st.lists(st.one_of(odd_text, ascii_text), max_size=4))
@example(["\u0390" * 50, "\u0149" * 50, "\u1fb7" * 50, "ẞ" * 50])
@example(["  leading, trailing and    inner   white\r\n\r\nspace around eight bytes  "])
def test_agrees_with_the_slow_twin_on_any_text(texts: list[str]) -> None:
    assert digests(texts).to_pylist() == [_slow(text) for text in texts]
    padded = pa.array(["before", *texts, "after"], pa.string()).slice(1, len(texts))
    assert digests(padded).to_pylist() == [_slow(text) for text in texts]


def test_every_character_folds_as_python_folds_it() -> None:
    every = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    assert digests(every).to_pylist() == [_slow(c) for c in every]


@pytest.mark.parametrize(
    "same",
    [
        ("Straße", "STRASSE"),
        ("ΟΔΟΣ", "οδός".replace("ό", "ο")),
        ("e\u0301te\u0301", "ÉTÉ"),
        ("a b", "  a\u00a0\n\tb "),
    ],
)
def test_texts_that_count_as_equal(same: tuple[str, str]) -> None:
    one, other = digests(same).to_pylist()
    assert one == other


def test_digits_and_punctuation_count() -> None:
    assert len(set(digests(["a 1", "a 2", "a, 1", "a1"]).to_pylist())) == 4


def test_null_is_null_and_empty_is_not() -> None:
    found = digests(pa.chunked_array([["x", None], [], ["", " "]], pa.string()))
    assert found.type == pa.binary(16)
    assert found.is_null().to_pylist() == [False, True, False, False]
    assert found[2] == found[3]
    assert digests([]).type == pa.binary(16)

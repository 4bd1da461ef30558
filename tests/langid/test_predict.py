"""Our prediction is fastText's own: on lid.176, and on small models of each kind."""

import struct
from functools import cache
from pathlib import Path
from typing import Any

import fasttext
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from langid_samples import LABELS, small_model

from eurocorpus.langid.model import Model, ModelError, hash_bytes, read_model
from eurocorpus.langid.models import lid176_path
from eurocorpus.langid.predict import predict

LINES = st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=40), max_size=5)  # fmt: skip
HS, SOFTMAX, OVA = 1, 3, 4


def check(
    model: Model, theirs: Any, lines: list[str], most: int, lowest: float, within: float = 2e-6
) -> None:
    labels, scores = predict(model, pa.array(lines, pa.large_string()), most=most, lowest=lowest)
    for line, ours, our_scores in zip(lines, labels, scores, strict=True):
        names, their_scores = theirs.predict(line, k=most, threshold=lowest)
        found = [f"__label__{model.labels[label]}" for label in ours if label >= 0]
        assert found == list(names)
        assert our_scores[: len(found)] == pytest.approx(their_scores, abs=within)


@cache
def lid176() -> tuple[Model, Any]:
    return read_model(lid176_path()), fasttext.load_model(str(lid176_path()))


@settings(max_examples=200, deadline=None)
@given(LINES)
@example(["__label__"])
def test_lid176_on_any_text(lines: list[str]) -> None:
    check(*lid176(), lines, 5, 0.01)


def test_lid176_on_words_it_knows_and_a_long_line() -> None:
    lines = ["de la en", "the house", "</s> and", "slovo " * 3000, "я" * 5000, "a\tb\vc\0d"]
    lines += ["__label__", "__label__en x", "__labe_l__"]
    check(*lid176(), lines, 176, 0.0001)


@pytest.mark.parametrize("loss", [HS, SOFTMAX, OVA])
def test_small_models_of_each_kind(tmp_path: Path, loss: int) -> None:
    path = small_model(tmp_path / "small.bin", loss)
    theirs = fasttext.load_model(str(path))
    lines = ["", "dům a Haus", "的 house 的的", "ničeho takového", "</s> x"]
    within = 0.01 if loss == OVA else 2e-6  # fastText looks the sigmoid up in a table
    check(read_model(path), theirs, lines, len(LABELS), 0.0, within)


def test_a_slice_of_an_array() -> None:
    model, _ = lid176()
    lines = pa.array(["der Hund", "le chien", "pes štěká"], pa.large_string())
    whole, _ = predict(model, lines, most=1, lowest=0.0)
    part, _ = predict(model, lines.slice(1, 2), most=1, lowest=0.0)
    assert (part == whole[1:]).all()
    assert predict(model, lines.slice(0, 0), most=1, lowest=0.0)[0].shape == (0, 1)


def test_the_hash_is_fnv_1a() -> None:
    assert hash_bytes(b"foobar") == 0xBF9CF968  # http://www.isthe.com/chongo/tech/comp/fnv/
    assert hash_bytes("é".encode()) != hash_bytes(b"e")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a model at all", "another kind of file"),
        (struct.pack("<2i", 793712314, 12), "cut short"),
    ],
)
def test_what_is_no_model(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=said):
        read_model(path)


def test_a_model_cut_short_anywhere(tmp_path: Path) -> None:
    whole = small_model(tmp_path / "small.bin", SOFTMAX).read_bytes()
    path = tmp_path / "cut.bin"
    for size in range(60, len(whole), 97):
        path.write_bytes(whole[:size])
        with pytest.raises(ModelError, match="cut short"):
            read_model(path)


def test_word_ngrams_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="wordNgrams 2"):
        read_model(small_model(tmp_path / "small.bin", SOFTMAX, word_ngrams=2))

"""Our labels are py3langid's own, on real texts and on any other."""

import lzma
import os
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from eurocorpus.langid.bayes import Bayes, bayes_scores, read_bayes
from eurocorpus.langid.model import ModelError
from eurocorpus.langid.models import py3langid_model

DATA = Path(os.environ.get("EUROCORPUS_DATA", Path(__file__).parents[3] / "shared" / "data"))
TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), max_size=6)


@pytest.fixture(scope="module")
def theirs() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@pytest.fixture(scope="module")
def ours() -> Bayes:
    return py3langid_model()


def scores(model: Bayes, texts: list[str]) -> np.ndarray:
    """Score texts prepared as py3langid does."""
    lowered = [text.lower() if text.isupper() else text for text in texts]
    normal = [unicodedata.normalize("NFC", text) for text in lowered]
    return bayes_scores(model, pa.array(normal, pa.large_string()))


def check(model: Bayes, theirs: LanguageIdentifier, texts: list[str]) -> None:
    """Same label (or one as good, to float32) and the same probability."""
    for text, found in zip(texts, scores(model, texts), strict=True):
        label, score = theirs.classify(text)
        assert found.max() == pytest.approx(score, abs=1e-4)
        if model.labels[found.argmax()] != label:
            assert found[model.labels.index(label)] == pytest.approx(score, abs=1e-6)


def test_thousands_of_real_texts(ours: Bayes, theirs: LanguageIdentifier) -> None:
    files = sorted((DATA / "lid").glob("*/*.txt"))
    if not files:
        pytest.skip("no texts under EUROCORPUS_DATA/lid")
    texts = [line for file in files for line in file.read_text("utf-8").splitlines()[:25]]
    assert len(texts) > 3000
    found = [ours.labels[label] for label in scores(ours, texts).argmax(axis=1)]
    assert found == [theirs.classify(text)[0] for text in texts]


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_any_text(ours: Bayes, theirs: LanguageIdentifier, texts: list[str]) -> None:
    check(ours, theirs, texts)


def test_a_long_text_and_none(ours: Bayes, theirs: LanguageIdentifier) -> None:
    check(ours, theirs, ["slovo a věta " * 4000, "", "\0", "ĦAFNA NIES", "Све што знам"])


def test_all_labels_are_as_likely_where_nothing_is_found(ours: Bayes) -> None:
    (row,) = scores(ours, [""])
    shares = np.bincount(ours.label_columns) / len(ours.label_columns)
    assert row == pytest.approx(shares)


def test_a_slice_of_an_array(ours: Bayes) -> None:
    texts = pa.array(["der Hund", "le chien", "pes štěká"], pa.large_string())
    assert (bayes_scores(ours, texts.slice(1)) == bayes_scores(ours, texts)[1:]).all()
    assert bayes_scores(ours, texts.slice(0, 0)).shape == (0, len(ours.labels))


@pytest.mark.parametrize(
    "content", [b"not a model", lzma.compress(b"not an archive"), lzma.compress(b"")]
)
def test_what_is_no_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.npz.xz"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"expected the model of py3langid 0\.4"):
        read_bayes(path)

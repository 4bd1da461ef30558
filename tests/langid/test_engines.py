"""Every engine answers in codes; a model file is an engine too."""

from pathlib import Path

import numpy as np
import pytest
from langid_samples import ARTICLE_1, small_model

from eurocorpus.langid import ENGINES, identify
from eurocorpus.langid.engines import engine
from eurocorpus.langid.models import lid176_path


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_the_declaration_of_human_rights(name: str) -> None:
    table = identify(list(ARTICLE_1.values()), engine=name)
    assert table["language"].to_pylist() == list(ARTICLE_1)


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_scores_are_probabilities_of_different_languages(name: str) -> None:
    codes, values = engine(name)([*ARTICLE_1.values(), "x"])
    assert values.shape == (len(ARTICLE_1) + 1, len(codes))
    assert len(set(codes)) == len(codes)
    assert values.sum(axis=1) == pytest.approx(np.ones(len(values)), abs=0.02)


def test_a_file_of_the_model_answers_as_the_engine() -> None:
    texts = [text.lower() for text in ARTICLE_1.values()]
    by_path = identify(texts, engine=str(lid176_path()))
    assert by_path.equals(identify(texts, engine="lid176"))


def test_a_small_model_is_an_engine(tmp_path: Path) -> None:
    path = small_model(tmp_path / "small.bin", 3, labels=["ces_Latn", "est_Latn", "de", "hq"])
    rows = identify(["dům a house", "Haus\nHaus"], engine=str(path)).to_pylist()
    for row in rows:
        found = {alternative["language"] for alternative in row["languages"]}
        assert found == {"ces_Latn", "ekk_Latn", "deu_Latn", "und"}


def test_what_is_no_engine_says_which_there_are() -> None:
    with pytest.raises(ValueError, match=r"one of both, lid176, py3langid or the path .* glotlid"):
        engine("glotlid")

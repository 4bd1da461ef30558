"""Thresholds belong to a model, whatever the name of its file."""

import shutil
from pathlib import Path

import pytest
from langid_samples import small_model

from eurocorpus.langid import ENGINES, thresholds
from eurocorpus.langid.codes import LANGUAGES
from eurocorpus.langid.models import lid176_path
from eurocorpus.langid.thresholds import UNKNOWN_MODEL


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_engine_has_thresholds(engine: str) -> None:
    found = thresholds(engine)
    assert found["*"] == 0.5
    assert found.keys() - {"*"} <= set(LANGUAGES)


def test_a_copy_of_a_model_has_its_thresholds(tmp_path: Path) -> None:
    path = shutil.copy(lid176_path(), tmp_path / "other-name.bin")
    assert thresholds(str(path)) == thresholds("lid176")
    assert thresholds("lid176")["mlt_Latn"] == 0.3


def test_another_model_has_none_of_its_own(tmp_path: Path) -> None:
    assert thresholds(str(small_model(tmp_path / "small.bin", 3))) == UNKNOWN_MODEL


def test_no_model() -> None:
    with pytest.raises(ValueError, match="found no file"):
        thresholds("nowhere.bin")

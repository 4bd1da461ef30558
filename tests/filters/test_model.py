"""The score of a fastText model: lid.176, which the package has anyway, stands in for one of quality."""

from pathlib import Path

import pytest

from eurocorpus.filters import MODEL_SCORE, RULES, fasttext_score, judge, measure
from eurocorpus.langid.identify import model_path

TEXTS = ["Dnes večer bude pršet\na zítra také.", "It will rain tonight.", ""]


def test_the_score_is_a_column_and_a_rule() -> None:
    score = fasttext_score(model_path(), "cs")
    table = measure(TEXTS, "ces_Latn", extra={MODEL_SCORE: score})
    czech, english, empty = table[MODEL_SCORE].to_pylist()
    assert czech > 0.8
    assert english < 0.1
    assert 0 <= empty < 0.5
    assert table[MODEL_SCORE][0].as_py() == pytest.approx(score(TEXTS[0]))
    off = {rule.threshold: rule.off for rule in RULES}
    verdict = judge(table, "ces_Latn", {"*": {**off, "min_model_score": 0.5}})
    assert verdict.to_pylist() == [None, "model_score", "model_score"]
    assert "model_score" not in judge(table, "ces_Latn").to_pylist()


def test_a_file_or_label_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="found no file"):
        fasttext_score(tmp_path / "none.bin")
    with pytest.raises(ValueError, match="no label 'hq'; it has af, als"):
        fasttext_score(model_path())
    (tmp_path / "text.bin").write_text("no model")
    with pytest.raises(ValueError, match="wrong file format"):
        fasttext_score(tmp_path / "text.bin")

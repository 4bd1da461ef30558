"""The thresholds of the package are what its script makes of FineWeb-2's configurations."""

import os
from pathlib import Path

import pytest

from eurocorpus.filters import derive, languages, thresholds
from eurocorpus.filters.languages import FOLDER

DATA = Path(os.environ.get("EUROCORPUS_DATA", Path(__file__).parents[3] / "shared" / "data"))

CONFIG = """
dup_line_frac: 0.3
dup_n_grams: [[5, 0.17], [6, 0.16], [7, 0.15], [8, 0.14], [9, 0.12], [10, 0.11]]
language_score: 0.8
line_punct_thr: {punctuation}
max_avg_word_length: 12
max_non_alpha_words_ratio: 0.78
min_avg_word_length: 3
new_line_ratio: 0.2
stopwords: [a, "l'", 'no']
top_n_grams: [[2, {top}], [3, 0.19], [4, 0.17]]
"""


def test_values_out_of_bounds_are_clamped_and_said(tmp_path: Path) -> None:
    for code, top, punctuation in [
        ("aaa_Latn", 0.2, 0.1),
        ("bbb_Latn", 0.9, 0.0),
        ("ccc_Latn", 0.2, 0.1),
    ]:
        (tmp_path / f"{code}.yml").write_text(
            CONFIG.format(top=top, punctuation=punctuation), "utf-8"
        )
    derive.main(tmp_path, tmp_path / "out")
    text = (tmp_path / "out" / "bbb_Latn.toml").read_text("utf-8")
    assert "max_top_2_gram = 0.4  # 0.9 in the source, clamped (median 0.2)" in text
    assert "min_line_punctuation = 0.05  # 0 in the source, clamped (median 0.1)" in text
    assert 'stop_words = ["a", "l\'", "no"]' in text
    assert (
        "clamped" not in (tmp_path / "out" / "aaa_Latn.toml").read_text("utf-8").split("\n", 2)[2]
    )
    assert "max_top_2_gram = 0.2\n" in (tmp_path / "out" / "default.toml").read_text("utf-8")


def test_a_folder_without_configurations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no configuration"):
        derive.main(tmp_path, tmp_path / "out")


def test_the_packages_files_are_made_by_the_script(tmp_path: Path) -> None:
    configs = DATA / "lists" / "fineweb2" / "configs"
    if not configs.exists():
        pytest.skip("no lists/fineweb2/configs under EUROCORPUS_DATA")
    derive.main(configs, tmp_path)
    assert {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()} == {
        file.name: file.read_text("utf-8") for file in FOLDER.glob("*.toml")
    }


def test_no_language_is_far_from_the_others() -> None:
    default = thresholds("xxx_Xxxx")
    for code in languages() - {"eng_Latn"}:
        own = thresholds(code)
        for name in set(own) - {"min_stop_words"}:
            factor = 1.5 if name.endswith("word_length") else 2
            least, most = default[name] / factor, default[name] * factor
            assert least - 1e-4 <= own[name] <= most + 1e-4, (code, name)

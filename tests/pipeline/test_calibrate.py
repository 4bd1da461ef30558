"""`langid calibrate` on texts of the sample web's languages: thresholds that a run takes."""

import json
from pathlib import Path

import pytest
import yaml
from runs import eurocorpus

TEXTS = {
    "cs": "Vláda dnes schválila nový zákon o ochraně přírody a krajiny.",
    "sk": "Vláda dnes schválila nový zákon o ochrane prírody a krajiny.",
    "mt": "Il-gvern illum approva liġi ġdida dwar il-ħarsien tan-natura.",
    "hsb_Latn": "Knježerstwo je dźensa nowy zakoń wo škiće přirody schwaliło.",
}


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / f"{name}.txt").write_text(f"{text}\n" * 3, "utf-8")
    return folder


def test_thresholds_figures_and_a_page(texts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = eurocorpus(
        "langid", "calibrate", texts, "--check", texts, "--out", out, "--characters", 0, "--json"
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found == json.loads((out / "calibration.json").read_text("utf-8"))
    assert set(found["least_scores"]) == {"ces_Latn", "slk_Latn", "mlt_Latn"}
    chosen, checked = found["sets"]
    assert chosen["languages"] == checked["languages"]
    assert {row["precision"] for row in chosen["languages"]} == {1.0}
    page = (out / "index.html").read_text("utf-8")
    assert page.count("<h2") == 2
    assert "ces_Latn" in page

    settings = yaml.safe_load((out / "languages.yaml").read_text("utf-8"))
    assert settings["languages"]["min_score"] == found["least_scores"]
    plan = eurocorpus(
        "plan", "--config", out / "languages.yaml", texts / "mt.txt", "--out", tmp_path / "RUN"
    )
    assert plan.returncode in (0, 2)
    assert "languages" not in plan.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["nowhere"], "expected the folder"),
        ([".", "--engine", "nothing"], "expected a language model"),
    ],
)
def test_what_cannot_be_calibrated_is_said(options: list[str], said: str, tmp_path: Path) -> None:
    folder, *more = options
    result = eurocorpus("langid", "calibrate", tmp_path / folder, *more, "--out", tmp_path / "out")
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out").exists()


def test_no_official_language_is_no_calibration(tmp_path: Path) -> None:
    (tmp_path / "hsb_Latn.txt").write_text("Knježerstwo je dźensa\n", "utf-8")
    result = eurocorpus("langid", "calibrate", tmp_path, "--out", tmp_path / "out")
    assert result.returncode == 2
    assert "expected texts in official languages" in result.stderr

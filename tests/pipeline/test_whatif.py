"""`eurocorpus whatif` tells what `eurocorpus run` with the same setting does."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from runs import eurocorpus

SETTING = "filters.thresholds.ces_Latn.min_words=250"


def passing(run: Path) -> dict[str, int]:
    """Id and characters of what the stage `judge` kept."""
    tables = [pq.read_table(file) for file in sorted((run / "dedup" / "keys").rglob("*.parquet"))]
    return {row["id"]: row["characters"] for table in tables for row in table.to_pylist()}


def whatif(run: Path, *settings: str) -> dict[str, object]:
    arguments = [word for setting in settings for word in ("--set", setting)]
    result = eurocorpus("whatif", run, *arguments, "--json", "--samples", 5)
    assert result.returncode == 0, result.stderr
    content: dict[str, object] = json.loads(result.stdout)
    return content


def test_it_tells_what_a_run_then_does(clean_run: Path, sample: Path, tmp_path: Path) -> None:
    setting = "filters.thresholds.*.min_line_punctuation=0.9"
    said = whatif(clean_run, setting)
    run = Path(shutil.copytree(clean_run, tmp_path / "RUN"))
    assert eurocorpus("run", sample, "--out", run, "--set", setting).returncode == 0
    before, after = passing(clean_run), passing(run)
    assert said["documents"] == len(before)
    assert said["characters"] == sum(before.values())
    languages = said["languages"]
    assert isinstance(languages, dict)
    lost = {key: size for key, size in before.items() if key not in after}
    assert sum(sides["lost"]["documents"] for sides in languages.values()) == len(lost) > 0
    assert sum(sides["lost"]["characters"] for sides in languages.values()) == sum(lost.values())
    assert all(sides["gained"]["documents"] == 0 for sides in languages.values())
    samples = [row for sides in languages.values() for row in sides["lost"]["samples"]]
    assert {row["id"] for row in samples} <= lost.keys()
    assert {row["reason"] for row in samples} == {"line_punctuation"}
    assert all(row["value"] < 0.9 and row["text"] for row in samples)
    back = whatif(run, "filters.thresholds={}")
    assert isinstance(back["languages"], dict)
    assert not back["languages"]  # laid over the run's own, it changes nothing


def test_what_is_switched_off_is_gained(clean_run: Path) -> None:
    languages = whatif(clean_run, "filters.enabled=false")["languages"]
    assert isinstance(languages, dict)
    dropped = pq.read_table(clean_run / "dropped" / "judge").to_pylist()
    gained = [row for row in dropped if row["reason"] != "language_uncertain"]
    assert sum(sides["gained"]["documents"] for sides in languages.values()) == len(gained) > 0
    samples = [row for sides in languages.values() for row in sides["gained"]["samples"]]
    assert {row["id"] for row in samples} <= {row["id"] for row in gained}


def test_people_read_a_table_and_openings(clean_run: Path) -> None:
    result = eurocorpus("whatif", clean_run, "--set", SETTING)
    assert result.returncode == 0
    assert "- ces_Latn too_few_words" in result.stdout
    assert "before deduplication" in result.stdout


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("dedup.threshold=0.9", "stored signals answer for"),
        ("filters.thresholds.ces_Latn.min_word=9", "did you mean 'min_words'"),
    ],
)
def test_what_it_cannot_answer_is_refused(clean_run: Path, setting: str, message: str) -> None:
    result = eurocorpus("whatif", clean_run, "--set", setting)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    result = eurocorpus("whatif", tmp_path)
    assert result.returncode == 2
    assert "expected the folder of a run" in result.stderr

"""A quality gate: no language falls below its floor."""

import os
import sys
import tomllib
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from eurocorpus.langid.identify import DEFAULT_ENGINE

DATA = Path(os.environ.get("EUROCORPUS_DATA", Path(__file__).parents[3] / "shared" / "data"))
FLOORS = tomllib.loads(Path(__file__).with_name("floors.toml").read_text("utf-8"))


def _load() -> Any:
    """Load the benchmark, which is in no package."""
    path = Path(__file__).parents[2] / "benchmarks" / "langid.py"
    spec = spec_from_file_location("benchmark_of_langid", path)
    assert spec
    assert spec.loader
    module = sys.modules["benchmark_of_langid"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


benchmark = _load()


@pytest.mark.parametrize("unit", sorted(FLOORS))
def test_no_language_falls_below_its_floor(unit: str) -> None:
    if not (DATA / "lid" / "ud").is_dir():
        pytest.skip("no texts under EUROCORPUS_DATA/lid/ud")
    floors = FLOORS[unit]
    lines = benchmark.read(DATA / "lid" / "ud", 300)
    sets = {
        code: list(benchmark.grouped(texts, benchmark.UNITS[unit])) for code, texts in lines.items()
    }
    result = benchmark.measure(DEFAULT_ENGINE, sets)
    below = {}
    for code, (precision, recall, _) in result.by_language.items():
        for name, value in (("precision", precision), ("recall", recall)):
            floor = floors[name].get(code, floors[name]["*"])
            if value < floor:
                below[code, name] = (value, floor)
    assert below == {}, result.confusions
    others = [f1 for code, (_, _, f1) in result.by_language.items() if code != "hrv_Latn"]
    assert len(others) == 23
    assert sum(others) / 23 >= floors["macro_f1_without_croatian"]
    assert result.false_positives <= floors["false_positives"]


def test_scores_of_the_benchmark() -> None:
    gold = ["ces_Latn", "ces_Latn", "slk_Latn", "nob_Latn", "nob_Latn"]
    result = benchmark.score(gold, ["ces_Latn", "slk_Latn", "slk_Latn", "dan_Latn", "nob_Latn"])
    assert result.by_language["ces_Latn"] == (1.0, 0.5, pytest.approx(2 / 3))
    assert result.by_language["slk_Latn"] == (0.5, 1.0, pytest.approx(2 / 3))
    assert result.macro_f1 == pytest.approx(2 / 3)
    assert result.false_positives == 0.5
    assert result.confusions == [("ces_Latn", "slk_Latn", 1), ("nob_Latn", "dan_Latn", 1)]


def test_lines_are_joined_in_their_order() -> None:
    lines = ["a" * 30, "b" * 30, "c" * 30, "d"]
    assert list(benchmark.grouped(lines, 50)) == [f"{'a' * 30} {'b' * 30}"]
    assert list(benchmark.grouped(lines, 0)) == lines[:3]
    assert benchmark.language_of("sr-Latn") == "srp_Latn"
    assert benchmark.language_of("mlt_Latn") == "mlt_Latn"


def test_calibration() -> None:
    gold = ["ces_Latn", "ces_Latn", "slk_Latn", "nob_Latn"]
    found = ["ces_Latn", "ces_Latn", "ces_Latn", "hbs_Latn"]
    scores = pa.array([0.96, 0.94, 0.55, 1.0], pa.float32())
    errors, bins = benchmark.calibration(gold, pa.table({"language": found, "score": scores}))
    assert bins == [(0.55, 0.0, 1), (pytest.approx(0.95), 1.0, 2)]
    assert errors == {"*": pytest.approx(0.65 / 3), "ces_Latn": pytest.approx(0.65 / 3)}

"""The filter benchmark reads every kind of texts, and both of its sides judge alike."""

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eurocorpus.pipeline.demo import pages


def _load() -> Any:
    """Load the script, which is in no package."""
    path = Path(__file__).parents[2] / "benchmarks" / "filters.py"
    spec = spec_from_file_location("benchmark_of_filters", path)
    assert spec
    assert spec.loader
    module = sys.modules["benchmark_of_filters"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


filters = _load()


def test_texts_are_read_from_files_of_every_kind(sample: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        json.dumps({"text": "Ahoj.", "language": "ces_Latn"}) + '\n{"text": "?"}\n', "utf-8"
    )
    (tmp_path / "fra_Latn").mkdir()
    (tmp_path / "fra_Latn" / "1.txt").write_text("Bonjour.", "utf-8")
    (tmp_path / "deu_Latn-1.txt").write_text("Guten Tag.", "utf-8")
    pq.write_table(pa.table({"text": ["Hei."], "language": ["fin_Latn"]}), tmp_path / "b.parquet")
    assert sorted(filters.read(tmp_path)) == [
        ("ces_Latn", "Ahoj."),
        ("deu_Latn", "Guten Tag."),
        ("fin_Latn", "Hei."),
        ("fra_Latn", "Bonjour."),
        ("und", "?"),
    ]
    assert {"ces_Latn", "mlt_Latn", "ell_Grek"} <= {code for code, _ in filters.read(sample)}


def test_both_sides_judge_alike(capsys: pytest.CaptureFixture[str]) -> None:
    texts = [(page.language, page.gold) for page in pages() if page.gold and page.language]
    texts = [row for row in texts if row[0] != "ell_Grek"]
    filters.compare(texts, "whitespace", 1)
    assert "100.00% kept or dropped by both" in capsys.readouterr().out

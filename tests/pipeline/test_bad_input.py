"""Broken files end in a result and a report, and never take good ones along."""

import os
import shutil
from pathlib import Path

import pytest
from runs import eurocorpus, summary

DATA = Path(os.environ.get("EUROCORPUS_DATA", Path(__file__).parents[3] / "shared" / "data"))
FAST = ["--set", "extract.engine=resiliparse", "--workers", 2]


@pytest.fixture
def inputs(sample: Path, tmp_path: Path) -> Path:
    """One good file, and four that are none or broken."""
    folder = tmp_path / "in"
    good = min(sample.glob("*.warc.gz"))
    folder.mkdir()
    shutil.copy(good, folder / "good.warc.gz")
    (folder / "cut.warc.gz").write_bytes(good.read_bytes()[:-20_000])
    (folder / "empty.warc.gz").touch()
    (folder / "page.warc.gz").write_bytes(b"<html><body>404 from a proxy</body></html>")
    (folder / "prompts.jsonl").write_text('{"prompt": "no text here"}\n')
    return folder


def test_good_files_are_kept_and_bad_ones_reported(inputs: Path, tmp_path: Path) -> None:
    alone = eurocorpus("run", inputs / "good.warc.gz", "--out", tmp_path / "ALONE", *FAST)
    both = eurocorpus("run", inputs, "--out", tmp_path / "BOTH", *FAST)
    assert (alone.returncode, both.returncode) == (0, 0), both.stderr
    expected, found = summary(tmp_path / "ALONE"), summary(tmp_path / "BOTH")
    assert {code for code, row in expected["languages"].items() if row["documents"]} <= {
        code for code, row in found["languages"].items() if row["documents"]
    }
    assert found["documents"] >= expected["documents"]
    reported = {damage["input"] for damage in found["inputs"]["damage"]}
    assert {"empty.warc.gz", "page.warc.gz", "prompts.jsonl"} <= reported
    assert found["dropped"].get("truncated_record", 0) + ("cut.warc.gz" in reported) >= 1
    assert "Traceback" not in both.stderr + both.stdout
    assert "Not readable: prompts.jsonl" in both.stdout


@pytest.mark.parametrize("folder", ["malformed", "fixtures"])
def test_files_that_others_broke(folder: str, tmp_path: Path) -> None:
    source = DATA / "warc" / folder
    if not source.exists():
        pytest.skip(f"no warc/{folder} under EUROCORPUS_DATA")
    result = eurocorpus("run", source, "--out", tmp_path / "RUN", *FAST)
    assert result.returncode == 0, result.stderr
    figures = summary(tmp_path / "RUN")
    assert figures["balanced"] is True
    records = figures["inputs"]["records"]
    documents = sum(
        records.get(kind, 0)
        for kind in ("response", "resource", "conversion", "revisit", "untyped")
    )
    assert documents == figures["documents_in"]

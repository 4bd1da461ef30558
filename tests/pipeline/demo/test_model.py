"""The demo's end."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from eurocorpus.pipeline.commands import pretrain
from eurocorpus.pipeline.demo.model import teach
from eurocorpus.pipeline.errors import UsageError


def test_a_model_is_taught_on_the_corpus(clean_run: Path, tmp_path: Path) -> None:
    shutil.copytree(clean_run, tmp_path / "run")
    taught = teach(tmp_path / "run", lambda line: None, steps=10)
    assert 1_000_000 < taught.parameters < 1_500_000
    assert taught.last < taught.first
    assert len(taught.curve) == 10
    assert any(sample.startswith("The") for sample in taught.samples)
    assert (taught.folder / "loss.svg").exists()


def test_without_torch_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert pretrain.missing_for_training() == ["torch", "safetensors", "tokenizers"]
    with pytest.raises(UsageError, match=r"pip install 'eurocorpus\[train\]'"):
        pretrain.require_torch()


def test_the_command_line_starts_without_torch() -> None:
    code = "import sys; from eurocorpus.pipeline import cli; print('torch' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "False\n"

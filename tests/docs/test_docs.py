"""The documentation's commands and sessions are run as they are printed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from eurocorpus.pipeline.load import valid_keys

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def run_block(kind: str, code: str, folder: Path) -> None:
    """Run one fenced block; `eurocorpus` is the one of this environment."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {
        "PATH": path, "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1",
    }  # fmt: skip
    program = ["bash", "-euo", "pipefail", "-c"] if kind == "bash" else [sys.executable, "-c"]
    result = subprocess.run(
        [*program, code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{code}\n{result.stdout}\n{result.stderr}"


def test_the_tutorial_runs_from_top_to_bottom(sample: Path, tmp_path: Path) -> None:
    """The sample web stands in for the file of Common Crawl."""
    joined = b"".join(file.read_bytes() for file in sorted(sample.glob("*.warc.gz")))
    (tmp_path / "crawl.warc.gz").write_bytes(joined)
    blocks = BLOCK.findall((DOCS / "tutorial.md").read_text("utf-8"))
    assert len(blocks) >= 7
    for kind, code in blocks:
        run_block(kind, code, tmp_path)


def test_the_session_of_the_readme_runs(tmp_path: Path) -> None:
    blocks = BLOCK.findall((DOCS.parent / "README.md").read_text("utf-8"))
    assert [kind for kind, _ in blocks] == ["python"]
    run_block("python", blocks[0][1], tmp_path)


@pytest.mark.parametrize("page", ["pii.md", "urls.md", "lines.md", "contamination.md"])
def test_the_sessions_of_the_reference_run(page: str, tmp_path: Path) -> None:
    blocks = BLOCK.findall((DOCS / "reference" / page).read_text("utf-8"))
    assert blocks
    for kind, code in blocks:
        run_block(kind, code, tmp_path)


def test_every_key_is_in_the_reference() -> None:
    reference = (DOCS / "reference" / "configuration.md").read_text("utf-8")
    missing = [key for key in valid_keys() if f"`{key}`" not in reference]
    assert missing == []


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target

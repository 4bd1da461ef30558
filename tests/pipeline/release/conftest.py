"""A release of the clean run, as a user makes it, and copies of it."""

import shutil
from pathlib import Path

import pytest
from runs import eurocorpus

FLAGS = ("--date", "2026-11-24", "--name", "Sample web", "--licence", "https://creativecommons.org/publicdomain/zero/1.0/",
         "--url", "https://corpus.example/", "--contact", "takedown@corpus.example",
         "--creator", "Example Institute", "--crawler", "ExampleBot")  # fmt: skip


@pytest.fixture(scope="session")
def flags() -> tuple[str, ...]:
    return FLAGS


@pytest.fixture(scope="session")
def release(clean_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release") / "sample"
    result = eurocorpus("release", clean_run, "--out", folder, *FLAGS)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.fixture
def copy(release: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(release, tmp_path / "copy"))

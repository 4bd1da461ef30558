"""A captured sample web, and runs over it as a user starts them."""

from pathlib import Path

import pytest
from hypothesis import settings
from runs import eurocorpus

from eurocorpus.pipeline.demo import capture

# A commit's tests have one outcome; `--hypothesis-profile=explore` looks for new failures.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2000, deadline=None)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the WARC files of the sample web."""
    folder = tmp_path_factory.mktemp("sample")
    capture(folder)
    return folder


@pytest.fixture(scope="session")
def clean_run(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over the sample, never interrupted, with one worker."""
    folder = tmp_path_factory.mktemp("clean") / "RUN"
    result = eurocorpus("run", sample, "--out", folder, "--workers", 1)
    assert result.returncode == 0, result.stderr
    return folder

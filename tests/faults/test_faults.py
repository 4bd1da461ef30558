"""A short campaign; `python tests/faults/campaign.py` does long ones."""

from pathlib import Path

import pytest
from faults.campaign import Fault, Ground, input_truncated, play, prepare, worker_killed


@pytest.fixture(scope="module")
def ground(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    inputs = tmp_path_factory.mktemp("inputs")
    smallest = min(sample.glob("*.warc.gz"), key=lambda file: file.stat().st_size)
    (inputs / smallest.name).write_bytes(smallest.read_bytes())
    return prepare(tmp_path_factory.mktemp("faults") / "ground", inputs, seed=1)


@pytest.mark.parametrize("fault", [worker_killed, input_truncated])
def test_a_run_survives(fault: Fault, ground: Ground) -> None:
    episode = play(ground, fault)
    assert episode.problems == [], episode.said

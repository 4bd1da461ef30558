"""A run that is killed again and again ends with the same bytes as one that never was."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from runs import command, corpus, eurocorpus, processes_of, summary


def start(sample: Path, run: Path, marker: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start a run whose processes can be told by a marker in their environment."""
    return subprocess.Popen(
        command("run", sample, "--out", run, "--workers", 2, *arguments),
        env=os.environ | {"EUROCORPUS_TEST_RUN": marker},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def assert_nothing_is_left(marker: str) -> None:
    deadline = time.monotonic() + 30
    while left := processes_of(f"EUROCORPUS_TEST_RUN={marker}"):
        assert time.monotonic() < deadline, [
            Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left
        ]
        time.sleep(0.1)


def finish(sample: Path, run: Path, clean_run: Path, *arguments: str) -> None:
    result = eurocorpus("run", sample, "--out", run, "--workers", 2, *arguments)
    assert result.returncode == 0, result.stderr
    assert corpus(run) == corpus(clean_run)
    assert summary(run) == summary(clean_run)
    assert not (run / "tmp").exists()


def test_driver_killed_at_ten_points(sample: Path, clean_run: Path, tmp_path: Path) -> None:
    """The points are spread over the run: later ones begin where the last one left off."""
    run, marker = tmp_path / "RUN", f"driver-{os.getpid()}"
    chance = random.Random(1)
    for _ in range(10):
        process = start(sample, run, marker)
        time.sleep(chance.uniform(0.3, 4.0))
        process.kill()
        process.communicate()
        assert_nothing_is_left(marker)
    finish(sample, run, clean_run)


def test_workers_killed_at_ten_points(sample: Path, clean_run: Path, tmp_path: Path) -> None:
    """A worker's death is the engine's to repair: the run goes on, and ends well."""
    run, marker = tmp_path / "RUN", f"worker-{os.getpid()}"
    chance = random.Random(2)
    process = start(sample, run, marker, "--set", "engine.retries=20")
    kills = 0
    while process.poll() is None and kills < 10:
        time.sleep(chance.uniform(0.2, 0.8))
        workers = [
            pid for pid in processes_of(f"EUROCORPUS_TEST_RUN={marker}") if pid != process.pid
        ]
        if workers:
            try:
                os.kill(chance.choice(workers), signal.SIGKILL)
                kills += 1
            except ProcessLookupError:
                pass
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert kills >= 5
    assert_nothing_is_left(marker)
    finish(sample, run, clean_run)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_ends_the_run_in_order(
    sample: Path, clean_run: Path, tmp_path: Path, number: signal.Signals
) -> None:
    run, marker = tmp_path / "RUN", f"{number.name}-{os.getpid()}"
    process = start(sample, run, marker)
    while not list((run / "progress").rglob("*.json")):
        time.sleep(0.05)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "Traceback" not in errors
    assert "type the same command to go on" in errors
    assert_nothing_is_left(marker)
    finish(sample, run, clean_run)


def test_ray_driver_killed(sample: Path, clean_run: Path, tmp_path: Path) -> None:
    """Three points, since a Ray cluster takes some seconds to start; its processes go as well."""
    run, marker = tmp_path / "RUN", f"ray-{os.getpid()}"
    chance = random.Random(3)
    for _ in range(3):
        process = start(sample, run, marker, "--engine", "ray")
        time.sleep(chance.uniform(4.0, 12.0))
        process.kill()
        process.communicate()
        assert_nothing_is_left(marker)
    finish(sample, run, clean_run, "--engine", "ray")

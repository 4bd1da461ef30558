"""A run that is killed or signalled again and again ends with the bytes of one that never was.

Workers that are killed are in `tests/faults`.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from runs import command, corpus, eurocorpus, processes_of, summary

KILLS = {"local": (1, 2, 4, 6, 9, 14, 20, 28, 36, 46, 54), "ray": (1,)}
"""Ledger entries, of 56 or so, at which a driver is killed."""
SECONDS = 300
"""Longer than anything here takes, however busy the machine."""


def start(sample: Path, run: Path, marker: str, *arguments: str) -> "subprocess.Popen[str]":
    """Start a run whose processes can be told by a marker in their environment."""
    return subprocess.Popen(
        command("run", sample, "--out", run, "--workers", 2, *arguments),
        env=os.environ | {"EUROCORPUS_TEST_RUN": marker},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def await_(process: "subprocess.Popen[str]", what: Callable[[], object]) -> None:
    """Wait for something, or for the end of the run."""
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def has_files(folder: Path, count: int = 1) -> bool:
    return sum(1 for _ in folder.rglob("*.json")) >= count


def assert_nothing_is_left(marker: str) -> None:
    deadline = time.monotonic() + SECONDS
    while left := processes_of(f"EUROCORPUS_TEST_RUN={marker}"):
        assert time.monotonic() < deadline, [
            Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left
        ]
        time.sleep(0.1)


def finish(sample: Path, run: Path, clean_run: Path) -> None:
    result = eurocorpus("run", sample, "--out", run, "--workers", 2)
    assert result.returncode == 0, result.stderr
    assert corpus(run) == corpus(clean_run)
    assert summary(run) == summary(clean_run)
    assert not (run / "tmp").exists()


@pytest.mark.parametrize("engine", list(KILLS))
def test_driver_killed(sample: Path, clean_run: Path, tmp_path: Path, engine: str) -> None:
    """As soon as so much is committed; each run begins where the last one left off."""
    run, marker = tmp_path / "RUN", f"driver-{engine}-{os.getpid()}"
    for count in KILLS[engine]:
        process = start(sample, run, marker, "--engine", engine)
        await_(process, partial(has_files, run / "ledger", count))
        process.kill()
        process.communicate()
        assert process.returncode in {0, -signal.SIGKILL}  # it may have come to its end
        assert_nothing_is_left(marker)
    finish(sample, run, clean_run)


def test_signals_end_the_run_in_order(sample: Path, clean_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "RUN"
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        marker = f"{number.name}-{os.getpid()}"
        for folder in ("ledger", "progress"):  # all is done again, so that there is work for each
            shutil.rmtree(run / folder, ignore_errors=True)
        process = start(sample, run, marker)
        await_(process, partial(has_files, run / "progress"))
        process.send_signal(number)
        _, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 128 + number, errors
        assert "Traceback" not in errors
        assert "type the same command to go on" in errors
        assert_nothing_is_left(marker)
    finish(sample, run, clean_run)

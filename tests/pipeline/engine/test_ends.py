"""However a driver ends, it ends soon and no process is left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

HERE = Path(__file__).parent
Process = tuple[int, int]  # its id and when it started, for ids are used again

SECONDS = 100.0
"""Much longer than anything here takes, and much shorter than a unit that is to be killed."""
KINDS = [("local", 1), ("local", 2), ("ray", 2)]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a driver, and wait until it has done a unit."""
    drivers = []

    def start(
        kind: str, workers: int, *, units: int = 2000, seconds: float = 0.2
    ) -> "subprocess.Popen[str]":
        driver = subprocess.Popen(
            [sys.executable, HERE / "engine_driver.py", kind, str(workers), tmp_path,
             str(units), str(seconds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        drivers.append(driver)
        assert driver.stdout
        assert driver.stdout.readline() == "open\n"
        assert driver.stdout.readline() == "done\n"
        return driver

    yield start
    for driver in drivers:
        driver.kill()
        driver.communicate()


def processes() -> dict[Process, int]:
    """All processes that are not zombies, and the parent of each."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                stat = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
                if stat[0] not in "ZX":
                    found[int(entry.name), int(stat[19])] = int(stat[1])
    return found


def descendants(pid: int) -> set[Process]:
    parents = processes()
    found: set[Process] = set()
    members = {pid}
    while new := {process for process, parent in parents.items() if parent in members} - found:
        found |= new
        members |= {process[0] for process in new}
    return found


def still_there(gone: set[Process]) -> set[Process]:
    """Wait until processes are gone; return those that are not."""
    until = time.monotonic() + SECONDS
    while (left := gone & processes().keys()) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def clusters() -> set[str]:
    return {entry for entry in os.listdir("/tmp") if entry.startswith("ec-")}  # noqa: PTH208


def command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    return ""


def files(pid: int) -> list[str]:
    """What a process has open."""
    with suppress(OSError):
        return [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    return []


@pytest.mark.parametrize(
    ("kind", "workers", "number"),
    [("local", 1, signal.SIGUSR1), ("local", 2, signal.SIGINT), ("ray", 2, signal.SIGTERM)],
)
def test_a_signal_drains(
    kind: str, workers: int, number: int, start: Start, tmp_path: Path
) -> None:
    driver = start(kind, workers)
    family, folders = descendants(driver.pid), clusters()
    driver.send_signal(number)
    output, errors = driver.communicate(timeout=SECONDS)
    assert driver.returncode == 128 + number
    assert "type the same command to go on from there" in errors
    assert "cancelled" in output
    assert not still_there(family)
    assert kind == "local" or folders - clusters()
    assert not list(tmp_path.glob("*.tmp"))  # those at work came to their end


@pytest.mark.parametrize(("kind", "workers"), KINDS[:2])
def test_units_that_do_not_end_in_time_are_killed(
    kind: str, workers: int, start: Start, tmp_path: Path
) -> None:
    driver = start_slow(kind, workers, tmp_path)
    family = descendants(driver.pid)
    driver.send_signal(signal.SIGTERM)
    driver.communicate(timeout=SECONDS)
    assert driver.returncode == 128 + signal.SIGTERM
    assert not still_there(family)


def start_slow(kind: str, workers: int, folder: Path) -> "subprocess.Popen[str]":
    driver = subprocess.Popen(
        [sys.executable, HERE / "engine_driver.py", kind, str(workers), folder, "5", "600"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (folder / "000.attempts").exists():
        time.sleep(0.02)
    return driver


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    driver = start_slow("local", 2, tmp_path)
    family = descendants(driver.pid)
    driver.send_signal(signal.SIGINT)
    time.sleep(0.1)
    driver.send_signal(signal.SIGINT)
    driver.communicate(timeout=SECONDS)
    assert driver.returncode == 128 + signal.SIGINT
    assert not still_there(family)


@pytest.mark.parametrize(("kind", "workers"), KINDS)
def test_a_killed_driver_leaves_nothing(
    kind: str, workers: int, start: Start, tmp_path: Path
) -> None:
    driver = start(kind, workers)
    family, folders = descendants(driver.pid), clusters()
    driver.kill()
    driver.communicate()
    assert not still_there(family)
    assert kind == "local" or folders - clusters()
    done = {path.name for path in tmp_path.iterdir() if not path.suffix}
    assert done
    again = subprocess.run(
        [sys.executable, HERE / "engine_driver.py", "local", "2", tmp_path, "20", "0"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert again.stdout.endswith("ray not imported\n")


@pytest.mark.parametrize("victim", ["gcs_server", "cluster:supervise"])
def test_a_run_whose_cluster_dies_ends_with_an_error(victim: str, start: Start) -> None:
    driver = start("ray", 2)
    family, folders = descendants(driver.pid), clusters()
    assert_hidden(family)
    os.kill(next(pid for pid, _ in family if victim in command(pid)), signal.SIGKILL)
    _, errors = driver.communicate(timeout=SECONDS)
    assert driver.returncode == 75  # a job may be queued again
    assert "cannot use the Ray cluster on this machine" in errors
    assert not still_there(family)
    assert folders - clusters()


def assert_hidden(family: set[Process]) -> None:
    """A cluster of our own listens on loopback alone, and nobody else may read its token."""
    inodes = {
        file.removeprefix("socket:[").removesuffix("]") for pid, _ in family for file in files(pid)
    }
    listening = [
        columns[1].split(":")[0]
        for table in ("tcp", "tcp6")
        for columns in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        if columns[3] == "0A" and columns[9] in inodes
    ]
    assert listening
    assert all(address.endswith("0100007F") for address in listening)
    for folder in clusters():
        assert Path("/tmp", folder).stat().st_mode & 0o777 == 0o700
        assert Path("/tmp", folder, "token").stat().st_mode & 0o777 == 0o600

"""A campaign of faults: run, break something, look at how it ends; run again, look at the corpus.

After each fault the run must end in bounded time, well or with a sentence; the run after it must end
well, with the bytes of a run that nothing happened to and a ledger that balances.

    python tests/faults/campaign.py FOLDER --inputs WARCS --faults 200 --report faults.json
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from runs import command, corpus, processes_of, summary

SECONDS = 900.0
"""Longest that a run may take to end after its fault, on a machine that is busy with other things."""
CLEAR = {0, 1, 2, 75}
"""Statuses that a run ends with by itself; after a signal it is 128 and the signal's number."""
CLOCK = Path(__file__).with_name("clock")
RAY = ("--engine", "ray")


@dataclass
class Ground:
    """Where a campaign takes place: a small input, the bytes that must come out, and chance."""

    folder: Path
    inputs: Path
    clean: Path
    chance: random.Random
    run: Path = field(init=False)

    def __post_init__(self) -> None:
        self.run = self.folder / "RUN"

    def begin(self) -> None:
        """Leave of an earlier run some of it, so that a run has something to do and not all."""
        for entry in sorted((self.run / "ledger").rglob("*.json")):
            if self.chance.random() < 0.6:
                entry.unlink()

    def missing(self) -> list[Path]:
        """What a run has yet to commit."""
        entries = sorted((self.clean / "ledger").rglob("*.json"))
        places = [self.run / entry.relative_to(self.clean) for entry in entries]
        return [place for place in places if not place.exists()]


@dataclass
class Episode:
    """A run with its faults; only those count that hit it."""

    kind: str
    faults: int = 0
    status: int | None = None
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    said: str = ""


class Run:
    """A run that is to be broken, told by a marker in its environment."""

    def __init__(self, ground: Ground, *arguments: object, **environment: str) -> None:
        self.marker = f"EUROCORPUS_FAULTS={os.getpid()}-{time.monotonic_ns()}"
        self._ground = ground
        variables = dict([self.marker.split("=")]) | environment
        words = command("run", ground.inputs, "--out", ground.run, "--set", "engine.retries=9",
                        "--set", "languages.wanted=[ces_Latn,deu_Latn,ell_Grek]", *arguments)  # fmt: skip
        with (ground.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                words, env=os.environ | variables, stdout=subprocess.DEVNULL, stderr=log
            )

    def sleep(self, least: float, most: float) -> bool:
        """Let it go on for a while; False when it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(self._ground.chance.uniform(least, most))
        return self.process.poll() is None

    def reach(self) -> bool:
        """Let it go on until it is starting, or has committed some unit; False when it has ended."""
        missing = self._ground.missing()
        if not missing or self._ground.chance.random() < 0.3:
            return self.sleep(0.2, 4.0)
        place = self._ground.chance.choice(missing)
        while self.process.poll() is None and not place.exists():
            time.sleep(0.01)
        return self.sleep(0.0, 0.5)

    def strike(self, number: int = signal.SIGKILL) -> bool:
        """Send a signal to one of the processes that it has started; whether that was done."""
        others = [pid for pid in processes_of(self.marker) if pid != self.process.pid]
        return bool(others) and self.kill(self._ground.chance.choice(others), number)

    def kill(self, pid: int, number: int = signal.SIGKILL) -> bool:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def wait(self) -> int | None:
        """Wait for the end; None if it does not come in time."""
        try:
            return self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def said(self) -> str:
        """What it wrote, once it has ended."""
        return (self._ground.folder / "log").read_text("utf-8", "replace")

    def leftovers(self) -> list[str]:
        """Processes that are still there some time after the end."""
        deadline = time.monotonic() + 60
        while (left := processes_of(self.marker)) and time.monotonic() < deadline:
            time.sleep(0.1)
        names = []
        for pid in left:
            with suppress(OSError):
                names.append(Path(f"/proc/{pid}/cmdline").read_bytes()[:80].decode())
                os.kill(pid, signal.SIGKILL)
        return names


Broken = tuple[Run, int | None, set[int]]
"""A run that had its faults, how it ended, and how it may."""
Fault = Callable[[Ground, Episode], Broken]


def _strike_often(
    ground: Ground, episode: Episode, number: int, times: int, *arguments: object
) -> Broken:
    """Send a signal to any of a run's processes but the driver, so many times while it goes."""
    run = Run(ground, "--workers", 2, *arguments)
    going = run.reach()
    while going and episode.faults < times:
        episode.faults += run.strike(number)
        going = run.sleep(0.1, 1.0)
    return run, run.wait(), CLEAR


def worker_killed(ground: Ground, episode: Episode) -> Broken:
    """Kill workers, extractors and whatever else the run has started."""
    return _strike_often(ground, episode, signal.SIGKILL, 6)


def extractor_crashed(ground: Ground, episode: Episode) -> Broken:
    """A segmentation fault in a worker, or in a process below one."""
    return _strike_often(ground, episode, signal.SIGSEGV, 4)


def worker_stopped(ground: Ground, episode: Episode) -> Broken:
    """Stop a worker for good, as one that hangs; the deadline of a unit must end it."""
    return _strike_often(ground, episode, signal.SIGSTOP, 1, "--set", "engine.unit_seconds=20")


def ray_killed(ground: Ground, episode: Episode) -> Broken:
    """Kill any process of a Ray cluster of the run's own: raylet, head, agent, worker, bridge."""
    return _strike_often(ground, episode, signal.SIGKILL, 1, *RAY)


def _end_often(
    ground: Ground, episode: Episode, numbers: list[int], times: int, *arguments: object
) -> Broken:
    """Send a signal to the driver, and go on from there, so many times."""
    for _ in range(times):
        number = ground.chance.choice(numbers)
        run = Run(ground, "--workers", ground.chance.choice((1, 2)), *arguments)
        if run.reach():
            episode.faults += run.kill(run.process.pid, number)
        status = run.wait()
        episode.problems += run.leftovers()
        # before the run has begun, Python's own answer to a signal is that of the process
        if status not in (expected := {0, -number, 128 + number}):
            episode.problems.append(f"after signal {number} it ended with status {status}")
    return run, status, expected


def driver_killed(ground: Ground, episode: Episode) -> Broken:
    return _end_often(ground, episode, [signal.SIGKILL], 3)


def driver_signalled(ground: Ground, episode: Episode) -> Broken:
    return _end_often(ground, episode, [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT], 3)


def ray_driver_killed(ground: Ground, episode: Episode) -> Broken:
    return _end_often(ground, episode, [signal.SIGKILL], 1, *RAY)


def _spoil_inputs(ground: Ground, episode: Episode, spoil: Callable[[Path], object]) -> Broken:
    """Spoil the inputs one after the other while the run goes, and mend them once it has ended."""
    files = sorted(ground.inputs.iterdir())
    kept = [(file, file.read_bytes(), file.stat()) for file in files]
    run = Run(ground, "--workers", ground.chance.choice((1, 2)))
    for file in ground.chance.sample(files, len(files)):
        if run.sleep(0.1, 3.0):
            spoil(file)
            episode.faults += 1
    status = run.wait()
    for file, whole, times in kept:
        file.write_bytes(whole)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    return run, status, CLEAR


def input_vanished(ground: Ground, episode: Episode) -> Broken:
    return _spoil_inputs(ground, episode, Path.unlink)


def input_truncated(ground: Ground, episode: Episode) -> Broken:
    share = ground.chance.random()
    return _spoil_inputs(
        ground, episode, lambda file: os.truncate(file, int(file.stat().st_size * share))
    )


def input_changed(ground: Ground, episode: Episode) -> Broken:
    def change(file: Path) -> None:
        with file.open("r+b") as opened:
            for _ in range(20):
                opened.seek(ground.chance.randrange(file.stat().st_size))
                opened.write(ground.chance.randbytes(8))

    return _spoil_inputs(ground, episode, change)


def disk_full(ground: Ground, episode: Episode) -> Broken:
    """Room for a part of what a run writes."""
    size = sum(-(-file.stat().st_size // 4096) for file in ground.clean.rglob("*"))
    return _on_small_disk(
        ground, episode, f"size={int(size * ground.chance.uniform(0.02, 0.7)) * 4}k"
    )


def no_more_files(ground: Ground, episode: Episode) -> Broken:
    """Room for some of the files and folders of a run."""
    files = sum(1 for _ in ground.clean.rglob("*"))
    return _on_small_disk(ground, episode, f"nr_inodes={ground.chance.randrange(3, files)}")


def _on_small_disk(ground: Ground, episode: Episode, options: str) -> Broken:
    with _disk(ground, options):
        run = Run(ground, "--workers", ground.chance.choice((1, 2)))
        status = run.wait()
        episode.faults += status != 0  # else it had room enough
    return run, status, CLEAR


def read_only(ground: Ground, episode: Episode) -> Broken:
    """The file system turns read-only, as one does after an error."""
    with _disk(ground, "size=100m") as place:
        run = Run(ground, "--workers", ground.chance.choice((1, 2)))
        turn = ["mount", "-o", "remount,ro", str(place)]
        going = run.reach()
        # busy where a file is open for writing; then it is tried again
        while going and subprocess.run(turn, capture_output=True, check=False).returncode:
            going = run.sleep(0.01, 0.05)
        episode.faults += going
        status = run.wait()
        subprocess.run(["mount", "-o", "remount,rw", place], check=True)
    return run, status, CLEAR


@contextmanager
def _disk(ground: Ground, options: str) -> Iterator[Path]:
    """Have a run begin on an empty file system of its own; afterwards leave what it wrote, without that."""
    shutil.rmtree(ground.run, ignore_errors=True)
    ground.run.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", ground.run], check=True)
    left = ground.folder / "left"
    try:
        yield ground.run
    finally:
        shutil.copytree(ground.run, left)
        subprocess.run(["umount", "-l", ground.run], check=True)
        shutil.rmtree(ground.run)
        left.rename(ground.run)


def clock_jumped(ground: Ground, episode: Episode) -> Broken:
    """In every process of the run, from an age of its own on."""
    jump = ground.chance.choice((-1, 1)) * ground.chance.choice((60, 3600, 86400 * 400))
    path = os.pathsep.join([str(CLOCK), os.environ.get("PYTHONPATH", "")])
    run = Run(ground, "--workers", 2, PYTHONPATH=path, EUROCORPUS_CLOCK_JUMP=str(jump),
              EUROCORPUS_CLOCK_AFTER=str(ground.chance.uniform(0, 3)))  # fmt: skip
    episode.faults += 1
    return run, run.wait(), {0}


def too_little_memory(ground: Ground, episode: Episode) -> Broken:
    memory = ground.chance.choice((20, 40, 80, 150))
    run = Run(ground, "--workers", 2, "--set", f"engine.memory={memory}MiB")
    status = run.wait()
    episode.faults += status != 0  # else it was enough
    return run, status, CLEAR


def output_damaged(ground: Ground, episode: Episode) -> Broken:
    """Committed files are truncated or gone while another run goes on."""
    run = Run(ground, "--workers", 2)
    if run.reach():
        files = [f for f in sorted(ground.run.rglob("*.parquet")) if "tmp" not in f.parts]
        for file in ground.chance.sample(files, min(4, len(files))):
            with suppress(OSError):
                file.unlink() if ground.chance.random() < 0.5 else os.truncate(file, 10)
                episode.faults += 1
    return run, run.wait(), CLEAR


FAULTS: list[Fault] = [
    worker_killed, extractor_crashed, worker_stopped, driver_killed, driver_signalled, ray_killed,
    ray_driver_killed, input_vanished, input_truncated, input_changed, disk_full, no_more_files,
    read_only, clock_jumped, too_little_memory, output_damaged,
]  # fmt: skip
MOUNTING = [disk_full, no_more_files, read_only]
"""File systems are mounted by root alone."""


def play(ground: Ground, fault: Fault) -> Episode:
    """Do one episode: break a run, then run to the end and compare."""
    ground.begin()
    episode = Episode(fault.__name__)
    began = time.monotonic()
    run, episode.status, expected = fault(ground, episode)
    episode.seconds = time.monotonic() - began
    said = run.said()
    episode.said = said[-1500:]
    if episode.status is None:
        episode.problems.append(f"it did not end in {SECONDS:g} s")
    elif episode.status not in expected:
        episode.problems.append(f"it ended with status {episode.status}")
    if "Traceback" in said:
        episode.problems.append("it printed a traceback")
    if left := run.leftovers():
        episode.problems.append(f"it left processes: {left}")
    episode.problems += _go_on(ground)
    if episode.problems:  # so that the next fault does not suffer from this one
        shutil.rmtree(ground.run, ignore_errors=True)
    return episode


def _go_on(ground: Ground) -> list[str]:
    run = Run(ground, "--workers", 1)
    status = run.wait()
    said = run.said()
    if status != 0:
        return [f"the next run ended with status {status}: {said[-1500:]}"]
    problems = []
    if corpus(ground.run) != corpus(ground.clean):
        problems.append("the next run's shards differ")
    if summary(ground.run) != summary(ground.clean):
        problems.append("the next run's figures differ")
    return problems + [f"{name} is left" for name in ("tmp",) if (ground.run / name).exists()]


def prepare(folder: Path, inputs: Path, seed: int) -> Ground:
    """Copy the inputs, so that they can be broken, and run once undisturbed."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(inputs, folder / "inputs")
    ground = Ground(folder, folder / "inputs", folder / "CLEAN", random.Random(seed))
    run = Run(ground, "--workers", 1)
    assert run.wait() == 0, run.said()
    shutil.copytree(ground.run, ground.clean)
    return ground


def report(episodes: list[Episode]) -> dict[str, Any]:
    """Count faults by kind, and how the runs with them ended."""
    kinds: dict[str, Any] = {}
    for fault in FAULTS:
        some = [episode for episode in episodes if episode.kind == fault.__name__]
        kinds[fault.__name__] = {
            "episodes": len(some),
            "faults": sum(episode.faults for episode in some),
            "statuses": dict(sorted(Counter(str(episode.status) for episode in some).items())),
            "longest_seconds": round(max((e.seconds for e in some), default=0.0), 1),
            "problems": [problem for episode in some for problem in episode.problems],
        }
    return {"faults": sum(k["faults"] for k in kinds.values()), "kinds": kinds}


def table(kinds: dict[str, Any]) -> Iterator[str]:
    """Put a report as rows of Markdown."""
    yield "| fault | episodes | faults | ended with | longest | went wrong |"
    yield "|---|--:|--:|---|--:|--:|"
    for name, kind in kinds.items():
        ended = ", ".join(f"{status}: {number}" for status, number in kind["statuses"].items())
        yield (f"| {name.replace('_', ' ')} | {kind['episodes']} | {kind['faults']} | {ended} "
               f"| {kind['longest_seconds']:.0f} s | {len(kind['problems'])} |")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--inputs", type=Path, required=True)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--kinds", nargs="*", help="only these; all by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=Path("faults.json"))
    options = parser.parse_args()
    possible = [fault for fault in FAULTS if os.getuid() == 0 or fault not in MOUNTING]
    chosen = [f for f in possible if not options.kinds or f.__name__ in options.kinds]
    ground = prepare(options.folder, options.inputs, options.seed)
    episodes: list[Episode] = []
    while sum(episode.faults for episode in episodes) < options.faults:
        episode = play(ground, chosen[len(episodes) % len(chosen)])
        episodes.append(episode)
        print(f"{len(episodes)} {episode.kind}: {episode.faults} faults, status {episode.status}, "
              f"{episode.problems or 'well'}", flush=True)  # fmt: skip
        options.report.write_text(json.dumps(report(episodes), indent=1) + "\n")
        if episode.problems:
            with options.report.with_suffix(".log").open("a") as log:
                log.write(f"== {len(episodes)} {episode.problems}\n{episode.said}\n")
    print("\n".join(table(report(episodes)["kinds"])))
    sys.exit(any(episode.problems for episode in episodes))


if __name__ == "__main__":
    main()

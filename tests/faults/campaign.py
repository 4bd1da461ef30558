"""A campaign of faults: run, break something, look at how it ends; run again, look at the corpus.

After each fault the run must end in bounded time, well or with a sentence; the run after it must end
well, with the bytes of a run that nothing happened to and a ledger that balances.

    python tests/faults/campaign.py FOLDER --faults 200 --report faults.json
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

SECONDS = 300.0
"""Longest that a run may take to end after its fault, on a machine that is busy with other things."""
CLEAR = {0, 1, 2, 75}
"""Statuses that a run ends with by itself; after a signal it is 128 and the signal's number."""
CLOCK = Path(__file__).with_name("clock")


@dataclass
class Ground:
    """Where a campaign takes place: a small input, the bytes that must come out, and chance."""

    folder: Path
    inputs: Path
    clean: Path
    chance: random.Random
    span: float = 8.0
    run: Path = field(init=False)

    def __post_init__(self) -> None:
        self.run = self.folder / "RUN"

    def begin(self) -> None:
        """Leave of an earlier run some of it, so that a run has something to do and not all."""
        if not (self.run / "ledger").exists():
            return
        for entry in sorted((self.run / "ledger").rglob("*.json")):
            if self.chance.random() < 0.6:
                entry.unlink()


@dataclass
class Episode:
    """A run with its faults."""

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
        self._log = (ground.folder / "log").open("w+b")
        variables = dict([self.marker.split("=")]) | environment
        words = command("run", ground.inputs, "--out", ground.run, "--set", "engine.retries=9",
                        "--set", "languages.wanted=[ces_Latn,deu_Latn,ell_Grek]", *arguments)  # fmt: skip
        self.process = subprocess.Popen(
            words, env=os.environ | variables, stdout=subprocess.DEVNULL, stderr=self._log
        )
        self.ended = False

    def sleep(self, seconds: float) -> bool:
        """Let it go on for a while; False when it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.poll() is None

    def others(self) -> list[int]:
        return [pid for pid in processes_of(self.marker) if pid != self.process.pid]

    def kill(self, pid: int, number: int = signal.SIGKILL) -> bool:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    def end(self) -> tuple[int | None, float, str]:
        """Wait for the end; None if it does not come in time."""
        began = time.monotonic()
        try:
            status: int | None = self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            status = None
            self.process.kill()
            self.process.wait()
        seconds = time.monotonic() - began
        self._log.seek(0)
        said = self._log.read().decode("utf-8", "replace")
        self._log.close()
        return status, seconds, said

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


Fault = Callable[[Ground, Episode], tuple[Run, set[int]]]
FAULTS: dict[str, Fault] = {}


def fault(function: Fault) -> Fault:
    """Note a kind of fault under the name of its function."""
    FAULTS[function.__name__] = function
    return function


def _pause(ground: Ground) -> float:
    return ground.chance.uniform(0.2, 0.6 * ground.span)


@fault
def worker_killed(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    """Kill workers, extractors and whatever else the run has started."""
    run = Run(ground, "--workers", 2)
    while episode.faults < 10 and run.sleep(ground.chance.uniform(0.2, 1.0)):
        others = run.others()
        if others and run.kill(ground.chance.choice(others)):
            episode.faults += 1
    return run, set(CLEAR)


@fault
def worker_stopped(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    """Stop a worker for good, as one that hangs; the deadline of a unit must end it."""
    run = Run(ground, "--workers", 2, "--set", "engine.unit_seconds=60")
    while not episode.faults and run.sleep(_pause(ground) / 2):
        others = run.others()
        if others and run.kill(ground.chance.choice(others), signal.SIGSTOP):
            episode.faults += 1
    return run, set(CLEAR)


@fault
def extractor_crashed(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    """A segmentation fault in a process below a worker."""
    run = Run(ground, "--workers", 2)
    while episode.faults < 5 and run.sleep(ground.chance.uniform(0.2, 1.0)):
        others = run.others()
        if others and run.kill(ground.chance.choice(others), signal.SIGSEGV):
            episode.faults += 1
    return run, set(CLEAR)


@fault
def driver_killed(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    """Three times, each going on from where the last one came to."""
    for _ in range(3):
        run = Run(ground, "--workers", ground.chance.choice((1, 2)))
        if run.sleep(_pause(ground)) and run.kill(run.process.pid):
            episode.faults += 1
        run.process.wait(SECONDS)
        episode.problems += run.leftovers()
    return run, {-signal.SIGKILL, 0}


@fault
def driver_signalled(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    for _ in range(3):
        number = ground.chance.choice((signal.SIGTERM, signal.SIGUSR1, signal.SIGINT))
        run = Run(ground, "--workers", ground.chance.choice((1, 2)))
        if run.sleep(_pause(ground)) and run.kill(run.process.pid, number):
            episode.faults += 1
        status = run.process.wait(SECONDS)
        episode.problems += run.leftovers()
        # before the run has begun, Python's own answer to a signal is that of the process
        if status not in {128 + number, -number, 0}:
            episode.problems.append(f"after {number.name} it ended with status {status}")
    return run, {status}


@fault
def ray_killed(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    """Kill any process of a Ray cluster of the run's own: raylet, head, agent, worker, bridge."""
    run = Run(ground, "--workers", 2, "--engine", "ray")
    if run.sleep(ground.chance.uniform(2.0, 4 * ground.span)):
        others = run.others()
        if others and run.kill(ground.chance.choice(others)):
            episode.faults += 1
    return run, set(CLEAR)


@fault
def ray_driver_killed(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    run = Run(ground, "--workers", 2, "--engine", "ray")
    if run.sleep(ground.chance.uniform(2.0, 4 * ground.span)) and run.kill(run.process.pid):
        episode.faults += 1
    return run, {-signal.SIGKILL, 0}


@fault
def input_vanished(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    return _input(ground, episode, lambda file: file.unlink())


@fault
def input_truncated(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    share = ground.chance.random()
    return _input(ground, episode, lambda file: os.truncate(file, int(file.stat().st_size * share)))


@fault
def input_changed(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    def change(file: Path) -> None:
        with file.open("r+b") as opened:
            for _ in range(20):
                opened.seek(ground.chance.randrange(file.stat().st_size))
                opened.write(ground.chance.randbytes(8))

    return _input(ground, episode, change)


def _input(
    ground: Ground, episode: Episode, spoil: Callable[[Path], object]
) -> tuple[Run, set[int]]:
    """Spoil the inputs one after the other while the run goes, and mend them once it has ended."""
    files = sorted(ground.inputs.iterdir())
    kept = [(file, file.read_bytes(), file.stat()) for file in files]
    run = Run(ground, "--workers", 2)
    for file in ground.chance.sample(files, len(files)):
        if run.sleep(_pause(ground) / 2):
            spoil(file)
            episode.faults += 1
    with suppress(subprocess.TimeoutExpired):
        run.process.wait(SECONDS)
    for file, whole, times in kept:
        file.write_bytes(whole)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    return run, set(CLEAR)


@fault
def disk_full(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    size = ground.chance.randrange(200_000, 3_000_000)
    with small_disk(ground, f"size={size // 1024}k"):
        run = Run(ground, "--workers", 2)
        episode.faults += 1
        with suppress(subprocess.TimeoutExpired):
            run.process.wait(SECONDS)
    return run, set(CLEAR)


@fault
def no_more_files(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    with small_disk(ground, f"nr_inodes={ground.chance.randrange(60, 200)}"):
        run = Run(ground, "--workers", 2)
        episode.faults += 1
        with suppress(subprocess.TimeoutExpired):
            run.process.wait(SECONDS)
    return run, set(CLEAR)


@fault
def read_only(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    """The file system turns read-only, as one does after an error."""
    with small_disk(ground, "size=100m") as place:
        run = Run(ground, "--workers", 2)
        if run.sleep(_pause(ground)):
            # busy where a file is open for writing; then it is tried again
            while subprocess.run(["mount", "-o", "remount,ro", place], capture_output=True,
                                 check=False).returncode and run.sleep(0.05):  # fmt: skip
                pass
            episode.faults += 1
        with suppress(subprocess.TimeoutExpired):
            run.process.wait(SECONDS)
        subprocess.run(["mount", "-o", "remount,rw", place], check=True)
    return run, set(CLEAR)


@contextmanager
def small_disk(ground: Ground, options: str) -> Iterator[Path]:
    """Put a file system of its own under the run, with what is there already; take it away again."""
    kept = ground.folder / "kept"
    ground.run.mkdir(exist_ok=True)
    shutil.rmtree(kept, ignore_errors=True)
    ground.run.rename(kept)
    ground.run.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", ground.run], check=True)
    try:
        with suppress(shutil.Error, OSError):  # it may be full before the run begins
            shutil.copy(kept / "config.yaml", ground.run)  # what a run makes first of all
            shutil.copytree(kept, ground.run, dirs_exist_ok=True)
        yield ground.run
    finally:
        left = ground.folder / "left"
        shutil.copytree(ground.run, left)
        subprocess.run(["umount", "-l", ground.run], check=True)
        shutil.rmtree(ground.run)
        left.rename(ground.run)


@fault
def clock_jumped(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    jump = ground.chance.choice((-1, 1)) * ground.chance.choice((60, 3600, 86400 * 400))
    path = os.pathsep.join([str(CLOCK), os.environ.get("PYTHONPATH", "")])
    run = Run(ground, "--workers", 2, PYTHONPATH=path, EUROCORPUS_CLOCK_JUMP=str(jump),
              EUROCORPUS_CLOCK_AFTER=str(ground.chance.uniform(0, ground.span)))  # fmt: skip
    episode.faults += 1
    return run, {0}


@fault
def too_little_memory(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    memory = ground.chance.choice((150, 250, 300, 400))
    run = Run(ground, "--workers", 2, "--set", f"engine.memory={memory}MiB")
    episode.faults += 1
    return run, set(CLEAR)


@fault
def output_damaged(ground: Ground, episode: Episode) -> tuple[Run, set[int]]:
    """A committed file is truncated or gone while another run goes on."""
    run = Run(ground, "--workers", 2)
    if run.sleep(_pause(ground)):
        files = [f for f in sorted(ground.run.rglob("*.parquet")) if "tmp" not in f.parts]
        for file in ground.chance.sample(files, min(4, len(files))):
            with suppress(OSError):
                file.unlink() if ground.chance.random() < 0.5 else os.truncate(file, 10)
                episode.faults += 1
    return run, set(CLEAR)


def play(ground: Ground, kind: str) -> Episode:
    """Do one episode: break a run, then run to the end and compare."""
    ground.begin()
    episode = Episode(kind)
    run, expected = FAULTS[kind](ground, episode)
    episode.status, episode.seconds, said = run.end()
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
    run = Run(ground, "--workers", 2)
    status, _, said = run.end()
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
    copies = folder / "inputs"
    shutil.copytree(inputs, copies)
    ground = Ground(folder, copies, folder / "CLEAN", random.Random(seed))
    began = time.monotonic()
    status, _, said = Run(ground, "--workers", 2).end()
    assert status == 0, said
    ground.span = time.monotonic() - began
    ground.run.rename(ground.clean)
    return ground


def possible() -> list[str]:
    """Kinds of fault that can be made on this machine: file systems are mounted by root alone."""
    mounts = ("disk_full", "no_more_files", "read_only")
    return [kind for kind in FAULTS if os.getuid() == 0 or kind not in mounts]


def report(episodes: list[Episode]) -> dict[str, Any]:
    """Count faults by kind, and how the runs with them ended."""
    kinds: dict[str, Any] = {}
    for kind in FAULTS:
        some = [episode for episode in episodes if episode.kind == kind]
        kinds[kind] = {
            "episodes": len(some),
            "faults": sum(episode.faults for episode in some),
            "statuses": dict(Counter(str(episode.status) for episode in some)),
            "longest_seconds": round(max((e.seconds for e in some), default=0.0), 1),
            "problems": [problem for episode in some for problem in episode.problems],
        }
    return {"faults": sum(k["faults"] for k in kinds.values()), "kinds": kinds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--inputs", type=Path, required=True)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--kinds", nargs="*", help="only these; all by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=Path("faults.json"))
    options = parser.parse_args()
    ground = prepare(options.folder, options.inputs, options.seed)
    episodes: list[Episode] = []
    kinds = possible()
    if options.kinds:
        kinds = [kind for kind in kinds if kind in options.kinds]
    while sum(episode.faults for episode in episodes) < options.faults:
        kind = kinds[len(episodes) % len(kinds)]
        episode = play(ground, kind)
        episodes.append(episode)
        print(f"{len(episodes)} {kind}: {episode.faults} faults, status {episode.status}, "
              f"{episode.problems or 'well'}", flush=True)  # fmt: skip
        options.report.write_text(json.dumps(report(episodes), indent=1) + "\n")
        if episode.problems:
            with options.report.with_suffix(".log").open("a") as log:
                log.write(f"== {len(episodes)} {kind} {episode.problems}\n{episode.said}\n")
    sys.exit(any(episode.problems for episode in episodes))


if __name__ == "__main__":
    main()

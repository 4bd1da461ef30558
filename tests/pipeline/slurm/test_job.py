"""Jobs on two nodes: one is lost, the wall clock ends, the head dies; the corpus is the same."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from runs import command, corpus, summary
from slurm_stand_in import Slurm

from eurocorpus.pipeline.progress import heartbeats

Configuration = Callable[..., Path]


def submit(slurm: Slurm, config: Path, *arguments: object) -> str:
    result = subprocess.run(
        command("slurm", config, "--site", config.with_name("site.toml"), "--submit", *arguments),
        env=slurm.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def log(config: Path) -> str:
    return "\n".join(file.read_text() for file in config.parent.glob("RUN.jobs/*.log"))


def await_(slurm: Slurm, config: Path, job: str, what: Callable[[], object]) -> None:
    """Wait for something that must come before the job ends; a busy machine may take its time."""
    deadline = time.monotonic() + 400
    while not what():
        state = slurm.job(job)["state"]
        assert state in ("PENDING", "RUNNING"), (state, log(config)[-8000:])
        assert time.monotonic() < deadline, log(config)[-8000:]
        time.sleep(0.1)


def at_work_on(config: Path, node: str) -> bool:
    beats = heartbeats(config.parent / "RUN" / "progress")
    return any(beat["host"] == node for _, beat in beats)


def finish(slurm: Slurm, config: Path, job: str, clean_run: Path) -> None:
    deadline = time.monotonic() + 400
    while slurm.job(job)["state"] in ("PENDING", "RUNNING"):
        assert time.monotonic() < deadline, log(config)[-8000:]
        time.sleep(0.1)
    assert slurm.job(job)["state"] == "COMPLETED", log(config)[-5000:]
    run = config.parent / "RUN"
    assert corpus(run) == corpus(clean_run)
    assert summary(run) == summary(clean_run)
    assert slurm.processes() == []


def test_a_job_loses_a_node_and_completes_on_the_other(
    slurm: Slurm, configuration: Configuration, clean_run: Path
) -> None:
    config = configuration()
    job = submit(slurm, config, "--nodes", 2)
    await_(slurm, config, job, lambda: at_work_on(config, "node2"))
    slurm.lose("node2")
    finish(slurm, config, job, clean_run)
    assert slurm.job(job)["history"] == ["COMPLETED"]
    assert list((slurm.folder / "tmp-node1").iterdir()) == []


def test_a_job_that_is_stopped_and_loses_its_first_node_goes_on_by_itself(
    slurm: Slurm, configuration: Configuration, clean_run: Path
) -> None:
    config = configuration()
    job = submit(slurm, config, "--nodes", "1-2")
    await_(slurm, config, job, lambda: at_work_on(config, "node1"))
    slurm.warn(job)
    await_(slurm, config, job, lambda: slurm.job(job)["restarts"] == 1)
    await_(slurm, config, job, lambda: at_work_on(config, "node1"))
    slurm.lose("node1")
    finish(slurm, config, job, clean_run)
    assert slurm.job(job)["history"] == ["REQUEUED", "NODE_FAIL", "COMPLETED"]
    assert slurm.job(job)["nodes"] == ["node2"]


def test_an_array_needs_no_ray(slurm: Slurm, configuration: Configuration, clean_run: Path) -> None:
    config = configuration()
    first = submit(slurm, config, "--array", 2)
    finish(slurm, config, str(int(first) + 2), clean_run)
    assert [slurm.job(f"{first}_{task}")["state"] for task in (0, 1)] == ["COMPLETED"] * 2
    assert "raylet" not in log(config)

"""Doctor: it looks at everything, and what is not well comes with something to do."""

import json
import os
from pathlib import Path

import pytest
from runs import eurocorpus

from eurocorpus.pipeline.doctor import examine, file_system
from eurocorpus.pipeline.engine.machine import usable_cpus, usable_memory


def test_everything_is_looked_at(tmp_path: Path) -> None:
    findings = examine(tmp_path / "not" / "there", tmp_path)
    seen = {finding.what for finding in findings}
    assert seen >= {"CPUs", "memory", "space", "quota", "file system", "clock", "temporary", "/dev/shm",
                    "open files", "network", "ports", "Slurm", "Python", "packages"}  # fmt: skip
    assert all(finding.advice for finding in findings if finding.verdict != "ok")
    assert not any(finding.advice for finding in findings if finding.verdict == "ok")


def test_a_long_temporary_folder_is_bad(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 60)
    long.mkdir()
    result = eurocorpus("doctor", tmp_path, "--temporary", long, "--json")
    found = {finding["what"]: finding for finding in json.loads(result.stdout)}
    assert found["temporary"]["verdict"] == "bad"
    assert "107" in found["temporary"]["advice"]
    assert result.returncode == 1


def test_file_systems_are_named() -> None:
    assert file_system(Path("/proc/self")) == "proc"
    assert file_system(Path("/dev/shm/x")) == "tmpfs"


def test_affinity_and_slurm_bound_the_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    assert usable_cpus({}) == 8
    assert usable_cpus({"SLURM_CPUS_ON_NODE": "4"}) == 4
    assert usable_cpus({"SLURM_CPUS_PER_TASK": "2", "SLURM_CPUS_ON_NODE": "4"}) == 2
    assert usable_cpus({"SLURM_CPUS_ON_NODE": "64"}) == 8
    assert usable_cpus({"SLURM_CPUS_ON_NODE": "many"}) == 8


def test_slurm_bounds_the_memory() -> None:
    whole = usable_memory({})
    assert whole > 0
    assert usable_memory({"SLURM_MEM_PER_NODE": "100"}) == 100 << 20
    assert usable_memory({"SLURM_MEM_PER_CPU": "50", "SLURM_CPUS_ON_NODE": "1"}) == 50 << 20
    assert usable_memory({"SLURM_MEM_PER_NODE": "0"}) == whole

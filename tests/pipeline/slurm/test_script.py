"""Job scripts: every site's is one that bash and sbatch take, and wrong wishes are refused in a sentence."""

import re
import subprocess
from pathlib import Path

import pytest
from runs import eurocorpus

from eurocorpus.pipeline.errors import RunError, UsageError
from eurocorpus.pipeline.slurm import (
    Job,
    array_scripts,
    job_script,
    load_site,
    site_names,
    submit,
)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    config = tmp_path / "with space" / "run.yaml"
    return Job(config, tmp_path / "RUN", "1-4", account="project_1", image=tmp_path / "image.sif")


@pytest.mark.parametrize("name", site_names())
def test_scripts_are_what_bash_takes(name: str, job: Job) -> None:
    site = load_site(name)
    for script in (job_script(site, job), *array_scripts(site, job, 8)):
        result = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True)  # noqa: PLW1510
        assert result.returncode == 0, result.stderr
        head = script.partition("\nset -u")[0]
        assert "#SBATCH --requeue\n" in head
        assert f"#SBATCH --signal=B:USR1@{site.signal_seconds}\n" in head
        assert all(
            re.fullmatch(r"#(!|SBATCH --[\w-]+(=\S+)?$| ).*", line) for line in head.splitlines()
        )
        assert "apptainer" in script or "singularity" in script
        options = re.findall(r"^#SBATCH --([\w-]+)", head, re.MULTILINE)
        assert len(options) == len(set(options))
        assert "with space/run.yaml'" in script


def test_wishes_go_over_the_site(tmp_path: Path) -> None:
    job = Job(tmp_path / "c", tmp_path / "RUN", "2", "1:00:00", "debug", "p")
    for script in (job_script(load_site("lumi"), job), *array_scripts(load_site("lumi"), job, 2)):
        assert re.findall(r"--(?:time|partition)=(\S+)", script) == ["debug", "1:00:00"]


def test_what_is_wrong_is_said(job: Job, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected generic, jupiter, .* found 'lum'"):
        load_site("lum")
    with pytest.raises(UsageError, match="add --account"):
        job_script(load_site("lumi"), Job(job.config, job.output))
    with pytest.raises(UsageError, match="a range such as 1-4, found '4-1'"):
        job_script(load_site("generic"), Job(job.config, job.output, "4-1"))
    own = tmp_path / "own.toml"
    own.write_text('about = "x"\nnodes = 3\nrestarts = -1\n')
    with pytest.raises(UsageError, match=r"restarts: Input should be .* found -1\n.*nodes: Extra"):
        load_site(str(own))
    own.write_text("about =")
    with pytest.raises(UsageError, match="expected the TOML file of a site"):
        load_site(str(own))


def test_submitting_where_there_is_no_slurm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunError, match="submit from a login node"):
        submit("#!/bin/bash\n", tmp_path / "jobs")
    refuses = tmp_path / "sbatch"
    refuses.write_text("#!/bin/sh\necho 'Invalid account' >&2\nexit 1\n")
    refuses.chmod(0o755)
    with pytest.raises(RunError, match="sbatch refused the job: Invalid account"):
        submit("#!/bin/bash\n", tmp_path / "jobs")


def test_a_part_must_be_one(sample: Path, tmp_path: Path) -> None:
    result = eurocorpus("run", sample, "--out", tmp_path / "RUN", "--part", "2/2")
    assert result.returncode == 2
    assert "expected k/n such as 0/16 with k below n, found '2/2'" in result.stderr

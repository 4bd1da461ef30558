"""The plan is held against quotas."""

from pathlib import Path

import pytest
from runs import eurocorpus


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--quota-files", 10, "10 are allowed; join inputs"),
     ("--quota-bytes", "1kB", "0.0 GB are allowed; give it fewer inputs"),
     ("--quota-bytes", "a lot", "expected a size such as 2TB, found 'a lot'")],
)  # fmt: skip
def test_what_passes_the_quota_is_refused(
    sample: Path, option: str, value: object, said: str
) -> None:
    result = eurocorpus("plan", sample, option, value)
    assert result.returncode == 2
    assert said in result.stderr


def test_what_fits_is_not(sample: Path) -> None:
    result = eurocorpus("plan", sample, "--site", "lumi", "--quota-bytes", "1GB")
    assert result.returncode == 0, result.stderr


def test_the_estimate_is_not_below_what_a_run_leaves(sample: Path, clean_run: Path) -> None:
    result = eurocorpus("plan", sample, "--json")
    import json

    made = (path.relative_to(clean_run) for path in clean_run.rglob("*") if path.is_file())
    files = sum(1 for path in made if path.parts[0] != "report")  # others may have written one
    assert json.loads(result.stdout)["files"] >= files - 12  # a log, a configuration, lists

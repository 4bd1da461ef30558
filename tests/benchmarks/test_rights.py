"""The benchmark of rights runs on any archive, and fails where it is slower than asked for."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "rights.py"


def test_it_measures_and_judges(sample: Path) -> None:
    files = sorted(sample.glob("*.warc.gz"))
    program = [sys.executable, "-P", str(SCRIPT), *map(str, files), "--at-least", "1e12"]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert "pages/s on one core" in done.stdout
    assert "tdmrep meta deny" in done.stdout
    assert done.returncode == 1
    assert "expected at least 1,000,000,000,000 pages/s" in done.stderr

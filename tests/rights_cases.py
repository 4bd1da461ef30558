"""The cases of each protocol's specification, as tables."""

import tomllib
from pathlib import Path
from typing import Any

import pytest


def cases(name: str) -> Any:
    """Parametrise a test with the cases of a table, each called after its source."""
    path = Path(__file__).parent / "pipeline/extract/rights/cases" / f"{name}.toml"
    table = tomllib.loads(path.read_text("utf-8"))["case"]
    return pytest.mark.parametrize(
        "case", [pytest.param(case, id=case["source"]) for case in table]
    )

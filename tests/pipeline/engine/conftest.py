"""The three executors, and units that commit."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eurocorpus.pipeline.engine import (
    Event,
    Executor,
    Limits,
    Outcome,
    Unit,
    execute,
    open_executor,
)

HERE = str(Path(__file__).parent)
WORKERS = {"inline": 1, "pool": 2, "ray": 2}
LIMITS = Limits(memory_bytes=600 << 20, unit_seconds=3, drain_seconds=1)

Run = Callable[..., list[Outcome]]


@pytest.fixture(scope="session", autouse=True)
def _jobs_can_be_imported() -> Iterator[None]:
    sys.path.append(HERE)
    yield
    sys.path.remove(HERE)


@pytest.fixture(scope="module", params=WORKERS)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    """Open each executor once a test module, with the module's LIMITS if it has any."""
    limits = replace(getattr(request.module, "LIMITS", LIMITS), workers=WORKERS[request.param])
    with open_executor("ray" if request.param == "ray" else "local", limits) as opened:
        yield opened


@pytest.fixture
def kind(executor: Executor) -> str:
    return type(executor).__name__.lower()


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def run(executor: Executor, events: list[Event]) -> Run:
    def run(units: list[Unit], **changes: Any) -> list[Outcome]:
        return execute(
            units,
            executor,
            replace(LIMITS, **changes),
            is_done=is_committed,
            on_event=events.append,
        )

    return run


@pytest.fixture
def committing(tmp_path: Path) -> Callable[..., Unit]:
    """Make units that commit a file, after some trouble."""

    def unit(name: str, **spec: Any) -> Unit:
        spec |= {"attempts": str(tmp_path / f"{name}.attempts"), "output": str(tmp_path / name)}
        return Unit("stage", name, "engine_jobs:commit", spec)

    return unit


def is_committed(unit: Unit) -> bool:
    return "output" in unit.spec and Path(unit.spec["output"]).exists()

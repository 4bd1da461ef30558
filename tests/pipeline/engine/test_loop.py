"""Whatever runs the units: the same results, the same retries, the same end."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eurocorpus.pipeline.engine import (
    EngineError,
    Event,
    Finished,
    Idle,
    Limits,
    Outcome,
    Retried,
    Started,
    Unit,
    execute,
    heartbeat_path,
    open_executor,
)

Committing = Callable[..., Unit]
Run = Callable[..., list[Outcome]]


def attempts(unit: Unit) -> int:
    return len(Path(unit.spec["attempts"]).read_text().splitlines())


def squares(count: int) -> list[Unit]:
    return [
        Unit("stage", f"a/{number}.gz", "engine_jobs:square", {"number": number})
        for number in range(count)
    ]


def test_results_come_in_the_order_given(run: Run, events: list[Event]) -> None:
    units = squares(20)
    outcomes = run(units)
    assert [outcome.unit for outcome in outcomes] == units
    assert [outcome.status for outcome in outcomes] == ["done"] * 20
    assert [outcome.result for outcome in outcomes] == [{"square": n * n} for n in range(20)]
    assert [event.unit for event in events if isinstance(event, Started)] == units
    assert {event.outcome.unit.name for event in events if isinstance(event, Finished)} == {
        unit.name for unit in units
    }


def test_units_run_where_the_driver_is(run: Run, kind: str, tmp_path: Path) -> None:
    (outcome,) = run([Unit("stage", "where", "engine_jobs:where", {})])
    assert outcome.result is not None
    assert outcome.result["directory"] == str(Path.cwd())
    if kind != "inline":
        assert outcome.result["threads"] == "1"
        assert not outcome.result["ray"]  # units run beside Ray's worker, not in it


@pytest.mark.parametrize("trouble", ["kill", "segv", "exit", "kill parent"])
def test_a_unit_whose_worker_dies_is_tried_again(
    run: Run, kind: str, committing: Committing, events: list[Event], trouble: str
) -> None:
    if kind == "inline" or (kind == "pool" and trouble == "kill parent"):
        pytest.skip("it is the driver that would die")
    bad = committing("bad", trouble=trouble, times=2)
    good = [committing(f"good{number}") for number in range(5)]
    outcomes = run([bad, *good])
    assert [outcome.status for outcome in outcomes] == ["done"] * 6
    assert [attempts(unit) for unit in [bad, *good]] == [3, 1, 1, 1, 1, 1]
    assert [event.unit.name for event in events if isinstance(event, Retried)] == ["bad", "bad"]


def test_a_unit_that_kills_every_worker_fails_alone(
    run: Run, kind: str, committing: Committing
) -> None:
    if kind == "inline":
        pytest.skip("it is the driver that would die")
    bad, good = committing("bad", trouble="segv", times=9), committing("good")
    outcomes = run([bad, good])
    assert [outcome.status for outcome in outcomes] == ["failed", "done"]
    assert outcomes[0].attempts == attempts(bad) == 3
    assert "SIGSEGV" in outcomes[0].error


@pytest.mark.parametrize("trouble", ["raise", "sys.exit"])
def test_a_unit_that_raises_is_tried_once_more(
    run: Run, committing: Committing, trouble: str
) -> None:
    bad, good = committing("bad", trouble=trouble, times=9), committing("good")
    failed, done = run([bad, good])
    assert (failed.status, failed.attempts, attempts(bad)) == ("failed", 2, 2)
    assert done.status == "done"
    name = {"raise": "ValueError: a bad page", "sys.exit": "SystemExit: 3"}[trouble]
    assert failed.error.startswith(f"{name} (engine_jobs.py:")
    assert "Traceback" in failed.error


@pytest.mark.parametrize("trouble", ["disk", "memory"])
def test_a_unit_that_meets_bad_luck_is_tried_twice_more(
    run: Run, committing: Committing, trouble: str
) -> None:
    unlucky = committing("unlucky", trouble=trouble, times=2)
    hopeless = committing("hopeless", trouble=trouble, times=9)
    outcomes = run([unlucky, hopeless])
    assert [outcome.status for outcome in outcomes] == ["done", "failed"]
    assert (attempts(unlucky), attempts(hopeless)) == (3, 3)
    assert outcomes[1].error.startswith({"disk": "OSError", "memory": "MemoryError"}[trouble])


def test_a_unit_past_its_deadline_is_stopped(
    run: Run, kind: str, committing: Committing, events: list[Event]
) -> None:
    hanging = committing("hanging", trouble="pause", times=1)
    outcomes = run([hanging, committing("good")])
    assert any(isinstance(event, Idle) for event in events) or kind == "inline"
    assert [outcome.status for outcome in outcomes] == ["done", "done"]
    assert attempts(hanging) == 2


def test_what_is_committed_is_not_done_again(
    run: Run, kind: str, committing: Committing, events: list[Event]
) -> None:
    trouble = "disk" if kind == "inline" else "kill"
    unit = committing("unit", after=trouble)
    (outcome,) = run([unit])
    assert (outcome.status, outcome.attempts, outcome.result) == ("done", 1, None)
    assert attempts(unit) == 1
    assert not [event for event in events if isinstance(event, Retried)]


def test_a_hopeless_run_is_given_up(run: Run, committing: Committing) -> None:
    units = [committing(f"{number:03}", trouble="raise", times=9) for number in range(30)]
    outcomes = run(units)
    failed = [outcome for outcome in outcomes if outcome.status == "failed"]
    cancelled = [outcome for outcome in outcomes if outcome.status == "cancelled"]
    assert 3 <= len(failed) <= 7  # on Ray four are at work when the third fails
    assert len(failed) + len(cancelled) == 30
    assert "units had failed" in cancelled[-1].error


def test_a_run_bears_the_share_of_failures_that_it_may(run: Run, committing: Committing) -> None:
    good = [committing(f"good{number}") for number in range(6)]
    bad = [committing(f"bad{number}", trouble="raise", times=9) for number in range(4)]
    outcomes = run([*good, *bad], max_failed_share=0.5)
    assert [outcome.status for outcome in outcomes] == ["done"] * 6 + ["failed"] * 4


def test_large_results_are_refused(run: Run) -> None:
    (outcome,) = run([Unit("stage", "large", "engine_jobs:talk_too_much", {})])
    assert outcome.status == "failed"
    assert "expected counters of at most" in outcome.error


def test_functions_that_are_not_there(run: Run) -> None:
    (outcome,) = run([Unit("stage", "none", "engine_jobs:no_such_function", {})])
    assert outcome.status == "failed"
    assert "no_such_function" in outcome.error


def test_names_must_differ(run: Run) -> None:
    with pytest.raises(EngineError, match="two units are named"):
        run(squares(1) * 2)


@pytest.mark.parametrize("workers", [1, 2])
def test_heartbeats(workers: int, tmp_path: Path) -> None:
    limits = Limits(workers=workers, progress=tmp_path)
    unit = Unit("stage", "a/b", "engine_jobs:watch_heartbeat", {})
    path = heartbeat_path(tmp_path, unit)
    unit.spec["heartbeat"] = str(path)
    with open_executor("local", limits) as executor:
        (outcome,) = execute(
            [unit], executor, limits, is_done=lambda unit: False, on_event=lambda event: None
        )
    assert outcome.result, outcome.error
    beat: dict[str, Any] = json.loads(outcome.result["text"])
    assert (beat["unit"], beat["documents"], beat["bytes"]) == ("a/b", 8, 80)
    assert beat["rss"] > 1 << 20
    assert not list(tmp_path.rglob("*.*"))


def test_one_worker_for_each_cpu_that_we_may_use() -> None:

    assert Limits().local_workers == len(os.sched_getaffinity(0))

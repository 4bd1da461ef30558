"""A worker's sandbox lives from unit to unit, and no longer than it is needed."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from eurocorpus.pipeline.engine import (
    Limits,
    Sandbox,
    Unit,
    execute,
    keep_sandbox,
    open_executor,
)
from eurocorpus.pipeline.engine.kept import cpu_seconds, end_sandboxes, enter_stage


@pytest.fixture(autouse=True)
def _none_left() -> Iterator[None]:
    yield
    end_sandboxes()


def kept() -> Sandbox:
    return keep_sandbox("engine_jobs:process_id", cpu_seconds=5.0)


def child() -> int:
    (pid,) = kept().map([()])
    assert isinstance(pid, int)
    return pid


def test_units_of_a_stage_share_a_child() -> None:
    enter_stage("one")
    first = child()
    enter_stage("one")
    assert child() == first
    enter_stage("another")
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert child() != first


def test_other_limits_are_another_sandbox() -> None:
    assert keep_sandbox("engine_jobs:process_id", cpu_seconds=6.0) is not kept()


def test_its_cpu_time_counts_while_it_lives_and_after() -> None:
    before = cpu_seconds()
    keep_sandbox("engine_jobs:page", cpu_seconds=0.5).map([(1, "spin")] * 2)
    spent = cpu_seconds() - before
    assert spent >= 0.9
    end_sandboxes()
    assert cpu_seconds() - before >= spent


def test_an_interrupted_batch_leaves_no_answers_behind() -> None:
    sandbox = keep_sandbox("engine_jobs:page", cpu_seconds=60.0)

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 2.0)
        with pytest.raises(KeyboardInterrupt):
            sandbox.map([(0, ""), (1, "sleep")])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert sandbox.map([(5, "")]) == [5]


@pytest.mark.parametrize("workers", [1, 2])
def test_none_outlives_the_executor(workers: int) -> None:
    limits = Limits(workers=workers, memory_bytes=600 << 20)
    units = [Unit("stage", str(number), "engine_jobs:keeps", {}) for number in range(4)]
    with open_executor("local", limits) as executor:
        outcomes = execute(
            units, executor, limits, is_done=lambda unit: False, on_event=lambda event: None
        )
    children = {outcome.result["child"] for outcome in outcomes if outcome.result}
    assert 1 <= len(children) <= workers
    deadline = time.monotonic() + 10
    while alive := [child for child in children if _is_alive(child)]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

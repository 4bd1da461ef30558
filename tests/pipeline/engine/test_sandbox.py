"""A page that crashes, hangs or eats memory costs itself, and nothing else."""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.pipeline.engine import Casualty, EngineError, Limits, Outcome, Sandbox, Unit

LIMITS = Limits(memory_bytes=600 << 20, unit_seconds=120)
POISON = {
    "0": ("segv", "crash"),
    "1": ("raise", "error"),
    "100": ("segv", "crash"),
    "101": ("sleep", "cpu"),
    "200": ("memory", "memory"),
    "300": ("exit", "crash"),
    "301": ("sys.exit", "error"),
    "400": ("spin", "cpu"),
    "499": ("kill", "crash"),
}


def test_poison_costs_itself(run: Callable[..., list[Outcome]]) -> None:
    poison = {number: trouble for number, (trouble, _) in POISON.items()}
    (outcome,) = run([Unit("stage", "poison", "engine_jobs:sandboxed", {"poison": poison})])
    assert outcome.result, outcome.error
    assert outcome.result["casualties"] == {number: kind for number, (_, kind) in POISON.items()}
    assert outcome.result["sum"] == sum(range(500)) - sum(map(int, POISON))


def test_details_say_what_happened() -> None:
    with Sandbox("engine_jobs:page", memory_bytes=256 << 20, cpu_seconds=0.5) as sandbox:
        crash, error, memory, spun, good = sandbox.map(
            [(1, "segv"), (2, "raise"), (3, "memory"), (4, "spin"), (5, "")]
        )
    assert crash == Casualty("crash", "killed by SIGSEGV")
    assert error == Casualty("error", "ValueError: a bad page")
    assert memory.kind == "memory"
    assert spun == Casualty("cpu", "more than 0.5 s of CPU time")
    assert good == 5


def test_a_kill_from_outside_is_held_against_nobody(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    killer = threading.Thread(target=_kill_who_is_at_work, args=(note, 5))
    killer.start()
    with Sandbox("engine_jobs:nap") as sandbox:
        assert sandbox.map([(number, str(note)) for number in range(200)]) == list(range(200))
    killer.join()


def _kill_who_is_at_work(note: Path, times: int) -> None:
    killed: set[str] = set()
    while len(killed) < times:
        time.sleep(0.08)
        pid = note.read_text() if note.exists() else ""
        if pid and pid not in killed:
            with suppress(ProcessLookupError):  # it was replaced just now
                os.kill(int(pid), signal.SIGKILL)
                killed.add(pid)


def test_what_cannot_be_imported() -> None:
    with Sandbox("engine_jobs:nothing") as sandbox, pytest.raises(EngineError, match="nothing"):
        sandbox.map([(1,)])


def test_a_child_that_never_starts_is_no_items_fault() -> None:
    with (
        Sandbox("engine_jobs:page", setup="os:_exit", setup_arguments=(7,)) as sandbox,
        pytest.raises(EngineError, match="status 7 before it came to any item, 3 times"),
    ):
        sandbox.map([(1, "")])


def test_children_are_replaced_in_time() -> None:
    with Sandbox("engine_jobs:process_id", recycle=64) as sandbox:
        ids = sandbox.map([()] * 200)
    assert len(set(ids)) == 4  # batches of 64


def test_large_items_and_results_come_through() -> None:
    pages = [(bytes([number]) * 3_000_000,) for number in range(5)]
    with Sandbox("engine_jobs:double") as sandbox:
        assert sandbox.map(pages) == [page * 2 for (page,) in pages]
        assert sandbox.map([]) == []


def test_results_that_cannot_be_sent() -> None:
    with Sandbox("engine_jobs:make_lock") as sandbox:
        results = sandbox.map([(True,), (False,)])
    assert results[0].kind == "error"
    assert "cannot be pickled" in results[0].detail
    assert results[1] == "no lock"


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.sampled_from(["", "", "", "", "", "raise", "segv", "exit"]), min_size=1, max_size=150
    )
)
def test_any_mixture(troubles: list[str]) -> None:
    kinds = {"raise": "error", "segv": "crash", "exit": "crash"}
    troubles = [trouble if number % 17 == 0 else "" for number, trouble in enumerate(troubles)]
    with Sandbox("engine_jobs:page") as sandbox:
        results = sandbox.map(list(enumerate(troubles)))
    assert [result.kind if isinstance(result, Casualty) else result for result in results] == [
        kinds.get(trouble, number) for number, trouble in enumerate(troubles)
    ]

"""A cluster that is there already: it is used, it may lose a node, and it is left as it is."""

import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from eurocorpus.pipeline.engine import (
    EngineError,
    Event,
    Finished,
    Limits,
    Unit,
    execute,
    open_executor,
)
from eurocorpus.pipeline.engine.cluster import kill_session

HERE = Path(__file__).parent
LIMITS = Limits(memory_bytes=200 << 20, unit_seconds=60)


@pytest.fixture(scope="module")
def raylets(tmp_path_factory: pytest.TempPathFactory) -> Iterator["subprocess.Popen[str]"]:
    """Two raylets, whose address is the first line of output."""
    token = tmp_path_factory.mktemp("ray") / "token"
    token.write_text(secrets.token_hex(32))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN_PATH", str(token))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        cluster = subprocess.Popen(
            [sys.executable, HERE / "engine_raylets.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        yield cluster
        kill_session(cluster.pid)
        cluster.communicate()


@pytest.fixture(scope="module")
def address(raylets: "subprocess.Popen[str]") -> str:
    assert raylets.stdout
    return raylets.stdout.readline().strip()


def test_a_cluster_is_left_as_it_is(address: str, tmp_path: Path) -> None:
    for _ in range(2):
        with open_executor("auto", LIMITS, address) as executor:
            assert executor.room() == 4  # twice the CPUs of the cluster
            outcomes = execute(
                [Unit("stage", "where", "engine_jobs:where", {})],
                executor,
                LIMITS,
                is_done=lambda unit: False,
                on_event=lambda event: None,
            )
        assert [outcome.status for outcome in outcomes] == ["done"]
        assert outcomes[0].result
        assert outcomes[0].result["directory"] == str(Path.cwd())


def test_a_worker_that_fits_no_node(address: str) -> None:
    with (
        pytest.raises(EngineError, match="lower the memory of a worker"),
        open_executor("ray", Limits(memory_bytes=1 << 50), address),
    ):
        pass


def test_an_address_where_nobody_listens() -> None:
    with (
        pytest.raises(EngineError, match="nothing answers there"),
        open_executor("ray", LIMITS, "127.0.0.1:9"),
    ):
        pass


def begun(unit: Unit) -> bool:
    return Path(unit.spec["attempts"]).exists()


def is_done(unit: Unit) -> bool:
    return Path(unit.spec["output"]).exists()


def test_a_lost_node_costs_nothing(
    address: str, raylets: "subprocess.Popen[str]", committing: Callable[..., Unit]
) -> None:
    units = [committing(str(number), seconds=2) for number in range(6)]
    finished, killed = [], False

    def on_event(event: Event) -> None:
        nonlocal killed
        if isinstance(event, Finished):
            finished.append(event)
        at_work = sum(begun(unit) and not is_done(unit) for unit in units)
        if at_work == 2 and not killed:
            assert raylets.stdin
            raylets.stdin.write("kill\n")
            raylets.stdin.flush()
            killed = True

    with open_executor("ray", LIMITS, address) as executor:
        outcomes = execute(
            units,
            executor,
            LIMITS,
            is_done=is_done,
            on_event=on_event,
        )
    assert [(outcome.unit.name, outcome.status) for outcome in outcomes] == [
        (unit.name, "done") for unit in units
    ]
    assert len(finished) == 6
    assert max(outcome.attempts for outcome in outcomes) == 2

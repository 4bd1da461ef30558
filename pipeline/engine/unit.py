"""What the engine is given and what it gives back: units, limits, outcomes, events."""

import importlib
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from ..errors import RunError
from .machine import usable_cpus


class Beat(Protocol):
    """Takes note of how far a unit is; a unit calls it as often as it likes."""

    def __call__(self, *, documents: int | None = None, bytes: int | None = None) -> None:
        """Note the documents and the bytes that the unit has done so far, in all."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of work: one input file in, one output file out.

    `stage` and `name` together are unique. `function` is `package.module:name`, importable on every
    worker; it is called as `function(spec, beat)`, commits its own output, and returns counters as
    a JSON-able dict. `spec` holds paths and parameters, never text. `weight` is in input bytes.
    """

    stage: str
    name: str
    function: str
    spec: dict[str, Any]
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a unit ended; `seconds` and `cpu_seconds` are those of its last attempt.

    `result` is None as well where a unit's output was found committed after its worker had died.
    The first line of `error` is a sentence; a traceback may follow.
    """

    unit: Unit
    status: Literal["done", "failed", "cancelled"]
    attempts: int
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    result: dict[str, Any] | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the engine may use, and what it bears.

    `workers` is the number of units at work at a time; None means every CPU that this process may
    use, on a Ray cluster that already runs every CPU of the cluster. `memory_bytes` is the data
    (RLIMIT_DATA) of a worker. `unit_seconds` is the longest an attempt may take; None is for ever.
    """

    workers: int | None = None
    memory_bytes: int = 2 << 30
    unit_seconds: float | None = 6 * 3600
    retries: int = 2
    max_failed_share: float = 0.01
    drain_seconds: float = 5.0
    progress: Path | None = None

    @property
    def local_workers(self) -> int:
        """The number of workers on this machine; cgroups and `taskset` show in the affinity."""
        return self.workers or usable_cpus()


@dataclass(frozen=True, slots=True)
class Started:
    """A unit was handed to a worker; on Ray, to the cluster."""

    unit: Unit
    attempt: int


@dataclass(frozen=True, slots=True)
class Retried:
    """Attempt number `attempt` of a unit went wrong, and another one follows."""

    unit: Unit
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A unit came to its end."""

    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Idle:
    """About a second has passed; `running` units are at work and `waiting` are yet to start."""

    running: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Stopping:
    """Nothing more is begun; units at work have `seconds` to come to an end."""

    seconds: float


Event = Started | Retried | Finished | Idle | Stopping


class EngineError(RunError):
    """The engine itself cannot go on; `outcomes` tells how far it came."""

    outcomes: tuple[Outcome, ...] = ()


class ClusterLost(EngineError):
    """The cluster is gone or does not answer; on another one the run goes on."""

    exit_status = 75  # EX_TEMPFAIL


class Interrupted(RunError):
    """A signal ended the run; what is committed stays."""

    def __init__(self, signal: int, outcomes: list[Outcome]) -> None:
        """Note the signal's number, and how every unit ended."""
        done = sum(outcome.status == "done" for outcome in outcomes)
        super().__init__(
            f"stopped by signal {signal} with {done} of {len(outcomes)} units done; "
            "type the same command to go on from there"
        )
        self.signal = signal
        self.outcomes = outcomes
        self.exit_status = 128 + signal


def load(function: str) -> Callable[..., Any]:
    """Import a function by its name, `package.module:function`."""
    module, _, name = function.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def describe(error: BaseException) -> str:
    """Put an exception into one line, then its traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    text = " ".join(str(error).split()) or "no message"
    return (
        f"{type(error).__name__}: {text[:1000]}{where}\n"
        + "".join(traceback.format_exception(error, limit=-12))[-4000:]
    )

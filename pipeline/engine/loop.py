"""The loop: hand out units, take reports, retry, give up in time; the same for every executor."""

import heapq
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal

from .attempt import Report
from .executor import Executor
from .unit import (
    EngineError,
    Event,
    Finished,
    Idle,
    Interrupted,
    Limits,
    Outcome,
    Retried,
    Started,
    Stopping,
    Unit,
)

_SIGNALS = (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT)
_BACKOFF_SECONDS, _LONGEST_BACKOFF = 0.2, 5.0  # each four times as long as the one before
_WAIT_SECONDS = 0.2  # a signal is noticed so late
_LOST_SECONDS = 300.0  # on top of a unit's deadline


def execute(
    units: Iterable[Unit],
    executor: Executor,
    limits: Limits,
    *,
    is_done: Callable[[Unit], bool],
    on_event: Callable[[Event], None],
) -> list[Outcome]:
    """Run units, dispatched in the order given, and return how each ended, in the same order.

    An attempt that raises is repeated once. One that ends for another reason (its worker died, the
    deadline, no memory, OSError) is repeated `limits.retries` times; before that `is_done` is asked
    whether the unit's output was committed all the same. The run is given up, and the units that
    remain are cancelled, when at least three units and more than `limits.max_failed_share` of all
    have failed, or the first three all have.

    Raises:
        Interrupted: SIGTERM, SIGUSR1 or SIGINT came. Units at work had `limits.drain_seconds` to
            end; a second signal kills them at once.
        EngineError: the executor broke down, or two units have the same name.

    """
    run = _Run(list(units), executor, limits, is_done, on_event)
    with _handling(run.on_signal):
        try:
            run.go()
        except EngineError as error:
            run.cancel_rest(str(error).partition("\n")[0])
            error.outcomes = tuple(run.outcomes())
            raise
        finally:
            executor.on_beat = None
            executor.kill()
    if run.signal:
        raise Interrupted(run.signal, run.outcomes())
    return run.outcomes()


@dataclass(slots=True)
class _Job:
    """A unit on its way: its place in the order, and the number of the attempt."""

    index: int
    unit: Unit
    attempt: int = 0


class _Run:
    def __init__(
        self,
        units: list[Unit],
        executor: Executor,
        limits: Limits,
        is_done: Callable[[Unit], bool],
        on_event: Callable[[Event], None],
    ) -> None:
        _check_names(units)
        self._executor, self._limits = executor, limits
        self._is_done, self._on_event = is_done, on_event
        self._outcomes: list[Outcome | None] = [None] * len(units)
        self._waiting = deque(_Job(index, unit) for index, unit in enumerate(units))
        self._delayed: list[tuple[float, int, _Job]] = []  # a heap of (when, index, job)
        self._running: dict[int, _Job] = {}
        self._ticket = time.time_ns()  # unlike those of an earlier run on the same executor
        self._settled = self._failed = 0
        self._stop_at: float | None = None
        self._stop_why = ""
        self._heard = self._ticked = time.monotonic()
        self.signal = 0

    def go(self) -> None:
        """Run everything, or until a stop and the drain that follows it."""
        self._executor.on_beat = self._tick
        while self._running or (self._stop_at is None and (self._waiting or self._delayed)):
            self._dispatch()
            for report in self._executor.wait(self._pause()):
                self._heard = time.monotonic()
                self._settle(report)
            self._give_up_lost()
            self._tick()
            if self._stop_at is not None and time.monotonic() >= self._stop_at:
                self._executor.kill()
                break
        self.cancel_rest(self._stop_why)

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Stop dispatching and drain; at the second signal do not even drain."""
        drain = 0.0 if self.signal else self._limits.drain_seconds
        self.signal = number
        self._stop(drain, f"stopped by {signal.Signals(number).name}")

    def outcomes(self) -> list[Outcome]:
        """Tell how each unit ended."""
        return [outcome for outcome in self._outcomes if outcome]

    def cancel_rest(self, why: str) -> None:
        """End what has not ended; what is committed counts as done all the same."""
        at_work = list(self._running.values())
        self._running.clear()
        for job in at_work:
            if self._is_done(job.unit):
                self._finish(job, "done")
            else:
                self._finish(job, "cancelled", error=f"ended at work: {why}")
        for job in [*(job for *_, job in sorted(self._delayed)), *self._waiting]:
            self._finish(job, "cancelled", error=f"not run: {why}")
        self._delayed.clear()
        self._waiting.clear()

    def _dispatch(self) -> None:
        while self._stop_at is None and self._executor.room() and (job := self._next()):
            job.attempt += 1
            self._ticket += 1
            self._running[self._ticket] = job
            self._heard = time.monotonic()
            self._on_event(Started(job.unit, job.attempt))
            self._executor.submit(self._ticket, job.unit)

    def _next(self) -> _Job | None:
        if self._delayed and self._delayed[0][0] <= time.monotonic():
            return heapq.heappop(self._delayed)[2]
        return self._waiting.popleft() if self._waiting else None

    def _pause(self) -> float:
        until = [self._delayed[0][0]] if self._delayed and not self._waiting else []
        until += [self._stop_at] if self._stop_at is not None else []
        return max(min([*(time - _now() for time in until), _WAIT_SECONDS]), 0.0)

    def _settle(self, report: Report) -> None:
        job = self._running.pop(report.ticket, None)
        if job is None:
            return
        again = min(1, self._limits.retries) if report.verdict == "raised" else self._limits.retries
        if report.verdict == "done" or self._is_done(job.unit):
            self._finish(job, "done", report)
        elif job.attempt > again:
            self._finish(job, "failed", report)
        elif self._stop_at is not None:
            self._finish(job, "cancelled", report)
        else:
            self._on_event(Retried(job.unit, job.attempt, report.error.partition("\n")[0]))
            due = _now() + min(_BACKOFF_SECONDS * 4 ** (job.attempt - 1), _LONGEST_BACKOFF)
            heapq.heappush(self._delayed, (due, job.index, job))

    def _finish(
        self,
        job: _Job,
        status: Literal["done", "failed", "cancelled"],
        report: Report | None = None,
        error: str = "",
    ) -> None:
        facts: dict[str, Any] = {}
        if report:
            facts = {"seconds": report.seconds, "cpu_seconds": report.cpu_seconds}
            facts |= {"result": report.result} if status == "done" else {"error": report.error}
        outcome = Outcome(job.unit, status, job.attempt, **({"error": error} | facts))
        self._outcomes[job.index] = outcome
        if status != "cancelled":
            self._settled += 1
            self._failed += status == "failed"
            self._abort_if_hopeless()
        self._on_event(Finished(outcome))

    def _abort_if_hopeless(self) -> None:
        failed, total = self._failed, len(self._outcomes)
        too_many = failed > self._limits.max_failed_share * total or failed == self._settled
        if self._stop_at is None and failed >= 3 and too_many:
            self._stop(self._limits.drain_seconds, f"{failed} of {total} units had failed")

    def _stop(self, drain: float, why: str) -> None:
        self._stop_at, self._stop_why = _now() + drain, why
        self._executor.interrupt(drain)
        self._on_event(Stopping(drain))

    def _give_up_lost(self) -> None:
        """End attempts of which a cluster says nothing any more, and no longer can.

        Seen once, after a network was cut: a unit had been committed, and its report never came.
        """
        deadline = self._limits.unit_seconds
        if not self._running or deadline is None or _now() - self._heard < deadline + _LOST_SECONDS:
            return
        self._executor.kill()
        for ticket in list(self._running):
            why = f"nothing was heard of it for {_now() - self._heard:.0f} s"
            self._settle(Report(ticket, "broken", error=why))

    def _tick(self) -> None:
        if _now() - self._ticked >= 1.0:
            self._ticked = _now()
            self._on_event(Idle(len(self._running), len(self._waiting) + len(self._delayed)))


_now = time.monotonic


def _check_names(units: list[Unit]) -> None:
    seen: set[tuple[str, str]] = set()
    for unit in units:
        if (unit.stage, unit.name) in seen:
            raise EngineError(
                f"stage {unit.stage}: two units are named {unit.name!r}; names must differ"
            )
        seen.add((unit.stage, unit.name))


@contextmanager
def _handling(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have the signals that end a run come to us; only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, was in before.items():
            signal.signal(number, was)

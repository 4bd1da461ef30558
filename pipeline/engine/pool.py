"""The pool executor: units run in child processes of the driver."""

import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path

from .attempt import Report, attempt
from .child import Child, receive, send
from .unit import Limits, Unit


class Worker:
    """One child that runs units, one at a time, each with a deadline; replaced when it dies.

    A pool has several; a Ray worker has one, so that a unit meets the same limits on both.
    """

    def __init__(self, limits: Limits, directory: str | None = None) -> None:
        """Take note of the limits, and of the folder in which units run."""
        self._limits = limits
        self._directory = directory
        self._child: Child | None = None
        self._ticket: int | None = None
        self._began = 0.0

    @property
    def busy(self) -> bool:
        """Whether a unit is at work."""
        return self._ticket is not None

    @property
    def connection(self) -> Connection | None:
        """What becomes readable when the unit has ended."""
        return self._child.connection if self._child else None

    def start(self, ticket: int, unit: Unit) -> None:
        """Give a unit to the child; start one where there is none."""
        if self._child and not self._child.is_alive():
            self._end()
        if self._child is None:
            self._child = Child(
                f"{__name__}:serve",
                self._limits.progress,
                memory_bytes=self._limits.memory_bytes,
                directory=self._directory,
            )
        self._ticket, self._began = ticket, time.monotonic()
        with suppress(OSError):  # it has died just now; `report` will find out
            send(self._child.connection, (ticket, unit))

    def report(self) -> Report | None:
        """Tell how the unit ended, if it has, or has to."""
        if self._child is None or self._ticket is None:
            return None
        alive = self._child.is_alive()  # asked first: what it sent before its end counts
        if self._child.connection.poll():
            try:
                report: Report = receive(self._child.connection)
            except (EOFError, OSError):
                return self._broken(f"its worker was {self._child.end(1.0)}")
            self._ticket = None
            if report.spoiled:
                self._end()
            return report
        if not alive:
            return self._broken(f"its worker was {self._child.end(1.0)}")
        deadline = self._limits.unit_seconds
        if deadline is not None and time.monotonic() - self._began > deadline:
            return self._broken(f"not done in {deadline:g} s, the deadline of a unit")
        return None

    def run(self, ticket: int, unit: Unit) -> Report:
        """Run a unit to its end."""
        self.start(ticket, unit)
        while (report := self.report()) is None:
            if self.connection:
                self.connection.poll(0.5)
        return report

    def kill(self) -> None:
        """Kill the child, with the unit that it runs."""
        self._ticket = None
        self._end()

    def _end(self) -> None:
        if self._child:
            self._child.end()
            self._child = None

    def _broken(self, why: str) -> Report:
        assert self._ticket is not None
        report = Report(self._ticket, "broken", time.monotonic() - self._began, error=why)
        self.kill()
        return report


class Pool:
    """A worker for each unit that may run at a time; children start when they are needed."""

    def __init__(self, limits: Limits) -> None:
        """Take note of the limits; start nothing."""
        self._workers = [Worker(limits) for _ in range(limits.local_workers)]
        self.on_beat: Callable[[], None] | None = None

    def room(self) -> int:
        """One unit for each worker that is free."""
        return sum(not worker.busy for worker in self._workers)

    def submit(self, ticket: int, unit: Unit) -> None:
        """Give the unit to a free worker."""
        next(worker for worker in self._workers if not worker.busy).start(ticket, unit)

    def wait(self, seconds: float) -> list[Report]:
        """Wait for workers to report."""
        busy = [worker for worker in self._workers if worker.busy]
        wait([worker.connection for worker in busy if worker.connection], seconds)
        return [report for worker in busy if (report := worker.report())]

    def interrupt(self, seconds: float) -> None:
        """No unit runs in the loop's own thread."""

    def kill(self) -> None:
        """Kill the workers that are at work."""
        for worker in self._workers:
            if worker.busy:
                worker.kill()

    def close(self) -> None:
        """Kill all workers."""
        for worker in self._workers:
            worker.kill()


def serve(connection: Connection, progress: Path | None) -> None:
    """Run units as they come; this is the child's side."""
    while True:
        try:
            ticket, unit = receive(connection)
        except (EOFError, OSError):
            return
        send(connection, attempt(ticket, unit, progress))

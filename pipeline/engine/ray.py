"""The Ray executor: units run as tasks of a Ray cluster, ours for this run or one that is there.

Only specs and counters travel. Ray is imported by a child of the driver, never by the driver.
"""

import socket
import tempfile
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import NoReturn

from .attempt import Report
from .child import Child, receive, send
from .cluster import Cluster
from .unit import ClusterLost, EngineError, Limits, Unit

_JOIN_SECONDS = 60.0
_KNOCK_SECONDS = 10.0
_LEAVE_SECONDS = 15.0


class Ray:
    """Submits tasks through a bridge process; starts a cluster where no address is given."""

    def __init__(self, limits: Limits, address: str | None) -> None:
        """Join a cluster.

        Raises:
            EngineError: there is no cluster at the address, or none can be started here.

        """
        if address:
            _knock(address)
        self.on_beat: Callable[[], None] | None = None
        self._limits = limits
        self._address = address
        self._running: set[int] = set()
        self._cpus = 0
        self._joined = False
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._cluster = None if address else Cluster(limits)
        self._bridge = self._open_bridge()
        try:
            self._join()
        except BaseException:
            self.close()
            raise

    def room(self) -> int:
        """Twice as many units as can run: the next one waits where it will run."""
        return 2 * (self._limits.workers or self._cpus or 1) - len(self._running)

    def submit(self, ticket: int, unit: Unit) -> None:
        """Give the unit to the cluster."""
        self._running.add(ticket)
        try:
            send(self._bridge.connection, (ticket, unit))
        except OSError:
            self._fail("the connection is lost")

    def wait(self, seconds: float) -> list[Report]:
        """Wait for the cluster to report."""
        bridge = self._bridge.connection
        ours = [self._cluster.connection] if self._cluster else []
        if set(wait([bridge, *ours], seconds)).intersection(ours):
            self._fail("its head has ended")
        reports = []
        while bridge.poll():
            report = self._receive()
            if report and report.ticket in self._running:
                self._running.discard(report.ticket)
                reports.append(report)
        return reports

    def interrupt(self, seconds: float) -> None:
        """No unit runs in the loop's own thread."""

    def kill(self) -> None:
        """Have the cluster kill what it runs for us."""
        if self._running:
            self._running.clear()
            with suppress(OSError):
                send(self._bridge.connection, "kill")

    def close(self) -> None:
        """Leave the cluster; end it if it is ours."""
        self._bridge.end(0.0 if self._cluster or not self._joined else _LEAVE_SECONDS)
        if self._cluster:
            self._cluster.close()
        self._log.close()

    def _open_bridge(self) -> Child:
        return Child(
            f"{__package__}.bridge:serve",
            *(self._limits, str(Path.cwd())),
            oom_score=0,
            environment=self._cluster.environment if self._cluster else None,
            stderr=self._log,
        )

    def _join(self) -> None:
        where = self._cluster.wait() if self._cluster else self._address
        with suppress(OSError):
            send(self._bridge.connection, (where, self._cluster is not None))
        if not self._bridge.connection.poll(_JOIN_SECONDS):
            self._fail(f"it does not answer in {_JOIN_SECONDS:g} s")
        self._receive()
        self._joined = True

    def _receive(self) -> Report | None:
        """Take a message of the bridge; only reports are for others."""
        try:
            kind, message = receive(self._bridge.connection)
        except (EOFError, OSError):
            self._fail("the connection is lost")
        if kind == "failed":
            raise EngineError(f"cannot use {self._name()}: {message}")
        if kind == "cpus":
            self._cpus = message
        report: Report | None = message if kind == "report" else None
        return report

    def _fail(self, why: str) -> NoReturn:
        self._log.seek(0)
        said = self._log.read().decode("utf-8", "replace")
        said += self._cluster.log() if self._cluster else ""
        last = "\n".join(said.strip().splitlines()[-3:])
        raise ClusterLost(
            f"cannot use {self._name()}: {why}; type the same command to go on\n{last}"
        )

    def _name(self) -> str:
        if self._cluster:
            return "the Ray cluster on this machine"
        return f"the Ray cluster at {self._address}"


def _knock(address: str) -> None:
    """Refuse an address at which nobody listens; Ray would try for minutes."""
    host, _, port = address.rpartition(":")
    if not (host and port.isdigit()) or "://" in address:
        return  # a name such as `auto` is for Ray to find
    try:
        socket.create_connection((host.strip("[]"), int(port)), _KNOCK_SECONDS).close()
    except OSError as error:
        raise EngineError(
            f"cannot use the Ray cluster at {address}: nothing answers there ({error}); start one "
            "with `ray start --head`, or leave out the address to have one started for this run"
        ) from error

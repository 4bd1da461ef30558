"""The bridge to Ray: the one process of a run that imports it; also what runs in Ray's workers.

It is a child of the driver. When the head of a cluster dies, Ray ends the process that was joined
to it; so it may well be one that nobody misses.
"""

import logging
import os
import queue
import sys
import sysconfig
import threading
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import ray

from .attempt import Report
from .child import receive, send
from .pool import Worker
from .unit import Limits, Unit

_LOOK_SECONDS = 10.0


def serve(connection: Connection, limits: Limits, directory: str) -> None:
    """Join a cluster, whose address comes first; then run units on it as they come."""
    try:
        _join(*receive(connection))
        _check_room(limits)
    except Exception as error:  # noqa: BLE001 - Ray raises anything
        send(connection, ("failed", f"{type(error).__name__}: {error}"))
        return
    send(connection, ("cpus", _cpus()))
    with suppress(OSError):
        _Bridge(connection, limits, directory).serve()
    ray.shutdown()


def _join(address: str, own: bool) -> None:
    paths = "" if own else os.pathsep.join(_foreign_paths())
    ray.init(
        address,
        log_to_driver=False,
        logging_level=logging.ERROR,
        runtime_env={"env_vars": {"PYTHONPATH": paths}} if paths else None,
    )


def _foreign_paths() -> list[str]:
    """Where this process finds modules, beyond what every installation has."""
    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    places |= {f"{place}/lib-dynload" for place in places}
    return [path for path in sys.path if Path(path).is_dir() and path not in places]


def _check_room(limits: Limits) -> None:
    """Refuse a cluster that could never run a unit; one without any CPU may still grow."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
    able = [node for node in nodes if node.get("CPU", 0) >= 1]
    most = max((node.get("memory", 0) for node in able), default=None)
    if most is not None and most < limits.memory_bytes:
        raise MemoryError(
            f"a worker is to have {limits.memory_bytes:,} bytes, and the largest node of the cluster "
            f"offers {most:,.0f}; lower the memory of a worker, or start nodes with more --memory"
        )


def _cpus() -> int:
    resources = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return int(resources.get("CPU", 0))


class _Bridge:
    """Hands units to Ray and reports to the driver, whichever comes first."""

    def __init__(self, connection: Connection, limits: Limits, directory: str) -> None:
        self._connection = connection
        self._limits, self._directory = limits, directory
        self._task = ray.remote(num_cpus=1, memory=limits.memory_bytes, max_retries=0)(run_attempt)
        self._running: dict[int, Any] = {}
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def serve(self) -> None:
        """Go on until the driver is gone."""
        cpus = _cpus()
        while True:
            try:
                message = self._inbox.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                if cpus != (cpus := _cpus()):
                    send(self._connection, ("cpus", cpus))
                continue
            match message:
                case None:
                    return self._kill()
                case "kill":
                    self._kill()
                case Report() as report:
                    if self._running.pop(report.ticket, None):
                        send(self._connection, ("report", report))
                case ticket, unit:
                    self._submit(ticket, unit)

    def _read(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                self._inbox.put(receive(self._connection))
        self._inbox.put(None)

    def _submit(self, ticket: int, unit: Unit) -> None:
        reference = self._task.remote(ticket, unit, self._limits, self._directory)
        self._running[ticket] = reference
        reference.future().add_done_callback(partial(self._done, ticket))

    def _done(self, ticket: int, future: "Future[Report]") -> None:
        try:
            report = future.result()
        except Exception as error:  # noqa: BLE001 - Ray raises anything
            report = Report(ticket, "broken", error=_explain(error))
        self._inbox.put(report)

    def _kill(self) -> None:
        running, self._running = list(self._running.values()), {}
        for reference in running:
            with suppress(Exception):
                ray.cancel(reference, force=True)


def _explain(error: BaseException) -> str:
    """Say in a line what Ray says in many."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"Ray: {type(error).__name__}: {' '.join(lines)[:600]}"


_worker: Worker | None = None


def run_attempt(ticket: int, unit: Unit, limits: Limits, directory: str) -> Report:
    """Run a unit in a child of this Ray worker, which stays for the next unit."""
    global _worker
    if _worker is None:
        _worker = Worker(limits, directory if Path(directory).is_dir() else None)
    return _worker.run(ticket, unit)

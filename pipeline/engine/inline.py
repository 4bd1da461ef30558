"""The inline executor: units run in the driver itself, one by one; for one worker and for debugging.

Deadlines and interruptions raise an exception in the unit's Python code. Code in C that never
returns cannot be stopped so; that is what the sandbox and the other executors are for.
"""

import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from .attempt import Report, attempt
from .child import limit_data
from .kept import end_sandboxes
from .unit import Limits, Unit


class _Stop(BaseException):
    """Raised in a unit that must stop; no `except Exception` of the unit takes it."""


class Inline:
    """Runs a unit when it is waited for."""

    def __init__(self, limits: Limits) -> None:
        """Take note of the limits."""
        self._limits = limits
        self._next: tuple[int, Unit] | None = None
        self._running = False
        self._began = 0.0
        self._until: float | None = None
        self.on_beat: Callable[[], None] | None = None

    def room(self) -> int:
        """One unit at a time."""
        return 0 if self._next else 1

    def submit(self, ticket: int, unit: Unit) -> None:
        """Keep the unit until `wait`."""
        self._next = ticket, unit

    def wait(self, seconds: float) -> list[Report]:
        """Run the unit, however long it takes."""
        if self._next is None:
            time.sleep(seconds)
            return []
        (ticket, unit), self._next = self._next, None
        self._began = time.monotonic()
        try:
            with self._alarm(), _data_limit(self._limits.memory_bytes):
                return [attempt(ticket, unit, self._limits.progress, self.on_beat)]
        except _Stop:
            why = "interrupted" if self._until is not None else _overdue(self._limits)
            return [Report(ticket, "broken", time.monotonic() - self._began, error=why)]

    def interrupt(self, seconds: float) -> None:
        """Let the unit that runs, or is about to, go on for so long; then raise in it."""
        self._until = time.monotonic() + seconds
        if self._running:
            self._wind()

    def kill(self) -> None:
        """Forget the unit that waits; none runs while the loop does."""
        self._next = self._until = None

    def close(self) -> None:
        """End the sandboxes that units have left for the next one."""
        end_sandboxes()

    @contextmanager
    def _alarm(self) -> Iterator[None]:
        """Have the clock raise `_Stop` here at the deadline; only the main thread can."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, self._ring)
        self._running = True
        try:
            self._wind()
            yield
        finally:
            self._running = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _wind(self) -> None:
        """Set the clock to the deadline or to the end of an interruption, whichever is sooner."""
        ends = []
        if self._limits.unit_seconds is not None:
            ends.append(self._began + self._limits.unit_seconds)
        if self._until is not None:
            ends.append(self._until)
        if ends:
            signal.setitimer(signal.ITIMER_REAL, max(min(ends) - time.monotonic(), 1e-6))

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if self._running:
            raise _Stop


def _overdue(limits: Limits) -> str:
    return f"not done in {limits.unit_seconds:g} s, the deadline of a unit"


@contextmanager
def _data_limit(size: int) -> Iterator[None]:
    """Let the unit have `size` bytes of data beyond what this process holds already."""
    before = limit_data(_data_bytes() + size)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _data_bytes() -> int:
    status = Path("/proc/self/status").read_text("ascii", "replace")
    return int(status.partition("VmData:")[2].split()[0]) << 10

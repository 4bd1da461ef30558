"""What the loop needs of an executor, and the choice among the three: inline, pool and ray."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from ..errors import UsageError
from .attempt import Report
from .inline import Inline
from .pool import Pool
from .ray import Ray
from .unit import Limits, Unit


class Executor(Protocol):
    """Runs attempts; knows nothing of retries."""

    on_beat: Callable[[], None] | None
    """Called now and then while a unit runs in the loop's own thread."""

    def room(self) -> int:
        """Tell how many more units may be submitted now."""

    def submit(self, ticket: int, unit: Unit) -> None:
        """Begin an attempt; `ticket` names it and is never used twice."""

    def wait(self, seconds: float) -> list[Report]:
        """Wait until attempts have ended, at most so long, and report them.

        Raises:
            EngineError: nothing can be run any more.

        """

    def interrupt(self, seconds: float) -> None:
        """Stop a unit that runs in the loop's own thread in so many seconds."""

    def kill(self) -> None:
        """End all attempts at once; they are not reported."""

    def close(self) -> None:
        """Kill what runs, and leave no process behind."""


@contextmanager
def open_executor(kind: str, limits: Limits, address: str | None = None) -> Iterator[Executor]:
    """Open an executor for any number of `execute`; afterwards no process of it is left.

    `local` is inline for one worker, else a pool. `ray` is the cluster at `address` or, without
    one, at $RAY_ADDRESS, which is left as it is; without that too, a cluster of this run's own on
    this machine. `auto` is ray where there is an address, else local. Ray is imported by no other.

    Raises:
        UsageError: `kind` is none of the three, or an address is given for `local`.
        EngineError: the cluster cannot be used.

    """
    executor = _open(kind, limits, address)
    try:
        yield executor
    finally:
        executor.close()


def _open(kind: str, limits: Limits, address: str | None) -> Executor:
    if kind not in ("auto", "local", "ray"):
        raise UsageError(f"engine {kind!r}: expected auto, local or ray")
    if kind == "local" and address:
        raise UsageError(
            f"address {address!r} is for the engine ray, but the engine is local; leave out one"
        )
    known = os.environ.get("RAY_ADDRESS", "")
    address = address or (known if known != "local" else "") or None
    if kind == "ray" or (kind == "auto" and address):
        return Ray(limits, address)
    return Inline(limits) if limits.local_workers == 1 else Pool(limits)

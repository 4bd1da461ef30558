"""A limit on the streams of all workers of a run, however many they are and wherever they run.

A stream is the lock on one of as many files as there may be streams. The system takes the lock back
when a process dies. On several nodes the file system must carry locks, as NFS 4, GPFS and Lustre
with `flock` do.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import RunError

_POLL = 0.05


class Streams:
    """At most `most` streams at a time by all who name the same folder."""

    def __init__(self, folder: Path, most: int) -> None:
        """Use lock files in `folder`, which is made."""
        self._folder = folder
        self._most = most

    @contextmanager
    def one(self, beat: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold a stream for the length of a block; wait until one is free."""
        self._folder.mkdir(parents=True, exist_ok=True)
        while (lock := self._take()) is None:
            beat()
            time.sleep(_POLL)
        try:
            yield
        finally:
            os.close(lock)

    def _take(self) -> int | None:
        start = os.getpid() % self._most  # or all would try for the first
        for number in range(self._most):
            path = self._folder / f"stream-{(start + number) % self._most}"
            lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
            with suppress(BlockingIOError):
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(lock)
                    raise
                except OSError as error:
                    os.close(lock)
                    raise RunError(
                        f"{path}: expected a file system with locks, found: {error}. "
                        "archive.streams=0 lifts the limit"
                    ) from None
                return lock
        return None

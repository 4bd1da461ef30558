"""The state of a part of a crawl: lines of JSON in one file, which is only ever added to.

Everything that a crawl knows follows from its journal, read from the first line to the last.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Line = dict[str, Any]


class Journal:
    """A journal that is open for writing; nobody else can open it meanwhile."""

    def __init__(self, path: Path) -> None:
        """Open or begin a journal.

        Raises:
            BlockingIOError: another process is writing to it.

        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def cut(self, end: int) -> None:
        """Remove what lies beyond a byte: a line that a kill left half written."""
        self._file.truncate(end)

    def append(self, line: Line) -> None:
        """Add a line; it outlives this process, and after `sync` the machine."""
        self._file.write(
            json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        )
        self._file.flush()

    def sync(self) -> None:
        """Have what was added reach the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """End writing, and let others in."""
        self._file.close()


def read_journal(path: Path) -> Iterator[tuple[Line, int]]:
    """Give the lines of a journal and where each ends; it stops before a line that is not whole."""
    if not path.exists():
        return
    end = 0
    with path.open("rb") as file:
        for raw in file:
            end += len(raw)
            try:
                line = json.loads(raw) if raw.endswith(b"\n") else None
            except ValueError:
                return
            if not isinstance(line, dict):
                return
            yield line, end

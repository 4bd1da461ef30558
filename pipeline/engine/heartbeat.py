"""Heartbeats: each unit at work tells in a small file how far it is, so that anyone can look."""

import hashlib
import json
import os
import resource
import socket
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from .kept import cpu_seconds
from .unit import Unit

_SECONDS = 2.0
"""Between two writings: a file system shared by thousands of workers must bear it."""


class Heartbeat:
    """Writes `PROGRESS/<stage>/<name>.json` while a unit is at work, and removes it at its end.

    The file of a unit whose worker was killed stays until the unit is tried again. Used as a
    context manager; the instance is the `beat` that the unit's function is given.
    """

    def __init__(self, unit: Unit, progress: Path | None) -> None:
        """Take note of the unit; without a folder nothing is written."""
        self._path = progress and heartbeat_path(progress, unit)
        self._facts = {
            "stage": unit.stage,
            "unit": unit.name,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started": time.time(),
            "documents": 0,
            "bytes": 0,
        }
        self._next = 0.0

    def __enter__(self) -> Self:
        """Show that the unit has begun."""
        self()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Remove the file."""
        if self._path:
            with suppress(OSError):
                self._path.unlink()

    def __call__(self, *, documents: int | None = None, bytes: int | None = None) -> None:
        """Note the documents and bytes done so far; write them down now and then."""
        if documents is not None:
            self._facts["documents"] = documents
        if bytes is not None:
            self._facts["bytes"] = bytes
        if self._path and time.monotonic() >= self._next:
            self._next = time.monotonic() + _SECONDS
            with suppress(
                OSError
            ):  # a full disk fails the unit's own writes, with a better message
                self._write(self._path)

    def _write(self, path: Path) -> None:
        facts = self._facts | {"time": time.time(), "rss": rss(), "cpu_seconds": cpu_seconds()}
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name[:200]}.{os.getpid()}.tmp")
        temporary.write_text(json.dumps(facts), "utf-8")
        temporary.replace(path)


def heartbeat_path(progress: Path, unit: Unit) -> Path:
    """Name a unit's heartbeat; all of a stage lie in one folder, whatever the unit's name.

    >>> heartbeat_path(Path("progress"), Unit("documents", "a/b.warc.gz", "m:f", {})).as_posix()
    'progress/documents/a%2Fb.warc.gz.json'
    """
    name = quote(unit.name, safe=" ")
    if len(name) > 200:  # file names end at 255 bytes
        name = f"{name[:160]}-{hashlib.sha256(unit.name.encode()).hexdigest()[:32]}"
    return progress / quote(unit.stage, safe=" ") / f"{name}.json"


def rss() -> int:
    """Resident memory of this process, bytes."""
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * resource.getpagesize()

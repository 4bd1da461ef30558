"""The meeting place of a job's nodes: a folder on the shared file system that only its owner can read.

The head writes what the others need to join, again and again: a file that no longer changes means a
head that is gone. Clocks of nodes are not compared, and no port has to be agreed on beforehand.
"""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class News:
    """What the head says: the cluster's number in this job, its address, its end, and a counter."""

    generation: int
    address: str
    ended: bool = False
    beat: int = 0


class Meeting:
    """The head's side writes, the members' side reads and notes when it last heard something new."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, if it is not there."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._folder = folder
        self._last: News | None = None
        self._heard = time.monotonic()

    @property
    def token(self) -> Path:
        """Ray's token."""
        return self._folder / "token"

    def say(self, news: News) -> None:
        """Have all members know."""
        temporary = self._folder / f"cluster.{os.getpid()}"
        temporary.write_text(json.dumps(asdict(news)), "ascii")
        temporary.replace(self._folder / "cluster.json")

    def hear(self) -> News | None:
        """Read the last news; None before there are any."""
        try:
            news = News(**json.loads((self._folder / "cluster.json").read_text("ascii")))
        except (OSError, ValueError, TypeError):
            return self._last
        if news != self._last:
            self._last, self._heard = news, time.monotonic()
        return news

    @property
    def silence(self) -> float:
        """Seconds since there was anything new."""
        return time.monotonic() - self._heard

    def announce(self, generation: int, name: str) -> None:
        """Tell the head that a member has joined."""
        (self._folder / f"joined-{generation}-{name}").touch()

    def present(self, generation: int) -> int:
        """Count the members that have joined."""
        return len(list(self._folder.glob(f"joined-{generation}-*")))

    def leave_status(self, status: int) -> None:
        """Leave the exit status of the run for the job script."""
        (self._folder / "status").write_text(f"{status}\n", "ascii")

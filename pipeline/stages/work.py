"""The frame around a unit of work: what it is, where it writes, and how it is committed."""

import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..engine import cpu_seconds
from ..storage.fingerprint import fingerprint
from ..storage.folder import RunFolder
from ..storage.ledger import Counts, Entry, Output, commit, describe

Beat = Callable[..., None]
"""Called with `documents=` and `bytes=` done so far, as often as one likes."""


@dataclass(slots=True)
class Work:
    """One unit at work: it collects what the ledger entry will say."""

    folder: RunFolder
    stage: str
    unit: str
    depends: dict[str, Any]
    counts: Counts = field(default_factory=Counts)
    facts: dict[str, Any] = field(default_factory=dict)
    _outputs: dict[str, int] = field(default_factory=dict)
    _started: tuple[float, float] = field(default_factory=lambda: (time.time(), cpu_seconds()))

    @classmethod
    def of(cls, spec: dict[str, Any]) -> "Work":
        """Take up the unit of a spec."""
        return cls(RunFolder(Path(spec["run"])), spec["stage"], spec["unit"], spec["depends"])

    @contextmanager
    def output(self, path: str, rows: Callable[[], int]) -> Iterator[Path]:
        """Write an output file; `rows` is asked for its number of rows once it is whole."""
        with self.folder.atomic(path) as temporary:
            yield temporary
        self._outputs[path] = rows()

    def commit(self) -> dict[str, Any]:
        """Write the ledger entry, and give the figures that the driver shows."""
        wall, cpu = self._started
        entry = Entry(
            stage=self.stage,
            unit=self.unit,
            fingerprint=fingerprint(self.depends),
            depends=self.depends,
            outputs=tuple(self._describe()),
            rows=self.counts.to_json(),
            facts=self.facts,
            cost={
                "seconds": round(time.time() - wall, 3),
                "cpu_seconds": round(cpu_seconds() - cpu, 3),
                "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "host": socket.gethostname(),
            },
        )
        commit(self.folder, entry)
        return {
            "documents": sum(count.entered for count in self.counts.values()),
            "kept": sum(count.left for count in self.counts.values()),
            "cpu_seconds": entry.cost["cpu_seconds"],
        }

    def _describe(self) -> Iterator[Output]:
        for path, rows in sorted(self._outputs.items()):
            yield describe(self.folder, path, rows)

"""Progress of a run: a live table of stages on a terminal, plain lines in a log."""

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from .engine import Event, Finished, Retried, Unit

_LINE_SECONDS = 10


class Progress:
    """Shows, stage by stage, how much is done, how fast, and how long it will take.

    Units at work report through heartbeat files, so that one long unit is seen to move too.
    """

    def __init__(self, folder: Path) -> None:
        """Watch the heartbeats in `folder`."""
        self._folder = folder
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, refresh_per_second=4, transient=False)
        self._rows: list[_Row] = []
        self._last_line = 0.0

    def __enter__(self) -> Self:
        """Start drawing, where there is a terminal."""
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop drawing; what was drawn stays."""
        self._live.stop()

    def begin(self, stage: str, units: Iterable[Unit], todo: Iterable[Unit]) -> None:
        """Begin a stage of which `todo` is still to be done, or its next units."""
        if not self._rows or self._rows[-1].stage != stage:
            self._rows.append(_Row(stage))
        self._rows[-1].begin(list(units), list(todo))
        self._draw(force=True)

    def show(self, event: Event) -> None:
        """Take note of what the engine reports."""
        row = self._rows[-1]
        if isinstance(event, Finished):
            row.finished(event.outcome.unit, event.outcome.result or {})
        elif isinstance(event, Retried):
            self._say(f"{row.stage}: {event.unit.name} is tried again: {event.reason}")
        row.running = dict(heartbeats(self._folder / row.stage))
        self._draw()

    def end(self) -> None:
        """End the stage."""
        self._rows[-1].end()
        self._draw(force=True)

    def _draw(self, force: bool = False) -> None:
        if self._console.is_terminal:
            self._live.update(_table(self._rows), refresh=force)
        elif force or time.monotonic() - self._last_line > _LINE_SECONDS:
            self._last_line = time.monotonic()
            self._say(self._rows[-1].line())

    def _say(self, line: str) -> None:
        if self._console.is_terminal:
            self._live.console.print(line, highlight=False)
        else:
            print(line, file=sys.stderr, flush=True)


class _Row:
    """Progress of one stage."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.planned = self.skipped = 0
        self._weights: dict[str, int] = {}
        self._done: set[str] = set()
        self._documents = 0
        self._started = time.monotonic()
        self._ended: float | None = None
        self.running: dict[str, dict[str, Any]] = {}

    def begin(self, units: list[Unit], todo: list[Unit]) -> None:
        self.planned += len(units)
        self.skipped += len(units) - len(todo)
        self._weights |= {unit.name: unit.weight for unit in todo}
        self._ended = None

    def finished(self, unit: Unit, result: dict[str, Any]) -> None:
        self._done.add(unit.name)
        self._documents += int(result.get("documents", 0))

    def end(self) -> None:
        self._ended = time.monotonic()
        self.running = {}

    @property
    def seconds(self) -> float:
        return (self._ended or time.monotonic()) - self._started

    @property
    def documents(self) -> int:
        active: int = sum(beat.get("documents", 0) for name, beat in self._active())
        return self._documents + active

    @property
    def share(self) -> float:
        """How much of the work that was to do is done, by weight."""
        total = sum(self._weights.values())
        if not total or self._ended:
            return 1.0
        done = sum(self._weights[name] for name in self._done)
        begun: int = sum(
            min(beat.get("bytes", 0), self._weights[name]) for name, beat in self._active()
        )
        return min((done + begun) / total, 1.0)

    def _active(self) -> Iterable[tuple[str, dict[str, Any]]]:
        return (
            (name, beat)
            for name, beat in self.running.items()
            if name in self._weights and name not in self._done
        )

    @property
    def rate(self) -> float:
        return self.documents / self.seconds if self.seconds > 0 else 0.0

    @property
    def eta(self) -> str:
        if self._ended:
            return _clock(self.seconds)
        if self.share < 0.01 or self.seconds < 2:
            return "…"
        return f"{_clock(self.seconds / self.share - self.seconds)} left"

    @property
    def units(self) -> str:
        done = f"{self.skipped + len(self._done)}/{self.planned}"
        return f"{done} ({self.skipped} as before)" if self.skipped else done

    def line(self) -> str:
        return (
            f"{self.stage}: {self.units} units, {self.documents:,} documents, "
            f"{self.rate:,.0f}/s, {self.share:.0%}, {self.eta}"
        )


def _table(rows: list[_Row]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("stage", "", "units", "documents", "documents/s", "time"):
        table.add_column(title, justify="left" if title in ("stage", "") else "right")
    for row in rows:
        bar = ProgressBar(total=1.0, completed=row.share, width=24)
        table.add_row(row.stage, bar, row.units, f"{row.documents:,}", f"{row.rate:,.0f}", row.eta)
    return table


def heartbeats(folder: Path) -> Iterable[tuple[str, dict[str, Any]]]:
    """Read the last words of the units at work."""
    for path in folder.rglob("*.json"):
        try:
            beat = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        yield beat.get("unit", ""), beat


def _clock(seconds: float) -> str:
    """Write seconds as people do.

    >>> _clock(9), _clock(75), _clock(7500)
    ('9 s', '1:15 min', '2:05 h')
    """
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02} min"
    return f"{seconds // 3600}:{seconds % 3600 // 60:02} h"

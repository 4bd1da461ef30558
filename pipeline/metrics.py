"""What a run does, for machines: a JSON line for each event, and counters as Prometheus reads them.

Both lie in `log/` of the run. They are for people and their dashboards: nothing reads them again, and
where they cannot be written the run goes on.
"""

import json
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from .engine import Event, Finished, Idle, Retried, Started

_SECONDS = 10.0
"""Between two writings of the counters."""
_HELP = {
    "units": "Units of work that ended, by stage and how.",
    "retries": "Attempts at a unit that went wrong and were followed by another.",
    "documents": "Documents that went into units that are done.",
    "kept": "Documents that units that are done let through.",
    "cpu_seconds": "CPU time of units that ended.",
    "input_bytes": "Input of units that are done, as planned.",
}


class Metrics:
    """Takes the engine's events; `close` writes what is not written yet."""

    def __init__(self, folder: Path) -> None:
        """Write into `folder`; the log of an earlier run in it is continued."""
        self._folder = folder
        self._totals: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
        self._running = self._waiting = 0
        self._written = 0.0
        self._lines: list[str] = []

    def show(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case Idle():
                self._running, self._waiting = event.running, event.waiting
            case Started():
                self._log("started", event.unit.stage, event.unit.name, attempt=event.attempt)
            case Retried():
                self._count("retries", 1, stage=event.unit.stage)
                self._log("retried", event.unit.stage, event.unit.name,
                          attempt=event.attempt, reason=event.reason)  # fmt: skip
            case Finished():
                self._finished(event)
        if time.monotonic() - self._written > _SECONDS:
            self._write()

    def close(self) -> None:
        """Write what is left; nothing is at work any more."""
        self._running = self._waiting = 0
        self._write()

    def _finished(self, event: Finished) -> None:
        outcome = event.outcome
        stage, result = outcome.unit.stage, outcome.result or {}
        self._count("units", 1, stage=stage, status=outcome.status)
        self._count("cpu_seconds", outcome.cpu_seconds, stage=stage)
        if outcome.status == "done":
            self._count("documents", result.get("documents", 0), stage=stage)
            self._count("kept", result.get("kept", 0), stage=stage)
            self._count("input_bytes", outcome.unit.weight * (stage == "documents"), stage=stage)
        self._log(outcome.status, stage, outcome.unit.name, attempt=outcome.attempts,
                  seconds=round(outcome.seconds, 3), cpu_seconds=round(outcome.cpu_seconds, 3),
                  documents=result.get("documents"), error=outcome.error.partition("\n")[0])  # fmt: skip

    def _count(self, name: str, number: float, **labels: str) -> None:
        if number:
            self._totals[name, tuple(labels.items())] += number  # type: ignore[assignment]

    def _log(self, event: str, stage: str, unit: str, **facts: Any) -> None:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        given = {name: value for name, value in facts.items() if value not in (None, "")}
        line = {"time": now, "event": event, "stage": stage, "unit": unit, **given}
        self._lines.append(json.dumps(line, ensure_ascii=False))

    def _write(self) -> None:
        self._written = time.monotonic()
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._lines:
                with (self._folder / "events.jsonl").open("a", encoding="utf-8") as file:
                    file.write("\n".join(self._lines) + "\n")
            temporary = self._folder / "metrics.prom.new"
            temporary.write_text(self.exposition(), "utf-8")
            temporary.replace(self._folder / "metrics.prom")
        self._lines.clear()

    def exposition(self) -> str:
        """Give the counters in Prometheus's text format, since this process began."""
        lines = []
        for name, help_ in _HELP.items():
            full = f"eurocorpus_{name}_total"
            lines += [f"# HELP {full} {help_}", f"# TYPE {full} counter"]
            for (counted, labels), number in sorted(self._totals.items()):
                if counted == name:
                    shown = ",".join(f'{key}="{value}"' for key, value in labels)
                    lines.append(f"{full}{{{shown}}} {number:.12g}")
        for name, number in (("running", self._running), ("waiting", self._waiting)):
            lines += [f"# TYPE eurocorpus_units_{name} gauge", f"eurocorpus_units_{name} {number}"]
        return "\n".join(lines) + "\n"

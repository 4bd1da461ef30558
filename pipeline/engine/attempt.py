"""One attempt at one unit: the same few lines wherever it runs."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..errors import describe_failure
from .heartbeat import Heartbeat
from .kept import cpu_seconds, enter_stage
from .unit import Beat, Unit, describe, load

_RESULT_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an attempt.

    `raised` is the unit's own fault and comes again; `broken` is the world's (a killed worker, a
    deadline, no memory, a failing disk) and may not.
    """

    ticket: int
    verdict: Literal["done", "raised", "broken"]
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    result: dict[str, Any] | None = None
    error: str = ""
    spoiled: bool = False
    """The process ran out of memory, and should not be given another unit."""


def attempt(
    ticket: int, unit: Unit, progress: Path | None, on_beat: Callable[[], None] | None = None
) -> Report:
    """Run a unit in this process, and say how it ended."""
    enter_stage(unit.stage)
    wall, cpu = time.monotonic(), cpu_seconds()
    result, error, spoiled = None, "", False
    verdict: Literal["done", "raised", "broken"]
    try:
        with Heartbeat(unit, progress) as heartbeat:
            beat = _both(heartbeat, on_beat) if on_beat else heartbeat
            result = _checked(load(unit.function)(unit.spec, beat), unit)
        verdict = "done"
    except (OSError, MemoryError) as broken:
        error = describe_failure(broken)
        verdict, spoiled = "broken", isinstance(broken, MemoryError)
    except (Exception, SystemExit) as raised:  # noqa: BLE001 - it is the code of others
        verdict, error = "raised", describe(raised)
    return Report(
        ticket, verdict, time.monotonic() - wall, cpu_seconds() - cpu, result, error, spoiled
    )


def _both(heartbeat: Heartbeat, on_beat: Callable[[], None]) -> Beat:
    def beat(*, documents: int | None = None, bytes: int | None = None) -> None:
        heartbeat(documents=documents, bytes=bytes)
        on_beat()

    return beat


def _checked(result: Any, unit: Unit) -> dict[str, Any]:
    """Refuse what is not a small dict of counters: no text may travel through the engine."""
    if not isinstance(result, dict):
        raise TypeError(
            f"{unit.function}: expected a dict of counters, found {type(result).__name__}"
        )
    size = len(json.dumps(result))
    if size > _RESULT_BYTES:
        raise ValueError(
            f"{unit.function}: expected counters of at most {_RESULT_BYTES:,} bytes, found {size:,}; "
            "what is larger belongs in a file"
        )
    return result

"""Sandboxes that a worker keeps from one unit to the next: starting a child costs a CPU-second."""

import os
from typing import Any

from .sandbox import Sandbox

_kept: dict[tuple[Any, ...], Sandbox] = {}
_stage = ""


def keep_sandbox(function: str, **limits: Any) -> Sandbox:
    """Give the process's sandbox for a function and its limits; the first caller starts it.

    It is nobody's to close: it ends with the stage (`enter_stage`), the executor or the process.
    """
    key = (function, *sorted(limits.items()))
    if key not in _kept:
        _kept[key] = Sandbox(function, **limits)
    return _kept[key]


def enter_stage(stage: str) -> None:
    """End the sandboxes of another stage: they hold memory that this one may need."""
    global _stage
    if stage != _stage:
        end_sandboxes()
        _stage = stage


def end_sandboxes() -> None:
    """End every sandbox that this process keeps."""
    while _kept:
        _kept.popitem()[1].close()


def cpu_seconds() -> float:
    """CPU time of this process, of its children that have ended, and of its sandboxes."""
    times = os.times()
    ours = times.user + times.system + times.children_user + times.children_system
    return ours + sum(sandbox.cpu_seconds() for sandbox in _kept.values())

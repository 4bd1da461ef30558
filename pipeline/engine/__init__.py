"""The engine: runs units of work on one machine or on a Ray cluster; knows nothing of what they do."""

from .executor import Executor, open_executor
from .heartbeat import heartbeat_path
from .kept import cpu_seconds, keep_sandbox
from .loop import execute
from .sandbox import Casualty, Sandbox
from .unit import (
    Beat,
    EngineError,
    Event,
    Finished,
    Idle,
    Interrupted,
    Limits,
    Outcome,
    Retried,
    Started,
    Stopping,
    Unit,
)

__all__ = [
    "Beat",
    "Casualty",
    "EngineError",
    "Event",
    "Executor",
    "Finished",
    "Idle",
    "Interrupted",
    "Limits",
    "Outcome",
    "Retried",
    "Sandbox",
    "Started",
    "Stopping",
    "Unit",
    "cpu_seconds",
    "execute",
    "heartbeat_path",
    "keep_sandbox",
    "open_executor",
]

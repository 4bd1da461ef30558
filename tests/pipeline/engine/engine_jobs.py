"""What the tests have the engine run; imported by workers through sys.path."""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eurocorpus.pipeline.engine import Beat, Casualty, Sandbox, keep_sandbox

Counters = dict[str, Any]


def square(spec: dict[str, Any], beat: Beat) -> Counters:
    beat(documents=1, bytes=spec["number"])
    print("a library that chats on standard output")
    return {"square": spec["number"] ** 2}


def commit(spec: dict[str, Any], beat: Beat) -> Counters:
    """Note each attempt; do what `trouble` says on the first ones; then commit."""
    attempts = Path(spec["attempts"])
    with attempts.open("a") as file:
        file.write(f"{os.getpid()}\n")
    number = len(attempts.read_text().splitlines())
    if number <= spec.get("times", 0):
        _TROUBLE[spec["trouble"]]()
    time.sleep(spec.get("seconds", 0))
    output = Path(spec["output"])
    output.with_suffix(".tmp").write_text("committed")
    output.with_suffix(".tmp").replace(output)
    if spec.get("after") and number == 1:
        _TROUBLE[spec["after"]]()
    return {"attempt": number}


def where(spec: dict[str, Any], beat: Beat) -> Counters:
    return {
        "directory": str(Path.cwd()),
        "pid": os.getpid(),
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
        "ray": "ray" in sys.modules,
    }


def watch_heartbeat(spec: dict[str, Any], beat: Beat) -> Counters:
    beat(documents=7, bytes=70)
    time.sleep(2.1)
    beat(documents=8, bytes=80)
    return {"text": Path(spec["heartbeat"]).read_text()}


def talk_too_much(spec: dict[str, Any], beat: Beat) -> Counters:
    return {"text": "x" * 100_000}


def sandboxed(spec: dict[str, Any], beat: Beat) -> Counters:
    with Sandbox(
        f"{__name__}:page", cpu_seconds=1, wall_seconds=3, memory_bytes=512 << 20
    ) as sandbox:
        pages = sandbox.map(
            [(number, spec["poison"].get(str(number), "")) for number in range(500)]
        )
    return {
        "casualties": {
            str(number): page.kind
            for number, page in enumerate(pages)
            if isinstance(page, Casualty)
        },
        "sum": sum(page for page in pages if isinstance(page, int)),
    }


def page(number: int, poison: str) -> int:
    if poison:
        _TROUBLE[poison]()
    return number


def _kill_parent() -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def _spin() -> None:
    while True:
        pass


def _raise() -> None:
    raise ValueError("a bad page")


def _fail_disk() -> None:
    raise OSError(5, "Input/output error")


_TROUBLE: dict[str, Callable[[], object]] = {
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "kill parent": _kill_parent,
    "segv": lambda: ctypes.string_at(0),
    "sleep": lambda: ctypes.CDLL(None).sleep(3600),
    "pause": lambda: ctypes.CDLL(None).pause(),
    "spin": _spin,
    "memory": lambda: bytearray(8 << 30),
    "raise": _raise,
    "disk": _fail_disk,
    "exit": lambda: os._exit(0),
    "sys.exit": lambda: sys.exit(3),
}


def nap(number: int, note: str) -> int:
    """Tell who is at work, and work for a while."""
    Path(note).write_text(str(os.getpid()))
    time.sleep(0.01)
    return number


def process_id() -> int:
    return os.getpid()


def keeps(spec: dict[str, Any], beat: Beat) -> Counters:
    """Tell which child the worker keeps."""
    (child,) = keep_sandbox(f"{__name__}:process_id", cpu_seconds=5.0).map([()])
    return {"child": child}


def double(text: bytes) -> bytes:
    return text * 2


def make_lock(wanted: bool) -> object:
    return threading.Lock() if wanted else "no lock"

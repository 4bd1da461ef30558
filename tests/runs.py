"""Runs as a user starts them, and what they leave."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def eurocorpus(*arguments: object, timeout: float = 300) -> "subprocess.CompletedProcess[str]":
    """Type a command."""
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=timeout, check=False
    )


def command(*arguments: object) -> list[str]:
    """The words of a command line."""
    return [sys.executable, "-P", "-m", "eurocorpus", *map(str, arguments)]


def corpus(run: Path) -> dict[str, str]:
    """Path and sha256 of every shard of a run."""
    return {
        file.relative_to(run).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted((run / "data").rglob("*"))
        if file.is_file()
    }


def summary(run: Path) -> dict[str, Any]:
    """The figures of a run, without those of its cost."""
    content: dict[str, Any] = json.loads((run / "report" / "summary.json").read_text("utf-8"))
    return {name: value for name, value in content.items() if name != "cost"}


def processes_of(marker: str) -> list[int]:
    """Processes whose environment holds a marker."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if marker.encode() in environment:
                found.append(int(entry.name))
    return found

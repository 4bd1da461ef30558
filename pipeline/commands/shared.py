"""Options that several commands take, and how they print."""

import json
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ByteSize, TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from ..config import Config
from ..errors import UsageError

Inputs = Annotated[
    list[str] | None,
    typer.Argument(help="WARC, ARC, WET, Parquet or JSONL files, or folders or patterns of them."),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="A YAML file; what is typed here goes over it."),
]
Out = Annotated[str | None, typer.Option("--out", "-o", help="The folder of the run.")]
Workers = Annotated[int | None, typer.Option("--workers", "-w", help="Units of work at a time.")]
Executor = Annotated[
    str | None, typer.Option("--engine", help="auto, local (processes) or ray (tasks).")
]
Address = Annotated[str | None, typer.Option(help="A Ray cluster that already runs.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="key=value, such as dedup.threshold=0.9; repeatable."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def configure(
    file: Path | None,
    inputs: list[str] | None,
    out: str | None,
    workers: int | None,
    executor: str | None,
    address: str | None,
    settings: list[str] | None,
) -> Config:
    """Read the configuration file, if any, and put what was typed over it."""
    from ..load import load_config

    engine = {"workers": workers, "executor": executor, "address": address}
    return load_config(
        file,
        settings or (),
        inputs=inputs or None,
        output=out,
        engine={name: value for name, value in engine.items() if value is not None} or None,
    )


def read_day(text: str) -> str:
    """Check a day; none is today."""
    try:
        return (date.fromisoformat(text) if text else date.today()).isoformat()
    except ValueError:
        raise UsageError(f"--date: expected a day such as 2026-11-24, found {text!r}") from None


def read_bytes(text: str) -> int:
    """Read a size such as 200MB, 1.5GiB or 5000."""
    try:
        return int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError:
        raise UsageError(f"expected a size such as 200MB or 1GiB, found {text!r}") from None


def read_ids(path: Path) -> list[str]:
    """Read a file with an id a line."""
    try:
        return path.read_text("utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--ids: expected a file with an id a line: {error}") from None


def say(line: str) -> None:
    """Tell how far it is, beside the result."""
    print(line, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    """Print a result as a program reads it."""
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False))


def new_table(*titles: str, left: Sequence[str] = ()) -> Table:
    """Begin a table; columns of figures stand at the right, those in `left` at the left."""
    drawn = Table(box=None, pad_edge=False, header_style="dim")
    for title in titles:
        drawn.add_column(title, justify="left" if title in left else "right")
    return drawn


def new_console() -> Console:
    """Print for a terminal as wide as it is, and for a log 120 columns wide."""
    width = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "120"))
    return Console(width=width, highlight=False)


def format_bytes(size: float) -> str:
    """Write bytes as people read them."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.0f} PB"

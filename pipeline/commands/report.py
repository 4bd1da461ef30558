"""`report`."""

from pathlib import Path
from typing import Annotated

import typer

from .shared import AsJson, Workers, print_json


def report(
    folder: Annotated[Path, typer.Argument(help="The folder of a finished run.")],
    compare: Annotated[Path | None, typer.Option(help="Another run to set beside it.")] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="A tokenizer.json to count tokens with.")
    ] = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Write pages that people read about a run, and the same figures as data."""
    from ..report.report import report

    content = report(folder, compare=compare, tokenizer=tokenizer, workers=workers)
    if as_json:
        print_json(content)
    else:
        typer.echo(f"Open {folder}/report/index.html; the same as data: {folder}/report/*.json")

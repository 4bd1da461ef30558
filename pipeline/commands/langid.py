"""`langid calibrate`."""

from pathlib import Path
from typing import Annotated

import typer

from .shared import AsJson, new_console, new_table, print_json

app = typer.Typer(help="Measure what names languages.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Keep `calibrate` a command of its own name; typer folds a group of one."""


@app.command()
def calibrate(
    folder: Annotated[Path, typer.Argument(help="Texts by language: CODE.txt, or CODE/….")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for thresholds and page.")],
    check: Annotated[
        Path | None, typer.Option(help="Such a folder from another source, to measure on.")
    ] = None,
    engine: Annotated[
        str, typer.Option(help="py3langid, lid176, both, or the path of a fastText model.")
    ] = "py3langid",
    characters: Annotated[
        int, typer.Option(min=0, help="Join texts to so many; 0: each by itself.")
    ] = 1000,
    beta: Annotated[float, typer.Option(min=0.001, help="Of F-beta.")] = 0.1,
    precision: Annotated[
        float, typer.Option(min=0, max=1, help="Share of right answers to reach.")
    ] = 0.9,
    as_json: AsJson = False,
) -> None:
    """Choose the least score of each language, for a precision, and check it on other texts."""
    from ..calibrate import Calibration, calibrate

    given = Calibration(folder, check, engine, out, characters, beta, precision)
    result = calibrate(given)
    if as_json:
        print_json(result)
        return
    shown = result["sets"][-1]
    table = new_table("language", "texts", "least score", "precision", "recall", "calibration error",
                      left=["language"])  # fmt: skip
    for row in shown["languages"]:
        exact = "–" if row["precision"] is None else f"{row['precision']:.1%}"
        table.add_row(row["language"], f"{row['texts']:,}", f"{row['least_score']:.2f}", exact,
                      f"{row['recall']:.1%}", f"{row['error']:.3f}")  # fmt: skip
    new_console().print(table)
    typer.echo(
        f"Measured on {shown['folder']}.\n"
        f"Use them: eurocorpus run --config {out}/languages.yaml …; page: {out}/index.html"
    )

"""`rights recheck`."""

from pathlib import Path
from typing import Annotated

import typer

from .shared import AsJson, print_json

app = typer.Typer(help="Reservations against text and data mining.", no_args_is_help=True)


@app.command()
def recheck(
    folder: Annotated[Path, typer.Argument(help="The folder of a finished run.")],
    robots: Annotated[
        list[str],
        typer.Option(help="A folder, Parquet file or WARC of robots.txt files; repeatable."),
    ],
    ids: Annotated[
        Path | None,
        typer.Option(help="Write the ids of what left the corpus, for `eurocorpus remove --ids`."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Apply later opt-outs to an earlier corpus; no page is read again, no input needed."""
    from ..recheck import recheck

    found = recheck(folder, robots)
    if ids:
        ids.write_text("".join(f"{id}\n" for id in found["removed"]), "utf-8")
    if as_json:
        print_json(found)
        return
    for name, number in found["rights"]["dropped"].items():
        typer.echo(f"{number:>10,}  {name}")
    typer.echo(
        f"{len(found['removed']):,} documents left the corpus, {len(found['added']):,} came in for "
        f"their duplicates; it has {found['documents']:,}. Opted out in all: {found['opted_out']:,}"
    )

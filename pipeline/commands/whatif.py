"""`whatif`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .shared import AsJson, Settings, new_console, new_table, print_json


def whatif(
    folder: Annotated[Path, typer.Argument(help="The folder of a run.")],
    settings: Settings = None,
    samples: Annotated[int, typer.Option(help="Documents shown for each language.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Tell what other thresholds would gain and lose, from stored signals, in seconds.

    Documents are counted before deduplication. Nothing in the run is changed.
    """
    from ..whatif import what_if

    found = what_if(folder, settings or (), samples=samples)
    if as_json:
        print_json(found)
    else:
        _print_whatif(found)


def _print_whatif(found: dict[str, Any]) -> None:
    """Print what changes in each language, and the samples."""
    console = new_console()
    table = new_table("language", "gained", "lost", "characters", left=["language"])
    for code, sides in found["languages"].items():
        gained, lost = sides["gained"], sides["lost"]
        table.add_row(
            code, f"{gained['documents']:,}", f"{lost['documents']:,}",
            f"{gained['characters'] - lost['characters']:+,}",
        )  # fmt: skip
    console.print(table)
    for code, sides in found["languages"].items():
        for side, sign in (("gained", "+"), ("lost", "-")):
            for row in sides[side]["samples"]:
                console.print(
                    f"\n{sign} {code} {row['reason']} {row['value']:.4g}  {row['url']}\n  {row['text']}",
                    highlight=False,
                    markup=False,
                    soft_wrap=True,
                )
    if not found["languages"]:
        console.print("Nothing changes.")
    console.print(
        f"\nAs it is, {found['documents']:,} documents of {found['characters']:,} characters pass, "
        "before deduplication.",
        soft_wrap=True,
    )

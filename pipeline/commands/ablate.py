"""`ablate`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import UsageError
from .pretrain import require_torch
from .shared import AsJson, new_console, new_table, print_json, say


def ablate(
    recipe: Annotated[
        list[str],
        typer.Option(
            help="NAME=FOLDER of a corpus: a run, a release, or texts by language. Twice at least; "
            "the others are held against the first."
        ),
    ],
    heldout: Annotated[
        list[str], typer.Option(help="NAME=FOLDER of texts that are in none of them; repeatable.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to work in.")],
    tier: Annotated[str, typer.Option(help="smoke, quick, standard or hpc.")] = "smoke",
    tokenizer: Annotated[
        Path | None,
        typer.Option(help="A tokenizer.json; by default one is trained on all corpora."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="key=value of the tier or of `pretrain`.")
    ] = None,
    launcher: Annotated[str, typer.Option(help="torchrun or ray.")] = "torchrun",
    processes: Annotated[int | None, typer.Option(help="Ranks; by default one a GPU.")] = None,
    as_json: AsJson = False,
) -> None:
    """Train the same model on several corpora and tell which one teaches more, or that it is not resolved."""
    from ..train.settings import parse_value

    require_torch()
    from ..train.ablate.ablate import Ablation, ablate

    over: dict[str, Any] = {}
    for text in settings or ():
        name, _, value = _split("--set", text)
        over[name] = parse_value(value)
    result = ablate(
        Ablation(
            _folders("--recipe", recipe), _folders("--heldout", heldout), out, tier, tokenizer, over,
            processes, launcher,
        ),
        say,
    )  # fmt: skip
    if as_json:
        print_json(result)
    else:
        _print(result, out)


def _split(option: str, text: str) -> tuple[str, str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise UsageError(f"{option} {text}: expected NAME=VALUE, such as curated=runs/curated")
    return name, equals, value


def _folders(option: str, typed: list[str]) -> dict[str, Path]:
    folders: dict[str, Path] = {}
    for text in typed:
        name, _, value = _split(option, text)
        if name in folders:
            raise UsageError(f"{option} {text}: there is another one called {name}")
        if "/" in name or name.startswith("."):
            raise UsageError(
                f"{option} {text}: a name becomes a folder; expected letters and digits"
            )
        folders[name] = Path(value)
    return folders


def _print(result: dict[str, Any], out: Path) -> None:
    if "configurations" in result:
        typer.echo(f"Configurations for other trainers: {result['configurations']}/<recipe>/")
        return
    table = new_table("text", "recipe", "verdict", "difference", "95 % interval",
                      left=["text", "recipe", "verdict"])  # fmt: skip
    for text, parts in {**result["texts"], "all texts": result["overall"]}.items():
        for name, part in parts.items():
            tuned = part["tuned"]
            table.add_row(text, name, part["verdict"], f"{tuned['delta']:+.4f}",
                          f"{tuned['low']:+.4f} to {tuned['high']:+.4f}")  # fmt: skip
    new_console().print(table)
    for warning in result["warnings"]:
        typer.echo(f"Beware: {warning}")
    typer.echo(
        f"Differences in bits per byte to {result['baseline']}, below zero is better. "
        f"Tier {result['tier']}: {result['note']}.\nPage: {out}/index.html; data: {out}/result.json"
    )

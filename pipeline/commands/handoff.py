"""`handoff`."""

from pathlib import Path
from typing import Annotated

import typer

from .pretrain import Budget, KeyValues, Preset, Steps, Tokens, read_source
from .shared import AsJson, print_json


def handoff(
    source: Annotated[
        Path,
        typer.Argument(help="A YAML file of settings, a run with tokens/, or a folder of tokens."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write into.")],
    preset: Preset = None,
    steps: Steps = None,
    budget: Budget = None,
    tokens: Tokens = None,
    settings: KeyValues = None,
    as_json: AsJson = False,
) -> None:
    """Write what Megatron-LM, torchtitan and nanotron need to train on the token files as they lie."""
    from ..train.handoff import write_configurations

    training = read_source(source, preset, steps, budget, tokens, None, settings)
    written = [str(path) for path in write_configurations(training, out)]
    if as_json:
        print_json(written)
    else:
        typer.echo("\n".join(written))

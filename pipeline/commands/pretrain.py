"""`pretrain` and `pretrain plan`."""

import importlib.util
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import UsageError
from .shared import AsJson, format_bytes, new_console, new_table, print_json, say

Words = Annotated[
    list[str],
    typer.Argument(
        metavar="[plan] SOURCE",
        help="A YAML file of settings, a run with tokens/, or a folder of tokens. "
        "With the word `plan` before it, tell what it will take and train nothing.",
    ),
]
Preset = Annotated[str | None, typer.Option(help="0.4M, 1M, 20M, 60M, 150M, 350M, 1B or 1.5B.")]
Steps = Annotated[int | None, typer.Option(help="Steps of the optimiser.")]
Budget = Annotated[int | None, typer.Option(help="Tokens to train on, instead of --steps.")]
Tokens = Annotated[Path | None, typer.Option(help="A folder of tokens; by default RUN/tokens.")]
ModelOut = Annotated[Path | None, typer.Option("--out", "-o", help="By default RUN/model.")]
KeyValues = Annotated[
    list[str] | None, typer.Option("--set", help="key=value, such as seed=1; repeatable.")
]


def pretrain(
    words: Words,
    preset: Preset = None,
    steps: Steps = None,
    budget: Budget = None,
    tokens: Tokens = None,
    out: ModelOut = None,
    settings: KeyValues = None,
    launcher: Annotated[str, typer.Option(help="torchrun or ray.")] = "torchrun",
    processes: Annotated[
        int | None, typer.Option(help="Ranks on this machine; by default one a GPU.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a language model on token files; typed again, it goes on where it stopped."""
    source = _source(words)
    training = read_source(source, preset, steps, budget, tokens, out, settings)
    if len(words) == 2:
        _plan(training, as_json)
        return
    require_torch()
    from ..train.launch import launch

    result = launch(training, launcher, processes, say)
    if as_json:
        print_json(result)
    elif result["finished"]:
        _print_result(result, training.output)


def _source(words: list[str]) -> Path:
    if len(words) == 1 and words[0] != "plan":
        return Path(words[0])
    if len(words) == 2 and words[0] == "plan":
        return Path(words[1])
    raise UsageError(
        f"pretrain: expected SOURCE or `plan SOURCE`, found {' '.join(words)!r}; "
        "SOURCE is a YAML file of settings, a run, or a folder of tokens"
    )


def _plan(training: Any, as_json: bool) -> None:
    """Tell what a training will take."""
    from ..train.plan import plan

    planned = plan(training)
    if as_json:
        print_json(planned)
        return
    hours = planned["h100_hours"]
    rounded = f"{hours:,.1f}" if hours >= 1 else f"{hours:.2g}"
    typer.echo(
        f"{planned['parameters']:,} parameters, {planned['embedding']:,} of them in the embedding\n"
        f"{planned['steps']:,} steps, {planned['tokens']:,} tokens, "
        f"{planned['tokens_a_parameter']:g} a parameter\n"
        f"{planned['flops']:.3g} FLOPs: {rounded} H100-hours at an MFU of {planned['mfu']:.0%}\n"
        f"{format_bytes(planned['checkpoint_bytes'])} a checkpoint\n"
    )
    table = new_table("language", "tokens", "epochs", "", left=["language", ""])
    for code, row in planned["languages"].items():
        note = "more than 4: repeats teach less and less" if row["epochs"] > 4 else ""
        table.add_row(code, f"{row['tokens']:,}", f"{row['epochs']:.2f}", note)
    new_console().print(table)
    if planned["left_out"]:
        typer.echo(f"Left out, with less than one window each: {', '.join(planned['left_out'])}")


def missing_for_training() -> list[str]:
    """Name the packages of the extra `train` that are not installed."""
    return [
        name
        for name in ("torch", "safetensors", "tokenizers")
        if importlib.util.find_spec(name) is None
    ]


def require_torch() -> None:
    """Say what to install where the extra `train` is missing.

    Raises:
        UsageError: it is.
    """
    if missing := missing_for_training():
        raise UsageError(
            f"training needs {' and '.join(missing)}; type pip install 'eurocorpus[train]'"
        )


def read_source(
    source: Path,
    preset: str | None,
    steps: int | None,
    budget: int | None,
    tokens: Path | None,
    out: Path | None,
    typed: list[str] | None,
) -> Any:
    """Read a file of settings, or take a folder's; what was typed goes over it."""
    from ..train.settings import parse_value, read_settings

    found: dict[str, Any] = {}
    if source.is_dir():
        run = source.parent if (source / "manifest.json").exists() else source
        found = {"tokens": str(run / "tokens"), "output": str(run / "model")}
        if run != source:
            found["tokens"] = str(source)
    elif not source.is_file():
        raise UsageError(f"{source}: expected a YAML file of settings or the folder of a run")
    for text in typed or ():
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--set {text}: expected key=value, such as seed=1")
        found[name] = parse_value(value)
    over = {"preset": preset, "steps": steps, "budget": budget}
    folders = {"tokens": tokens and str(tokens), "output": out and str(out)}
    given = found | {name: value for name, value in (over | folders).items() if value is not None}
    return read_settings(None if source.is_dir() else source, **given)


def _print_result(result: dict[str, Any], folder: str) -> None:
    table = new_table("language", "bits per byte", left=["language"])
    for code, bits in sorted(result["bits_per_byte"].items()):
        table.add_row(code, f"{bits:.3f}")
    new_console().print(table)
    typer.echo(
        f"Loss after {result['step']:,} steps: {result['loss']:.3f} nats a token\n"
        f"Model, for transformers: {result['model']}\n"
        f"Pictures: {folder}/loss.svg, {folder}/bits_per_byte.svg; metrics: {folder}/metrics.jsonl"
    )

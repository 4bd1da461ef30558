"""`doctor` and `prefetch`: whether a machine is fit for a run, and what a run needs to have there."""

from pathlib import Path
from typing import Annotated

import typer

from .shared import AsJson, configure, format_bytes, new_console, new_table, print_json, say


def doctor(
    folder: Annotated[Path, typer.Argument(help="Where the run is to lie.")] = Path(),
    temporary: Annotated[Path, typer.Option(help="The nodes' temporary folder.")] = Path("/tmp"),
    as_json: AsJson = False,
) -> None:
    """Tell what this machine has and lacks for a run, and what to do about it.

    Ends with status 1 where something must be mended first.
    """
    from dataclasses import asdict

    from ..doctor import examine

    findings = examine(folder, temporary)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        table = new_table("", "", "found", "to do", left=["", "found", "to do"])
        for finding in findings:
            mark = {"ok": "ok", "note": "note", "bad": "BAD"}[finding.verdict]
            table.add_row(finding.what, mark, finding.found, finding.advice)
        new_console().print(table)
    if any(finding.verdict == "bad" for finding in findings):
        raise typer.Exit(1)


def prefetch(
    folder: Annotated[Path, typer.Argument(help="The folder to fill; the job must see it.")],
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="The run's YAML configuration.")
    ] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="A tokenizer.json, for counts of tokens in reports.")
    ] = None,
    kernels: Annotated[bool, typer.Option(help="Compile the kernels for this kind of CPU.")] = True,
) -> None:
    """Gather what a run needs beside its inputs, for nodes that reach no network.

    Then run with FOLDER/run.yaml, after `source FOLDER/environment.sh`.
    """
    from ..prefetch import prefetch

    if kernels:
        say("compiling the kernels; the first time this takes a minute or two")
    inputs, out = (None, None) if config else (["INPUTS"], "RUN")
    resolved = configure(config, inputs, out, None, None, None, None)
    manifest = prefetch(resolved, folder, tokenizer=tokenizer, kernels=kernels)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    compiled = ", compiled kernels" if kernels else ""
    typer.echo(
        f"{folder} holds {len(manifest['files'])} files that the configuration names{compiled} "
        f"and run.yaml: {format_bytes(size)}.\n"
        f"On the nodes: source {folder}/environment.sh; eurocorpus run --config {folder}/run.yaml --offline"
    )

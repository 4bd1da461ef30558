"""`run`, `plan`, `status` and `demo`."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from ..errors import UsageError
from .shared import (
    Address,
    AsJson,
    ConfigFile,
    Executor,
    Inputs,
    Out,
    Settings,
    Workers,
    configure,
    format_bytes,
    new_console,
    new_table,
    print_json,
    say,
)


def run(
    inputs: Inputs = None,
    config: ConfigFile = None,
    out: Out = None,
    workers: Workers = None,
    engine: Executor = None,
    address: Address = None,
    settings: Settings = None,
    prune: Annotated[bool, typer.Option(help="Forget inputs that are no longer named.")] = False,
    part: Annotated[
        str | None, typer.Option(help="k/n: of the inputs, the k-th of n parts, from 0; no more.")
    ] = None,
    offline: Annotated[
        bool, typer.Option(help="Refuse any connection to outside the run's own machines.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Turn input files into one deduplicated corpus for each language.

    Typed again, it does only what is missing or has changed.
    """
    from ..offline import go_offline, is_offline
    from ..run import run, run_part

    resolved = configure(config, inputs, out, workers, engine, address, settings)
    if offline or is_offline():
        go_offline(*_hosts(resolved.engine.address or os.environ.get("RAY_ADDRESS", "")))
    if part is not None:
        done = run_part(resolved, _parse_part(part))
        typer.echo(f"{done['inputs']} of {done['of']} inputs are done, as part {part}.")
        return
    summary = run(resolved, prune=prune)
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary, Path(resolved.output))


def _hosts(address: str) -> list[str]:
    """The host of a Ray cluster's address."""
    host = address.rpartition(":")[0].strip("[]")
    return [host] if host else []


def _parse_part(text: str) -> tuple[int, int]:
    number, _, of = text.partition("/")
    if not (number.isdigit() and of.isdigit() and int(number) < int(of)):
        raise UsageError(f"--part: expected k/n such as 0/16 with k below n, found {text!r}")
    return int(number), int(of)


def plan(
    inputs: Inputs = None,
    config: ConfigFile = None,
    out: Out = None,
    settings: Settings = None,
    site: Annotated[
        str | None, typer.Option(help="Hold it against the quota of a site, as `slurm` knows it.")
    ] = None,
    quota_files: Annotated[
        int | None, typer.Option(min=1, help="Files one may still make.")
    ] = None,
    quota_bytes: Annotated[str | None, typer.Option(help="Room that one has, such as 2TB.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the tasks, files and disk that a run will need, before anything runs.

    Ends with status 2 where that is more than the quota, or than the file system has free.
    """
    from ..plan import check, plan, to_json

    resolved = configure(config, inputs, out or "RUN", None, None, None, settings)
    rows = plan(resolved)
    quota = _quota(Path(resolved.output), site, quota_files, quota_bytes)
    if as_json:
        print_json(to_json(rows))
        check(rows, *quota)
        return
    table = new_table("stage", "tasks", "files", "disk (estimate)", left=["stage"])
    total = to_json(rows)
    for row in [*rows, None]:
        figures = (row.tasks, row.files, row.bytes) if row else (
            total["tasks"], total["files"], total["bytes"])  # fmt: skip
        table.add_row(
            row.stage if row else "in all",
            f"{figures[0]:,}",
            f"{figures[1]:,}",
            format_bytes(figures[2]),
        )
    new_console().print(table)
    check(rows, *quota)


def _quota(output: Path, site: str | None, files: int | None, size: str | None) -> tuple[int, int]:
    """The least of what was typed, what the site allows, and what the file system has free."""
    from pydantic import ByteSize, TypeAdapter, ValidationError

    from ..plan import free
    from ..slurm import load_site

    place = load_site(site) if site else None
    try:
        typed = TypeAdapter(ByteSize).validate_python(size) if size else None
    except ValidationError:
        raise UsageError(f"--quota-bytes: expected a size such as 2TB, found {size!r}") from None
    free_files, free_bytes = free(output)
    may_files = [files, place.files if place else None, free_files]
    may_bytes = [typed, place.bytes if place else None, free_bytes]
    return min(n for n in may_files if n is not None), min(n for n in may_bytes if n is not None)


def status(
    folder: Annotated[Path, typer.Argument(help="The folder of the run.")], as_json: AsJson = False
) -> None:
    """Tell how far a run is, from its files alone; works after the run has died as well."""
    from ..status import status

    rows = status(folder)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        at_work = ", ".join(
            f"{name} ({beat['documents']:,})" for name, beat in row["running"].items()
        )
        typer.echo(
            f"{row['stage']:<12} {row['units']:>6,} units  {row['documents']:>12,} documents"
            + (f"  at work: {at_work}" if at_work else "")
        )


def demo(
    out: Annotated[str, typer.Option("--out", "-o", help="The folder to build in.")] = "runs/demo",
    workers: Workers = None,
    engine: Executor = None,
    address: Address = None,
) -> None:
    """Serve a small web in 24 languages on loopback, make a corpus of it, and train a model on that."""
    from ..demo import capture
    from ..run import run

    console = new_console()
    captured = capture(Path(out) / "warc")
    console.print(
        f"Captured {captured.fetched} pages of a small web on loopback into {len(captured.paths)} WARC "
        f"files; {len(captured.forbidden)} were left alone, as robots.txt asks.",
        highlight=False,
    )
    config = configure(
        None, [str(path) for path in captured.paths], f"{out}/run", workers, engine, address, None
    )
    _print_summary(run(config), Path(config.output))
    _teach(Path(config.output), console)


def _teach(folder: Path, console: Console) -> None:
    """Train a tokenizer and a small model on a corpus, where torch is installed."""
    from ..demo.model import teach
    from .pretrain import missing_for_training

    if missing := missing_for_training():
        console.print(
            f"\nNo model was trained, since {' and '.join(missing)} is missing; to see that too: "
            "pip install 'eurocorpus\\[train]'",
            soft_wrap=True,
        )
        return
    taught = teach(folder, say)
    console.print(
        f"\nA model of {taught.parameters:,} parameters, trained on it for seconds: loss "
        f"{taught.first:.2f} to {taught.last:.2f}, {taught.bits_per_byte:.2f} bits per byte held out\n"
        f"{taught.curve}",
    )
    for sample in taught.samples:
        console.print(f"  “{' '.join(sample.split())}”", markup=False, soft_wrap=True)
    console.print(
        f"Curves: {taught.folder}/*.svg; for transformers: {taught.folder}/hf", soft_wrap=True
    )


def _print_summary(summary: dict[str, Any], folder: Path) -> None:
    """Print what was kept for each language, what was dropped and why, and where the shards are."""
    from ..reasons import REASONS

    console = new_console()
    kept = {code: row for code, row in summary["languages"].items() if row["documents"]}
    table = new_table("language", "in", "kept", "characters", "shards", left=["language"])
    for code, row in kept.items():
        table.add_row(
            code, f"{row['documents_in']:,}", f"{row['documents']:,}", f"{row['characters']:,}",
            str(len(row["shards"])),
        )  # fmt: skip
    console.print(table)
    reasons = new_table("dropped", "documents", "because", left=["dropped", "because"])
    for reason, sentence in REASONS.items():
        if number := summary["dropped"].get(reason):
            reasons.add_row(reason, f"{number:,}", sentence)
    console.print("", reasons, "")
    for alarm in summary["alarms"][:10]:
        console.print(
            f"Alarm: {alarm['removed']:,} of {alarm['documents']:,} documents of the {alarm['kind']} "
            f"{alarm['name']} in {alarm['language']} went as duplicates; see report/clusters.json",
            soft_wrap=True,
        )
    for damage in summary["inputs"]["damage"][:10]:
        console.print(
            f"Not readable: {damage['input']} at byte {damage['offset']}: {damage['what']}"
        )
    console.print(
        f"{summary['documents']:,} of {summary['documents_in']:,} documents kept in {len(kept)} "
        f"languages; every one of the others is accounted for.\n"
        f"Shards: {folder}/data/<language>/*.parquet\n"
        f"Dropped, with reasons: {folder}/dropped/\nFigures: {folder}/report/summary.json",
        highlight=False,
        soft_wrap=True,
    )

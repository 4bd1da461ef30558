"""The command `eurocorpus`: what can be typed, and what is printed."""

import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from .. import __version__
from .errors import EurocorpusError, UsageError

app = typer.Typer(
    name="eurocorpus",
    help="One clean corpus for each language of the European Union, from web pages to Parquet shards.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

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


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option(help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"eurocorpus {__version__}")
        raise typer.Exit


@app.command("run")
def run_command(
    inputs: Inputs = None,
    config: ConfigFile = None,
    out: Out = None,
    workers: Workers = None,
    engine: Executor = None,
    address: Address = None,
    settings: Settings = None,
    prune: Annotated[bool, typer.Option(help="Forget inputs that are no longer named.")] = False,
    as_json: AsJson = False,
) -> None:
    """Turn input files into one deduplicated corpus for each language.

    Typed again, it does only what is missing or has changed.
    """
    from .run import run

    resolved = _configure(config, inputs, out, workers, engine, address, settings)
    summary = run(resolved, prune=prune)
    if as_json:
        typer.echo(json.dumps(summary, indent=1, ensure_ascii=False))
    else:
        _print_summary(summary, Path(resolved.output))


@app.command("plan")
def plan_command(
    inputs: Inputs = None,
    config: ConfigFile = None,
    out: Out = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Print the tasks, files and disk that a run will need, before anything runs."""
    from .plan import plan, to_json

    rows = plan(_configure(config, inputs, out or "RUN", None, None, None, settings))
    if as_json:
        typer.echo(json.dumps(to_json(rows), indent=1))
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("stage", "tasks", "files", "disk (estimate)"):
        table.add_column(title, justify="left" if title == "stage" else "right")
    total = to_json(rows)
    for row in [*rows, None]:
        figures = (row.tasks, row.files, row.bytes) if row else (
            total["tasks"], total["files"], total["bytes"])  # fmt: skip
        table.add_row(
            row.stage if row else "in all", f"{figures[0]:,}", f"{figures[1]:,}", _size(figures[2])
        )
    _console().print(table)


@app.command("status")
def status_command(
    folder: Annotated[Path, typer.Argument(help="The folder of the run.")], as_json: AsJson = False
) -> None:
    """Tell how far a run is, from its files alone; works after the run has died as well."""
    from .status import status

    rows = status(folder)
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        at_work = ", ".join(
            f"{name} ({beat['documents']:,})" for name, beat in row["running"].items()
        )
        typer.echo(
            f"{row['stage']:<12} {row['units']:>6,} units  {row['documents']:>12,} documents"
            + (f"  at work: {at_work}" if at_work else "")
        )


@app.command("whatif")
def whatif_command(
    folder: Annotated[Path, typer.Argument(help="The folder of a run.")],
    settings: Settings = None,
    samples: Annotated[int, typer.Option(help="Documents shown for each language.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Tell what other thresholds would gain and lose, from stored signals, in seconds.

    Documents are counted before deduplication. Nothing in the run is changed.
    """
    from .whatif import what_if

    found = what_if(folder, settings or (), samples=samples)
    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        _print_whatif(found)


@app.command("report")
def report_command(
    folder: Annotated[Path, typer.Argument(help="The folder of a finished run.")],
    compare: Annotated[Path | None, typer.Option(help="Another run to set beside it.")] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="A tokenizer.json to count tokens with.")
    ] = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Write pages that people read about a run, and the same figures as data."""
    from .report.report import report

    content = report(folder, compare=compare, tokenizer=tokenizer, workers=workers)
    if as_json:
        typer.echo(json.dumps(content, indent=1, ensure_ascii=False))
    else:
        typer.echo(f"Open {folder}/report/index.html; the same as data: {folder}/report/*.json")


@app.command("release")
def release_command(
    folder: Annotated[Path, typer.Argument(help="The folder of a finished run.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="By default RUN/release.")] = None,
    name: Annotated[str, typer.Option(help="What the dataset is called.")] = "eurocorpus",
    version: Annotated[str, typer.Option(help="MAJOR.MINOR.PATCH.")] = "1.0.0",
    licence: Annotated[str, typer.Option(help="Name or address of the licence.")] = "not stated",
    creator: Annotated[str, typer.Option(help="Who publishes it.")] = "not stated",
    contact: Annotated[str, typer.Option(help="Where requests go.")] = "not stated",
    url: Annotated[str, typer.Option(help="Where it will be found.")] = "not stated",
    crawler: Annotated[str, typer.Option(help="Names of the crawlers.")] = "not stated",
    sme: Annotated[bool, typer.Option(help="Top domains by the rule for SMEs.")] = False,
    day: Annotated[str, typer.Option("--date", help="Day of publication, YYYY-MM-DD.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a folder that can be published: shards, card, Croissant, checksums, summary."""
    from .release.release import release

    target = out or folder / "release"
    facts = release(
        folder, target, name=name, version=version, licence=licence, creator=creator,
        contact=contact, url=url, crawler=crawler, small_enterprise=sme,
        date=_day(day), tell=_say,
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(facts, indent=1, ensure_ascii=False))
    else:
        typer.echo(f"Release {facts['version']} is in {target}; `eurocorpus verify {target}`")


@app.command("verify")
def verify_command(
    folder: Annotated[Path, typer.Argument(help="The folder of a release.")],
    as_json: AsJson = False,
) -> None:
    """Read every byte of a release, and say whether it is what was published."""
    from .release.verify import verify

    found = verify(folder)
    if as_json:
        typer.echo(json.dumps(found, indent=1, ensure_ascii=False))
    else:
        for problem in found["problems"]:
            typer.echo(problem)
        typer.echo(
            f"{found['release']} {found['version']}: {found['files']:,} files, "
            f"{found['documents']:,} documents, {len(found['problems'])} problems"
        )
    if found["problems"]:
        raise typer.Exit(1)


@app.command("remove")
def remove_command(
    folder: Annotated[Path, typer.Argument(help="The folder of a release.")],
    ids: Annotated[Path | None, typer.Option(help="A file with one document id a line.")] = None,
    url: Annotated[list[str] | None, typer.Option(help="A page; repeatable.")] = None,
    domain: Annotated[
        list[str] | None, typer.Option(help="A host and all below it; repeatable.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Kept in the tombstones.")] = "request",
    day: Annotated[str, typer.Option("--date", help="Day of the take-down, YYYY-MM-DD.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take documents out of a release; only the shards that hold them are written again."""
    from .release.remove import Requests, remove

    names = ids.read_text("utf-8").split() if ids else []
    requests = Requests.of(names, url or [], domain or [])
    done = remove(folder, requests, reason=reason, date=_day(day), tell=_say)
    if as_json:
        typer.echo(json.dumps(done, indent=1, ensure_ascii=False))
    else:
        typer.echo(
            f"{done['removed']:,} documents removed from {len(done['shards']):,} shards; "
            f"the release is now version {done['version']}"
        )


def _day(text: str) -> str:
    """Check a day; none is today."""
    try:
        return (date.fromisoformat(text) if text else date.today()).isoformat()
    except ValueError:
        raise UsageError(f"--date: expected a day such as 2026-11-24, found {text!r}") from None


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@app.command("demo")
def demo_command(
    out: Annotated[str, typer.Option("--out", "-o", help="The folder to build in.")] = "runs/demo",
    workers: Workers = None,
    engine: Executor = None,
    address: Address = None,
) -> None:
    """Serve a small web in 24 languages on loopback, capture it, and make a corpus of it."""
    from .demo import capture
    from .run import run

    console = _console()
    captured = capture(Path(out) / "warc")
    console.print(
        f"Captured {captured.fetched} pages of a small web on loopback into {len(captured.paths)} WARC "
        f"files; {len(captured.forbidden)} were left alone, as robots.txt asks.",
        highlight=False,
    )
    config = _configure(
        None, [str(path) for path in captured.paths], f"{out}/run", workers, engine, address, None
    )
    _print_summary(run(config), Path(config.output))


def _configure(
    file: Path | None,
    inputs: list[str] | None,
    out: str | None,
    workers: int | None,
    executor: str | None,
    address: str | None,
    settings: list[str] | None,
) -> Any:
    from .load import load_config

    engine = {"workers": workers, "executor": executor, "address": address}
    return load_config(
        file,
        settings or (),
        inputs=inputs or None,
        output=out,
        engine={name: value for name, value in engine.items() if value is not None} or None,
    )


def _print_whatif(found: dict[str, Any]) -> None:
    """Print what changes in each language, and the samples."""
    console = _console()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("language", "gained", "lost", "characters"):
        table.add_column(title, justify="left" if title == "language" else "right")
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


def _print_summary(summary: dict[str, Any], folder: Path) -> None:
    """Print what was kept for each language, what was dropped and why, and where the shards are."""
    from .reasons import REASONS

    console = _console()
    kept = {code: row for code, row in summary["languages"].items() if row["documents"]}
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("language", "in", "kept", "characters", "shards"):
        table.add_column(title, justify="left" if title == "language" else "right")
    for code, row in kept.items():
        table.add_row(
            code, f"{row['documents_in']:,}", f"{row['documents']:,}", f"{row['characters']:,}",
            str(len(row["shards"])),
        )  # fmt: skip
    console.print(table)
    reasons = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("dropped", "documents", "because"):
        reasons.add_column(title, justify="right" if title == "documents" else "left")
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


def _console() -> Console:
    width = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "120"))
    return Console(width=width, highlight=False)


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.0f} PB"


def main() -> None:
    """Run the command line; an error is one sentence, and the exit status says whose it was."""
    try:
        app()
    except EurocorpusError as error:
        print(f"eurocorpus: {error}", file=sys.stderr)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(130)


__all__ = ["UsageError", "app", "main"]

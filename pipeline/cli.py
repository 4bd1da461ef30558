"""The command `eurocorpus`: its commands, and what becomes of an error."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from .. import __version__
from .commands import (
    ablate,
    crawl,
    handoff,
    langid,
    pretrain,
    release,
    report,
    rights,
    run,
    site,
    slurm,
    tokenizer,
    whatif,
)
from .errors import EurocorpusError, describe_failure

app = typer.Typer(
    name="eurocorpus",
    help="One clean corpus for each language of the European Union, from web pages to Parquet shards.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

COMMANDS: dict[str, Callable[..., None]] = {
    "demo": run.demo,
    "crawl": crawl.crawl,
    "run": run.run,
    "plan": run.plan,
    "status": run.status,
    "whatif": whatif.whatif,
    "slurm": slurm.slurm,
    "node": slurm.node,
    "doctor": site.doctor,
    "prefetch": site.prefetch,
    "report": report.report,
    "release": release.release,
    "verify": release.verify,
    "remove": release.remove,
    "transparency": release.transparency,
    "openeurollm": release.openeurollm,
    "purge": release.purge,
    "tokenize": tokenizer.tokenize,
    "pretrain": pretrain.pretrain,
    "handoff": handoff.handoff,
    "ablate": ablate.ablate,
}
GROUPS: dict[str, typer.Typer] = {
    "langid": langid.app,
    "rights": rights.app,
    "tokenizer": tokenizer.app,
}
for name, group in GROUPS.items():
    app.add_typer(group, name=name)
for name, command in COMMANDS.items():
    app.command(name)(command)


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option(help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"eurocorpus {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; an error is one sentence, and the exit status says whose it was."""
    try:
        app()
    except EurocorpusError as error:
        print(f"eurocorpus: {error}", file=sys.stderr)
        sys.exit(error.exit_status)
    except (OSError, MemoryError) as error:
        print(f"eurocorpus: {describe_failure(error)}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)

"""`release`, `verify` and `remove`."""

from pathlib import Path
from typing import Annotated

import typer

from .shared import AsJson, print_json, read_day, read_ids, say


def release(
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
    from ..release.release import release

    target = out or folder / "release"
    facts = release(
        folder, target, name=name, version=version, licence=licence, creator=creator,
        contact=contact, url=url, crawler=crawler, small_enterprise=sme,
        date=read_day(day), tell=say,
    )  # fmt: skip
    if as_json:
        print_json(facts)
    else:
        typer.echo(f"Release {facts['version']} is in {target}; `eurocorpus verify {target}`")


def verify(
    folder: Annotated[Path, typer.Argument(help="The folder of a release.")],
    as_json: AsJson = False,
) -> None:
    """Read every byte of a release, and say whether it is what was published."""
    from ..release.verify import verify

    found = verify(folder)
    if as_json:
        print_json(found)
    else:
        for problem in found["problems"]:
            typer.echo(problem)
        typer.echo(
            f"{found['release']} {found['version']}: {found['files']:,} files, "
            f"{found['documents']:,} documents, {len(found['problems'])} problems"
        )
    if found["problems"]:
        raise typer.Exit(1)


def remove(
    folder: Annotated[Path, typer.Argument(help="The folder of a release.")],
    requests: Annotated[
        Path | None,
        typer.Option(help="A file with a request a line: id, url, domain or text, and what."),
    ] = None,
    ids: Annotated[Path | None, typer.Option(help="A file with one document id a line.")] = None,
    url: Annotated[list[str] | None, typer.Option(help="A page; repeatable.")] = None,
    domain: Annotated[
        list[str] | None, typer.Option(help="A host and all below it; repeatable.")
    ] = None,
    text: Annotated[
        list[str] | None, typer.Option(help="sha256 of a text as published; repeatable.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Kept in the tombstones.")] = "request",
    day: Annotated[str, typer.Option("--date", help="Day of the take-down, YYYY-MM-DD.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take documents out of a release; only the shards that hold them are written again."""
    from ..release.remove import remove
    from ..release.requests import Requests, read_requests

    typed = Requests.of(read_ids(ids) if ids else [], url or [], domain or [], text or [])
    asked = typed + read_requests(requests) if requests else typed
    done = remove(folder, asked, reason=reason, date=read_day(day), tell=say)
    if as_json:
        print_json(done)
    else:
        typer.echo(
            f"{done['removed']:,} documents removed from {len(done['shards']):,} shards; "
            f"the release is now version {done['version']}. "
            f"{done['suppressed']:,} entries are new on its suppression list"
        )

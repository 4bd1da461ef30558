"""`release`, `transparency`, `verify`, `remove`, `openeurollm` and `purge`."""

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import UsageError
from .shared import AsJson, format_bytes, print_json, read_day, read_ids, say

Run = Annotated[Path, typer.Argument(help="The folder of a finished run.")]
Release = Annotated[Path, typer.Argument(help="The folder of a release.")]
Name = Annotated[str, typer.Option(help="What the dataset is called.")]
Version = Annotated[str, typer.Option(help="MAJOR.MINOR.PATCH.")]
Licence = Annotated[str, typer.Option(help="Name or address of the licence.")]
Creator = Annotated[str, typer.Option(help="Who publishes it.")]
Contact = Annotated[str, typer.Option(help="Where requests go.")]
Url = Annotated[str, typer.Option(help="Where it will be found.")]
Crawler = Annotated[str, typer.Option(help="Names of the crawlers.")]
Behaviour = Annotated[str, typer.Option(help="What the crawlers do and leave alone.")]
Sme = Annotated[bool, typer.Option(help="Top domains by the rule for SMEs.")]
Day = Annotated[str, typer.Option("--date", help="The day written on it, YYYY-MM-DD; else today.")]


def _state(
    name: Name = "eurocorpus",
    version: Version = "1.0.0",
    licence: Licence = "not stated",
    creator: Creator = "not stated",
    contact: Contact = "not stated",
    url: Url = "not stated",
    crawler: Crawler = "not stated",
    crawler_behaviour: Behaviour = "not stated",
    sme: Sme = False,
    day: Day = "",
) -> dict[str, Any]:
    """Gather what only the publisher knows."""
    from ..release.facts import given

    return given(
        name=name, version=version, licence=licence, creator=creator, contact=contact, url=url,
        crawler=crawler, crawler_behaviour=crawler_behaviour, small_enterprise=sme,
        date=read_day(day),
    )  # fmt: skip


def _with_statements(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take the options of `_state`, in place of its parameter `stated`."""
    own, options = (inspect.signature(f).parameters for f in (command, _state))

    @functools.wraps(command)
    def typed(**values: Any) -> None:
        stated = _state(**{name: values.pop(name) for name in options})
        command(**values, stated=stated)

    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in (*own.values(), *options.values())
        if parameter.name != "stated"
    ]
    typed.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    typed.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return typed


@_with_statements
def release(
    folder: Run,
    *,
    stated: dict[str, Any],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="By default RUN/release.")] = None,
    push: Annotated[
        str, typer.Option(help="A dataset on the Hugging Face Hub, OWNER/NAME, to upload it to.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Make a folder that can be published: shards, card, Croissant, checksums, summary.

    With --push it is uploaded as well; a release that is there already is uploaded as it stands, and
    an upload that was cut short goes on.
    """
    from ..release.manifest import FACTS, read_facts
    from ..release.push import push_release
    from ..release.release import release

    target = out or folder / "release"
    if push and (target / FACTS).exists():
        facts = read_facts(target)
    else:
        facts = release(folder, target, given=stated, tell=say)
    if push:
        facts = facts | push_release(target, push, tell=say)
    if as_json:
        print_json(facts)
        return
    typer.echo(f"Release {facts['version']} is in {target}; `eurocorpus verify {target}`")
    if push:
        typer.echo(f"It is published as {facts['repository']}, commit {facts['commit']}")


@_with_statements
def transparency(
    folder: Annotated[Path, typer.Argument(help="The folder of a release, or of a finished run.")],
    *,
    stated: dict[str, Any],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the files go.")],
    previous: Annotated[
        Path | None, typer.Option(help="An earlier release or transparency.json, to compare.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the AI Act's summary of training content, and what changed since the last one.

    Beside it: the skeleton of a copyright policy, and a page that tells sites about the crawler. Of
    a release its own name, version and so on count, and the options that state them do nothing.
    """
    from ..release.summary import summarise_content

    done = summarise_content(folder, out, stated, previous)
    for warning in done["warnings"]:
        say(warning)
    if as_json:
        print_json(done)
        return
    for row in done["changes"]:
        typer.echo(f"{row['field']}: {row['before']} -> {row['after']}")
    typer.echo(f"{', '.join(done['files'])} are in {out}")


def verify(
    folder: Release,
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
        what = f"{found['release'] or folder} {found['version']}".strip()
        documents = f"{found['documents']:,} documents, " if found["documents"] else ""
        typer.echo(
            f"{what}: {found['files']:,} files, {documents}{len(found['problems'])} problems"
        )
    if found["problems"]:
        raise typer.Exit(1)


def remove(
    folder: Release,
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


def openeurollm(
    folder: Release,
    out: Annotated[Path, typer.Option("--out", "-o", help="A new folder.")],
    as_json: AsJson = False,
) -> None:
    """Write a release in OpenEuroLLM's layout (JSONL.zst), ready for its training-data-packer."""
    from ..release.openeurollm import export

    counts = export(folder, out)
    if as_json:
        print_json(counts)
    else:
        typer.echo(f"{counts['documents']:,} documents in {counts['files']:,} files are in {out}")


def purge(
    folder: Run,
    basis: Annotated[
        str, typer.Option("--legal-basis", help="art3 (research) or art4 of Directive 2019/790.")
    ] = "art4",
    inputs: Annotated[
        bool, typer.Option("--inputs", help="Delete the captures as well that the run read.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it, only say what.")] = False,
    day: Annotated[str, typer.Option("--date", help="Day of the purge, YYYY-MM-DD.")] = "",
    as_json: AsJson = False,
) -> None:
    """Delete the raw copies that a run read and made; their hashes stay in RUN/purged.jsonl."""
    from ..release.purge import purge

    if basis not in ("art3", "art4"):
        raise UsageError(f"--legal-basis: expected art3 or art4, found {basis!r}")
    done = purge(folder, basis=basis, date=read_day(day), inputs=inputs, dry=not yes)
    if as_json:
        print_json(done)
        return
    word = "deleted" if done["deleted"] else "would be deleted; add --yes to delete them"
    typer.echo(f"{len(done['files']):,} files, {format_bytes(done['bytes'])}: {word}")

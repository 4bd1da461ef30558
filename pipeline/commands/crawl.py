"""`crawl`."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import UsageError
from .shared import (
    Address,
    AsJson,
    Executor,
    Out,
    Settings,
    Workers,
    format_bytes,
    new_console,
    new_table,
    print_json,
)

Seeds = Annotated[
    list[str] | None,
    typer.Argument(
        help="URLs, hosts, or files of them or of sitemaps; or one configuration (.yaml)."
    ),
]


def crawl(
    seeds: Seeds = None,
    out: Out = None,
    max_pages: Annotated[int | None, typer.Option(help="Most pages in all.")] = None,
    time_limit: Annotated[
        str | None, typer.Option(help="Stop after so long: 90s, 30m, 11h30m; or seconds.")
    ] = None,
    size_limit: Annotated[
        str | None, typer.Option(help="Stop once the WARC files are so large: 500MB, 2GiB.")
    ] = None,
    allow_private_addresses: Annotated[
        bool, typer.Option(help="Connect to private and loopback addresses too.")
    ] = False,
    workers: Workers = None,
    engine: Executor = None,
    address: Address = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Fetch pages into WARC files, politely, as robots.txt allows.

    Typed again, it goes on where it stopped, whatever stopped it.
    """
    from ..crawl.config import CrawlConfig
    from ..crawl.crawl import crawl
    from ..load import load_model

    seeds, file = _split(seeds or [])
    limits = {
        "pages": max_pages,
        "seconds": None if time_limit is None else read_duration(time_limit),
        "bytes": size_limit,
    }
    work = {"workers": workers, "executor": engine, "address": address}
    config = load_model(
        CrawlConfig,
        file,
        settings or (),
        seeds=seeds or None,
        output=out,
        limits=_given(limits),
        network={"allow_private": True} if allow_private_addresses else None,
        engine=_given(work),
    )
    summary = crawl(config)
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary, Path(config.output))


def read_duration(text: str) -> float:
    """Read a time such as `11h30m`, in seconds.

    >>> read_duration("1h30m"), read_duration("90"), read_duration("2.5s")
    (5400.0, 90.0, 2.5)
    """
    found = re.fullmatch(
        r"(?:([\d.]+)d)?(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s?)?", text.strip().lower()
    )
    try:
        if found is None or not any(found.groups()):
            raise ValueError
        parts = [float(part or 0) for part in found.groups()]
    except ValueError:
        raise UsageError(
            f"--time-limit: expected a time such as 90s, 30m or 11h30m, found {text!r}"
        ) from None
    return sum(part * unit for part, unit in zip(parts, (86400, 3600, 60, 1), strict=True))


def _split(words: list[str]) -> tuple[list[str], Path | None]:
    """Tell the configuration from the seeds."""
    files = [word for word in words if word.endswith((".yaml", ".yml")) and "://" not in word]
    if len(files) > 1:
        raise UsageError(f"expected one configuration, found {' and '.join(files)}")
    return [word for word in words if word not in files], Path(files[0]) if files else None


def _given(values: dict[str, Any]) -> dict[str, Any] | None:
    return {name: value for name, value in values.items() if value is not None} or None


def _print_summary(summary: dict[str, Any], folder: Path) -> None:
    """Print what was fetched, what was not and why, and where it is."""
    console = new_console()
    table = new_table("", "", left=[""])
    for title, key in (
        ("status", "statuses"),
        ("not fetched", "skipped"),
        ("failed", "failed"),
        ("hosts ended", "hosts_ended"),
        ("language", "languages"),
    ):
        for name, number in summary[key].items():
            table.add_row(f"{title} {name}", f"{number:,}")
    console.print(table)
    console.print(
        f"{summary['pages']:,} answers of {summary['hosts']:,} hosts, {format_bytes(summary['bytes'])}, "
        f"in {len(summary['warcs'])} WARC files in {folder}/warc; robots.txt and the like in "
        f"{folder}/robots.",
        soft_wrap=True,
    )
    if not summary["pages"] and summary["failed"]:
        console.print(
            "No page came: `not fetched` and `failed` say why. Where no host has an address (dns), this "
            "machine may have no way to the internet.",
            soft_wrap=True,
        )
    for line in summary["seeds_refused"][:10]:
        console.print(f"Not a seed: {line}", soft_wrap=True, markup=False)
    if summary["interrupted"]:
        console.print(
            f"interrupted ({summary['interrupted']}); type the same command to go on from there",
            soft_wrap=True,
        )

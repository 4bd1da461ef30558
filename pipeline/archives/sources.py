"""From what the user names of an archive to files and bundles: lists are followed, indexes are read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..config import Archive
from ..errors import UsageError
from .bundles import Bundle, cut
from .index import RECORD, Choice, choose
from .paths import base_of, is_list, read_list
from .remote import Patience, Remote, is_remote, join

__all__ = ["Input", "choice_of", "is_index", "is_list", "patience_of", "read_source"]


@dataclass(frozen=True, slots=True)
class Input:
    """One input file of a run; `name` is what the corpus calls it, and must be unique in a run."""

    name: str
    path: Path
    """Where it lies; where it does not lie on disk, what it would be called there."""
    bytes: int
    """Its size; 0 where only the archive knows."""
    url: str = ""
    """Where it is fetched from, or the base that a bundle's records are fetched from."""
    bundle: Bundle | None = None
    """The records that it consists of, where an index chose them."""


def is_index(location: str) -> bool:
    """Whether a Parquet file on disk is one of an index, and holds no texts."""
    if not location.endswith(".parquet") or is_remote(location):
        return False
    try:
        names = pq.read_schema(location).names
    except (pa.ArrowException, OSError):
        return False  # reported where it is read
    return set(RECORD.names) <= set(names)


def patience_of(archive: Archive) -> Patience:
    """How often and how soon bytes are asked for again."""
    return Patience(archive.retries, archive.backoff, archive.seed)


def choice_of(archive: Archive) -> Choice:
    """What is wanted of an index."""
    return Choice(archive.languages, archive.tlds, archive.domains, archive.status, archive.mime)


def read_source(locations: Iterable[str], archive: Archive) -> Iterator[Input]:
    """Give the WARC files and bundles that some addresses, path lists and index files come to.

    Raises:
        UsageError: an address names nothing of the kind, or an index has nothing that is wanted.
        RunError: an archive does not answer.

    """
    remote = Remote(patience_of(archive))
    indexes: dict[str, list[str]] = {}
    for location in locations:
        base = base_of(location, archive.base)
        entries = (
            [join(base, path) for path in read_list(location, remote)]
            if is_list(location)
            else [location]
        )
        for entry in entries:
            if entry.endswith(".parquet"):
                indexes.setdefault(base, []).append(entry)
            else:
                yield _file(entry, base)
    for base, files in indexes.items():
        yield from _bundles(files, base, archive, remote)


def _file(location: str, base: str) -> Input:
    """One whole file; a local copy is an input like any other."""
    name = location.removeprefix(base).lstrip("/")
    name = name.partition("://")[2] if is_remote(name) else name
    if ".." in name.split("/"):
        raise UsageError(f"{location}: expected an address without '..'")
    if is_remote(location):
        return Input(name, Path(name), 0, location)
    path = Path(location)
    if not path.is_file():
        raise UsageError(
            f"{location}: expected a file of the path list, found nothing there; archive.base says "
            "where its files lie"
        )
    return Input(name, path.resolve(), path.stat().st_size)


def _bundles(files: list[str], base: str, archive: Archive, remote: Remote) -> Iterator[Input]:
    choice = choice_of(archive)
    chosen = [table for file in files for table in choose(file, choice, remote)]
    found = False
    for bundle in cut(chosen, archive.bundle_records, archive.bundle_bytes):
        found = True
        name = f"records-{bundle.digest}.warc.gz"
        yield Input(name, Path(name), bundle.bytes, base, bundle)
    if not found:
        wanted = [f"{key}={list(value)}" for key, value in archive.model_dump(
            include={"languages", "tlds", "domains", "status", "mime"}).items() if value]  # fmt: skip
        raise UsageError(
            f"{files[0]}{' and others' if len(files) > 1 else ''}: nothing of {', '.join(wanted)} is in "
            "the index; change archive.languages, archive.tlds, archive.domains, archive.status or "
            "archive.mime"
        )

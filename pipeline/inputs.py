"""The input files of a run: found, named, and refused where a name would be ambiguous."""

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from glob import glob, has_magic
from pathlib import Path

from .archives.remote import is_remote
from .archives.sources import Input, is_index, is_list, read_source
from .config import Archive
from .errors import UsageError

__all__ = ["SUFFIXES", "Input", "find_inputs"]

SUFFIXES = tuple(
    kind + packing
    for kinds, packings in (
        ((".warc", ".wet", ".arc"), ("", ".gz", ".lz4")),
        ((".jsonl", ".ndjson"), ("", ".gz", ".zst")),
        ((".parquet",), ("",)),
    )
    for kind in kinds
    for packing in packings
)
"""What is taken from a folder; a file that is named itself may be called anything."""


def find_inputs(patterns: Iterable[str], archive: Archive | None = None) -> list[Input]:
    """Find the files of a run, sorted by name.

    A file is called by its own name, a file found in a folder by its path below that folder, a file
    of an archive by its path below the archive's base, so that the name does not depend on where the
    run takes place. Addresses and path lists (`.paths`, `.paths.gz`) may be named, and Parquet files
    of an index (with `warc_filename`), of which `archive` says what is wanted.

    Raises:
        UsageError: nothing there, nothing usable in a folder, or two files of one name.

    """
    found: dict[str, Input] = {}
    indexes: list[str] = []
    for pattern in patterns:
        for name, path in _expand(pattern):
            location = str(path)
            if is_list(location) or is_remote(location) or is_index(location):
                indexes.append(location)
            else:
                real = _real(str(path))
                _add(found, Input(name, Path(real), os.stat(real).st_size))  # noqa: PTH116
    for source in read_source(indexes, archive or Archive()):
        _add(found, source)
    return [found[name] for name in sorted(found)]


def _real(path: str) -> str:
    """Resolve a path; its folder once for all files in it, as there may be 10^5 of them."""
    if os.path.islink(path):  # noqa: PTH114
        return os.path.realpath(path)
    folder, name = os.path.split(path)
    return f"{_real_folder(folder)}/{name}"


@lru_cache(maxsize=16)
def _real_folder(folder: str) -> str:
    return os.path.realpath(folder).rstrip("/")


def _add(found: dict[str, Input], new: Input) -> None:
    old = found.setdefault(new.name, new)
    if (old.path, old.url) != (new.path, new.url):
        raise UsageError(
            f"two inputs would both be called {new.name}: {old.url or old.path} and "
            f"{new.url or new.path}. Name a folder that holds both, so that their paths below it "
            "tell them apart"
        )


def _expand(pattern: str) -> Iterator[tuple[str, Path | str]]:
    path = Path(pattern)
    if is_remote(pattern):
        yield pattern, pattern
    elif path.is_dir():
        # sorted as text: a Path's comparison costs more than all the rest
        files = sorted((file for file in path.rglob("*") if _is_usable(file)), key=str)
        if not files:
            raise UsageError(
                f"{pattern}: expected files that end in {', '.join(SUFFIXES)}; found none"
            )
        yield from ((file.relative_to(path).as_posix(), file) for file in files)
    elif path.is_file():
        yield path.name, path
    elif has_magic(pattern) and (matches := _glob(pattern)):
        for match in matches:
            yield from _expand(match)
    else:
        raise UsageError(
            f"{pattern}: expected an input file, folder or pattern; found nothing there"
        )


def _glob(pattern: str) -> list[str]:
    return sorted(glob(pattern, recursive=True))  # noqa: PTH207 Path.glob takes no absolute pattern


def _is_usable(file: Path) -> bool:
    return file.name.lower().endswith(SUFFIXES) and file.is_file()

"""The input files of a run: found, named, and refused where a name would be ambiguous."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path

from .errors import UsageError

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


@dataclass(frozen=True, slots=True)
class Input:
    """One input file; `name` is what the corpus calls it, and must be unique in a run."""

    name: str
    path: Path
    bytes: int


def find_inputs(patterns: Iterable[str]) -> list[Input]:
    """Find the files of a run, sorted by name.

    A file is called by its own name, a file found in a folder by its path below that folder, so
    that the name does not depend on where the run takes place.

    Raises:
        UsageError: nothing there, nothing usable in a folder, or two files of one name.

    """
    found: dict[str, Input] = {}
    for pattern in patterns:
        for name, path in _expand(pattern):
            path = path.resolve()
            if name in found and found[name].path != path:
                raise UsageError(
                    f"two inputs would both be called {name}: {found[name].path} and {path}. "
                    "Name a folder that holds both, so that their paths below it tell them apart"
                )
            found[name] = Input(name, path, path.stat().st_size)
    return [found[name] for name in sorted(found)]


def _expand(pattern: str) -> Iterator[tuple[str, Path]]:
    path = Path(pattern)
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if _is_usable(file)]
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
    return file.is_file() and file.name.lower().endswith(SUFFIXES)

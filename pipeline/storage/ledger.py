"""The ledger: one small JSON file for each committed unit of work, which must balance."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic_core import from_json

from ..errors import RunError
from .fingerprint import sha256
from .folder import RunFolder


@dataclass(frozen=True, slots=True)
class Output:
    """A file that a unit left: its path below the run, and what it must still be."""

    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(slots=True)
class Count:
    """Documents of one source and language that came into a unit, left it, or were dropped."""

    entered: int = 0
    left: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def balanced(self) -> bool:
        """Whether every document is accounted for."""
        return self.entered == self.left + self.dropped.total()


class Counts(dict[tuple[str, str], Count]):
    """Counts by (source, language)."""

    def __missing__(self, key: tuple[str, str]) -> Count:
        """Start a source and language at zero."""
        return self.setdefault(key, Count())

    def dropped(self, source: str, language: str, reason: str, number: int = 1) -> None:
        """Count documents that came in and were dropped."""
        count = self[source, language]
        count.entered += number
        count.dropped[reason] += number

    def kept(self, source: str, language: str, number: int = 1) -> None:
        """Count documents that came in and left."""
        count = self[source, language]
        count.entered += number
        count.left += number

    def to_json(self) -> list[dict[str, Any]]:
        """Give rows sorted by source and language."""
        return [
            {"source": source, "language": language, "entered": count.entered,
             "left": count.left, "dropped": dict(sorted(count.dropped.items()))}
            for (source, language), count in sorted(self.items())
        ]  # fmt: skip

    @classmethod
    def from_json(cls, rows: Iterable[dict[str, Any]]) -> "Counts":
        """Read what `to_json` wrote."""
        counts = cls()
        for row in rows:
            # what Counter's own constructor does costs more than all the rest of reading an entry
            dropped: Counter[str] = Counter.__new__(Counter)
            dict.update(dropped, row["dropped"])
            counts[row["source"], row["language"]] = Count(row["entered"], row["left"], dropped)
        return counts


@dataclass(frozen=True, slots=True)
class Entry:
    """What one unit did.

    `fingerprint` covers inputs, code and the part of the configuration that the unit depends on;
    `depends` is the same, readable, so that a stale unit can say why. `facts` are figures that
    later stages plan with. `cost` (seconds, cpu_seconds, host) is for people: nothing is derived from it.
    `rows` are counts as the file has them: a run that goes on plans by entries, and few of it ask for counts.
    """

    stage: str
    unit: str
    fingerprint: str
    depends: dict[str, Any]
    outputs: tuple[Output, ...]
    rows: list[dict[str, Any]]
    facts: dict[str, Any]
    cost: dict[str, Any]

    @property
    def counts(self) -> Counts:
        """What came in and what became of it, by source and language."""
        return Counts.from_json(self.rows)


def describe(folder: RunFolder, path: str, rows: int) -> Output:
    """Measure an output file that has its final name."""
    file = folder.root / path
    return Output(path, rows, file.stat().st_size, sha256(file))


def commit(folder: RunFolder, entry: Entry) -> None:
    """Write an entry into place, once its outputs are there and its counts balance.

    Raises:
        RunError: documents went missing, or appeared, inside the unit.

    """
    for (source, language), count in entry.counts.items():
        if not count.balanced:
            raise RunError(
                f"{entry.stage} {entry.unit}: {count.entered} documents of {source} in {language} came in, "
                f"but {count.left} left and {count.dropped.total()} were dropped"
            )
    content = asdict(entry)
    content["counts"] = content.pop("rows")
    target = folder.ledger(entry.stage, entry.unit)
    with folder.atomic(target.relative_to(folder.root)) as path:
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def read_entry(folder: RunFolder, stage: str, unit: str) -> Entry | None:
    """Read an entry; None where there is none, or where it cannot be read."""
    return _parse(f"{folder.root}/ledger/{stage}/{unit}.json")


def _parse(path: str) -> Entry | None:
    """Read a file; paths are plain text here, since a run that goes on reads 10^5 of them and more."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            content = from_json(file.read())  # takes half the time of the standard library's
        content["outputs"] = tuple(Output(**output) for output in content["outputs"])
        content["rows"] = content.pop("counts")
        return Entry(**content)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not committed: the unit will be done again


def entries(folder: RunFolder, stage: str) -> Iterator[Entry]:
    """Read all entries of a stage, by unit name."""
    for name in unit_names(folder, stage):
        if entry := read_entry(folder, stage, name):
            yield entry


def unit_names(folder: RunFolder, stage: str) -> list[str]:
    """Name the units of a stage that have an entry, without reading any."""
    top = f"{folder.root}/ledger/{stage}/"
    return sorted(
        f"{place}/{name}"[len(top) :].lstrip("/").removesuffix(".json")
        for place, _, names in os.walk(top)
        for name in names
        if name.endswith(".json")
    )


def is_committed(folder: RunFolder, stage: str, unit: str, fingerprint: str) -> bool:
    """Whether a unit is done: same fingerprint, and its outputs have their recorded sizes."""
    entry = read_entry(folder, stage, unit)
    return entry is not None and answers(folder, entry, fingerprint)


def answers(folder: RunFolder, entry: Entry, fingerprint: str) -> bool:
    """Whether an entry has a fingerprint, and its outputs are there with their recorded sizes."""
    return entry.fingerprint == fingerprint and all(
        _size(f"{folder.root}/{output.path}") == output.bytes for output in entry.outputs
    )


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except OSError:
        return None


def withdraw(folder: RunFolder, stage: str, unit: str) -> None:
    """Take back a unit that the run no longer has: its entry first, then its outputs."""
    entry = read_entry(folder, stage, unit)
    folder.ledger(stage, unit).unlink(missing_ok=True)
    for output in entry.outputs if entry else ():
        (folder.root / output.path).unlink(missing_ok=True)

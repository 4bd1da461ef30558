"""The suppression list: what was taken down once and does not come back, kept as hashes.

Each line of a list is JSON: `kind` (`id`, `url`, `domain`, `text`), `hash`, `reason`, `date`. The
hash of an id is the id, which is one; of a URL and a domain it is their sha256, of a text the
digest by which exact duplicates are found. So a list can be published, and says nothing that was
taken down. `remove` writes lists; runs read them.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pyarrow as pa

from .config import Config
from .errors import UsageError
from .report.domains import host
from .storage.folder import RunFolder

NAME = "suppression.jsonl"
KINDS = ("id", "url", "domain", "text")
REASON = "taken_down"


def hash_of(value: str) -> str:
    """Hash a URL or a domain as lists have it."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Suppression:
    """The hashes of some lists, by kind."""

    hashes: dict[str, frozenset[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is suppressed."""
        return any(self.hashes.values())

    def matches(self, table: pa.Table) -> list[str | None]:
        """Give the kind by which each document (`id`, `url`, `digest`) is suppressed; null for none."""
        frame = pl.DataFrame(table.select(["id", "url", "digest"]))
        texts = frame["digest"].bin.encode("hex")
        found = pl.Series([None] * frame.height, dtype=pl.String)
        for kind, here in (
            ("text", texts.is_in(list(self._of("text")))),
            ("domain", self._domains(frame)),
            ("url", self._urls(frame["url"])),
            ("id", frame["id"].is_in(list(self._of("id")))),
        ):
            found = found.zip_with(~here.fill_null(False), pl.Series([kind]))
        return found.to_list()

    def _of(self, kind: str) -> frozenset[str]:
        return self.hashes.get(kind, frozenset())

    def _urls(self, urls: pl.Series) -> pl.Series:
        known = self._of("url")
        here = [bool(known) and url is not None and hash_of(url) in known for url in urls]
        return pl.Series(here, dtype=pl.Boolean)

    def _domains(self, frame: pl.DataFrame) -> pl.Series:
        hosts = frame.select(host(pl.col("url")))["url"]
        gone = [name for name in hosts.unique() if self._covers(name)] if self._of("domain") else []
        return hosts.is_in(gone)

    def _covers(self, name: str) -> bool:
        return any(hash_of(parent) in self._of("domain") for parent in parents(name))


def parents(host: str) -> list[str]:
    """Give a host and the domains above it.

    >>> parents("www.gov.mt")
    ['www.gov.mt', 'gov.mt', 'mt']
    """
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def read_suppression(paths: Iterable[Path]) -> Suppression:
    """Read lists; a folder stands for the list of the release in it.

    Raises:
        UsageError: a list is not there, or a line of it is none of a list's.

    """
    hashes: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for path in paths:
        path = path / NAME if path.is_dir() else path
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"takedowns.lists: {path}: expected a {NAME} or the folder of a release: {error}"
            ) from None
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                hashes[row["kind"]].add(str(row["hash"]))
            except (ValueError, KeyError, TypeError):
                raise UsageError(
                    f'takedowns.lists: {path}:{number}: expected {{"kind": …, "hash": …}} with one of '
                    f"the kinds {', '.join(KINDS)}, found {line[:80]!r}"
                ) from None
    return Suppression({kind: frozenset(found) for kind, found in hashes.items()})


def compile_suppression(folder: RunFolder, config: Config) -> str | None:
    """Write what the workers look into, and give its name; None where nothing is suppressed.

    The list of a release that lies in the run's own folder is always among them.
    """
    own = folder.root / "release" / NAME
    named = [Path(path) for path in config.takedowns.lists]
    suppression = read_suppression([*named, *([own] if own.exists() else [])])
    content = json.dumps({kind: sorted(found) for kind, found in suppression.hashes.items()})
    name = hash_of(content)[:32] if suppression else None
    for old in (folder.root / "lists").glob("suppression-*.json"):
        old.unlink()
    if name:
        with folder.atomic(_compiled(name)) as path:
            path.write_text(content, "utf-8")
    return name


def load_suppression(folder: RunFolder, name: str | None) -> Suppression:
    """Read what `compile_suppression` wrote."""
    if name is None:
        return Suppression()
    hashes = json.loads((folder.root / _compiled(name)).read_text("utf-8"))
    return Suppression({kind: frozenset(found) for kind, found in hashes.items()})


def _compiled(name: str) -> str:
    return f"lists/suppression-{name}.json"

"""The URL lists that the user names: read, described for the record, and compiled for the workers.

The entries stay out of ledger and report: a list can be large, licensed, or not for print. What is
recorded of it is its name, licence, version, sha256 and number of entries.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..filters.urls import UrlList, UrlRules, compile_rules
from .config import Config, UrlListFile
from .errors import UsageError
from .storage.fingerprint import fingerprint
from .storage.folder import RunFolder

_PARTS = ("domains", "urls")  # the files of a UT1 category that this reads


def describe(config: Config) -> list[dict[str, Any]]:
    """Give what is recorded of each list, the blocking ones first, in the order they are named.

    Raises:
        UsageError: a list is not there, or is a folder of neither `domains` nor `urls`.
    """
    named = [(listed, False) for listed in config.urls.block]
    named += [(listed, True) for listed in config.urls.allow]
    return [_description(listed, allows) for listed, allows in named]


def _description(listed: UrlListFile, allows: bool) -> dict[str, Any]:
    digest, entries = hashlib.sha256(), 0
    for file in _files(listed):
        content = file.read_bytes()
        digest.update(content)
        entries += sum(1 for line in content.splitlines() if line.strip()[:1] not in (b"", b"#"))
    return {
        "name": listed.name or Path(listed.path).name,
        "path": listed.path,
        "allows": allows,
        "licence": listed.licence,
        "version": listed.version,
        "sha256": digest.hexdigest(),
        "entries": entries,
    }


def _files(listed: UrlListFile) -> list[Path]:
    path = Path(listed.path)
    files = [path / part for part in _PARTS if (path / part).is_file()] if path.is_dir() else [path]
    files += _expression_files(listed)
    if files and all(file.is_file() for file in files):
        return files
    found = "no such file" if not path.exists() else "a folder without them"
    raise UsageError(
        f"{path}: expected a file of hosts and URLs, or a folder with the files `domains` or `urls` "
        f"as a category of UT1 has, found {found}; put right `urls.block` or `urls.allow`"
    )


def _expression_files(listed: UrlListFile) -> list[Path]:
    path = Path(listed.path, "expressions")
    if listed.expressions and not path.is_file():
        raise UsageError(
            f"{path}: expected a file of regular expressions, as a category of UT1 may have, found "
            "none; put right `urls.block` or `urls.allow`, or leave out `expressions: true`"
        )
    return [path] if listed.expressions else []


def identity(descriptions: list[dict[str, Any]]) -> str:
    """Name what some lists do, whatever they are called in the record."""
    return fingerprint({"lists": [[d["name"], d["allows"], d["sha256"]] for d in descriptions]})


def compile_lists(folder: RunFolder, config: Config, descriptions: list[dict[str, Any]]) -> None:
    """Write what the workers look into, unless it is there, and remove what they looked into before."""
    target = folder.url_rules(identity(descriptions))
    for old in (folder.root / target).parent.glob("urls-*.npz"):
        if old.name != Path(target).name or not descriptions:
            old.unlink()
    if not descriptions or (folder.root / target).exists():
        return
    named = [*config.urls.block, *config.urls.allow]
    rules = _rules(named, descriptions)
    with folder.atomic(target) as path, path.open("wb") as file:
        np.savez(
            file,
            names=np.array(rules.names),
            allows=np.array(rules.allows),
            keys=rules.keys,
            owners=rules.owners,
            expressions=np.array([pattern for _, pattern in rules.expressions], np.str_),
            expression_owners=np.array([owner for owner, _ in rules.expressions], np.int64),
        )


def _rules(named: list[UrlListFile], descriptions: list[dict[str, Any]]) -> UrlRules:
    try:
        return compile_rules(
            UrlList(
                described["name"],
                _lines(file for file in _files(listed) if file.name != "expressions"),
                described["allows"],
                _lines(_expression_files(listed)),
            )
            for listed, described in zip(named, descriptions, strict=True)
        )
    except ValueError as error:
        raise UsageError(f"{error}; put the list right, or leave out `expressions: true`") from None


def _lines(files: Iterable[Path]) -> Iterator[str]:
    for file in files:
        with file.open(encoding="utf-8", errors="replace") as lines:
            yield from lines


def load_rules(folder: RunFolder, name: str) -> UrlRules:
    """Read what `compile_lists` wrote."""
    with np.load(folder.root / folder.url_rules(name)) as arrays:
        names = tuple(map(str, arrays["names"]))
        owners, patterns = arrays["expression_owners"].tolist(), arrays["expressions"].tolist()
        return UrlRules(
            names,
            tuple(map(bool, arrays["allows"])),
            arrays["keys"],
            arrays["owners"],
            tuple(zip(owners, patterns, strict=True)),
        )

"""Raw copies deleted where the legal basis asks for it; hashes of them stay as evidence.

Article 4(2) of Directive (EU) 2019/790 lets copies be kept only as long as the purpose asks for it.
What goes is what holds raw text: the documents that a run extracted, and, where it is asked for, the
captures that it read. The ledger, the corpus and the evidence of deduplication stay.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from ..archives.remote import is_remote
from ..config import Archive
from ..errors import UsageError
from ..inputs import find_inputs
from ..report.flow import read_summary
from ..stages import clean, documents
from ..storage.fingerprint import sha256
from ..storage.folder import RunFolder
from ..storage.ledger import entries

RECORD = "purged.jsonl"


def purge(root: Path, *, basis: str, date: str, inputs: bool, dry: bool) -> dict[str, Any]:
    """Delete the raw copies of a finished run; return what went, or would go if `dry`.

    Each file is a line of `purged.jsonl` (path, bytes, sha256, date, legal basis), on disk before the
    file goes. A file that is not what the ledger names is left, and said to be so.

    Raises:
        UsageError: `root` is no finished run, or an input was changed since.

    """
    folder = RunFolder(root.resolve())
    read_summary(folder)
    gone = list(_documents(folder))
    if inputs:
        gone += _inputs(folder)
    files = [_described(folder, path) for path in gone]
    if files and not dry:
        with (folder.root / RECORD).open("a", encoding="utf-8") as record:
            for file in files:
                row = file | {"date": date, "legal_basis": basis}
                record.write(json.dumps(row, ensure_ascii=False) + "\n")
            record.flush()
        for path in gone:
            path.unlink()
    return {"files": files, "bytes": sum(file["bytes"] for file in files), "deleted": not dry}


def _documents(folder: RunFolder) -> list[Path]:
    found = (
        folder.root / output.path
        for stage in (documents.STAGE, clean.STAGE)
        for entry in entries(folder, stage)
        for output in entry.outputs
        if output.path.startswith(("documents/", "cleaned/", "sites/removed/"))
    )
    return [path for path in found if path.exists()]


def _inputs(folder: RunFolder) -> list[Path]:
    """Find the inputs of the run that lie on disk, if they are still as the ledger has them.

    What was fetched is not kept anyway, and records that an index chose lie in files of others.
    """
    config = yaml.safe_load(folder.config.read_text("utf-8"))
    named = [pattern for pattern in config["inputs"] if not is_remote(pattern)]
    known = {
        entry.unit: entry.facts["input"]["bytes"] for entry in entries(folder, documents.STAGE)
    }
    found = []
    for source in find_inputs(named, Archive.model_validate(config["archive"])):
        if source.url:
            continue
        if known.get(source.name) != source.bytes:
            raise UsageError(
                f"{source.path}: expected the input {source.name} that the run read, found a file of "
                f"{source.bytes:,} bytes that it did not; nothing was deleted"
            )
        found.append(source.path)
    return found


def _described(folder: RunFolder, path: Path) -> dict[str, Any]:
    inside = path.is_relative_to(folder.root)
    name = path.relative_to(folder.root).as_posix() if inside else path.name
    return {"path": name, "bytes": path.stat().st_size, "sha256": sha256(path)}

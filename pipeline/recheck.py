"""Later opt-outs for an earlier corpus: what hosts say now decides again, and no page is read."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from .errors import UsageError
from .hosts import import_snapshots
from .load import load_config
from .run import decide, open_crew, write_config
from .stages import documents
from .storage.folder import RunFolder
from .storage.ledger import Entry, entries


def recheck(root: Path, robots: Iterable[str]) -> dict[str, Any]:
    """Judge the documents of a finished run again, with snapshots of robots.txt files.

    Rewrites `rights/`, the units of `judge`, deduplication and shards that change, and `report/`.
    `documents/` stays as it is, and inputs are not looked at. The run keeps the snapshots.

    Returns:
        `removed` and `added` (ids of documents that left the corpus, and of such as came in because
        the one that they are duplicates of left), `documents`, and `rights` as in the summary.

    Raises:
        UsageError: `root` is no finished run; a snapshot is not there, or holds nothing.

    """
    folder = RunFolder(root.resolve())
    if not folder.summary.exists() or not folder.config.exists():
        raise UsageError(
            f"{root}: expected the folder of a finished run, found no {folder.summary.name} in it"
        )
    config = load_config(folder.config, output=str(folder.root))
    names = [entry.unit for entry in _documents(folder)]
    before = json.loads(folder.summary.read_text("utf-8"))
    earlier = _ids(folder)
    import_snapshots(folder, robots)
    write_config(folder, config)
    folder.index_manifest.unlink(missing_ok=True)
    with open_crew(config, folder) as crew:
        crew.done[documents.STAGE] = names
        facts = {name: before[name] for name in ("url_lists", "benchmarks")}
        summary = decide(crew, config, names, facts)
    later = _ids(folder)
    return {
        "removed": sorted(earlier - later),
        "added": sorted(later - earlier),
        "documents": summary["documents"],
        "opted_out": summary["dropped"].get("opted_out", 0),
        "rights": summary["rights"],
    }


def _documents(folder: RunFolder) -> list[Entry]:
    found = list(entries(folder, documents.STAGE))
    if any("opted_out" not in entry.facts for entry in found):
        raise UsageError(
            f"{folder.root}: expected documents with rights as this version writes them, found those of "
            "an earlier one; type the run again first"
        )
    return found


def _ids(folder: RunFolder) -> set[str]:
    """Read the ids of all documents of the corpus."""
    files = (folder.root / "data").rglob("*.parquet")
    return {id for file in files for id in pq.read_table(file, columns=["id"])["id"].to_pylist()}

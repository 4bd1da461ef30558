"""The report on duplicates: what deduplication all but emptied, and the largest clusters."""

from collections.abc import Iterable
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..stages.deduplicate import merge_clusters, total
from ..storage.folder import RunFolder
from ..storage.ledger import Counts, Entry
from ..storage.parquet import read_rows
from .masking import MARGIN, masked

_TEXT_CHARACTERS = 500
_ALARMS = 1000


def alarms(
    folder: RunFolder, entries: Iterable[Entry], share: float, least: int
) -> list[dict[str, Any]]:
    """Name the inputs and domains of which more than a share went as duplicates.

    Args:
        folder: of the run.
        entries: of `deduplicate`.
        share: above which there is an alarm.
        least: documents from which on a domain or input is looked at.

    Returns:
        The thousand with the most removals, that first: `kind` (`source` or `domain`), `name`,
        `language`, `documents` (that came to deduplication), `removed`.

    """
    found: list[dict[str, Any]] = []
    for language, group in _by_language(entries).items():
        rows = [("source", *row) for row in _sources(group)]
        rows += [("domain", *row) for row in _domains(folder, group, share, least)]
        found += [
            {"kind": kind, "name": name, "language": language, "documents": n, "removed": removed}
            for kind, name, n, removed in rows
            if n >= least and removed > share * n
        ]
    return sorted(found, key=lambda a: (-a["removed"], a["kind"], a["name"], a["language"]))[
        :_ALARMS
    ]


def _by_language(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.facts["language"], []).append(entry)
    return groups


def _sources(entries: list[Entry]) -> list[tuple[str, int, int]]:
    counts: Counts = Counts()
    for entry in entries:
        counts |= entry.counts
    return [(source, c.entered, c.dropped.total()) for (source, _), c in sorted(counts.items())]


def _domains(
    folder: RunFolder, entries: list[Entry], share: float, least: int
) -> list[tuple[str, int, int]]:
    paths = [folder.root / folder.domains(entry.facts["name"]) for entry in entries]
    table = total([pq.read_table(path, use_threads=False) for path in paths])
    many = pc.greater_equal(table["documents"], least)
    gone = pc.greater(table["removed"], pc.multiply(table["documents"], share))
    rows = table.filter(pc.and_(many, gone)).to_pylist()
    return [(row["domain"], row["documents"], row["removed"]) for row in rows]


def clusters(folder: RunFolder, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Give the hundred largest clusters of the run, with the beginnings of some of their texts."""
    parts = []
    for entry in entries:
        language = entry.facts["language"]
        parts.append([cluster | {"language": language} for cluster in entry.facts["clusters"]])
    return [_illustrated(folder, cluster) for cluster in merge_clusters(parts)]


def _illustrated(folder: RunFolder, cluster: dict[str, Any]) -> dict[str, Any]:
    language, release = cluster["language"], cluster["kept_release"]
    kept = {"id": cluster["kept_id"], "release": release}
    if not release:
        kept |= _document(folder, language, cluster["kept_source"], cluster["kept_row"])
    removed = [
        {"id": sample["removed_id"], "kind": sample["kind"], "similarity": sample["similarity"]}
        | _document(folder, language, sample["removed_source"], sample["removed_row"])
        for sample in cluster["samples"]
    ]
    size = cluster["cluster_size"]
    return {"language": language, "size": size, "kept": kept, "removed": removed}


def _document(folder: RunFolder, language: str, source: str, row: int) -> dict[str, str]:
    path = folder.root / folder.documents(source)
    if not path.exists():  # `purge` has deleted the documents
        return {}
    content = read_rows(path, language, [row], ["url", "text"]).to_pylist()[0]
    text = masked([content["text"][: _TEXT_CHARACTERS + MARGIN]], language)[0]
    return {"url": content["url"], "text": text[:_TEXT_CHARACTERS]}

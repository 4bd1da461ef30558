"""The report on duplicates: what deduplication all but emptied, and the largest clusters."""

from collections.abc import Iterable, Iterator, Mapping
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
    found = merge_clusters(parts)
    shown = _documents(folder, {place for cluster in found for place in _places(cluster)})
    return [_illustrated(cluster, shown) for cluster in found]


_Place = tuple[str, str, int]
"""Language, input, and row among those of the language."""


def _places(cluster: dict[str, Any]) -> Iterator[_Place]:
    """Name the documents of a cluster that are shown."""
    language = cluster["language"]
    if not cluster["kept_release"]:
        yield language, cluster["kept_source"], cluster["kept_row"]
    for sample in cluster["samples"]:
        yield language, sample["removed_source"], sample["removed_row"]


def _illustrated(cluster: dict[str, Any], shown: Mapping[_Place, dict[str, str]]) -> dict[str, Any]:
    language, release = cluster["language"], cluster["kept_release"]
    kept = {"id": cluster["kept_id"], "release": release}
    if not release:
        kept |= shown.get((language, cluster["kept_source"], cluster["kept_row"]), {})
    removed = [
        {"id": sample["removed_id"], "kind": sample["kind"], "similarity": sample["similarity"]}
        | shown.get((language, sample["removed_source"], sample["removed_row"]), {})
        for sample in cluster["samples"]
    ]
    size = cluster["cluster_size"]
    return {"language": language, "size": size, "kept": kept, "removed": removed}


def _documents(folder: RunFolder, places: Iterable[_Place]) -> dict[_Place, dict[str, str]]:
    """Read URLs and the beginnings of texts, each row group once; none after `purge`."""
    rows: dict[tuple[str, str], list[int]] = {}
    for language, source, row in sorted(places):
        rows.setdefault((language, source), []).append(row)
    found = {}
    for (language, source), wanted in rows.items():
        path = folder.root / folder.documents(source)
        if path.exists():
            table = read_rows(path, language, wanted, ["url", "text"])
            texts = [text[: _TEXT_CHARACTERS + MARGIN] for text in table["text"].to_pylist()]
            for row, url, text in zip(
                wanted, table["url"].to_pylist(), masked(texts, language), strict=True
            ):
                found[language, source, row] = {"url": url, "text": text[:_TEXT_CHARACTERS]}
    return found

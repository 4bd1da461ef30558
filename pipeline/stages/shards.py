"""Shards: the corpus itself, some Parquet files of planned size for each language.

Which documents a shard holds is planned from the ledger alone, in the order of the inputs' names,
so that it depends neither on workers nor on their speed. A shard whose documents are the same as
before is left as it is; if just the number of shards changed, it is renamed.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...filters.pii import mask_with_spans
from ..config import Config
from ..engine import Unit
from ..extract.rights import Signal
from ..storage import schema
from ..storage.fingerprint import code_version, fingerprint
from ..storage.folder import RunFolder
from ..storage.ledger import Entry, commit, entries, is_committed, read_entry
from ..storage.parquet import ParquetFile, RowGroups, iterate_language, read_language
from . import clean, deduplicate, judge
from .work import Beat, Work

STAGE = "shards"

_CODE = ("filters/pii/mask.py", "filters/pii/fakes.toml", "pipeline/storage/parquet.py", "pipeline/storage/schema.py",
         "pipeline/stages/shards.py", "pipeline/extract/rights/signal.py")  # fmt: skip
_PACKAGES = ("pyarrow",)


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the documents that one input contributes to a language: `start` to `stop` of those left."""

    input: str
    start: int
    stop: int
    documents: str
    """Fingerprint of the input's documents."""
    left: str
    """Digest of which of them are left, and of their cluster sizes."""
    rights: str
    """Digest of what their hosts say."""
    bytes: float
    """Planned size on disk."""


def units(config: Config, blocks: Iterable[str]) -> list[Unit]:
    """Plan the shards of each language that units of `deduplicate`, its `blocks`, left documents of."""
    folder = RunFolder(Path(config.output))
    languages: dict[str, list[Entry]] = {}
    for name in sorted(blocks):
        entry = read_entry(folder, deduplicate.STAGE, name)
        assert entry is not None, f"shards of {name} are planned from its ledger entry"
        languages.setdefault(entry.facts["language"], []).append(entry)
    names = {n for group in languages.values() for entry in group for n in entry.facts["parts"]}
    origins = {name: _Origin.read(folder, name) for name in names}
    settings = {
        "code": code_version(_CODE, _PACKAGES),
        "row_groups": [config.shards.row_group_rows, config.shards.row_group_bytes],
        "signature_bytes": 8 * config.dedup.bands,
        "mask": config.pii.mask if config.pii.mask_in == "run" else "none",
    }
    return [
        unit
        for language, entries in sorted(languages.items())
        for unit in _language_units(
            folder, language, entries, origins, config.shards.bytes, settings
        )
    ]


@dataclass(frozen=True, slots=True)
class _Origin:
    """What an input's entries say that its slices depend on."""

    fingerprint: str
    text_share: float
    rights: dict[str, str]
    """By language."""

    @classmethod
    def read(cls, folder: RunFolder, name: str) -> "_Origin":
        entry, judged = clean.entry_of(folder, name), read_entry(folder, judge.STAGE, name)
        assert judged is not None, f"{name} was deduplicated, so it was judged"
        rights = {code: facts["rights"] for code, facts in judged.facts["languages"].items()}
        return cls(entry.fingerprint, entry.facts["text_share"], rights)


def _language_units(
    folder: RunFolder,
    language: str,
    blocks: list[Entry],
    origins: dict[str, _Origin],
    target: int,
    settings: dict[str, Any],
) -> list[Unit]:
    packed = list(pack(_slices(language, blocks, origins, target), target))
    survivors = {name: entry.facts["name"] for entry in blocks for name in entry.facts["parts"]}
    return [
        Unit(
            stage=STAGE,
            name=f"{language}/{number:05}",
            function=f"{__name__}:run_unit",
            spec={
                "run": str(folder.root),
                "stage": STAGE,
                "unit": f"{language}/{number:05}",
                "language": language,
                "path": folder.shard(language, number, len(packed)),
                "index": folder.index(language, number, len(packed)),
                "survivors": {s.input: folder.survivors(survivors[s.input]) for s in slices},
                "depends": settings
                | {
                    "slices": [
                        [s.input, s.start, s.stop, s.documents, s.left, s.rights] for s in slices
                    ]
                },
            },
            weight=sum(s.stop - s.start for s in slices),
        )
        for number, slices in enumerate(packed)
    ]


def _slices(
    language: str, blocks: list[Entry], origins: dict[str, _Origin], target: int
) -> Iterator[Slice]:
    """Cut what each input contributes into slices of at most about `target` bytes."""
    parts = {name: facts for entry in blocks for name, facts in entry.facts["parts"].items()}
    for name, facts in sorted(parts.items()):
        origin = origins[name]
        rights = origin.rights[language]
        size = facts["bytes"] * origin.text_share
        pieces = min(math.ceil(size / target), facts["rows"])
        cuts = [facts["rows"] * piece // pieces for piece in range(pieces + 1)] if pieces else []
        for start, stop in pairwise(cuts):
            share = size * (stop - start) / facts["rows"]
            yield Slice(name, start, stop, origin.fingerprint, facts["digest"], rights, share)


def pack(slices: Iterable[Slice], target: int) -> Iterator[list[Slice]]:
    """Fill shards in order: a slice that would pass the target begins the next shard."""
    shard: list[Slice] = []
    size = 0.0
    for piece in slices:
        if shard and size + piece.bytes > target:
            yield shard
            shard, size = [], 0.0
        shard.append(piece)
        size += piece.bytes
    if shard:
        yield shard


def is_done(unit: Unit) -> bool:
    """Whether the shard is committed with these documents; it is given its planned name if need be."""
    folder = RunFolder(Path(unit.spec["run"]))
    if not is_committed(folder, STAGE, unit.name, fingerprint(unit.spec["depends"])):
        return False
    entry = read_entry(folder, STAGE, unit.name)
    assert entry is not None, "it was committed a moment ago"
    shard, index = entry.outputs
    if shard.path != unit.spec["path"]:
        # The name tells the number of shards, which changed. If the machine dies between the
        # steps, the entry names no file, and the shard is written again.
        renamed = replace(shard, path=unit.spec["path"]), replace(index, path=unit.spec["index"])
        for before, after in zip(entry.outputs, renamed, strict=True):
            (folder.root / before.path).replace(folder.root / after.path)
        commit(folder, replace(entry, outputs=renamed))
    return True


def sweep(folder: RunFolder) -> None:
    """Remove shards that no ledger entry names: they had another number, or another total."""
    named = {output.path for entry in entries(folder, STAGE) for output in entry.outputs}
    for top in (folder.root / "data", folder.root / "dedup" / "index"):
        for path in top.rglob("*.parquet"):
            if path.relative_to(folder.root).as_posix() not in named:
                path.unlink()
        for language in top.glob("*"):
            if language.is_dir() and not any(language.iterdir()):
                language.rmdir()


def run_unit(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Write one shard."""
    work = Work.of(spec)
    language = spec["language"]
    footer = {"eurocorpus.fingerprint": fingerprint(work.depends), "eurocorpus.language": language}
    keys = schema.index(work.depends["signature_bytes"])
    characters = size = written = 0
    personal: Counter[str] = Counter()
    contaminated: Counter[str] = Counter()
    reserved: Counter[str] = Counter()
    with ExitStack() as stack:
        path = stack.enter_context(work.output(spec["path"], lambda: shard.rows))
        index_path = stack.enter_context(work.output(spec["index"], lambda: index.rows))
        shard = ParquetFile(path, schema.CORPUS, RowGroups(*work.depends["row_groups"]))
        index = ParquetFile(index_path, keys, RowGroups(rows=100_000))
        for name, start, stop, *_ in work.depends["slices"]:
            kept = read_language(work.folder.root / spec["survivors"][name], name)
            source = work.folder.root / work.folder.documents(name)
            rights = _judged_rights(work.folder, name, language)
            for table in _documents(source, language, kept.slice(start, stop - start), rights):
                reserved.update(_rights_signals(table["rights"]))
                if work.depends["mask"] != "none":
                    table = _masked(table, work.depends["mask"])
                characters += pc.sum(table["characters"]).as_py() or 0
                size += pc.sum(table["bytes"]).as_py() or 0
                personal.update(_count(table["pii"], "type"))
                contaminated.update(_count(table["contamination"], "benchmark"))
                shard.add(table.select(schema.CORPUS.names).cast(schema.CORPUS))
                rows = pa.array(np.arange(written, written + table.num_rows))
                index.add(table.append_column("row", rows).select(keys.names).cast(keys))
                work.counts.kept(name, language, table.num_rows)
                written += table.num_rows
                beat(documents=written)
        shard.close(footer)
        index.close({})
    work.facts = {
        "language": language,
        "characters": characters,
        "bytes": size,
        "pii": dict(sorted(personal.items())),
        "contaminated": dict(sorted(contaminated.items())),
        "rights": dict(sorted(reserved.items())),
    }
    return work.commit()


def _masked(table: pa.Table, how: Any) -> pa.Table:
    """Put masks in the place of personal data; `pii` says where they stand."""
    text, spans = mask_with_spans(table["text"], table["pii"], how)
    columns = {"text": text, "pii": spans}
    columns |= {"characters": pc.utf8_length(text), "bytes": pc.binary_length(text)}
    for name, column in columns.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, column)
    return table


def _count(marks: pa.ChunkedArray, field: str) -> dict[str, int]:
    """Count what documents are marked with, by a field of the marks."""
    values = pc.struct_field(pc.list_flatten(marks), field)
    return {row["values"]: row["counts"] for row in pc.value_counts(values).to_pylist()}


def _rights_signals(rights: pa.ChunkedArray) -> Counter[str]:
    """Count documents by what is said about their use."""
    found: Counter[str] = Counter()
    for row in rights.to_pylist():
        found.update({Signal(**signal).name for signal in row["signals"]})
    return found


def _judged_rights(folder: RunFolder, name: str, language: str) -> pa.Table | None:
    """Read what `judge` found out about the rights of one input's documents, if anything."""
    path = folder.root / folder.judged_rights(name)
    if not path.exists():
        return None
    found = pq.read_table(path, filters=pc.field("language") == language, use_threads=False)
    return found if found.num_rows else None


def _documents(
    source: Path, language: str, kept: pa.Table, rights: pa.Table | None
) -> Iterator[pa.Table]:
    """Read the documents of one input that are left, a row group at a time, with their clusters."""
    rows = kept["row"].to_numpy()
    first = 0
    for table in iterate_language(source, language):
        start, stop = np.searchsorted(rows, [first, first + table.num_rows]).tolist()
        if start < stop:
            part = table.take(pa.array(rows[start:stop] - first))
            if rights is not None:
                part = _with_rights(part, rows[start:stop], rights)
            for name in ("minhash_cluster_size", "rehydration_weight"):
                part = part.append_column(name, kept[name].slice(start, stop - start))
            yield part.append_column("duplicate_of", pa.nulls(len(part), pa.string()))
        first += table.num_rows


def _with_rights(table: pa.Table, rows: np.ndarray[Any, Any], rights: pa.Table) -> pa.Table:
    """Put rights that include what hosts say in the place of what pages say; `rows` of the language."""
    judged = rights["row"].to_numpy()
    at = np.searchsorted(judged, rows)
    there = at < len(judged)
    there[there] = judged[at[there]] == rows[there]
    if not there.any():
        return table
    both = pa.chunked_array([*table["rights"].chunks, *rights["rights"].chunks])
    chosen = np.where(there, table.num_rows + np.minimum(at, len(judged) - 1), np.arange(len(rows)))
    column = both.combine_chunks().take(pa.array(chosen))
    return table.set_column(table.schema.get_field_index("rights"), "rights", column)

"""Clean: takes the frequent lines of their site out of the documents of one input.

Documents that had some are measured and signed again; the others go on as they are, all in their
old order. No document is dropped: one that has little else keeps its lines, for `deduplicate` to decide.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...filters import FOREIGN_LINES
from ...filters.boilerplate import FREQUENT, repeated_lines, site_hashes
from ...filters.lines import remove_lines
from ...filters.urls import registered_domains
from ..config import Config
from ..engine import Unit
from ..storage import schema
from ..storage.exchange import iterate_sorted
from ..storage.fingerprint import code_version, fingerprint
from ..storage.folder import RunFolder
from ..storage.ledger import Entry, is_committed, read_entry
from ..storage.parquet import (
    ParquetFile,
    RowGroups,
    groups_metadata,
    iterate_language,
    languages,
    read_language,
    text_share,
    write_rows,
)
from . import documents, sites
from .measures import Measures
from .removed import count_lines
from .samples import sites_of
from .work import Beat, Work

STAGE = "clean"

_CODE = ("filters/boilerplate.py", "filters/line_kernel.py", "filters/lines.py",
         "pipeline/storage/parquet.py", "pipeline/stages/clean.py")  # fmt: skip
_MEASURED = ("shape", "pii", "benchmarks", "model", "row_groups")
"""What the documents were measured with, and these are too."""


def units(config: Config, inputs: Iterable[str], parts: Iterable[str]) -> list[Unit]:
    """Plan one unit an input, after the units of `sites`, its `parts`; none where there are none."""
    folder = RunFolder(Path(config.output))
    found = [entry for part in parts if (entry := read_entry(folder, sites.STAGE, part))]
    if not found:
        return []
    depends = {
        "code": code_version(_CODE, ("pyarrow",)),
        "frequent": [
            sum(entry.facts["rows"] for entry in found),
            sum(entry.facts["checksum"] for entry in found) % (1 << 64),
        ],
    }
    frequent = [entry.outputs[0].path for entry in found]
    return [_unit(folder, name, config, depends, frequent) for name in inputs]


def _unit(
    folder: RunFolder, name: str, config: Config, depends: dict[str, Any], frequent: list[str]
) -> Unit:
    entry = read_entry(folder, documents.STAGE, name)
    assert entry is not None, f"{name} is planned from its ledger entry"
    spec = {
        "run": str(folder.root),
        "stage": STAGE,
        "unit": name,
        "model": config.filters.model and str(Path(config.filters.model).resolve()),
        "frequent": frequent,
        "depends": depends
        | {"documents": entry.fingerprint}
        | {key: entry.depends[key] for key in _MEASURED},
    }
    weight = entry.outputs[0].rows
    return Unit(STAGE, name, f"{__name__}:run_unit", spec, weight)


def is_done(unit: Unit) -> bool:
    """Whether the unit is committed for the documents and frequent lines as they are now."""
    folder = RunFolder(Path(unit.spec["run"]))
    return is_committed(folder, STAGE, unit.name, fingerprint(unit.spec["depends"]))


def entry_of(folder: RunFolder, name: str) -> Entry:
    """Give the entry of the documents that an input contributes: cleaned, if the run cleans."""
    entry = read_entry(folder, STAGE, name) or read_entry(folder, documents.STAGE, name)
    assert entry is not None, f"{name} is planned from its ledger entry"
    return entry


def run_unit(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Clean the documents of one input, language by language."""
    work = Work.of(spec)
    source = work.folder.root / work.folder.extracted(work.unit)
    cleaner = _Cleaner(work, spec["model"], _frequent(work, source, spec["frequent"]))
    groups: dict[str, list[int]] = {}
    with work.output(work.folder.cleaned(work.unit), lambda: file.rows) as path:
        target = schema.documents(8 * work.depends["shape"]["bands"])
        file = ParquetFile(path, target, RowGroups(*work.depends["row_groups"]), published=False)
        for language in languages(source):
            first = file.groups
            for table in iterate_language(source, language):
                file.add(cleaner.clean(table, language).cast(target))
                work.counts.kept(work.unit, language, table.num_rows)
                beat(documents=file.rows)
            file.end_group()
            groups[language] = list(range(first, file.groups))
        file.close(groups_metadata(groups) | {"eurocorpus.fingerprint": fingerprint(work.depends)})
        work.facts["text_share"] = text_share(path)
    with work.output(work.folder.removed_lines(work.unit), lambda: removed.num_rows) as path:
        removed = cleaner.removed()
        write_rows(path, [removed], schema.REMOVED_LINES)
    return work.commit()


def _frequent(work: Work, source: Path, paths: list[str]) -> pa.Table:
    """Read the frequent lines of the sites that an input has pages of."""
    own: set[str] = set()
    for language in languages(source):
        own.update(sites_of(read_language(source, language, ["url"])["url"], language))
    wanted = pa.array(site_hashes(sorted(own)))
    found = [FREQUENT.empty_table()]
    for path in paths:
        for table in iterate_sorted(work.folder.root / path, "site"):
            found.append(table.filter(pc.is_in(table["site"], value_set=wanted)))
    return pa.concat_tables(found)


class _Cleaner:
    """Takes lines out of documents, and counts them."""

    def __init__(self, work: Work, model: str | None, frequent: pa.Table) -> None:
        self._measures = Measures(work, model)
        self._frequent = frequent
        self._lines: Counter[tuple[str, str, str]] = Counter()
        self._work = work

    def clean(self, table: pa.Table, language: str) -> pa.Table:
        """Give documents of a language without their site's lines."""
        lines = repeated_lines(table["text"], sites_of(table["url"], language), self._frequent)
        changed = pc.list_value_length(lines).to_numpy(zero_copy_only=False) > 0
        if not changed.any():
            return table
        mask = pa.array(changed)
        before, gone = table.filter(mask), lines.filter(mask)
        self._count(before, gone, language)
        after = self._without(before, gone)
        whole = pa.concat_tables([table.filter(pc.invert(mask)), after])
        return whole.take(pa.array(np.argsort(np.argsort(changed, kind="stable"))))

    def _without(self, table: pa.Table, lines: pa.Array) -> pa.Table:
        texts = pc.utf8_trim(remove_lines(table["text"], lines), "\n")
        urls = table["url"].to_pylist()
        codes = table["language"].combine_chunks()
        foreign = pc.struct_field(table["signals"].combine_chunks(), FOREIGN_LINES)
        columns = {"text": texts, **self._measures.of_texts(texts, codes, urls, foreign)}
        for name, column in columns.items():
            index = table.schema.get_field_index(name)
            field = table.schema.field(index)
            table = table.set_column(index, field, pa.chunked_array([column]).cast(field.type))
        return table

    def _count(self, table: pa.Table, lines: pa.Array, language: str) -> None:
        count_lines(self._work, "removed_lines", "rule", lines, [language] * len(lines))
        domains = registered_domains(table["url"]).to_pylist()
        rows = zip(table["text"].to_pylist(), domains, lines.to_pylist(), strict=True)
        for text, domain, spans in rows:
            texts = [text[span["start"] : span["end"]] for span in spans]
            self._lines.update((language, domain, line) for line in sorted(set(texts)))

    def removed(self) -> pa.Table:
        """Give the lines that went, `storage.schema.REMOVED_LINES`, the most frequent first."""
        ranked = sorted(self._lines.items(), key=lambda item: (item[0][:2], -item[1], item[0][2]))
        rows = [
            dict(zip(schema.REMOVED_LINES.names, (*line, n), strict=True)) for line, n in ranked
        ]
        return pa.Table.from_pylist(rows, schema.REMOVED_LINES)

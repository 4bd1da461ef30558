"""Samples: the lines of the pages of each site, from one input, by their hashes.

Done only where `lines.sites` is set. A site is a registered domain, in one language.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...filters.boilerplate import PAGES, SAMPLE, join_samples, sample_lines
from ...filters.urls import registered_domains
from ..config import Config
from ..engine import Unit
from ..storage.exchange import write_sorted
from ..storage.fingerprint import code_version, fingerprint
from ..storage.folder import RunFolder
from ..storage.ledger import is_committed, read_entry
from ..storage.parquet import iterate_language, languages
from . import documents
from .work import Beat, Work

STAGE = "samples"

_CODE = ("filters/boilerplate.py", "filters/line_kernel.py", "filters/urls.py",
         "pipeline/storage/exchange.py", "pipeline/stages/samples.py")  # fmt: skip
_PACKAGES = ("numba", "numpy", "publicsuffixlist", "pyarrow")
_JOIN_ROWS = 1 << 22


def units(config: Config, inputs: Iterable[str]) -> list[Unit]:
    """Plan one unit for each committed unit of `documents`; none where sites' lines stay."""
    if not config.lines.sites:
        return []
    folder = RunFolder(Path(config.output))
    code = code_version(_CODE, _PACKAGES)
    return [_unit(folder, name, code) for name in inputs]


def _unit(folder: RunFolder, name: str, code: str) -> Unit:
    entry = read_entry(folder, documents.STAGE, name)
    assert entry is not None, f"{name} is planned from its ledger entry"
    depends = {"code": code, "pages": PAGES, "documents": entry.fingerprint}
    spec = {"run": str(folder.root), "stage": STAGE, "unit": name, "depends": depends}
    weight = entry.outputs[0].rows
    return Unit(STAGE, name, f"{__name__}:run_unit", spec, weight)


def is_done(unit: Unit) -> bool:
    """Whether the unit is committed for the documents as they are now."""
    folder = RunFolder(Path(unit.spec["run"]))
    return is_committed(folder, STAGE, unit.name, fingerprint(unit.spec["depends"]))


def run_unit(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Sample the documents of one input."""
    work = Work.of(spec)
    source = work.folder.root / work.folder.extracted(work.unit)
    sample = joined(_samples(source, work, beat))
    with work.output(work.folder.site_samples(work.unit), lambda: sample.num_rows) as path:
        write_sorted(path, sample, "site")
    work.facts["rows"] = sample.num_rows
    return work.commit()


def _samples(source: Path, work: Work, beat: Beat) -> Iterator[pa.Table]:
    seen = 0
    for language in languages(source):
        for table in iterate_language(source, language, ["url", "text"]):
            yield sample_lines(table["text"], sites_of(table["url"], language))
            work.counts.kept(work.unit, language, table.num_rows)
            seen += table.num_rows
            beat(documents=seen)


def sites_of(urls: pa.ChunkedArray, language: str) -> list[str]:
    """Name the site of each URL in one language."""
    return [f"{domain} {language}" for domain in registered_domains(urls).to_pylist()]


def joined(samples: Iterable[pa.Table]) -> pa.Table:
    """Join samples as they come, with no more than a few million rows or twice the outcome at hand."""
    waiting, rows, most = [SAMPLE.empty_table()], 0, _JOIN_ROWS
    for sample in samples:
        waiting.append(sample)
        rows += sample.num_rows
        if rows > most:
            waiting = [join_samples(waiting)]
            rows = waiting[0].num_rows
            most = max(_JOIN_ROWS, 2 * rows)
    return join_samples(waiting)

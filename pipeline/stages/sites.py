"""Sites: which lines stand on many pages of their site, from the samples of all inputs.

One unit takes a range of the sites' hashes. What it finds depends neither on how many units there are
nor on which input a page is from.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...filters.boilerplate import SITES, checksum, frequent_lines
from ..config import Config
from ..engine import Unit
from ..storage.exchange import read_range, write_sorted
from ..storage.fingerprint import code_version, fingerprint
from ..storage.folder import RunFolder
from ..storage.ledger import is_committed, read_entry
from . import samples
from .work import Beat, Work

STAGE = "sites"

_CODE = ("filters/boilerplate.py", "pipeline/storage/exchange.py", "pipeline/stages/samples.py",
         "pipeline/stages/sites.py")  # fmt: skip
_PACKAGES = ("numpy", "pyarrow")
_ROW_BYTES = 200
"""Memory that a unit takes for each row of the samples in its range."""


def units(config: Config, inputs: Iterable[str]) -> list[Unit]:
    """Plan as many units as keep each within `dedup.partition_bytes`; none where sites' lines stay."""
    if not config.lines.sites:
        return []
    folder = RunFolder(Path(config.output))
    entries = [read_entry(folder, samples.STAGE, name) for name in inputs]
    sampled = [(entry.unit, entry.facts["rows"], entry.outputs[0].sha256)
               for entry in entries if entry]  # fmt: skip
    rows = sum(count for _, count, _ in sampled)
    parts = -(-rows * _ROW_BYTES // int(config.dedup.partition_bytes)) or 1
    depends = {
        "code": code_version(_CODE, _PACKAGES),
        "share": config.lines.site_share,
        "pages": config.lines.site_pages,
        "samples": fingerprint({"sha256": [digest for *_, digest in sampled]}),
        "parts": parts,
    }
    names = [name for name, *_ in sampled]
    return [_unit(folder, f"{part:05}", depends | {"part": part}, names) for part in range(parts)]


def _unit(folder: RunFolder, name: str, depends: dict[str, Any], inputs: list[str]) -> Unit:
    spec = {"run": str(folder.root), "stage": STAGE, "unit": name, "depends": depends}
    return Unit(STAGE, name, f"{__name__}:run_unit", spec | {"inputs": inputs}, 1)


def is_done(unit: Unit) -> bool:
    """Whether the unit is committed for the samples and settings as they are now."""
    folder = RunFolder(Path(unit.spec["run"]))
    return is_committed(folder, STAGE, unit.name, fingerprint(unit.spec["depends"]))


def run_unit(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Find the frequent lines of the sites of one range."""
    work = Work.of(spec)
    part, parts = work.depends["part"], work.depends["parts"]
    start, stop = (SITES * number // parts for number in (part, part + 1))
    paths = [work.folder.root / work.folder.site_samples(name) for name in spec["inputs"]]
    beat(documents=0)
    sample = samples.joined(read_range(path, "site", start, stop) for path in paths)
    found = frequent_lines(
        sample, share=work.depends["share"], least_pages=work.depends["pages"]
    )  # fmt: skip
    with work.output(work.folder.frequent_lines(work.unit), lambda: found.num_rows) as path:
        write_sorted(path, found, "site")
    work.facts |= {"rows": found.num_rows, "checksum": checksum(found)}
    return work.commit()

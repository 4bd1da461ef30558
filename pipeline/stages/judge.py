"""Judge: which documents are kept, from their scores and signals alone.

No text is read: a changed threshold is applied to the columns that `documents` left. What is kept
goes on as deduplication keys, grouped by language.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from ...filters import deciding_value, judge
from ..config import Config
from ..engine import Unit
from ..extract.rights import load_agents
from ..storage import schema
from ..storage.fingerprint import code_version, fingerprint
from ..storage.folder import RunFolder
from ..storage.ledger import is_committed, read_entry
from ..storage.parquet import ParquetFile, RowGroups, groups_metadata, iterate_language, languages
from ..suppression import REASON, Suppression, load_suppression
from . import clean, documents
from .dropped import Dropped, dropped_file
from .evidence import judged_file
from .rights import COLUMNS as RIGHTS_COLUMNS
from .rights import Found, KnownHosts, host_rights
from .work import Beat, Work

STAGE = "judge"

_CODE = ("filters", "pipeline/storage/parquet.py", "pipeline/storage/schema.py",
         "pipeline/extract/rights", "pipeline/stages/evidence.py", "pipeline/stages/judge.py",
         "pipeline/stages/rights.py", "pipeline/suppression.py")  # fmt: skip
_PACKAGES = ("protego", "pyarrow")
_COLUMNS = ["id", "url", "date", "language_score", "warc_record_id", "signals", "pii", "characters",
            "bytes", "digest", "signature"]  # fmt: skip


def units(
    config: Config, inputs: Iterable[str], hosts: KnownHosts, suppression: str | None = None
) -> list[Unit]:
    """Plan one unit for each committed unit of `documents`.

    `hosts` is what is known of theirs, `suppression` names what was taken down.
    """
    folder = RunFolder(Path(config.output))
    settings = {
        "code": code_version(_CODE, _PACKAGES),
        **limits(config),
        "signature_bytes": 8 * config.dedup.bands,
        **({"suppression": suppression} if suppression else {}),
        "tiers": [config.dedup.tier_signal, config.dedup.tier_bounds],
    }
    rights = rights_settings(config)
    cleaned = folder.ledger(clean.STAGE, "").parent.exists()
    return [_unit(folder, name, settings, rights, hosts, cleaned) for name in inputs]


def rights_settings(config: Config) -> dict[str, Any]:
    """Give what verdicts on hosts depend on."""
    rights = config.rights
    agents = load_agents(Path(rights.agents)) if rights.agents else load_agents()
    return {
        "policy": rights.policy,
        "agent": rights.agent,
        "agents": list(agents.names),
    }


def _unit(
    folder: RunFolder,
    name: str,
    settings: dict[str, Any],
    rights: dict[str, Any],
    hosts: KnownHosts,
    cleaned: bool,
) -> Unit:
    read = read_entry(folder, documents.STAGE, name)
    assert read is not None, f"{name} is planned from its ledger entry"
    entry = (cleaned and read_entry(folder, clean.STAGE, name)) or read
    known = hosts.of(read.facts["hosts"])
    return Unit(
        stage=STAGE,
        name=name,
        function=f"{__name__}:run_unit",
        spec={
            "run": str(folder.root),
            "stage": STAGE,
            "unit": name,
            "hosts": hosts.name,
            "depends": settings
            | {"documents": entry.fingerprint}
            | {"rights": rights | {"hosts": known} if known else None},
        },
        weight=read.outputs[0].rows,
    )


def is_done(unit: Unit) -> bool:
    """Whether the unit is committed for the documents and thresholds as they are now."""
    folder = RunFolder(Path(unit.spec["run"]))
    return is_committed(folder, STAGE, unit.name, fingerprint(unit.spec["depends"]))


def run_unit(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Judge the documents of one input, language by language."""
    work = Work.of(spec)
    source = work.folder.root / work.folder.documents(work.unit)
    gone = load_suppression(work.folder, work.depends.get("suppression"))
    seen = 0
    with (
        dropped_file(work, STAGE) as dropped,
        judged_file(work) as judged,
        _keys_file(work) as (keys, groups),
    ):
        rights = host_rights(work.folder, work.unit, work.depends["rights"], spec["hosts"])
        for language in languages(source):
            first, kept_rows, row = keys.groups, [], 0
            said = xxhash.xxh3_128()
            for table in iterate_language(source, language, [*_COLUMNS, *RIGHTS_COLUMNS]):
                found = rights.judge(table)
                kept = _judge(table, language, found, work, dropped, gone)
                for index in np.flatnonzero(kept):
                    if (known := found.rights[index]) is not None:
                        said.update(f"{row + index} {known}\n".encode())
                        judged.add(
                            {"language": language, "row": row + index, "rights": asdict(known)}
                        )
                kept_rows.append(row + np.flatnonzero(kept))
                keys.add(_keys(table, kept, row, language, _tiers(table, *work.depends["tiers"])))
                row += table.num_rows
                seen += table.num_rows
                beat(documents=seen)
            keys.end_group()
            groups[language] = list(range(first, keys.groups))
            facts = _facts(work, kept_rows, said.hexdigest() if rights.known else "")
            work.facts.setdefault("languages", {})[language] = facts
            if rights.opted_out:
                counted = work.facts.setdefault("opted_out", {})
                counted[language] = dict(sorted(rights.opted_out.items()))
                rights.opted_out.clear()
    return work.commit()


def _judge(
    table: pa.Table,
    language: str,
    found: Found,
    work: Work,
    dropped: Dropped,
    gone: Suppression,
) -> np.ndarray[Any, Any]:
    """Drop what was taken down, whose URL is not noted, what its host reserves, and what fails."""
    reasons, values = verdicts(table, language, work.depends)
    kinds = pa.array(gone.matches(table) if gone else [None] * table.num_rows, pa.string())
    reasons = pc.if_else(kinds.is_valid(), REASON, found.over(reasons))
    for index in np.flatnonzero(reasons.is_valid()):
        kind = kinds[index].as_py()
        dropped.add(
            id=table["id"][index].as_py(),
            url="" if kind else table["url"][index].as_py(),
            warc_record_id="" if kind else table["warc_record_id"][index].as_py(),
            language=language,
            reason=reasons[index].as_py(),
            value=kind or found.denied[index] or f"{values[index]:.6g}",
        )
    kept: np.ndarray[Any, Any] = reasons.is_null().to_numpy(zero_copy_only=False)
    work.counts.kept(work.unit, language, int(kept.sum()))
    return kept


def limits(config: Config) -> dict[str, Any]:
    """Give what `verdicts` decides by."""
    return {
        "min_score": config.languages.min_score,
        "filters": config.filters.model_dump(mode="json", include={"enabled", "thresholds"}),
        "pii_above": config.pii.drop_above,
    }


def verdicts(
    table: pa.Table, language: str, limits: dict[str, Any]
) -> tuple[pa.StringArray, np.ndarray[Any, Any]]:
    """Give why each document of a language is dropped (null: it is kept), and the deciding value.

    `table` has `language_score`, `signals` and `pii`.
    """
    min_score, filters = limits["min_score"], limits["filters"]
    score = table["language_score"].to_numpy()
    signals = pa.Table.from_struct_array(table["signals"])
    reasons = judge(signals, language, filters["thresholds"])
    if not filters["enabled"]:
        reasons = pa.nulls(len(reasons), pa.string())
    values = deciding_value(signals, reasons).to_numpy(zero_copy_only=False)
    if limits["pii_above"] is not None:
        findings = pc.fill_null(pc.list_value_length(table["pii"]), 0).to_numpy()
        exposed = findings > limits["pii_above"]
        reasons = pc.if_else(pa.array(exposed), "personal_data", reasons)
        values = np.where(exposed, findings, values)
    uncertain = score < np.float32(min_score.get(language, min_score["*"]))
    reasons = pc.if_else(pa.array(uncertain), "language_uncertain", reasons)
    return reasons, np.where(uncertain, score, values)


def _tiers(table: pa.Table, signal: str | None, bounds: Sequence[float]) -> pa.Array:
    """Give how many of the bounds each document's signal reaches; one without the signal none."""
    if signal is None:
        return pa.array(np.zeros(len(table), np.int8))
    columns = (
        table if signal in table.column_names else pa.Table.from_struct_array(table["signals"])
    )
    values = pc.fill_null(columns[signal], -math.inf).to_numpy()
    return pa.array(
        np.searchsorted(np.asarray(bounds, np.float32), values, "right").astype(np.int8)
    )


def _keys(
    table: pa.Table, kept: np.ndarray[Any, Any], first_row: int, language: str, tiers: pa.Array
) -> pa.Table:
    rows = pa.array(first_row + np.flatnonzero(kept), pa.int64())
    table = table.append_column("tier", tiers).filter(pa.array(kept))
    target = schema.keys(table.schema.field("signature").type.byte_width)
    columns = {"language": pa.repeat(language, len(rows)), "row": rows}
    columns |= {name: table[name] for name in target.names if name not in columns}
    return pa.table(columns, schema=target)


def _facts(work: Work, kept_rows: list[np.ndarray[Any, Any]], said: str) -> dict[str, Any]:
    """Give how many documents of a language were kept, a digest of which, and of what hosts say."""
    rows = np.concatenate(kept_rows) if kept_rows else np.zeros(0, np.int64)
    digest = xxhash.xxh3_128_hexdigest(
        work.depends["documents"].encode() + rows.astype("<i8").tobytes()
    )
    return {"rows": len(rows), "digest": digest, "rights": said}


@contextmanager
def _keys_file(work: Work) -> Iterator[tuple[ParquetFile, dict[str, list[int]]]]:
    """Open the keys file, whose footer says which row groups hold which language."""
    target = schema.keys(work.depends["signature_bytes"])
    groups: dict[str, list[int]] = {}
    with work.output(work.folder.keys(work.unit), lambda: file.rows) as path:
        file = ParquetFile(path, target, RowGroups(rows=100_000), published=False)
        yield file, groups
        file.close(groups_metadata(groups))

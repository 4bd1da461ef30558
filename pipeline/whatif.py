"""What a change of thresholds would gain and lose, from the signals that a finished run has stored."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from .config import Config
from .errors import UsageError
from .load import load_config
from .stages import documents, judge
from .storage.folder import RunFolder
from .storage.ledger import entries
from .storage.parquet import iterate_language, languages

_COLUMNS = ["id", "url", "language_score", "signals", "pii", "characters"]
_OPENING = 160  # characters of a sample's text that are shown


def what_if(root: Path, settings: Iterable[str], *, samples: int = 3) -> dict[str, Any]:
    """Compare the verdicts of a run with those that changed settings would give.

    Args:
        root: the folder of a run whose documents are read already.
        settings: `key=value` of `filters.thresholds`, `filters.enabled` and `languages.min_score`.
        samples: documents shown for each language and side; those of least id, which is a hash,
            so that the draw is the same each time.

    Returns:
        `documents` and `characters` that pass as the run is, before deduplication; and for each
        language that changes `gained` and `lost`: `documents`, `characters`, `reasons` (why they
        are dropped now, or would be) and `samples`.

    Raises:
        UsageError: `root` is no run; a setting is of another kind, or names nothing.

    """
    folder = RunFolder(root)
    if not folder.config.exists():
        raise UsageError(
            f"{root}: expected the folder of a run, found no {folder.config.name} in it"
        )
    configs = load_config(folder.config), load_config(folder.config, settings)
    _check(*configs)
    tally = _Tally(folder, samples)
    for entry in entries(folder, documents.STAGE):
        path = folder.root / folder.documents(entry.unit)
        for language in languages(path):
            for number, table in enumerate(iterate_language(path, language, _COLUMNS)):
                before, after = (_verdicts(table, language, config) for config in configs)
                tally.add(table, language, before, after, (entry.unit, number))
    return tally.result()


def _check(before: Config, after: Config) -> None:
    """Refuse settings that stored signals do not answer."""
    replayed = {
        "filters": {"thresholds", "enabled"},
        "languages": {"min_score"},
        "pii": {"drop_above"},
    }
    one, other = (config.model_dump() for config in (before, after))
    for section, keys in replayed.items():
        for key in keys:
            one[section].pop(key), other[section].pop(key)
    if one != other:
        raise UsageError(
            "stored signals answer for filters.thresholds, filters.enabled, languages.min_score and "
            "pii.drop_above; "
            "found another setting. For that one, type the run again"
        )


Verdicts = tuple[pa.StringArray, NDArray[np.float32]]


def _verdicts(table: pa.Table, language: str, config: Config) -> Verdicts:
    try:
        return judge.verdicts(table, language, judge.limits(config))
    except ValueError as error:  # a run of an earlier version, which had other signals
        raise UsageError(f"{error}: type the run again first") from error


@dataclass(slots=True)
class _Side:
    """What is gained, or what is lost, in one language."""

    documents: int = 0
    characters: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    samples: list[dict[str, Any]] = field(default_factory=list)


class _Tally:
    """Counts what changes, by language, and keeps samples of it."""

    def __init__(self, folder: RunFolder, samples: int) -> None:
        self._folder = folder
        self._samples = samples
        self._passed = [0, 0]
        self._sides: dict[str, tuple[_Side, _Side]] = {}

    def add(
        self,
        table: pa.Table,
        language: str,
        before: Verdicts,
        after: Verdicts,
        place: tuple[str, int],
    ) -> None:
        """Count a row group; `place` is its unit, and its number among the language's."""
        sizes = table["characters"].to_numpy()
        was, will = (reasons.is_null().to_numpy(False) for reasons, _ in (before, after))
        self._passed[0] += int(was.sum())
        self._passed[1] += int(sizes[was].sum())
        gained, lost = self._sides.setdefault(language, (_Side(), _Side()))
        for side, rows, (reasons, values) in (
            (gained, np.flatnonzero(will & ~was), before),
            (lost, np.flatnonzero(was & ~will), after),
        ):
            side.documents += len(rows)
            side.characters += int(sizes[rows].sum())
            side.reasons.update(reasons.take(pa.array(rows)).to_pylist())
            ids = table["id"].take(pa.array(rows)).to_pylist()
            side.samples += [
                {"id": id, "url": table["url"][int(row)].as_py(), "characters": int(sizes[row]),
                 "reason": reasons[int(row)].as_py(), "value": round(float(values[row]), 6),
                 "place": (*place, int(row))}
                for id, row in sorted(zip(ids, rows, strict=True))[: self._samples]
            ]  # fmt: skip
            side.samples = sorted(side.samples, key=lambda row: str(row["id"]))[: self._samples]

    def result(self) -> dict[str, Any]:
        """Give what `what_if` gives."""
        changed = {
            language: {"gained": self._shown(language, gained), "lost": self._shown(language, lost)}
            for language, (gained, lost) in sorted(self._sides.items())
            if gained.documents or lost.documents
        }
        return {
            "documents": self._passed[0],
            "characters": self._passed[1],
            "languages": changed,
        }

    def _shown(self, language: str, side: _Side) -> dict[str, Any]:
        samples = [
            {**sample, "text": self._opening(language, *sample.pop("place"))}
            for sample in side.samples
        ]
        return {
            "documents": side.documents,
            "characters": side.characters,
            "reasons": dict(side.reasons.most_common()),
            "samples": samples,
        }

    def _opening(self, language: str, unit: str, number: int, row: int) -> str:
        """Read how a document begins."""
        path = self._folder.root / self._folder.documents(unit)
        with pq.ParquetFile(path) as file:
            group = languages(path)[language][number]
            text = file.read_row_group(group, columns=["text"], use_threads=False)["text"][row]
        return " ".join(str(text.as_py())[:_OPENING].split())

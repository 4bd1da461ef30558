"""The summary of a run: what came in, what was dropped and why, what is left, by language.

Everything is computed from the ledger; nothing is counted again. The chain must balance: what a
stage let through is what the next one took in, for every source and language.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from ..errors import RunError
from ..stages import clean, deduplicate, documents, judge, shards
from ..stages.removed import total as removed_lines
from ..storage.folder import RunFolder
from ..storage.ledger import Counts, Entry, read_entry

CHAIN = (documents.STAGE, judge.STAGE, deduplicate.STAGE, shards.STAGE)


def summarise(
    folder: RunFolder, units: dict[str, list[str]], policy: Mapping[str, Any]
) -> dict[str, Any]:
    """Add up the ledger entries of `units` (by stage) to the content of `report/summary.json`.

    `policy` is what the run records of how reservations were dealt with; `rights` says it too.

    For each language: `documents_in`, `dropped` by reason, `documents`, `characters`, `bytes` (of
    text in UTF-8), `pii` (findings by type), `contaminated` (documents by
    benchmark), `removed_lines` (`lines` and `characters` by rule), `foreign_lines` (the same by their
    language), `rights` (documents `kept` and
    `dropped`, by what is said about their use), `shards`. `und` holds what was dropped before its
    language was known.

    Raises:
        RunError: the ledger does not balance.

    """
    entries = {
        stage: [entry for name in names if (entry := read_entry(folder, stage, name))]
        for stage, names in units.items()
    }
    totals = {stage: _total(entries[stage]) for stage in CHAIN}
    _check_chain(totals)
    languages = _languages(totals)
    for entry in entries[shards.STAGE]:
        language = languages[entry.facts["language"]]
        language["characters"] += entry.facts["characters"]
        if "bytes" not in entry.facts:
            raise RunError("an earlier version made the shards; type `eurocorpus run` again first")
        language["bytes"] += entry.facts["bytes"]
        language["shards"].append(entry.outputs[0].path)
        language["pii"] += Counter(entry.facts["pii"])
        language["contaminated"] += Counter(entry.facts["contaminated"])
        language["rights"]["kept"] += Counter(entry.facts["rights"])
    for stage in (documents.STAGE, judge.STAGE):
        for entry in entries[stage]:
            for name, counts in entry.facts.get("opted_out", {}).items():
                languages[name]["rights"]["dropped"] += Counter(counts)
    cleaned = [*entries[documents.STAGE], *entries.get(clean.STAGE, [])]
    for code, rules in removed_lines(
        entry.facts.get("removed_lines", {}) for entry in cleaned
    ).items():
        languages[code]["removed_lines"] = rules
    foreign = removed_lines(e.facts.get("foreign_lines", {}) for e in entries[documents.STAGE])
    for code, lines in foreign.items():
        languages[code]["foreign_lines"] = lines
    return {
        "balanced": True,
        "documents_in": sum(language["documents_in"] for language in languages.values()),
        "documents": sum(language["documents"] for language in languages.values()),
        "languages": languages,
        "dropped": dict(sum((Counter(row["dropped"]) for row in languages.values()), Counter())),
        "rights": {
            **policy,
            **{
                side: dict(
                    sorted(
                        sum((row["rights"][side] for row in languages.values()), Counter()).items()
                    )
                )
                for side in ("kept", "dropped")
            },
        },
        "inputs": _inputs(entries[documents.STAGE]),
        "cost": {stage: _cost(entries[stage]) for stage in CHAIN},
    }


def _total(entries: Iterable[Entry]) -> Counts:
    total = Counts()
    for entry in entries:
        for key, count in entry.counts.items():
            total[key].entered += count.entered
            total[key].left += count.left
            total[key].dropped.update(count.dropped)
    return total


def _check_chain(totals: dict[str, Counts]) -> None:
    """Hold each stage's intake against what the stage before let through."""
    for before, after in pairwise(CHAIN):
        for source, language in sorted(totals[before].keys() | totals[after].keys()):
            left = totals[before][source, language].left
            entered = totals[after][source, language].entered
            if left != entered:
                raise RunError(
                    f"the ledger does not balance: {before} let {left} documents of {source} in "
                    f"{language} through, but {after} took in {entered}"
                )


def _languages(totals: dict[str, Counts]) -> dict[str, dict[str, Any]]:
    first, last = totals[CHAIN[0]], totals[CHAIN[-1]]
    rows: dict[str, dict[str, Any]] = {}
    for language in sorted({language for _, language in first}):
        dropped: Counter[str] = Counter()
        for total in totals.values():
            for (_, name), count in total.items():
                if name == language:
                    dropped.update(count.dropped)
        rows[language] = {
            "documents_in": sum(c.entered for (_, name), c in first.items() if name == language),
            "dropped": dict(sorted(dropped.items())),
            "documents": sum(c.left for (_, name), c in last.items() if name == language),
            "characters": 0,
            "bytes": 0,
            "pii": Counter(),
            "contaminated": Counter(),
            "rights": {"kept": Counter(), "dropped": Counter()},
            "removed_lines": {},
            "foreign_lines": {},
            "shards": [],
        }
    return rows


def _inputs(entries: list[Entry]) -> dict[str, Any]:
    """Give the records of all inputs by type, and every place that could not be read."""
    records: Counter[str] = Counter()
    for entry in entries:
        records.update(entry.facts.get("records", {}))
    return {
        "files": len(entries),
        "bytes": sum(entry.facts["input"]["bytes"] for entry in entries),
        "records": dict(sorted(records.items())),
        "damage": [
            {"input": entry.unit, **damage}
            for entry in entries
            for damage in entry.facts.get("damage", [])
        ],
    }


def _cost(entries: list[Entry]) -> dict[str, float]:
    return {
        "units": len(entries),
        "seconds": round(sum(entry.cost["seconds"] for entry in entries), 2),
        "cpu_seconds": round(sum(entry.cost["cpu_seconds"] for entry in entries), 2),
        "peak_bytes": max((entry.cost["peak_bytes"] for entry in entries), default=0),
    }

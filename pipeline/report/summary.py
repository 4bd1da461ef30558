"""The summary of a run: what came in, what was dropped and why, what is left, by language.

Everything is computed from the ledger; nothing is counted again. The chain must balance: what a
stage let through is what the next one took in, for every source and language.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from ..errors import RunError
from ..stages import clean, deduplicate, documents, judge, shards
from ..stages.removed import total as total_lines
from ..storage.folder import RunFolder
from ..storage.ledger import Entry, read_entry

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

    def read(stage: str) -> Iterator[Entry]:
        return (e for name in units.get(stage, ()) if (e := read_entry(folder, stage, name)))

    sums = _Sums()
    inputs = sums.described(sums.counted(documents.STAGE, read(documents.STAGE)))
    removed, foreign = [], []
    for entry in chain(inputs, read(clean.STAGE)):
        removed.append(entry.facts.get("removed_lines", {}))
        foreign.append(entry.facts.get("foreign_lines", {}))
    for stage in (judge.STAGE, deduplicate.STAGE):
        deque(sums.counted(stage, read(stage)), maxlen=0)
    for entry in sums.counted(shards.STAGE, read(shards.STAGE)):
        sums.add_shard(entry)
    for name, found in (("removed_lines", removed), ("foreign_lines", foreign)):
        for code, rules in total_lines(found).items():
            sums.languages[code][name] = rules
    languages = sums.sorted_languages()
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
        "inputs": sums.inputs | {"records": dict(sorted(sums.inputs["records"].items()))},
        "cost": sums.cost,
    }


class _Sums:
    """Adds up entries as they are read: 10^5 of them at a time take gigabytes."""

    def __init__(self) -> None:
        self.cost: dict[str, dict[str, float]] = {}
        self.inputs: dict[str, Any] = {"files": 0, "bytes": 0, "records": Counter(), "damage": []}
        self.languages: dict[str, dict[str, Any]] = {}
        self._let_through: Counter[tuple[str, str]] = Counter()

    def sorted_languages(self) -> dict[str, dict[str, Any]]:
        """Give languages, and what was dropped of each, in the order of their names."""
        return {
            code: row | {"dropped": dict(sorted(row["dropped"].items()))}
            for code, row in sorted(self.languages.items())
        }

    def counted(self, stage: str, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Pass the entries of a stage through; then hold its intake against the stage before."""
        first, last = stage == CHAIN[0], stage == CHAIN[-1]
        due, self._let_through = self._let_through, Counter()
        cost = self.cost[stage] = {"units": 0, "seconds": 0.0, "cpu_seconds": 0.0, "peak_bytes": 0}
        for entry in entries:
            cost["units"] += 1
            cost["seconds"] += entry.cost["seconds"]
            cost["cpu_seconds"] += entry.cost["cpu_seconds"]
            cost["peak_bytes"] = max(cost["peak_bytes"], entry.cost["peak_bytes"])
            for row in entry.rows:
                key, entered, left = (row["source"], row["language"]), row["entered"], row["left"]
                language = self._language(row["language"])
                language["dropped"].update(row["dropped"])
                if first:
                    language["documents_in"] += entered
                else:
                    due[key] -= entered
                if last:
                    language["documents"] += left
                elif left:
                    self._let_through[key] += left
            for name, counts in entry.facts.get("opted_out", {}).items():
                self._language(name)["rights"]["dropped"] += Counter(counts)
            yield entry
        cost |= {name: round(cost[name], 2) for name in ("seconds", "cpu_seconds")}
        _check_balance(stage, due)

    def described(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Pass the entries of inputs through: their records by type, and what could not be read."""
        for entry in entries:
            self.inputs["files"] += 1
            self.inputs["bytes"] += entry.facts["input"]["bytes"]
            self.inputs["records"].update(entry.facts.get("records", {}))
            self.inputs["damage"] += [
                {"input": entry.unit, **damage} for damage in entry.facts.get("damage", [])
            ]
            yield entry

    def add_shard(self, entry: Entry) -> None:
        """Add what a shard holds."""
        if "bytes" not in entry.facts:
            raise RunError("an earlier version made the shards; type `eurocorpus run` again first")
        language = self._language(entry.facts["language"])
        language["characters"] += entry.facts["characters"]
        language["bytes"] += entry.facts["bytes"]
        language["shards"].append(entry.outputs[0].path)
        language["pii"] += Counter(entry.facts["pii"])
        language["contaminated"] += Counter(entry.facts["contaminated"])
        language["rights"]["kept"] += Counter(entry.facts["rights"])

    def _language(self, name: str) -> dict[str, Any]:
        if name not in self.languages:
            self.languages[name] = {
                "documents_in": 0,
                "dropped": Counter(),
                "documents": 0,
                "characters": 0,
                "bytes": 0,
                "pii": Counter(),
                "contaminated": Counter(),
                "rights": {"kept": Counter(), "dropped": Counter()},
                "removed_lines": {},
                "foreign_lines": {},
                "shards": [],
            }
        return self.languages[name]


def _check_balance(stage: str, due: Counter[tuple[str, str]]) -> None:
    """Refuse a stage that did not take in what the one before it let through."""
    for (source, language), number in sorted(due.items()):
        if number:
            before = CHAIN[CHAIN.index(stage) - 1]
            raise RunError(
                f"the ledger does not balance: {before} let {number:+} documents of {source} in "
                f"{language} through that {stage} did not take in"
            )

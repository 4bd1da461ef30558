"""How many documents each stage let through, by language, from the ledger alone."""

import json
from collections import Counter
from typing import Any

from ..errors import UsageError
from ..stages import clean
from ..storage.folder import RunFolder
from ..storage.ledger import entries
from .summary import CHAIN, summarise


def read_summary(folder: RunFolder) -> dict[str, Any]:
    """Add up the ledger of a finished run; what `report/summary.json` says beyond it is kept.

    Raises:
        UsageError: `folder` holds no run, or one that has not ended.
        RunError: the ledger does not balance.

    """
    stages = (*CHAIN, clean.STAGE)
    units = {stage: [entry.unit for entry in entries(folder, stage)] for stage in stages}
    if not folder.config.exists() or not units[CHAIN[0]]:
        raise UsageError(f"{folder.root}: expected the folder of a run, found no ledger in it")
    if not folder.summary.exists():
        raise UsageError(
            f"{folder.root}: the run has not ended; type its `eurocorpus run` again to finish it"
        )
    written: dict[str, Any] = json.loads(folder.summary.read_text("utf-8"))
    summary = summarise(folder, units)
    summary["rights"] = written.get("rights", {}) | summary["rights"]
    return written | summary


def flow(folder: RunFolder) -> dict[str, list[int]]:
    """Give by language the documents that came in, and those that each stage of the chain let through.

    A document dropped before its language was known is under `und`.
    """
    came: Counter[str] = Counter()
    left: list[Counter[str]] = [Counter() for _ in CHAIN]
    for number, stage in enumerate(CHAIN):
        for entry in entries(folder, stage):
            for (_, language), count in entry.counts.items():
                left[number][language] += count.left
                if number == 0:
                    came[language] += count.entered
    return {
        language: [came[language], *(counter[language] for counter in left)]
        for language in sorted(came)
    }

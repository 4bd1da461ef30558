"""How many documents each stage let through, and why not more, by language; from the ledger alone."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
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
    return written | summarise(folder, units, written.get("rights", {}))


@dataclass(frozen=True, slots=True)
class Flow:
    """Where the documents of one language went."""

    steps: list[int]
    """Documents that came in, and those that each stage of the chain let through."""
    losses: list[dict[str, int]]
    """What each stage of the chain dropped, by reason."""


def flow(folder: RunFolder) -> dict[str, Flow]:
    """Follow the documents of each language; one dropped before its language was known is under `und`."""
    found: dict[str, Flow] = {}
    for number, stage in enumerate(CHAIN):
        for entry in entries(folder, stage):
            for (_, language), count in entry.counts.items():
                empty = Flow([0] * (len(CHAIN) + 1), [{} for _ in CHAIN])
                here = found.setdefault(language, empty)
                here.steps[number + 1] += count.left
                if number == 0:
                    here.steps[0] += count.entered
                for reason, dropped in count.dropped.items():
                    losses = here.losses[number]
                    losses[reason] = losses.get(reason, 0) + dropped
    return dict(sorted(found.items()))


def total(flows: Iterable[Flow]) -> Flow:
    """Add up the flows of several languages."""
    flows = list(flows)
    losses: list[Counter[str]] = [Counter() for _ in CHAIN]
    for one in flows:
        for counter, dropped in zip(losses, one.losses, strict=True):
            counter.update(dropped)
    steps = [sum(numbers) for numbers in zip(*(one.steps for one in flows), strict=True)]
    return Flow(steps or [0] * (len(CHAIN) + 1), [dict(counter) for counter in losses])

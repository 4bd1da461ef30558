"""How far a run is, read from its ledger and heartbeats alone."""

from pathlib import Path
from typing import Any

from .errors import UsageError
from .progress import heartbeats
from .report.summary import CHAIN
from .stages import clean, samples, sites
from .stages.deduplicate import MATCH
from .storage.folder import RunFolder
from .storage.ledger import entries

_STAGES = (CHAIN[0], samples.STAGE, sites.STAGE, clean.STAGE, CHAIN[1], MATCH, *CHAIN[2:])
"""In their order; those that are not of the chain are shown if there is something to show."""


def status(root: Path) -> list[dict[str, Any]]:
    """Give for each stage the committed units, their documents, and what is at work now.

    Raises:
        UsageError: `root` is no run.

    """
    folder = RunFolder(root)
    if not folder.config.exists():
        raise UsageError(
            f"{root}: expected the folder of a run, found no {folder.config.name} in it"
        )
    rows = [_stage(folder, stage) for stage in _STAGES]
    return [row for row in rows if row["stage"] in CHAIN or row["units"] or row["running"]]


def _stage(folder: RunFolder, stage: str) -> dict[str, Any]:
    done = list(entries(folder, stage))
    names = {entry.unit for entry in done}
    beats = heartbeats(folder.progress / stage)
    return {
        "stage": stage,
        "units": len(done),
        "documents": sum(count.entered for entry in done for count in entry.counts.values()),
        "running": {name: beat for name, beat in beats if name not in names},
    }

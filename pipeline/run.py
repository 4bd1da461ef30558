"""The run, from input files to shards, to be read from top to bottom."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from .benchmarks import compile_index, describe_benchmarks
from .config import Config
from .engine import Executor, Limits, Unit, execute, open_executor
from .errors import RunError, UsageError
from .inputs import Input, find_inputs
from .load import dump_config
from .progress import Progress
from .report.duplicates import alarms, clusters
from .report.summary import summarise
from .stages import clean, deduplicate, documents, judge, samples, shards, sites
from .storage.folder import RunFolder
from .storage.ledger import entries, withdraw
from .storage.releases import read_releases, write_manifest
from .suppression import compile_suppression
from .url_lists import compile_lists, describe


class Stage(Protocol):
    """What a stage module offers the run."""

    STAGE: str

    def is_done(self, unit: Unit) -> bool:
        """Whether a unit is committed for what it depends on now."""


def run(config: Config, *, prune: bool = False) -> dict[str, Any]:
    """Do the whole run, or what is left of it; return its summary.

    What is committed with the same fingerprint is skipped. `prune` allows the run to forget inputs
    that an earlier one had.

    Raises:
        UsageError: the inputs or the output folder are not as they must be.
        RunError: a unit failed, or the ledger does not balance.

    """
    inputs = find_inputs(config.inputs)
    config = config.model_copy(update={"output": str(Path(config.output).resolve())})
    releases = read_releases(config.dedup.against, config.dedup.shape)
    if config.output in {str(release.folder) for release in releases}:
        raise UsageError(
            f"dedup.against: {config.output} is the folder of this run; a run compares its own "
            "documents anyway, name earlier ones"
        )
    folder = RunFolder(Path(config.output))
    lists, benchmarks = describe(config), describe_benchmarks(config)
    _claim(folder, inputs, prune)
    folder.index_manifest.unlink(missing_ok=True)
    _write_config(folder, config)
    compile_lists(folder, config, lists)
    benchmarks = compile_index(folder, config, benchmarks)
    suppression = compile_suppression(folder, config)
    names = [source.name for source in inputs]
    with _crew(config, folder) as crew:
        crew.do(documents, documents.units(config, inputs, lists, benchmarks))
        crew.do(samples, samples.units(config, names))
        parts = crew.do(sites, sites.units(config, names))
        crew.do(clean, clean.units(config, names, parts))
        crew.do(judge, judge.units(config, names, suppression))
        for wave in deduplicate.matching(config, names):
            crew.work(deduplicate, deduplicate.MATCH, wave)
        blocks = crew.do(deduplicate, deduplicate.units(config, names))
        crew.forget(deduplicate.MATCH)
        crew.do(shards, shards.units(config, blocks))
    shards.sweep(folder)
    write_manifest(folder, config.dedup.shape, entries(folder, shards.STAGE))
    summary = summarise(folder, crew.done) | {"url_lists": lists, "benchmarks": benchmarks}
    deduplicated = list(entries(folder, deduplicate.STAGE))
    share, least = config.dedup.alarm_share, config.dedup.alarm_documents
    summary["alarms"] = alarms(folder, deduplicated, share, least)
    summary["against"] = [release.facts for release in releases]
    _write_json(folder, folder.clusters, clusters(folder, deduplicated))
    _write_json(folder, folder.summary, summary)
    folder.sweep()
    return summary


def _claim(folder: RunFolder, inputs: list[Input], prune: bool) -> None:
    """Make sure that the folder is a run's, and that no input of it would be forgotten silently."""
    if folder.root.exists() and any(folder.root.iterdir()) and not folder.config.exists():
        raise UsageError(
            f"{folder.root}: expected an empty folder or an earlier run, found other files; "
            "name another folder with --out"
        )
    known = {entry.unit: entry for entry in entries(folder, documents.STAGE)}
    forgotten = sorted(known.keys() - {source.name for source in inputs})
    if forgotten and not prune:
        shown = ", ".join(forgotten[:3]) + (" …" if len(forgotten) > 3 else "")
        raise UsageError(
            f"{folder.root} also holds the documents of {len(forgotten)} inputs that are not named "
            f"now: {shown}. Name them as well, or add --prune to take them out of the corpus"
        )
    for name in forgotten:
        withdraw(folder, known[name])


def _write_json(folder: RunFolder, target: Path, content: Any) -> None:
    with folder.atomic(target.relative_to(folder.root)) as path:
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _write_config(folder: RunFolder, config: Config) -> None:
    folder.root.mkdir(parents=True, exist_ok=True)
    folder.sweep()
    with folder.atomic(folder.config.name) as path:
        path.write_text(dump_config(config), "utf-8")


@contextmanager
def _crew(config: Config, folder: RunFolder) -> Iterator["_Crew"]:
    engine = config.engine
    limits = Limits(
        workers=engine.workers,
        memory_bytes=engine.memory,
        unit_seconds=engine.unit_seconds,
        retries=engine.retries,
        progress=folder.progress,
    )
    with (
        open_executor(engine.executor, limits, engine.address) as executor,
        Progress(folder.progress) as progress,
    ):
        yield _Crew(folder, executor, limits, progress)


class _Crew:
    """Does the units of one stage after another, and remembers which there were."""

    def __init__(
        self, folder: RunFolder, executor: Executor, limits: Limits, progress: Progress
    ) -> None:
        self._folder = folder
        self._executor = executor
        self._limits = limits
        self._progress = progress
        self.done: dict[str, list[str]] = {}

    def do(self, stage: Stage, units: list[Unit]) -> list[str]:
        """Do a stage and forget what it no longer has; return the units' names."""
        self.work(stage, stage.STAGE, units)
        names = [unit.name for unit in units]
        self.forget(stage.STAGE, names)
        self.done[stage.STAGE] = names
        return names

    def forget(self, stage: str, planned: Iterable[str] = ()) -> None:
        """Withdraw what is no longer planned."""
        names = set(planned)
        for entry in entries(self._folder, stage):
            if entry.unit not in names:
                withdraw(self._folder, entry)

    def work(self, stage: Stage, name: str, units: list[Unit]) -> None:
        """Do what is not done yet of some units of the stage called `name`."""
        if not units:
            return
        todo = [unit for unit in units if not stage.is_done(unit)]
        self._progress.begin(name, units, todo)
        outcomes = execute(
            todo,
            self._executor,
            self._limits,
            is_done=stage.is_done,
            on_event=self._progress.show,
        )
        self._progress.end()
        if failed := [outcome for outcome in outcomes if outcome.status != "done"]:
            raise RunError(_explain_failure(name, failed, len(units)))


def _explain_failure(stage: str, failed: list[Any], planned: int) -> str:
    lines = [f"{len(failed)} of {planned} units of the stage {stage} did not end well:"]
    lines += [
        f"  {outcome.unit.name}: {outcome.status} after {outcome.attempts} attempts: {outcome.error}"
        for outcome in failed[:10]
    ]
    lines.append("What is committed stays. Type the same command to try the rest again.")
    return "\n".join(lines)

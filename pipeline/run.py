"""The run, from input files to shards, to be read from top to bottom."""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .benchmarks import compile_index, describe_benchmarks
from .config import Config
from .engine import Event, Executor, Limits, Unit, execute, open_executor
from .errors import RunError, UsageError
from .hosts import compile_hosts, describe_rights, import_snapshots
from .inputs import Input, find_inputs
from .load import dump_config
from .metrics import Metrics
from .progress import Progress
from .report.duplicates import alarms, clusters
from .report.summary import summarise
from .stages import clean, deduplicate, documents, judge, samples, shards, sites
from .storage.folder import RunFolder
from .storage.ledger import entries, unit_names, withdraw
from .storage.releases import read_releases, write_manifest
from .suppression import compile_suppression
from .url_lists import compile_lists, describe


class Stage(Protocol):
    """What a stage module offers the run."""

    STAGE: str

    def is_done(self, unit: Unit) -> bool:
        """Whether a unit is committed for what it depends on now."""


Part = tuple[int, int]
"""Which part of how many: the inputs whose place in the order of names leaves that remainder."""


def run(config: Config, *, prune: bool = False) -> dict[str, Any]:
    """Do the whole run, or what is left of it; return its summary.

    What is committed with the same fingerprint is skipped. `prune` allows the run to forget inputs
    that an earlier one had.

    Raises:
        UsageError: the inputs or the output folder are not as they must be.
        RunError: a unit failed, or the ledger does not balance.

    """
    plan = _prepare(config, prune)
    config, folder = plan.config, plan.folder
    with open_crew(config, folder) as crew:
        names = crew.do(documents, plan.documents(plan.inputs))
        shutil.rmtree(folder.streams, ignore_errors=True)
        facts = {"url_lists": plan.lists, "benchmarks": plan.benchmarks}
        return decide(crew, config, names, facts)


def decide(crew: "Crew", config: Config, names: list[str], facts: dict[str, Any]) -> dict[str, Any]:
    """Do all that follows the documents of the inputs `names`; return the summary, with `facts`."""
    folder = RunFolder(Path(config.output))
    releases = read_releases(config.dedup.against, config.dedup.shape)
    snapshots = import_snapshots(folder, config.rights.robots)
    hosts = compile_hosts(folder, names)
    crew.do(samples, samples.units(config, names))
    parts = crew.do(sites, sites.units(config, names))
    crew.do(clean, clean.units(config, names, parts))
    crew.do(judge, judge.units(config, names, hosts, compile_suppression(folder, config)))
    cut = deduplicate.plan(config, names)
    for wave in deduplicate.matching(cut):
        crew.work(deduplicate, deduplicate.MATCH, wave)
    blocks = crew.do(deduplicate, deduplicate.units(cut))
    crew.forget(deduplicate.MATCH)
    crew.do(shards, shards.units(config, blocks))
    shards.sweep(folder)
    write_manifest(folder, config.dedup.shape, entries(folder, shards.STAGE))
    summary = summarise(folder, crew.done, describe_rights(config, snapshots)) | facts
    deduplicated = list(entries(folder, deduplicate.STAGE))
    share, least = config.dedup.alarm_share, config.dedup.alarm_documents
    summary["alarms"] = alarms(folder, deduplicated, share, least)
    summary["against"] = [release.facts for release in releases]
    _write_json(folder, folder.clusters, clusters(folder, deduplicated))
    _write_json(folder, folder.summary, summary)
    folder.sweep(last=True)
    return summary


def run_part(config: Config, part: Part) -> dict[str, int]:
    """Do what needs only the inputs themselves, for part `k` of `n` of them, counted from 0.

    Parts may run at the same time, on any machines; `run` does the rest after them, and whatever
    they left undone. Returns the number of inputs that there are in the part and in all.
    """
    plan = _prepare(config, prune=False)
    number, of = part
    inputs = plan.inputs[number::of]
    with open_crew(plan.config, plan.folder) as crew:
        crew.work(documents, documents.STAGE, plan.documents(inputs))
        names = [source.name for source in inputs]
        crew.work(samples, samples.STAGE, samples.units(plan.config, names))
    return {"inputs": len(inputs), "of": len(plan.inputs)}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a run begins with, once its folder is its own."""

    config: Config
    folder: RunFolder
    inputs: list[Input]
    lists: list[dict[str, Any]]
    benchmarks: list[dict[str, Any]]

    def documents(self, inputs: list[Input]) -> list[Unit]:
        """Plan the first stage."""
        return documents.units(self.config, inputs, self.lists, self.benchmarks)


def _prepare(config: Config, prune: bool) -> _Plan:
    inputs = find_inputs(config.inputs, config.archive)
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
    write_config(folder, config)
    _write_bundles(folder, inputs)
    compile_lists(folder, config, lists)
    benchmarks = compile_index(folder, config, benchmarks)
    compile_suppression(folder, config)
    return _Plan(config, folder, inputs, lists, benchmarks)


def _claim(folder: RunFolder, inputs: list[Input], prune: bool) -> None:
    """Make sure that the folder is a run's, and that no input of it would be forgotten silently."""
    others = folder.root.exists() and any(
        path != folder.scratch  # another part of the run may begin at the same time
        for path in folder.root.iterdir()
    )
    if others and not folder.config.exists():
        raise UsageError(
            f"{folder.root}: expected an empty folder or an earlier run, found other files; "
            "name another folder with --out"
        )
    known = unit_names(folder, documents.STAGE)
    forgotten = sorted(set(known) - {source.name for source in inputs})
    if forgotten and not prune:
        shown = ", ".join(forgotten[:3]) + (" …" if len(forgotten) > 3 else "")
        raise UsageError(
            f"{folder.root} also holds the documents of {len(forgotten)} inputs that are not named "
            f"now: {shown}. Name them as well, or add --prune to take them out of the corpus"
        )
    for name in forgotten:
        withdraw(folder, documents.STAGE, name)


def _write_bundles(folder: RunFolder, inputs: list[Input]) -> None:
    """Tell the workers which records the inputs out of an index consist of."""
    wanted = {folder.root / folder.bundle(i.name): i.bundle for i in inputs if i.bundle}
    for path in (folder.root / folder.bundle("x")).parent.glob("*.parquet"):
        if path not in wanted:
            path.unlink()
    for path, bundle in wanted.items():
        if not path.exists():
            with folder.atomic(path.relative_to(folder.root)) as temporary:
                bundle.write(temporary)


def _write_json(folder: RunFolder, target: Path, content: Any) -> None:
    with folder.atomic(target.relative_to(folder.root)) as path:
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def write_config(folder: RunFolder, config: Config) -> None:
    """Write the whole configuration of a run into its folder."""
    folder.root.mkdir(parents=True, exist_ok=True)
    folder.sweep()
    with folder.atomic(folder.config.name) as path:
        path.write_text(dump_config(config), "utf-8")


@contextmanager
def open_crew(config: Config, folder: RunFolder) -> Iterator["Crew"]:
    """Have an engine do units of the run for the length of a block."""
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
        closing(Metrics(folder.log)) as metrics,
    ):
        yield Crew(folder, executor, limits, progress, metrics)


class Crew:
    """Does the units of one stage after another, and remembers which there were."""

    def __init__(
        self,
        folder: RunFolder,
        executor: Executor,
        limits: Limits,
        progress: Progress,
        metrics: Metrics,
    ) -> None:
        """Work in `folder` on `executor`; nothing is done yet."""
        self._folder = folder
        self._executor = executor
        self._limits = limits
        self._progress = progress
        self._metrics = metrics
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
        for unit in unit_names(self._folder, stage):
            if unit not in names:
                withdraw(self._folder, stage, unit)

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
            on_event=self._show,
        )
        self._progress.end()
        if failed := [outcome for outcome in outcomes if outcome.status != "done"]:
            raise RunError(_explain_failure(name, failed, len(units)))

    def _show(self, event: Event) -> None:
        self._progress.show(event)
        self._metrics.show(event)


def _explain_failure(stage: str, failed: list[Any], planned: int) -> str:
    lines = [f"{len(failed)} of {planned} units of the stage {stage} did not end well:"]
    lines += [
        f"  {outcome.unit.name}: {outcome.status} after {outcome.attempts} attempts: {outcome.error}"
        for outcome in failed[:10]
    ]
    lines.append("What is committed stays. Type the same command to try the rest again.")
    return "\n".join(lines)

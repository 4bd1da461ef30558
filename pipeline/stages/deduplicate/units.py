"""The units of deduplication, planned from the ledger: one for a small language, many for a large one."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...config import Config
from ...engine import Unit
from ...storage.fingerprint import code_version, fingerprint
from ...storage.folder import RunFolder
from ...storage.ledger import is_committed, read_entry
from ...storage.releases import Release, read_releases
from .. import judge
from ..work import Beat, Work
from .candidates import join_bands, merge_forests, scatter_bands
from .exact import find_exact, scatter_digests
from .outcome import STAGE, settle
from .task import Block, Part, Step, Task
from .verification import scatter_texts, verify_partition

MATCH = "match"
"""The stage of the steps of large languages; what it leaves is removed after the last step."""

_CODE = ("dedup", "pipeline/storage/parquet.py", "pipeline/storage/exchange.py",
         "pipeline/storage/schema.py", "pipeline/stages/deduplicate")  # fmt: skip
_PACKAGES = ("numba", "numpy", "pyarrow")
DOCUMENT_BYTES = 1200
"""Memory that the step that needs most takes for each document of its partition."""

_REPORTED = {"against", "alarm_share", "alarm_documents"}
"""Settings that no unit depends on as they are: releases enter by their content."""

_STEPS: dict[str, Callable[[Task, Step, Path, Beat], int]] = {
    "digests": scatter_digests,
    "exact": find_exact,
    "bands": scatter_bands,
    "edges": join_bands,
    "texts": scatter_texts,
    "verify": verify_partition,
}


Plan = list[tuple[Task, list[Block]]]
"""How each language is cut."""


def units(plan: Plan) -> list[Unit]:
    """Give for each language that `judge` kept documents of a unit for each block of inputs."""
    planned = []
    for task, blocks in plan:
        depends = _depends(task, blocks)
        fresh = [block for block in blocks if not block.release]
        for number, block in enumerate(fresh):
            name = f"{task.language}-{number:05}-of-{len(fresh):05}"
            whole = [] if task.partitions > 1 else [block.to_json() for block in blocks]
            planned.append(
                _unit(task, STAGE, f"{task.language}/{number:05}", "run_unit", depends,
                      {"block": block.to_json(), "blocks": whole, "name": name},
                      sum(part.rows for part in block.parts))
            )  # fmt: skip
    return planned


def matching(plan: Plan) -> Iterator[list[Unit]]:
    """Give the steps of the languages that take more than one unit, wave after wave."""
    large = [(task, blocks) for task, blocks in plan if task.partitions > 1]
    todo = {unit.spec["task"]["language"] for unit in units(large) if not is_done(unit)}
    pending = [_steps(task, blocks) for task, blocks in large if task.language in todo]
    for number in range(max(map(len, pending), default=0)):
        yield [unit for waves in pending for wave in waves[number : number + 1] for unit in wave]


def _steps(task: Task, blocks: list[Block]) -> list[list[Unit]]:
    depends = _depends(task, blocks)
    return [[_step_unit(task, depends, step) for step in wave] for wave in task.waves(blocks)]


def _step_unit(task: Task, depends: dict[str, Any], step: Step) -> Unit:
    block = step.block.to_json() if step.block else None
    name = f"{task.language}/{step.name}/{step.number:05}"
    return _unit(task, MATCH, name, "run_step", depends,
                 {"step": [step.name, step.number, block]}, 1)  # fmt: skip


def _depends(task: Task, blocks: list[Block]) -> dict[str, Any]:
    """Name what every unit of a language depends on: once, for there may be a million parts."""
    settings = {key: value for key, value in task.settings.items() if key != "partition_bytes"}
    cut = [
        [block.number, block.release, [part.to_json() for part in block.parts]] for block in blocks
    ]
    return {
        "code": code_version(_CODE, _PACKAGES),
        "dedup": settings,
        "partitions": task.partitions,
        "documents": fingerprint({"blocks": cut}),
    }


def _unit(
    task: Task, stage: str, name: str, function: str, depends: dict[str, Any],
    more: dict[str, Any], weight: int,
) -> Unit:  # fmt: skip
    spec = {"run": task.run, "stage": stage, "unit": name, "depends": depends, "task": asdict(task)}
    return Unit(stage, name, f"{__package__}:{function}", spec | more, weight)


def plan(config: Config, inputs: Iterable[str]) -> Plan:
    """Cut each language by what the ledger says of its size."""
    folder = RunFolder(Path(config.output))
    settings = config.dedup.model_dump(mode="json", exclude=_REPORTED)
    releases = read_releases(config.dedup.against, config.dedup.shape)
    most = max(int(config.dedup.partition_bytes) // DOCUMENT_BYTES, 1)
    planned: Plan = []
    for language, parts in sorted(_parts(folder, inputs).items()):
        blocks: list[Block] = []
        for release in releases:
            if published_parts := _published(release, language):
                blocks += _blocks(published_parts, most, blocks, release)
        published = blocks[-1].stop if blocks else 0
        blocks += _blocks(parts, most, blocks)
        documents = blocks[-1].stop
        partitions = -(-documents // most)
        task = Task(
            run=config.output,
            language=language,
            settings=settings,
            partitions=partitions,
            blocks=len(blocks),
            published=published,
            documents=documents,
            exchange=str(folder.root / folder.exchange(language)),
        )
        planned.append((task, blocks))
    return planned


def _parts(folder: RunFolder, inputs: Iterable[str]) -> dict[str, list[Part]]:
    """Give what each input holds of each language."""
    parts: dict[str, list[Part]] = {}
    for name in sorted(inputs):
        entry = read_entry(folder, judge.STAGE, name)
        assert entry is not None, f"{name} is planned from its ledger entry"
        for language, facts in entry.facts.get("languages", {}).items():
            if facts["rows"]:
                parts.setdefault(language, []).append(Part(name, facts["rows"], facts["digest"]))
    return parts


def _published(release: Release, language: str) -> list[Part]:
    """Give what each shard of a release holds of a language."""
    return [
        Part(file.path, file.rows, file.sha256, file.shard, file.has_text)
        for file in release.languages.get(language, [])
    ]


def _blocks(
    parts: list[Part], most: int, before: list[Block], release: Release | None = None
) -> list[Block]:
    """Fill blocks in order with parts, up to `most` documents or one larger part."""
    filled: list[list[Part]] = []
    rows = most
    for part in parts:
        if rows + part.rows > most:
            filled.append([])
            rows = 0
        filled[-1].append(part)
        rows += part.rows
    blocks = []
    first = before[-1].stop if before else 0
    name, path = (release.name, str(release.folder)) if release else ("", "")
    for number, block in enumerate(filled, len(before)):
        blocks.append(Block(number, first, tuple(block), name, path))
        first = blocks[-1].stop
    return blocks


def is_done(unit: Unit) -> bool:
    """Whether the unit is committed for the keys as they are now."""
    folder = RunFolder(Path(unit.spec["run"]))
    return is_committed(folder, unit.stage, unit.name, fingerprint(unit.spec["depends"]))


def run_step(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Do one step of a large language."""
    work, task = Work.of(spec), Task(**spec["task"])
    name, number, block = spec["step"]
    rows = 0
    step = Step(name, number, Block.of(block) if block else None)
    target = task.path(name, number).relative_to(work.folder.root)
    with work.output(target.as_posix(), lambda: rows) as path:
        rows = do_step(task, step, path, beat)
    return work.commit()


def run_unit(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Write the outcome for one block; for a small language, do all steps that lead to it before."""
    work, task = Work.of(spec), Task(**spec["task"])
    block = Block.of(spec["block"])
    if task.partitions > 1:
        settle(work, task, block, spec["name"])
        return work.commit()
    with work.folder.workspace() as space:
        task = task.inside(str(space))
        for wave in task.waves([Block.of(content) for content in spec["blocks"]]):
            for step in wave:
                path = task.path(step.name, step.number)
                path.parent.mkdir(exist_ok=True)
                do_step(task, step, path, beat)
        settle(work, task, block, spec["name"])
    return work.commit()


def do_step(task: Task, step: Step, path: Path, beat: Beat) -> int:
    """Do a step and leave its file; return the number of rows in it."""
    return _STEPS.get(step.name, merge_forests)(task, step, path, beat)

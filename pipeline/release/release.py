"""A run's shards made ready to be published: masked, described, summed, and put in one folder."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from ..errors import RunError, UsageError
from ..report.flow import read_summary
from ..stages import deduplicate, shards
from ..storage.fingerprint import sha256
from ..storage.folder import RunFolder
from ..storage.ledger import Entry, entries
from ..suppression import NAME as SUPPRESSION
from . import domains
from .config import published_config
from .facts import facts_of
from .keys import publish_keys
from .manifest import DOMAINS, SUMS, TOMBSTONES, Shard, describe_shard, sums_text
from .papers import papers
from .shards import masked, rewrite

Tell = Callable[[str], None]


def release(
    root: Path,
    out: Path,
    *,
    given: dict[str, Any],
    tell: Tell = lambda line: None,
) -> dict[str, Any]:
    """Make a release of a finished run in `out`, which must not be there; return its facts.

    `given` is what only the publisher knows: the fields of `facts.given`.

    Everything is built beside `out` and renamed at the end: there is never half a release. Each
    shard is held against the checksum in the ledger before it is published.

    Raises:
        UsageError: `root` is no finished run, or `out` is there.
        RunError: the ledger does not balance, or a shard is not what was committed.

    """
    folder = RunFolder(root.resolve())
    summary = read_summary(folder)
    if out.exists():
        raise UsageError(f"{out}: expected a new folder, found one; name another with --out")
    building = out.with_name(f"{out.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    config = yaml.safe_load(folder.config.read_text("utf-8"))
    (building / "config.yaml").write_text(published_config(config), "utf-8")
    facts = given | facts_of(folder, summary, config)
    facts["config_sha256"] = sha256(building / "config.yaml")
    how = "none" if config["pii"].get("mask_in") == "run" else config["pii"]["mask"]
    made: list[Shard] = []
    counts = [pl.DataFrame(schema=domains.SCHEMA)]
    for entry in entries(folder, shards.STAGE):
        shard, counted = _publish(folder, building, entry, how)
        made.append(shard)
        counts.append(counted)
        tell(f"{shard.path}: {shard.rows:,} documents")
    write(building, facts, made, domains.add(counts))
    publish_keys(folder, building, f"{facts['name']} {facts['version']}", made)
    _copy_evidence(folder, building)
    (building / TOMBSTONES).write_text("", "utf-8")
    (building / SUPPRESSION).write_text("", "utf-8")
    (building / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## {facts['version']}, {facts['date']}\n\nFirst release.\n", "utf-8"
    )
    (building / SUMS).write_text(sums_text(_sums(building, made)), "utf-8")
    building.replace(out)
    return facts


def write(target: Path, facts: dict[str, Any], made: list[Shard], counts: pl.DataFrame) -> None:
    """Write the papers and the table of domains to a folder."""
    for path, text in papers(facts, made, counts):
        (target / path).write_text(text, "utf-8")
    counts.write_parquet(target / DOMAINS, compression="zstd", statistics=False)


def _publish(folder: RunFolder, target: Path, entry: Entry, how: Any) -> tuple[Shard, pl.DataFrame]:
    """Write one shard of the release; count its domains."""
    output = entry.outputs[0]
    source = folder.root / output.path
    if sha256(source) != output.sha256:
        raise RunError(
            f"{source} is not what the ledger committed; remove it and type `eurocorpus run` again"
        )
    language = entry.facts["language"]
    counts = [pl.DataFrame(schema=domains.SCHEMA)]

    def change(table: Any) -> Any:
        table = masked(table, how)
        counts.append(domains.count(pl.DataFrame(table.select(["url", "text"])), language))
        return table

    rewrite(source, target / output.path, change, {"eurocorpus.language": language})
    return describe_shard(target, output.path, language), domains.add(counts)


def _copy_evidence(folder: RunFolder, target: Path) -> None:
    """Copy the evidence of each removed duplicate."""
    for entry in entries(folder, deduplicate.STAGE):
        for output in entry.outputs:
            if output.path.startswith("dedup/removals/"):
                copy = target / "evidence" / output.path.removeprefix("dedup/")
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder.root / output.path, copy)


def _sums(target: Path, made: list[Shard]) -> dict[str, str]:
    known = {shard.path: shard.sha256 for shard in made}
    paths = [path for path in sorted(target.rglob("*")) if path.is_file() and path.name != SUMS]
    names = {path.relative_to(target).as_posix(): path for path in paths}
    return {name: known.get(name) or sha256(path) for name, path in names.items()}

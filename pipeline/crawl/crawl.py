"""The crawl, from seeds to WARC files, to be read from top to bottom."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from ..engine import (
    Event,
    Executor,
    Idle,
    Interrupted,
    Limits,
    Stopping,
    Unit,
    execute,
    open_executor,
)
from ..errors import RunError, UsageError
from ..progress import Progress
from .about import about_page
from .config import CrawlConfig
from .journal import read_journal
from .paths import Paths
from .seeds import read_seeds
from .urls import host_of, part_of

STAGE = "crawl"


def crawl(config: CrawlConfig) -> dict[str, Any]:
    """Do the whole crawl, or what is left of it; return its summary.

    In rounds: in each, every part visits its hosts, and what it finds of other hosts is for the
    next. `interrupted` in the summary says what ended it before it was done, if anything did; the
    same command goes on from there.

    Raises:
        UsageError: the seeds or the folder are not as they must be.
        RunError: a part failed.

    """
    began = time.monotonic()
    config = _claim(config)
    paths = Paths(Path(config.output))
    with _driver(config, paths, began) as driver:
        round = 1
        while not driver.stopped and driver.do(round):
            round += 1
    summary = summarise(paths.root) | {"interrupted": driver.stopped, "rounds": round}
    _write_json(paths.summary, summary)
    return summary


def _claim(config: CrawlConfig) -> CrawlConfig:
    """Make sure that the folder is this crawl's, and write down what it goes by."""
    config = config.model_copy(update={"output": str(Path(config.output).resolve())})
    paths = Paths(Path(config.output))
    if paths.config.exists():
        known = yaml.safe_load(paths.config.read_text("utf-8"))
        config = config.model_copy(update={"parts": config.parts or known["parts"]})
        wanted = _settings(config)
        if changed := sorted(key for key in wanted if wanted[key] != known.get(key)):
            raise UsageError(
                f"{paths.root} holds a crawl with other settings of {', '.join(changed)} (see "
                f"{paths.config}); only limits and the engine may change from one command to the "
                "next. Name another folder with --out"
            )
    else:
        config = config.model_copy(update={"parts": config.parts or config.engine.workers})
        _begin(paths, config)
    paths.stop.unlink(missing_ok=True)
    return config


def _begin(paths: Paths, config: CrawlConfig) -> None:
    """Write what a new crawl begins with; its configuration last."""
    files = [path for path in paths.root.glob("*") if path.name not in ("state", paths.about.name)]
    if files:
        raise UsageError(
            f"{paths.root}: expected an empty folder or an earlier crawl, found {files[0].name}; name "
            "another folder with --out"
        )
    seeds, refused = read_seeds(config.seeds)
    paths.seeds.parent.mkdir(parents=True, exist_ok=True)
    lines = [url + ("\tsitemap" if sitemap else "") for url, sitemap in seeds.items()]
    _write(paths.seeds, "\n".join(lines) + "\n")
    if refused:
        _write(paths.refused, "\n".join(refused) + "\n")
    _write(paths.about, about_page(config))
    _write(paths.config, yaml.safe_dump(_settings(config), sort_keys=False, allow_unicode=True))


def _settings(config: CrawlConfig) -> dict[str, Any]:
    """Give what a crawl's pages depend on."""
    return config.model_dump(mode="json", exclude={"limits", "engine", "output"})


@contextmanager
def _driver(config: CrawlConfig, paths: Paths, began: float) -> Iterator["_Driver"]:
    engine = config.engine
    limits = Limits(
        workers=engine.workers,
        memory_bytes=engine.memory,
        unit_seconds=None,
        retries=engine.retries,
        drain_seconds=config.limits.grace + 30.0,
        progress=paths.progress,
    )
    with (
        open_executor(engine.executor, limits, engine.address) as executor,
        Progress(paths.progress) as progress,
    ):
        yield _Driver(config, paths, executor, limits, progress, began)


class _Driver:
    """Does round after round, and has the parts stop when it is time."""

    def __init__(
        self,
        config: CrawlConfig,
        paths: Paths,
        executor: Executor,
        limits: Limits,
        progress: Progress,
        began: float,
    ) -> None:
        self._config, self._paths, self._began = config, paths, began
        self._parts = range(config.parts or 1)
        self._executor, self._limits, self._progress = executor, limits, progress
        self.stopped = ""

    def do(self, round: int) -> bool:
        """Do what is left of a round; whether there is another one."""
        busy = set(self._parts_with_work(round))
        for part in set(self._parts) - busy:
            self._paths.links(round, part).touch()
        todo = [part for part in self._parts if not self._paths.links(round, part).exists()]
        quotas = self._quotas(round, todo)
        if any(quota == 0 for quota in quotas.values()) and not any(quotas.values()):
            self.stopped = "page limit"
            return False
        self._work([self._unit(round, part, quotas[part]) for part in todo])
        if self.stopped:
            return False
        if any(not self._paths.links(round, part).exists() for part in self._parts):
            self.stopped = "page limit"
            return False
        return any(self._paths.links(round, part).stat().st_size for part in self._parts)

    def _work(self, units: list[Unit]) -> None:
        self._progress.begin(STAGE, units, units)
        try:
            outcomes = execute(
                units, self._executor, self._limits, is_done=self._is_done, on_event=self._on_event
            )
        except Interrupted as interrupted:
            self.stopped = f"signal {interrupted.signal}"
            outcomes = []
        self._progress.end()
        failed = [outcome for outcome in outcomes if outcome.status != "done"]
        if failed:
            lines = [f"{len(failed)} of {len(units)} parts of the crawl did not end well:"]
            lines += [f"  {outcome.unit.name}: {outcome.error}" for outcome in failed[:10]]
            raise RunError("\n".join([*lines, "Type the same command to go on from there."]))

    def _on_event(self, event: Event) -> None:
        """Show what goes on; tell the parts when to stop."""
        limits = self._config.limits
        if isinstance(event, Stopping):
            self._paths.stop.touch()
        elif isinstance(event, Idle) and not self.stopped:
            if limits.seconds is not None and time.monotonic() - self._began >= limits.seconds:
                self._stop("time limit")
            elif limits.bytes is not None and _size(self._paths) >= limits.bytes:
                self._stop("size limit")
        self._progress.show(event)

    def _stop(self, why: str) -> None:
        self.stopped = why
        self._paths.stop.touch()

    def _unit(self, round: int, part: int, quota: int | None) -> Unit:
        spec = {
            "config": self._config.model_dump(mode="json"),
            "part": part,
            "round": round,
            "quota": quota,
        }
        return Unit(STAGE, f"part-{part:04}-round-{round}", f"{__package__}.unit:run_part", spec)

    def _is_done(self, unit: Unit) -> bool:
        return self._paths.links(unit.spec["round"], unit.spec["part"]).exists()

    def _quotas(self, round: int, todo: list[int]) -> dict[int, int | None]:
        """Share the pages that are left among the parts, by the hosts that they have."""
        most = self._config.limits.pages
        if most is None:
            return dict.fromkeys(todo)
        left = max(most - sum(_pages(self._paths, part) for part in self._parts), 0)
        weights = Counter(self._parts_with_work(round))
        shares = {part: left * weights[part] // max(weights.total(), 1) for part in todo}
        for part in sorted(todo, key=lambda part: -weights[part])[: left - sum(shares.values())]:
            shares[part] += 1
        return dict(shares)

    def _parts_with_work(self, round: int) -> Iterator[int]:
        """Give the part of each host of a round."""
        if round == 1:
            urls = self._paths.seeds.read_text("utf-8").split("\n")
        else:
            urls = [
                line["u"]
                for part in self._parts
                for line, _ in read_journal(self._paths.links(round - 1, part))
            ]
        for host in sorted({host_of(url.split("\t")[0]) for url in urls if url}):
            yield part_of(host, len(self._parts))


def summarise(folder: Path) -> dict[str, Any]:
    """Count what the crawl in a folder has, from its journals."""
    paths = Paths(folder)
    counts: dict[str, Counter[str]] = {
        name: Counter() for name in ("statuses", "skipped", "failed", "hosts_ended", "languages")
    }
    totals: Counter[str] = Counter()
    hosts = set()
    for journal in sorted(paths.root.glob("state/part-*.jsonl")):
        for line, _ in read_journal(journal):
            totals[line["k"]] += 1
            match line["k"]:
                case "page":
                    counts["statuses"][str(line["s"])] += 1
                    totals["bytes"] += line["n"]
                    totals["revisits"] += "revisit" in line
                    hosts.add(host_of(line["u"]))
                    if "lang" in line:
                        counts["languages"][line["lang"]] += 1
                case "robots" if "why" in line:
                    counts["failed"][f"robots.txt: {line['why']}"] += 1
                case "skip":
                    counts["skipped"][line["why"]] += 1
                case "miss":
                    counts["failed"][line["why"]] += 1
                case "end":
                    counts["hosts_ended"][line["why"]] += 1
    warcs = (
        sorted(path.name for path in paths.warc.glob("*.warc.gz")) if paths.warc.exists() else []
    )
    return {
        "pages": totals["page"],
        "hosts": len(hosts),
        "bytes": totals["bytes"],
        "revisits": totals["revisits"],
        "robots": totals["robots"],
        "seeds_refused": paths.refused.read_text("utf-8").splitlines()
        if paths.refused.exists()
        else [],
        **{name: dict(sorted(counter.items())) for name, counter in counts.items()},
        "warcs": warcs,
    }


def _pages(paths: Paths, part: int) -> int:
    return sum(line["k"] == "page" for line, _ in read_journal(paths.journal(part)))


def _size(paths: Paths) -> int:
    folders = (paths.warc, paths.robots)
    return sum(path.stat().st_size for folder in folders for path in folder.glob("*.warc.gz*"))


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)


def _write_json(path: Path, content: Any) -> None:
    _write(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")

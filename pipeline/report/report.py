"""The report of a run: figures by the engine, one unit a language, then pages drawn from them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ..engine import Limits, Unit, execute, open_executor
from ..errors import RunError
from ..progress import Progress
from ..stages import deduplicate, documents, judge, shards
from ..stages.work import Beat
from ..storage.fingerprint import code_version, fingerprint, sha256
from ..storage.folder import RunFolder
from ..storage.ledger import entries
from . import catalogue
from .compare import beside_other, beside_published, name_of
from .dropped import dropped_samples, score_counts
from .evidence import duplicate_figures
from .figures import language_figures
from .flow import Flow, flow, read_summary
from .overview import comparison, overview
from .page import language_page
from .render import render
from .summary import CHAIN
from .tokens import counted_tokens, token_counter, token_name

STAGE = "report"
_CODE = ("pipeline/report", "langid")
_DROPPED = "dropped"


def report(
    root: Path,
    *,
    compare: Path | None = None,
    tokenizer: Path | None = None,
    workers: int | None = None,
) -> dict[str, Any]:
    """Write `report/` of a finished run; return what `report/overview.json` holds.

    Figures that are there for the same shards and evidence are used again.

    Raises:
        UsageError: `root` or `compare` is no finished run, or `tokenizer` cannot be read.
        RunError: a ledger does not balance, or figures could not be made.

    """
    folder = RunFolder(root.resolve())
    summary = read_summary(folder)
    other = read_summary(RunFolder(compare.resolve())) if compare else None
    if tokenizer:
        token_counter(tokenizer)  # an unreadable one is told before anything runs
    _measure(folder, tokenizer, workers)
    return _write(folder, summary, other, compare, tokenizer)


def _measure(folder: RunFolder, tokenizer: Path | None, workers: int | None) -> None:
    """Make the figures that are missing or stale, in parallel."""
    units = list(_units(folder, tokenizer))
    limits = Limits(workers=workers, progress=folder.progress)
    todo = [unit for unit in units if not is_done(unit)]
    with (
        open_executor("local", limits, None) as executor,
        Progress(folder.progress) as progress,
    ):
        progress.begin(STAGE, units, todo)
        outcomes = execute(todo, executor, limits, is_done=is_done, on_event=progress.show)
        progress.end()
    failed = [outcome for outcome in outcomes if outcome.status != "done"]
    if failed:
        raise RunError(f"figures of {failed[0].unit.name} could not be made: {failed[0].error}")


def _units(folder: RunFolder, tokenizer: Path | None) -> Iterator[Unit]:
    """Plan one unit for what was dropped, and one for each language with shards."""
    files = sorted(
        output.path
        for stage in (documents.STAGE, judge.STAGE, deduplicate.STAGE)
        for entry in entries(folder, stage)
        for output in entry.outputs
        if output.path.startswith("dropped/")
    )
    sources = [entry.unit for entry in entries(folder, documents.STAGE)]
    yield _unit(folder, _DROPPED, {"files": files, "sources": sources}, len(files))
    by_language: dict[str, list[str]] = {}
    weights: dict[str, int] = {}
    for entry in entries(folder, shards.STAGE):
        language = entry.facts["language"]
        by_language.setdefault(language, []).append(entry.outputs[0].path)
        weights[language] = weights.get(language, 0) + entry.outputs[0].bytes
    for language in sorted(by_language, key=lambda name: (-weights[name], name)):
        spec: dict[str, Any] = {"files": sorted(by_language[language])}
        if tokenizer:
            spec["tokenizer"] = str(tokenizer.resolve())
        yield _unit(folder, language, spec, weights[language])


def _unit(folder: RunFolder, name: str, spec: dict[str, Any], weight: int) -> Unit:
    """Plan a unit that is stale once its code, its tokenizer or any ledger entry that it rests on is."""
    rests_on = [
        entry.fingerprint
        for stage in CHAIN
        for entry in entries(folder, stage)
        if name == _DROPPED or entry.facts.get("language") == name
    ]
    depends = {
        "code": code_version(_CODE, ("polars", "publicsuffixlist")),
        "entries": rests_on,
        "tokenizer": sha256(Path(spec["tokenizer"])) if "tokenizer" in spec else None,
        "files": spec["files"],
    }
    return Unit(
        stage=STAGE,
        name=name,
        function=f"{__name__}:run_unit",
        spec=spec | {"run": str(folder.root), "unit": name, "fingerprint": fingerprint(depends)},
        weight=weight,
    )


def _figures_path(folder: RunFolder, name: str) -> Path:
    return folder.root / "report" / "figures" / f"{name}.json"


def is_done(unit: Unit) -> bool:
    """Whether the figures are there for what they rest on now."""
    found = _read(_figures_path(RunFolder(Path(unit.spec["run"])), unit.name))
    return bool(found.get("fingerprint") == unit.spec["fingerprint"])


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return content


def run_unit(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Make the figures of one language, or of all that was dropped."""
    folder = RunFolder(Path(spec["run"]))

    def tell(number: int) -> None:
        beat(documents=number)

    if spec["unit"] == _DROPPED:
        figures = dropped_samples(folder, spec["files"], tell)
        figures |= score_counts(folder, spec["sources"])
        done = sum(sum(bins) for bins in figures["scores"].values())
    else:
        files = [folder.root / path for path in spec["files"]]
        tokenizer = spec.get("tokenizer")
        count = token_counter(Path(tokenizer)) if tokenizer else None
        figures = language_figures(files, spec["unit"], tell, count)
        figures["duplicates"] = duplicate_figures(folder, spec["unit"])
        figures["stored_bytes"] = sum(file.stat().st_size for file in files)
        figures["files"] = len(files)
        figures["tokenizer"] = token_name(Path(tokenizer) if tokenizer else None)
        done = figures["documents"]
    _write_json(
        folder, _figures_path(folder, spec["unit"]), {"fingerprint": spec["fingerprint"], **figures}
    )
    return {"documents": done}


def _write_json(folder: RunFolder, path: Path, content: Any) -> None:
    _write_text(folder, path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _write_text(folder: RunFolder, path: Path, text: str) -> None:
    with folder.atomic(path.relative_to(folder.root)) as temporary:
        temporary.write_text(text, "utf-8")


def _write(
    folder: RunFolder,
    summary: dict[str, Any],
    other: dict[str, Any] | None,
    compare: Path | None,
    tokenizer: Path | None,
) -> dict[str, Any]:
    """Draw the pages, and write the same figures as data beside them."""
    top = folder.root / "report"
    config = yaml.safe_load(folder.config.read_text("utf-8"))
    flows = flow(folder)
    wanted = [code for code in config["languages"]["wanted"] if code in flows]
    pages = [*wanted, *(["und"] if "und" in flows else [])]
    figures = {
        code: _read(_figures_path(folder, code))
        for code in pages
        if summary["languages"][code]["documents"]
    }
    if not tokenizer:
        for code, row in figures.items():
            row |= counted_tokens(summary, code)
    compared = beside_other(summary, other) if other else None
    content: dict[str, Any] = {
        "summary": summary,
        "flow": {code: one.steps for code, one in flows.items()},
        "losses": {code: one.losses for code, one in flows.items()},
        "tokenizer": next(
            (row["tokenizer"] for row in figures.values() if row.get("tokens")), None
        ),
        "totals": {code: _totals(row) for code, row in figures.items()},
        "published": beside_published(figures, {code: one.steps for code, one in flows.items()}),
        "compared": compared,
    }
    common = {
        "pages": pages,
        "names": {code: name_of(code) for code in pages},
        "compared": bool(compared),
    }
    _write_json(folder, top / "overview.json", content)
    page = overview(summary, flows, figures, pages)
    page |= common | {"here": "", "data_file": "overview.json"}
    _write_text(folder, top / "index.html", render("index.html", page))
    _write_comparison(folder, top / "compare.html", compared, compare, common)
    dropped = _read(_figures_path(folder, _DROPPED))
    for code in pages:
        data = _language_data(code, summary, flows[code], figures, dropped, config)
        _write_json(folder, top / f"{code}.json", data)
        page = language_page(code, data, name_of(code)) | common | {"data_file": f"{code}.json"}
        _write_text(folder, top / f"{code}.html", render("language.html", page))
    _write_catalogue(folder, top, figures)
    _sweep(top, set(pages))
    return content


def _sweep(top: Path, pages: set[str]) -> None:
    """Remove what an earlier report wrote of languages that the run no longer has."""
    for path in top.rglob("*_*.*"):
        if path.suffix in (".html", ".json", ".yaml") and path.stem not in pages:
            path.unlink()


def _write_comparison(
    folder: RunFolder,
    target: Path,
    compared: dict[str, Any] | None,
    compare: Path | None,
    common: dict[str, Any],
) -> None:
    """Draw the page that sets two runs side by side, or remove that of an earlier report."""
    if compared is None or compare is None:
        target.unlink(missing_ok=True)
        return
    page = comparison(compared) | common
    page |= {"here": "", "data_file": "overview.json", "other_name": compare.resolve().name}
    _write_text(folder, target, render("compare.html", page))


def _totals(figures: dict[str, Any]) -> dict[str, Any]:
    names = ("documents", "characters", "words", "bytes", "segments", "tokens")
    return {name: figures[name] for name in names if name in figures}


def _language_data(
    code: str,
    summary: dict[str, Any],
    flow: Flow,
    figures: dict[str, dict[str, Any]],
    dropped: dict[str, Any],
    config: dict[str, Any],
) -> dict[str, Any]:
    """Bring together all that the page of a language shows."""
    own = {name: value for name, value in figures.get(code, {}).items() if name != "fingerprint"}
    least = config["languages"]["min_score"]
    return {
        "language": code,
        "flow": flow.steps,
        "losses": flow.losses,
        "dropped": summary["languages"][code]["dropped"],
        "contaminated": summary["languages"][code].get("contaminated", {}),
        "removed_lines": summary["languages"][code].get("removed_lines", {}),
        "foreign_lines": summary["languages"][code].get("foreign_lines", {}),
        "min_score": least.get(code, least["*"]),
        "scores": dropped["scores"].get(code, []),
        "rescued": dropped["rescued"].get(code, []),
        "opt_outs": dropped["opt_outs"].get(code, []),
        "duplicates": own.pop("duplicates", {}),
        "figures": own,
        "samples": dropped["samples"].get(code, {}),
    }


def _write_catalogue(folder: RunFolder, top: Path, figures: dict[str, dict[str, Any]]) -> None:
    """Write `analytics/` and `counts/` as OpenEuroLLM's catalogue has them."""
    seconds: dict[str, float] = {}
    for entry in entries(folder, shards.STAGE):
        language = entry.facts["language"]
        seconds[language] = round(seconds.get(language, 0) + entry.cost["seconds"], 3)
    for code, row in figures.items():
        _write_text(folder, top / "analytics" / f"{code}.yaml", catalogue.analytics(code, row))
        counts = catalogue.counts(row, row["files"], row["stored_bytes"], seconds[code])
        _write_json(folder, top / "counts" / f"{code}.json", counts)

"""Calibration of a language model: thresholds from one labelled folder, checked on another, and drawn."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from ..langid import EU_LANGUAGES, identify
from ..langid.calibration import BETA, PRECISION, least_scores, measure
from ..langid.engines import model_file
from .errors import UsageError
from .report.curves import reliability_charts
from .report.render import render
from .report.view import decimal, percent, table
from .train.texts import Shard, find_shards, read_texts


@dataclass(frozen=True)
class Calibration:
    """What to calibrate, on what, and how strictly."""

    folder: Path
    """Texts by language, `CODE.txt` or `CODE/…`; thresholds are chosen on them."""
    check: Path | None
    """Another such folder, from another source, on which they are measured."""
    engine: str
    out: Path
    characters: int = 1000
    """Texts shorter than this are joined to their successors; 0: each by itself."""
    beta: float = BETA
    precision: float = PRECISION


def calibrate(given: Calibration) -> dict[str, Any]:
    """Choose the least score of each language; write `languages.yaml`, the figures and a page.

    `out` gets `languages.yaml`, a configuration that `run --config` takes; `calibration.json`; and
    `index.html`, reliability diagrams.

    Raises:
        UsageError: a folder has no texts of an official language, or the engine is none.

    """
    try:
        digest = hashlib.sha256(model_file(given.engine).read_bytes()).hexdigest()
    except ValueError as error:
        raise UsageError(f"--engine: {error}") from error
    gold, answers = _labelled(given.folder, given)
    least = least_scores(gold, answers, beta=given.beta, precision=given.precision)
    measured = [(given.folder, measure(gold, answers, least))]
    if given.check:
        measured.append((given.check, measure(*_labelled(given.check, given), least)))
    result = {
        "engine": given.engine,
        "model_sha256": digest,
        "characters": given.characters,
        "beta": given.beta,
        "least_precision": given.precision,
        "least_scores": least,
        "sets": [
            {"folder": str(folder), "languages": rows.to_pylist()} for folder, rows in measured
        ],
    }
    _write(given.out, result)
    return result


def _labelled(folder: Path, given: Calibration) -> tuple[pa.Array, pa.Table]:
    """Read the texts of a folder; give their languages, and what the engine says."""
    gold, texts = [], []
    for shard in find_shards(folder):
        for text in joined(_texts(shard), given.characters):
            gold.append(shard.language)
            texts.append(text)
    if not set(gold) & set(EU_LANGUAGES):
        raise UsageError(
            f"{folder}: expected texts in official languages, in files or folders such as "
            f"ces_Latn.txt or mt/, found {', '.join(sorted(set(gold))) or 'no text'}"
        )
    return pa.array(gold, pa.string()), identify(texts, engine=given.engine)


def _texts(shard: Shard) -> Iterator[str]:
    for _, texts in read_texts(shard):
        yield from (text for text in texts if text.strip())


def joined(texts: Iterable[str], characters: int) -> Iterator[str]:
    """Join texts until there are enough characters; what is left over at the end is too short."""
    waiting = ""
    for text in texts:
        waiting += (" " if waiting else "") + text
        if len(waiting) >= characters:
            yield waiting
            waiting = ""


def _write(out: Path, result: dict[str, Any]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    settings = {"languages": {"engine": result["engine"], "min_score": result["least_scores"]}}
    head = f"# Of the model with sha256 {result['model_sha256']}; another's scores mean other things.\n"
    (out / "languages.yaml").write_text(head + yaml.safe_dump(settings), "utf-8")
    (out / "calibration.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    (out / "index.html").write_text(_page(result), "utf-8")


def _page(result: dict[str, Any]) -> str:
    return render(
        "calibration.html",
        result
        | {
            "data_file": "calibration.json",
            "sets": [
                {
                    "name": part["folder"],
                    "chart": reliability_charts(
                        [(row["language"], row["bins"]) for row in part["languages"]]
                    ),
                    "table": _table(part["languages"]),
                }
                for part in result["sets"]
            ],
        },
    )


def _table(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return table(
        ("language", "#texts", "#answers", "#least score", "#accepted", "#precision", "#recall",
         "#calibration error"),
        [
            (
                row["language"], row["texts"], row["answers"], decimal(row["least_score"], 2),
                row["accepted"], percent(row["precision"]), percent(row["recall"]),
                decimal(row["error"], 3),
            )
            for row in rows
        ],
    )  # fmt: skip

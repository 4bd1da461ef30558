"""An ablation: the same model, tokenizer, budget and seeds on each corpus, then what can be told apart."""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UsageError
from ..handoff import write_configurations
from ..metrics import read_metrics
from ..plan import plan
from ..settings import Training, presets, read_settings
from ..texts import by_language, find_shards, read_texts
from .corpora import clean, common_languages, index_heldout, train_pooled, write_tokens
from .page import write_page
from .verdict import Difference, agree, differences, overall, relative_tokens

Say = Callable[[str], None]
_AVERAGED = 3
"""Checkpoints at the end whose nats are averaged: single ones are noisy (signal-and-noise, 2508.13144)."""
_MOST_EPOCHS = 4
"""Repeats beyond are worth less and less (Muennighoff et al. 2023, arXiv 2305.16264)."""


@dataclass(frozen=True, slots=True)
class Ablation:
    """What is compared, and how.

    `recipes` and `heldout` are folders by name; the first recipe is the one that the others are held
    against. `tier` names an entry of `tiers.toml`, whose values `over` replaces, as it does settings
    of the training.
    """

    recipes: Mapping[str, Path]
    heldout: Mapping[str, Path]
    out: Path
    tier: str = "smoke"
    tokenizer: Path | None = None
    over: Mapping[str, Any] = field(default_factory=dict)
    processes: int | None = None
    launcher: str = "torchrun"


@cache
def tiers() -> dict[str, dict[str, Any]]:
    """Read the tiers: name -> sizes."""
    return tomllib.loads(Path(__file__).with_name("tiers.toml").read_text("utf-8"))


def ablate(ablation: Ablation, say: Say) -> dict[str, Any]:
    """Train what is not trained yet, and compare; a second call goes on where the first stopped.

    Returns:
        What `result.json` holds: `tier`, `note`, `languages`, `recipes` (each with what was removed
        and its planned epochs), `texts` and `overall` (differences and verdicts), `runs`.

    Raises:
        UsageError: corpora, tier or settings are not as they must be.
        RunError: a training failed.
    """
    tier = _tier(ablation)
    languages = common_languages(ablation.recipes, ablation.heldout)
    index = index_heldout(ablation.heldout, languages)
    recipes = {name: _prepare(ablation, name, languages, index) for name in ablation.recipes}
    tokenizer = ablation.tokenizer or train_pooled(
        ablation.out, list(recipes), tier["vocabulary"], say
    )
    for name, recipe in recipes.items():
        write_tokens(ablation.out, name, tokenizer, ablation.processes, say)
        recipe["epochs"] = _epochs(ablation, name, tier)
    result: dict[str, Any] = {
        "tier": ablation.tier, "note": tier["note"], "languages": languages,
        "baseline": next(iter(recipes)), "recipes": recipes, "warnings": _warnings(recipes),
    }  # fmt: skip
    if ablation.tier == "hpc":
        for name in recipes:
            write_configurations(
                _settings(ablation, name, tier, tier["seeds"] - 1, 1.0), ablation.out / "hpc" / name
            )
        result["configurations"] = str(ablation.out / "hpc")
    else:
        runs = _train_all(ablation, list(recipes), tier, say)
        result |= _compare(ablation, list(recipes), runs, tier)
        write_page(ablation.out, result)
    (ablation.out / "result.json").write_text(json.dumps(result, indent=1), "utf-8")
    return result


def _tier(ablation: Ablation) -> dict[str, Any]:
    if ablation.tier not in tiers():
        raise UsageError(f"--tier: expected one of {', '.join(tiers())}, found {ablation.tier!r}")
    if len(ablation.recipes) < 2:
        raise UsageError("ablate: expected two corpora at least, as --recipe NAME=FOLDER each")
    if not ablation.heldout:
        raise UsageError(
            "ablate: expected a text that is in none of them, as --heldout NAME=FOLDER"
        )
    tier = tiers()[ablation.tier]
    tier = tier | {name: value for name, value in ablation.over.items() if name in tier}
    if tier["seeds"] < 2:
        raise UsageError(f"seeds: expected two at least, found {tier['seeds']}: one tells no noise")
    return tier


def _prepare(ablation: Ablation, name: str, languages: list[str], index: Any) -> dict[str, Any]:
    """Write a recipe's texts without what is held out, unless they are there."""
    folder = ablation.out / "recipes" / name
    done = folder / "cleaned.json"
    identity = {
        "source": str(ablation.recipes[name].resolve()),
        "shards": sorted(shard.digest for shard in find_shards(ablation.recipes[name])),
        "heldout": sorted(
            shard.digest for path in ablation.heldout.values() for shard in find_shards(path)
        ),
    }
    if done.exists():
        content: dict[str, Any] = json.loads(done.read_text("utf-8"))
        if content.pop("identity") == identity:
            return content
        raise UsageError(
            f"{folder} was made of other texts than are there now; choose another --out"
        )
    cleaned = clean(ablation.recipes[name], folder / "texts", languages, index)
    content = {
        "source": identity["source"],
        "cleaned": {code: asdict(figures) for code, figures in cleaned.items()},
    }
    done.write_text(json.dumps(content | {"identity": identity}, indent=1), "utf-8")
    return content


def _settings(
    ablation: Ablation, name: str, tier: dict[str, Any], seed: int, factor: float
) -> Training:
    """Give the settings of one training; all differ in corpus, seed and learning rate alone."""
    over = {key: value for key, value in ablation.over.items() if key not in tier}
    preset = presets()[tier["preset"]] | over
    small = "" if factor == 1.0 else "-small"
    given = {
        "tokens": str(ablation.out / "recipes" / name / "tokens"),
        "output": str(ablation.out / "runs" / f"{name}-seed{seed}{small}"),
        "preset": tier["preset"],
        "budget": tier["tokens"],
        "mixture": [{"rule": "uniform"}],
        "seed": seed,
        "learning_rate": preset["learning_rate"] * factor,
        "heldout": {key: str(path) for key, path in ablation.heldout.items()},
        "evaluate_tokens": tier["evaluate_tokens"],
        "evaluate_every": max(tier["tokens"] // preset["batch_tokens"] // tier["evaluations"], 1),
        "save_every": tier.get("save_every"),
        "keep": 1,
    }
    return read_settings(None, **over | given)


def _epochs(ablation: Ablation, name: str, tier: dict[str, Any]) -> dict[str, float]:
    planned = plan(_settings(ablation, name, tier, 0, 1.0))
    return {code: round(row["epochs"], 2) for code, row in planned["languages"].items()}


def _warnings(recipes: Mapping[str, dict[str, Any]]) -> list[str]:
    return [
        f"{name} repeats its {code} {times:.1f} times; more than {_MOST_EPOCHS} teach less and less"
        for name, recipe in recipes.items()
        for code, times in recipe["epochs"].items()
        if times > _MOST_EPOCHS
    ]


Runs = dict[tuple[str, int, bool], Path]
"""Recipe, seed, and whether the learning rate is the small one -> folder of the training."""


def _train_all(ablation: Ablation, names: list[str], tier: dict[str, Any], say: Say) -> Runs:
    from ..launch import launch

    runs: Runs = {}
    todo = list(product((False, True), range(tier["seeds"]), names))
    for number, (small, seed, name) in enumerate(todo, 1):
        factor = tier["small_learning_rate"] if small else 1.0
        settings = _settings(ablation, name, tier, seed, factor)
        folder = runs[name, seed, small] = Path(settings.output)
        if not _is_trained(folder):
            say(
                f"{number} of {len(todo)}: {name}, seed {seed}, learning rate {settings.learning_rate:g}"
            )
            result = launch(settings, ablation.launcher, ablation.processes, _silent)
            if not result["finished"]:
                raise SystemExit(0)  # asked to stop: the same command goes on
    return runs


def _is_trained(folder: Path) -> bool:
    path = folder / "summary.json"
    return path.exists() and json.loads(path.read_text("utf-8"))["finished"]


def _silent(line: str) -> None:
    """Leave the lines of single trainings to their metrics."""


def _compare(
    ablation: Ablation, names: list[str], runs: Runs, tier: dict[str, Any]
) -> dict[str, Any]:
    """Compare all recipes with the first one on each held-out text, and over all texts."""
    by_rate = [_differences(ablation, names, runs, tier, small) for small in (False, True)]
    texts: dict[str, Any] = {}
    for text in by_rate[0]:
        texts[text] = {name: _row(*(rate[text][name] for rate in by_rate)) for name in names[1:]}
    whole = {
        name: _row(*(overall([rate[text][name] for text in rate], row) for rate in by_rate))
        for row, name in enumerate(names)
        if row
    }
    curves = {name: _curve(runs, name, tier) for name in names}
    for name in names[1:]:
        whole[name]["relative_tokens"] = round(relative_tokens(curves[name], curves[names[0]]), 3)
    return {
        "texts": texts,
        "overall": whole,
        "curves": curves,
        "runs": len(runs),
        "seeds": tier["seeds"],
        "learning_rates": [_settings(ablation, names[0], tier, 0, f).learning_rate
                           for f in (1.0, tier["small_learning_rate"])],
    }  # fmt: skip


def _row(tuned: Difference, small: Difference) -> dict[str, Any]:
    return {"verdict": agree(tuned, small), "tuned": tuned.to_json(), "small": small.to_json()}


def _differences(
    ablation: Ablation, names: list[str], runs: Runs, tier: dict[str, Any], small: bool
) -> dict[str, dict[str, Difference]]:
    sizes = _sizes(ablation, tier, runs[names[0], 0, False])
    nats = {
        name: [_mean_nats(runs[name, seed, small]) for seed in range(tier["seeds"])]
        for name in names
    }
    return {
        text: differences(
            {name: [seed[text] for seed in nats[name]] for name in names}, sizes[text]
        )
        for text in sizes
    }


def _mean_nats(folder: Path) -> dict[str, Any]:
    """Average the nats of the last evaluations, by text."""
    files = sorted((folder / "nats").glob("step-*.npz"))[-_AVERAGED:]
    loaded = [dict(np.load(file)) for file in files]
    return {text: np.mean([nats[text] for nats in loaded], axis=0) for text in loaded[0]}


def _sizes(ablation: Ablation, tier: dict[str, Any], run: Path) -> dict[str, Any]:
    """Give the bytes of each held-out document, as many as were evaluated."""
    counts = {text: len(nats) for text, nats in _mean_nats(run).items()}
    sizes = {}
    for name, path in ablation.heldout.items():
        for language, shards in by_language(find_shards(path)).items():
            if (text := f"{name}/{language}") in counts:
                found = [len(t.encode()) for shard in shards for _, ts in read_texts(shard)
                         for t in ts if t]  # fmt: skip
                sizes[text] = np.array(found[: counts[text]], np.int64)
                if len(sizes[text]) < 2:
                    raise UsageError(f"{path}: {language} has one document; expected two at least")
    return sizes


def _curve(runs: Runs, name: str, tier: dict[str, Any]) -> list[tuple[int, float]]:
    """Average bits per byte over texts and seeds at the tuned learning rate, by tokens seen."""
    points: dict[int, list[float]] = {}
    for seed in range(tier["seeds"]):
        lines = read_metrics(runs[name, seed, False] / "metrics.jsonl")
        tokens = {line["step"]: line["tokens"] for line in lines if "tokens" in line}
        for line in lines:
            if "bits_per_byte" in line:
                points.setdefault(tokens[line["step"]], []).extend(line["bits_per_byte"].values())
    return [(at, float(np.mean(values))) for at, values in sorted(points.items())]

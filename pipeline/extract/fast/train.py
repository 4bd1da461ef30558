"""Train the fast engine's model from folders of pages with gold text, and cross-validate it.

    python -m eurocorpus.pipeline.extract.fast.train DIR --cross-validate
    python -m eurocorpus.pipeline.extract.fast.train DIR --out model.npz

DIR holds sets as `gold.py` describes them. Needs LightGBM, which the engine itself does not.
Pages are split by site everywhere: no page is scored by a model, of the first or the second
stage, that saw its site. Pages with snippets only get weak labels for the rest of their blocks
from what trafilatura and resiliparse keep.
"""

import argparse
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..read.charset import to_utf8
from .assemble import assemble
from .ensemble import Trees, compile_trees, probabilities
from .extract import Limits, select, take_apart
from .features import features
from .gold import GoldPage, read_sets, report, squeeze, words
from .labels import block_texts, from_snippets, from_text
from .layout import Tokens
from .model import FIRST_DECIDED, MODEL, Model, near, predict, save, second_view

SEED = 20260
FOLDS = 5
INNER_FOLDS = 3
FIRST_ROUNDS, SECOND_ROUNDS = 40, 100
FIRST_RATE, SECOND_RATE = 0.15, 0.1
PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "num_leaves": 24,
    "min_data_in_leaf": 40,
    "min_sum_hessian_in_leaf": 0.02,
    "feature_fraction": 0.3,
    "max_bin": 63,
    "seed": SEED,
    "deterministic": True,
    "num_threads": 1,
    "force_row_wise": True,
    "verbosity": -1,
}

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Example:
    """A page ready for training: its blocks as features, labels and weights."""

    gold: GoldPage
    page: Tokens
    x: Array
    label: Array
    weight: Array


def weak_opinion(texts: list[str], extracted: str) -> Array:
    """For each block, 0 to 1, whether another extractor's text holds it."""
    lines = {squeeze(line) for line in extracted.split("\n")}
    everything = squeeze(extracted)
    tokens = words(extracted)
    known = set(zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False))
    opinion = np.zeros(len(texts), np.float32)
    for k, text in enumerate(texts):
        line, own = squeeze(text), words(text)
        grams = list(zip(own, own[1:], own[2:], own[3:], strict=False))
        if line in lines:
            opinion[k] = 1
        elif grams:
            opinion[k] = sum(gram in known for gram in grams) / len(grams)
        else:
            opinion[k] = len(line) > 12 and line in everything
    return opinion


def _other_texts(html: bytes) -> Iterator[tuple[float, str]]:
    """(share of the vote, text) of each extractor whose opinion counts."""
    import trafilatura
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    yield 0.7, trafilatura.extract(html.decode(), include_comments=False) or ""
    yield 0.3, extract_plain_text(HTMLTree.parse(html.decode()), main_content=True)


def example(gold: GoldPage) -> Example:
    """Take a page apart and label its blocks."""
    html, _ = to_utf8(gold.html)
    page, metadata = take_apart(html, gold.url, Limits())
    texts = block_texts(page)
    if gold.text:
        label, weight = from_text(texts, gold.text)
    else:
        weak = sum(
            (share * weak_opinion(texts, text) for share, text in _other_texts(html)),
            np.zeros(len(texts), np.float32),
        )
        label, weight = from_snippets(texts, gold, weak)
    x = features(page, len(html), metadata.title.encode(), metadata.hints)
    return Example(gold, page, x, label, weight)


def fold_of(site: str, folds: int = FOLDS) -> int:
    """A site's fold: it depends on its name alone, so that it never changes."""
    return zlib.crc32(site.encode()) % folds


def _from_lightgbm(booster: Any) -> Trees:
    """LightGBM's trees as arrays, its thresholds rounded down to what float32 compares."""
    columns: dict[str, list[Any]] = {name: [] for name in Trees._fields}

    def walk(node: dict[str, Any]) -> int:
        if "leaf_value" in node:
            columns["value"].append(node["leaf_value"])
            return ~(len(columns["value"]) - 1)
        number = len(columns["feature"])
        threshold = np.float32(node["threshold"])
        if threshold > node["threshold"]:
            threshold = np.nextafter(threshold, np.float32(-np.inf))
        columns["feature"].append(node["split_feature"])
        columns["threshold"].append(threshold)
        columns["left"].append(0)
        columns["right"].append(0)
        columns["left"][number] = walk(node["left_child"])
        columns["right"][number] = walk(node["right_child"])
        return number

    for tree in booster.dump_model()["tree_info"]:
        columns["root"].append(walk(tree["tree_structure"]))
    types = (np.int32, np.int16, np.float32, np.int32, np.int32, np.float32)
    arrays = zip(columns.values(), types, strict=True)
    return Trees(*(np.array(column, dtype) for column, dtype in arrays))


def fit(x: Array, label: Array, weight: Array, rounds: int, rate: float) -> Trees:
    """Train one ensemble.

    Blocks of little weight are sampled in proportion to it and count more in return: the same
    expectation from a third of the rows.
    """
    import lightgbm  # type: ignore[import-not-found]

    chance = np.minimum(1, weight / max(1e-9, float(np.quantile(weight, 0.75))))
    chosen = np.random.default_rng(SEED).random(len(weight)) < chance
    data = lightgbm.Dataset(
        x[chosen], label[chosen], weight=(weight / np.maximum(chance, 1e-9))[chosen]
    )
    return _from_lightgbm(lightgbm.train(PARAMETERS | {"learning_rate": rate}, data, rounds))


def _stack(examples: Iterable[Example]) -> tuple[Array, Array, Array]:
    chosen = list(examples)
    return (
        np.concatenate([e.x for e in chosen]),
        np.concatenate([e.label for e in chosen]),
        np.concatenate([e.weight for e in chosen]),
    )


def fit_both(examples: list[Example]) -> tuple[Trees, Trees]:
    """Train both stages; the second learns from first opinions on sites unseen by the first."""
    views, labels, weights = [], [], []
    for fold in range(INNER_FOLDS):
        inner = [fold_of("inner" + e.gold.site, INNER_FOLDS) for e in examples]
        first = fit(
            *_stack(e for e, f in zip(examples, inner, strict=True) if f != fold),
            FIRST_ROUNDS,
            FIRST_RATE,
        )
        scorer = compile_trees(first)
        for e in (e for e, f in zip(examples, inner, strict=True) if f == fold):
            opinion = probabilities(e.x, scorer, FIRST_DECIDED)
            unsettled = near(opinion)
            views.append(second_view(e.x, opinion, e.page)[unsettled])
            labels.append(e.label[unsettled])
            weights.append(e.weight[unsettled])
    second = fit(
        np.concatenate(views),
        np.concatenate(labels),
        np.concatenate(weights),
        SECOND_ROUNDS,
        SECOND_RATE,
    )
    return fit(*_stack(examples), FIRST_ROUNDS, FIRST_RATE), second


def cross_validate(examples: list[Example], folder: Path | None = None) -> dict[str, str]:
    """The text of each page (`collection/id`) by a model that never saw its site.

    Each fold's model is written to `folder`, as `0.npz` … for the pages of fold 0 …: the
    quality gate scores pages with them.
    """
    texts = {}
    for fold in range(FOLDS):
        outside = [e for e in examples if fold_of(e.gold.site) == fold]
        first, second = fit_both([e for e in examples if fold_of(e.gold.site) != fold])
        model = Model(first, second, f"fold {fold}")
        if folder:
            save(model, folder / f"{fold}.npz")
        for e in outside:
            text = assemble(e.page, select(e.page, predict(e.x, e.page, model)))
            texts[f"{e.gold.collection}/{e.gold.id}"] = text
        print(f"fold {fold + 1} of {FOLDS}", flush=True)
    return texts


def _version(*ensembles: Trees) -> str:
    """A checksum of the trees, so that the extractor's name tells two models apart."""
    total = 0
    for array in (array for trees in ensembles for array in trees):
        total = zlib.crc32(array.tobytes(), total)
    return f"1.{total:08x}"


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line, train, report, write the model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="sets of pages with gold text")
    parser.add_argument("--out", type=Path, default=MODEL, help="the model file to write")
    parser.add_argument("--cross-validate", action="store_true", help="report only, write no model")
    parser.add_argument("--texts", type=Path, help="write the cross-validated texts here (JSON)")
    parser.add_argument("--folds", type=Path, help="write each fold's model into this folder")
    options = parser.parse_args(arguments)
    examples = [example(page) for page in read_sets(options.folder)]
    print(f"{len(examples)} pages, {sum(len(e.x) for e in examples)} blocks", flush=True)
    if options.cross_validate:
        texts = cross_validate(examples, options.folds)
        for name, (size, score) in report([e.gold for e in examples], texts).items():
            print(f"{name:32} {size:5} pages  F1 {score:.4f}")
        if options.texts:
            options.texts.write_text(json.dumps(texts, ensure_ascii=False))
        return
    first, second = fit_both(examples)
    save(Model(first, second, _version(first, second)), options.out)
    print(f"{options.out}: {options.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()

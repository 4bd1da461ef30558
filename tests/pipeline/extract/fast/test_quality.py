"""The quality gate: F1 on real pages, each scored by a model that never saw its site.

`folds/` holds the models of a cross-validation (`train.py DIR --cross-validate --folds folds`), and
`floors.toml` what they must reach. The sample web, which no model was trained on, has floors for
the shipped model.
"""

import os
import tomllib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from statistics import mean

import pytest

from eurocorpus.pipeline.demo.layouts import LAYOUTS, Frame, Link
from eurocorpus.pipeline.demo.texts import Article, articles
from eurocorpus.pipeline.extract.fast import extract
from eurocorpus.pipeline.extract.fast.assemble import assemble
from eurocorpus.pipeline.extract.fast.extract import Limits, choose, take_apart
from eurocorpus.pipeline.extract.fast.gold import GoldPage, read_gold, report, text_f1
from eurocorpus.pipeline.extract.fast.model import load
from eurocorpus.pipeline.extract.fast.train import FOLDS, fold_of
from eurocorpus.pipeline.extract.read.charset import to_utf8

HERE = Path(__file__).parent
DATA = Path(os.environ.get("EUROCORPUS_DATA", HERE.parents[4] / "shared" / "data")) / "extraction"
FLOORS = tomllib.loads((HERE / "floors.toml").read_text())


def held_out(page: GoldPage) -> str:
    html, _ = to_utf8(page.html)
    tokens, metadata = take_apart(html, page.url, Limits())
    model = load(HERE / "folds" / f"{fold_of(page.site)}.npz")
    return assemble(tokens, choose(html, tokens, metadata, model))


def below(scores: dict[str, float], floors: dict[str, float]) -> dict[str, tuple[float, float]]:
    return {
        name: (scores.get(name, 0.0), floor)
        for name, floor in floors.items()
        if scores.get(name, 0.0) < floor
    }


def test_every_fold_has_its_model() -> None:
    assert [load(HERE / "folds" / f"{k}.npz").version for k in range(FOLDS)] == [
        f"fold {k}" for k in range(FOLDS)
    ]


@pytest.mark.parametrize("collection", FLOORS["unseen_sites"])
def test_quality_on_unseen_sites(collection: str) -> None:
    archive = DATA / f"{collection}.zip"
    if not archive.exists():
        pytest.skip(f"no {archive}: set EUROCORPUS_DATA to the folder of the gold pages")
    gold = list(read_gold(archive))
    texts = {f"{page.collection}/{page.id}": held_out(page) for page in gold}
    scores = {
        name.removeprefix(collection).strip() or "all": score
        for name, (_, score) in report(gold, texts).items()
    }
    assert not below(scores, FLOORS["unseen_sites"][collection])


def thread(article: Article) -> Article:
    """An article as a forum's thread: a post for each paragraph."""
    posts = tuple((paragraph,) for post in article.posts for paragraph in post)
    return replace(article, posts=posts, authors=("Ana",) * max(1, len(posts) - 1))


def shares() -> dict[tuple[str, str], tuple[float, float]]:
    """(precision, recall) by layout and language: every article of the sample web in every layout."""
    related = (Link("/other", "Another title altogether"), Link("/third", "And yet another one"))
    rows = defaultdict(list)
    for layout, render in LAYOUTS.items():
        for article in map(thread, articles()) if layout == "forum" else articles():
            html = render(article, Frame("Example", "https://example.eu/a", related))
            rows[layout, article.language].append(
                text_f1(extract(html.encode()).text, article.text)
            )
    return {
        key: (mean(r[0] for r in found), mean(r[1] for r in found)) for key, found in rows.items()
    }


def test_the_same_text_survives_in_every_language_and_layout() -> None:
    found = shares()
    assert len({language for _, language in found}) >= 24
    floors = FLOORS["sample_web"]
    for layout in LAYOUTS:
        floor = floors.get(layout, floors["every_layout"])
        lost = {
            language: shares
            for (name, language), shares in found.items()
            if name == layout and (shares[0] < floor["precision"] or shares[1] < floor["recall"])
        }
        assert not lost, layout

"""The quality gate: F1 on real pages, each scored by a model that never saw its site.

`folds/` holds the models of the cross-validation (`train.py --cross-validate --folds`).
Floors may be raised; lowering one takes a reason in the commit message. They lie two to three
points under what the folds reached, because only every eighth page is scored here.
"""

import os
from pathlib import Path

import pytest

from eurocorpus.pipeline.extract.fast.assemble import assemble
from eurocorpus.pipeline.extract.fast.extract import Limits, choose, take_apart
from eurocorpus.pipeline.extract.fast.gold import GoldPage, read_gold, report
from eurocorpus.pipeline.extract.fast.model import load
from eurocorpus.pipeline.extract.fast.train import fold_of
from eurocorpus.pipeline.extract.read.charset import to_utf8

DATA = Path(os.environ.get("EUROCORPUS_DATA", Path(__file__).parents[5] / "shared" / "data"))
FOLDS = Path(__file__).with_name("folds")
FLOORS = {
    "trafilatura": 0.92,
    "trafilatura de": 0.92,
    "trafilatura en": 0.89,
    "scrapinghub": 0.93,
    "seven-page-types": 0.80,
    "seven-page-types article": 0.92,
    "seven-page-types forum": 0.74,
    "seven-page-types service": 0.80,
    "tsolewski-pl": 0.80,
}
EVERY = {"trafilatura": 4, "scrapinghub": 2, "seven-page-types": 4, "tsolewski-pl": 1}


def text_of(page: GoldPage) -> str:
    html, _ = to_utf8(page.html)
    tokens, metadata = take_apart(html, page.url, Limits())
    model = load(FOLDS / f"{fold_of(page.site)}.npz")
    return assemble(tokens, choose(html, tokens, metadata, model))


@pytest.mark.parametrize("collection", EVERY)
def test_quality_on_unseen_sites(collection: str) -> None:
    archive = DATA / "extraction" / f"{collection}.zip"
    if not archive.exists():
        pytest.skip(f"no {archive}; set EUROCORPUS_DATA")
    pages = [page for k, page in enumerate(read_gold(archive)) if k % EVERY[collection] == 0]
    texts = {f"{page.collection}/{page.id}": text_of(page) for page in pages}
    scores = report(pages, texts)
    below = {
        name: (score, floor)
        for name, floor in FLOORS.items()
        if name in scores and (score := scores[name][1]) < floor
    }
    assert not below, f"F1 below its floor: {below}"

"""Which of two duplicates stays: the one of the higher tier, whatever its length."""

import json
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from runs import corpus, eurocorpus

from eurocorpus.pipeline.demo import pages
from eurocorpus.pipeline.stages.judge import _tiers

SETTINGS = ("filters.enabled=false", "languages.min_score={'*': 0, ces_Latn: 0}")
TIERS = ("dedup.tier_signal=line_punctuation", "dedup.tier_bounds=[0.2, 0.9]")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A near pair, of which the longer has no full stop; an exact one, of which one is in two lines."""
    texts = (page.gold for page in pages() if page.language == "ces_Latn" and page.gold)
    vocabulary = sorted({word.strip(".,") for text in texts for word in text.split()})
    near, exact = (" ".join(Random(seed).choices(vocabulary, k=100)) for seed in (1, 2))
    rows = {
        "near-1": near + ".",
        "near-2": near + " a ještě něco",
        "exact-1": exact + ".",
        "exact-2": exact.replace(" ", "\n", 1) + ".",
    }
    file = tmp_path / "pages.jsonl"
    lines = [json.dumps({"url": f"https://a.cz/{k}", "text": text}) for k, text in rows.items()]
    file.write_text("\n".join(lines), "utf-8")
    return file


def kept(run: Path, *settings: str, source: Path) -> set[str]:
    words = [word for setting in (*SETTINGS, *settings) for word in ("--set", setting)]
    result = eurocorpus("run", source, "--out", run, "--workers", 1, *words)
    assert result.returncode == 0, result.stderr
    urls = [url for shard in corpus(run) for url in pq.read_table(run / shard)["url"].to_pylist()]
    return {url.rpartition("/")[2] for url in urls}


def test_the_higher_tier_stays_before_the_longer_text(table: Path, tmp_path: Path) -> None:
    run = tmp_path / "RUN"
    assert "near-2" in kept(run, source=table)
    assert kept(run, *TIERS, source=table) == {"near-1", "exact-1"}
    removals = pq.read_table(run / "dedup" / "removals").to_pylist()
    tiers = {(row["kind"], row["removed_tier"], row["kept_tier"]) for row in removals}
    assert tiers == {("near", 0, 2), ("exact", 1, 2)}


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (("dedup.tier_signal=wdz", "dedup.tier_bounds=[1]"), "the nearest is wds"),
        (("dedup.tier_signal=wds",), "go together"),
        (("dedup.tier_signal=wds", "dedup.tier_bounds=[2, 1]"), "must ascend"),
    ],
)
def test_settings_that_mean_nothing_are_refused(
    table: Path, tmp_path: Path, settings: tuple[str, ...], complaint: str
) -> None:
    words = [word for setting in settings for word in ("--set", setting)]
    result = eurocorpus("plan", table, *words)
    assert result.returncode == 2
    assert complaint in " ".join(result.stderr.split())


def test_a_tier_is_how_many_bounds_are_reached() -> None:
    values = pa.array([None, -1.0, 0.1, 0.5, 0.7], pa.float32())
    signals = pa.StructArray.from_arrays([values], ["wds"])
    table = pa.table({"language_score": values, "signals": signals})
    assert _tiers(table, "wds", [0.1, 0.5]).to_pylist() == [0, 0, 1, 2, 2]
    assert _tiers(table, "language_score", [0.5]).to_pylist() == [0, 0, 0, 1, 1]
    assert _tiers(table, None, []).to_pylist() == [0] * 5

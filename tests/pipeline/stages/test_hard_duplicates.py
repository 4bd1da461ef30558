"""Inputs that break deduplicators, and real graded near-duplicates, through the whole pipeline."""

import gzip
import json
import os
import random
import re
import time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eurocorpus.langid import LANGUAGES, NOISE
from eurocorpus.pipeline.load import load_config
from eurocorpus.pipeline.run import run
from eurocorpus.pipeline.stages.deduplicate.candidates import join_bands, merge_forests
from eurocorpus.pipeline.stages.deduplicate.records import BANDS
from eurocorpus.pipeline.stages.deduplicate.task import Step, Task
from eurocorpus.pipeline.storage.exchange import PartitionedFile, iterate_sorted

DATA = Path(os.environ.get("EUROCORPUS_DATA", Path(__file__).parents[4] / "shared" / "data"))


def deduplicated(
    texts: dict[str, str], folder: Path, *settings: str
) -> dict[str, tuple[str, float]]:
    """Run the pipeline on texts by name; give for each removed name the kept one and the similarity."""
    inputs = folder / "in"
    inputs.mkdir(parents=True)
    rows = [
        json.dumps({"url": f"https://x.example/{name}", "text": text}) + "\n"
        for name, text in texts.items()
    ]
    for number in range(3):
        (inputs / f"{number}.jsonl").write_text("".join(rows[number::3]), "utf-8")
    config = load_config(
        None,
        ("filters.enabled=false", "languages.min_score={'*': 0}", *settings),
        inputs=[str(inputs)],
        output=str(folder / "RUN"),
        engine={"workers": 1},
        languages={"wanted": sorted({*LANGUAGES, NOISE})},  # made-up words are noise
    )
    assert run(config)["balanced"]
    read = pq.read_table(folder / "RUN" / "documents", columns=["id", "url"]).to_pylist()
    names = {row["id"]: row["url"].rpartition("/")[2] for row in read}
    assert set(names.values()) == texts.keys()
    removals = [
        row
        for path in (folder / "RUN" / "dedup" / "removals").glob("*.parquet")
        for row in pq.read_table(path).to_pylist()
    ]
    return {
        names[row["removed_id"]]: (names[row["kept_id"]], row["similarity"]) for row in removals
    }


@cache
def grams(text: str) -> frozenset[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return frozenset(tuple(words[k : k + 5]) for k in range(len(words) - 4))


def assert_true(texts: dict[str, str], gone: dict[str, tuple[str, float]]) -> None:
    """Every removal is borne out by the texts, and nothing goes for what went itself."""
    for name, (kept, similarity) in gone.items():
        assert kept not in gone
        one, other = grams(texts[name]), grams(texts[kept])
        assert len(one & other) / len(one | other) == pytest.approx(similarity, abs=1e-6)
        assert similarity >= 0.8


@pytest.mark.parametrize("most", [10**6, 4000])
def test_all_documents_the_same(tmp_path: Path, most: int) -> None:
    text = "Toto je vždy stejný krátký text o ničem a pro nikoho. " * 3
    texts = {f"{k:05}": text for k in range(10_000)}
    started = time.monotonic()
    gone = deduplicated(texts, tmp_path, f"dedup.partition_bytes={most * 1200}")
    assert time.monotonic() - started < 120
    assert len(gone) == 9999
    assert len({kept for kept, _ in gone.values()}) == 1
    (shard,) = (tmp_path / "RUN" / "data").rglob("*.parquet")
    assert pq.read_table(shard)["minhash_cluster_size"].to_pylist() == [10_000]


@pytest.mark.parametrize("most", [10**6, 500])
def test_a_chain_of_drifting_texts(tmp_path: Path, most: int) -> None:
    """Each text is close to the next, and the ends have nothing in common."""
    chance = random.Random(2)
    words = [f"slovo{chance.randrange(10**6)}" for _ in range(2000 * 4 + 200)]
    texts = {f"{k:04}": " ".join(words[4 * k : 4 * k + 200]) for k in range(2000)}
    started = time.monotonic()
    gone = deduplicated(texts, tmp_path, f"dedup.partition_bytes={most * 1200}")
    assert time.monotonic() - started < 120
    assert_true(texts, gone)
    # A window of 200 words is at 0.8 from those that begin up to 20 words away: 5 texts each way.
    left = sorted(int(name) for name in texts.keys() - gone.keys())
    assert 2000 / 11 <= len(left) <= 2000 / 4


def test_a_template_with_little_of_its_own(tmp_path: Path) -> None:
    """Most of each page is the same, but too much is not: one component, and everybody stays."""
    chance = random.Random(3)
    template = [f"šablona{k}" for k in range(120)]
    texts = {
        f"{k:04}": " ".join([*template, *(f"vlastní{chance.randrange(10**9)}" for _ in range(25))])
        for k in range(3000)
    }
    started = time.monotonic()
    gone = deduplicated(texts, tmp_path, "dedup.partition_bytes=1000000")
    assert time.monotonic() - started < 120
    assert gone == {}


def test_a_bucket_of_a_million(tmp_path: Path) -> None:
    count = 1_000_000
    settings = {"partition_bytes": 1 << 20, "exact": False, "near": True}
    task = Task(str(tmp_path), "ces_Latn", settings, 2, 1, 0, count, str(tmp_path / "exchange"))
    bands = task.path("bands", 0)
    bands.parent.mkdir(parents=True)
    file = PartitionedFile(bands, BANDS, 1 << 26)
    docs = np.arange(count)
    for key in (7, 2**63 + 7):
        keys = np.full(count, key, np.uint64)
        file.add(pa.table({"key": keys, "doc": docs}), task.partition_of(keys))
    file.close()
    started = time.process_time()
    for number in range(2):
        path = task.path("edges", number)
        path.parent.mkdir(exist_ok=True)
        assert join_bands(task, Step("edges", number), path, _silent) == count
    merged = task.path("forests-1", 0)
    merged.parent.mkdir()
    assert merge_forests(task, Step("forests-1", 0), merged, _silent) == count
    assert time.process_time() - started < 60
    tables = pa.concat_tables(iterate_sorted(merged, "doc"))
    assert (tables["doc"].to_numpy() == docs).all()
    assert not tables["label"].to_numpy().any()
    assert not list((tmp_path / "tmp").iterdir())


def _silent(**_: int) -> None:
    pass


def _lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("name", ["cc-legalcode", "apache-manual-versions"])
def test_real_near_duplicates(name: str, tmp_path: Path) -> None:
    folder = DATA / "neardup" / name
    if not folder.is_dir():
        pytest.skip(f"no {folder}; set EUROCORPUS_DATA to the folder of real data")
    # Numbers stand in for ids, which are paths.
    documents = _lines(folder / "docs.jsonl.gz")
    numbers = {document["id"]: str(number) for number, document in enumerate(documents)}
    texts = {numbers[document["id"]]: document["text"] for document in documents}
    gone = deduplicated(texts, tmp_path, f"dedup.partition_bytes={1200 * 150}")
    for one, (kept, similarity) in gone.items():
        assert kept not in gone
        shared = len(grams(texts[one]) & grams(texts[kept]))
        assert shared >= 0.8 * len(grams(texts[one]) | grams(texts[kept]))
        assert similarity >= 0.8
    close = [pair for pair in _lines(folder / "pairs.jsonl.gz") if pair["jaccard5"] >= 0.85]
    found = [pair for pair in close if gone.keys() & {numbers[pair["a"]], numbers[pair["b"]]}]
    assert len(found) >= 0.99 * len(close) > 1000

"""Planted duplicates: the answer is known, and is the same for every number of workers."""

import json
import random
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from runs import eurocorpus, summary

from eurocorpus.pipeline.demo import pages

DOCUMENTS = 60
WORDS = 120


def words_of(language: str) -> list[str]:
    """The vocabulary of the sample web in one language."""
    texts = (page.gold for page in pages() if page.language == language and page.gold)
    return sorted({word for text in texts for word in text.split()})


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four files: originals, exact copies, near copies (J = 0.917), and relatives that stay (J < 0.6)."""
    folder = tmp_path_factory.mktemp("planted")
    chance = random.Random(0)
    vocabulary = words_of("ces_Latn")
    rows: list[tuple[str, list[str]]] = []
    for number in range(DOCUMENTS):
        words = chance.choices(vocabulary, k=WORDS)
        rows.append((f"original-{number}", words))
        if number < 20:
            rows.append((f"exact-{number}", words))
        elif number < 40:
            rows.append((f"near-{number}", [*words[:-5], "jinak", *words[-4:]]))
        else:
            changed = [f"změna{i}" if i % 12 == 0 else word for i, word in enumerate(words)]
            rows.append((f"relative-{number}", changed))
    chance.shuffle(rows)
    for part in range(4):
        lines = [
            json.dumps({"url": f"https://planted.example/{name}", "text": " ".join(words)})
            for name, words in rows[part::4]
        ]
        (folder / f"{part}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_planted_duplicates_are_found_and_nothing_else(
    planted: Path, tmp_path: Path, workers: int
) -> None:
    run = tmp_path / "RUN"
    settings = ["filters.enabled=false", "languages.min_score={'*': 0, ces_Latn: 0}"]
    flags = [word for setting in settings for word in ("--set", setting)]
    result = eurocorpus("run", planted, "--out", run, "--workers", workers, *flags)
    assert result.returncode == 0, result.stderr
    assert summary(run)["dropped"] == {"exact_duplicate": 20, "near_duplicate": 20}
    for row in pq.read_table(run / "dropped" / "deduplicate").to_pylist():
        assert not row["url"].rpartition("/")[2].startswith("relative")
    kept = pq.read_table(run / "data" / "ces_Latn").to_pylist()
    numbers = sorted(int(row["url"].rpartition("-")[2]) for row in kept)
    assert numbers == sorted([*range(DOCUMENTS), *range(40, DOCUMENTS)])
    assert sorted(row["minhash_cluster_size"] for row in kept) == [1] * 40 + [2] * 40

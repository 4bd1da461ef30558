"""Figures of a language against a slow and obvious count of the same rows."""

import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eurocorpus.pipeline.report.figures import LENGTHS, language_figures
from eurocorpus.pipeline.report.segments import language_mix, ngrams

WORDS = ("Id-drittijiet", "kollha", "tal-bniedem", "ugwali", "żgħar", "qalb", "il-ġnien")


def row(chance: random.Random, number: int) -> dict[str, Any]:
    lines = [
        " ".join(chance.choices(WORDS, k=chance.randint(1, 30)))
        for _ in range(chance.randint(1, 9))
    ]
    year = chance.choice([2023, 2024, None])
    return {
        "id": f"{chance.getrandbits(128):032x}",
        "url": f"https://{chance.choice(['www.', ''])}d{chance.randint(0, 5)}.com.mt/{number}",
        "date": datetime(year, chance.randint(1, 12), 3, tzinfo=UTC) if year else None,
        "text": "\n".join(lines),
        "language_score": chance.choice([0.0, 0.31, 0.55, 0.999, 1.0]),
        "languages": [{"language": "mlt_Latn", "score": 0.9}, {"language": "ita_Latn", "score": 0.05}][: chance.randint(1, 2)],
        "source": f"part-{number % 3}",
        "extractor": "x 1",
        "minhash_cluster_size": chance.choice([1, 1, 4]),
        "pii": [{"type": "email", "start": 0, "end": 3}] * chance.randint(0, 2),
        "rights": {"verdict": "unknown", "signals": ["robots: noarchive"] * chance.randint(0, 1), "policy": "1"},
    }  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    chance = random.Random(8)
    return [row(chance, number) for number in range(230)]


SCHEMA = pa.schema(
    [("id", pa.string()), ("url", pa.string()), ("date", pa.timestamp("s", "UTC")),
     ("text", pa.large_string()), ("language_score", pa.float32()),
     ("languages", pa.list_(pa.struct([("language", pa.string()), ("score", pa.float32())]))),
     ("source", pa.string()), ("extractor", pa.string()), ("minhash_cluster_size", pa.int32()),
     ("pii", pa.list_(pa.struct([("type", pa.string()), ("start", pa.int32()), ("end", pa.int32())]))),
     ("rights", pa.struct([("verdict", pa.string()), ("signals", pa.list_(pa.string())), ("policy", pa.string())]))]
)  # fmt: skip


def write(rows: list[dict[str, Any]], path: Path, group: int, drop: tuple[str, ...] = ()) -> Path:
    table = pa.Table.from_pylist(rows, schema=SCHEMA).drop_columns(list(drop))
    pq.write_table(table, path, row_group_size=group)
    return path


def measured(files: list[Path]) -> dict[str, Any]:
    return language_figures(files, "mlt_Latn", lambda number: None, lambda texts: len(texts))


def test_figures_are_those_of_a_plain_count(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    figures = measured(
        [write(rows[:100], tmp_path / "0", 7), write(rows[100:], tmp_path / "1", 50)]
    )
    texts = [row["text"] for row in rows]
    assert figures["documents"] == figures["tokens"] == len(rows)
    assert figures["characters"] == sum(map(len, texts))
    assert figures["bytes"] == sum(len(text.encode()) for text in texts)
    assert figures["words"] == sum(len(text.split()) for text in texts)
    assert figures["segments"] == sum(len(text.split("\n")) for text in texts)
    bins = Counter(max(edge for edge in LENGTHS if edge <= len(text)) for text in texts)
    assert figures["lengths"] == [[edge, bins[edge]] for edge in LENGTHS]
    assert [n for _, n in figures["scores"] if n] == [
        sum(row["language_score"] == score for row in rows) for score in (0.0, 0.31, 0.55)
    ] + [sum(row["language_score"] > 0.9 for row in rows)]
    years = Counter(row["date"].year if row["date"] else None for row in rows)
    assert dict(figures["years"]) == years
    assert dict(figures["cluster_sizes"]) == Counter(row["minhash_cluster_size"] for row in rows)
    assert dict(figures["sources"]) == Counter(row["source"] for row in rows)
    domains = Counter(row["url"].split("/")[2].removeprefix("www.") for row in rows)
    assert {name: n for name, n, _ in figures["domains"]} == domains
    assert sum(size for *_, size in figures["domains"]) == figures["bytes"]
    assert figures["suffixes"] == [["com.mt", len(rows)]]
    assert figures["runners_up"] == [["ita_Latn", sum(len(row["languages"]) == 2 for row in rows)]]
    assert figures["pii"] == [["email", sum(len(row["pii"]) for row in rows)]]
    assert figures["pii_documents"] == sum(bool(row["pii"]) for row in rows)
    assert dict(figures["rights_signals"]) == {
        "robots: noarchive": sum(len(row["rights"]["signals"]) for row in rows)
    }
    days = [row["date"].strftime("%Y-%m-%d") for row in rows if row["date"]]
    assert figures["dates"] == [min(days), max(days)]
    assert [item["id"] for item in figures["audit"]] == sorted(row["id"] for row in rows)[:12]


def test_figures_depend_neither_on_order_nor_on_row_groups(
    rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    shuffled = random.Random(1).sample(rows, len(rows))
    first = measured([write(rows, tmp_path / "0", 10)])
    assert measured([write(shuffled, tmp_path / "1", 1000)]) == first


def test_columns_may_be_absent(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    absent = ("pii", "rights", "languages", "minhash_cluster_size")
    figures = measured([write(rows, tmp_path / "0", 100, absent)])
    assert not {"pii", "rights", "runners_up"} & figures.keys()
    assert figures["documents"] == len(rows)


def test_a_language_without_rows_has_figures_of_nought(tmp_path: Path) -> None:
    figures = measured([write([], tmp_path / "0", 10)])
    assert figures["documents"] == figures["characters"] == 0
    assert figures["dates"] == figures["audit"] == figures["domains"] == []


def test_ngrams_do_not_cross_lines() -> None:
    found = ngrams(["Wieħed tnejn\ntlieta wieħed tnejn"], orders=[2])
    assert found == {"2": [["wieħed tnejn", 2], ["tlieta wieħed", 1]]}


def test_lines_in_another_language_are_seen() -> None:
    czech = "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv."
    english = "All human beings are born free and equal in dignity and rights."
    mix = language_mix([f"{czech}\n{english}", "krátké"], "ces_Latn")
    assert mix == {"shares": [[0.5, 1]], "languages": [["ces_Latn", 1], ["eng_Latn", 1]]}

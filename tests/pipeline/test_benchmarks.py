"""Evaluation sets in a run: every kind of file is read, documents are flagged, none is dropped."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from runs import corpus, eurocorpus, summary

QUESTION = (
    "Kolik obyvatel mělo město Brno podle sčítání lidu, domů a bytů v roce 2021 a kolik Ostrava?"
)
TEXTS = [
    f"Vítejte v našem vědomostním kvízu pro celou rodinu. {QUESTION} Odpověď najdete níže.",
    "Obecní knihovna zve všechny čtenáře na podzimní besedu o historii našeho městečka a okolí.",
]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with an evaluation set of each kind."""
    rows = [json.dumps({"text": text, "url": "https://a.cz/"}) for text in TEXTS]
    (tmp_path / "pages.jsonl").write_text("\n".join(rows), "utf-8")
    row = {"id": 1, "doc": {"question": QUESTION, "choices": ["ano", "ne", "\ud800"]}}
    (tmp_path / "nested.jsonl").write_text(json.dumps(row), "utf-8")
    (tmp_path / "lines.txt").write_text(f"něco zcela jiného\n{QUESTION}\n", "utf-8")
    table = pa.table({"text": [TEXTS[0]], "question": ["Žádná otázka, která by se v textech vyskytla."]})  # fmt: skip
    pq.write_table(table, tmp_path / "columns.parquet")
    benchmarks = [
        {"path": str(tmp_path / "nested.jsonl"), "licence": "CC-BY-4.0"},
        {"path": str(tmp_path / "lines.txt"), "name": "quiz"},
        {"path": str(tmp_path / "columns.parquet"), "fields": ["question"]},
    ]
    file = tmp_path / "run.yaml"
    content = {
        "inputs": [str(tmp_path / "pages.jsonl")], "output": str(tmp_path / "RUN"),
        "filters": {"enabled": False}, "contamination": {"benchmarks": benchmarks},
    }  # fmt: skip
    file.write_text(yaml.safe_dump(content), "utf-8")
    return file


def test_documents_are_flagged_by_benchmark(config: Path, tmp_path: Path) -> None:
    result = eurocorpus("run", "--config", config)
    assert result.returncode == 0, result.stderr
    (shard,) = corpus(tmp_path / "RUN")
    table = pq.read_table(tmp_path / "RUN" / shard, columns=["text", "contamination"])
    flags = {row["text"]: row["contamination"] for row in table.to_pylist()}
    both = [{"benchmark": "nested", "ngrams": 5}, {"benchmark": "quiz", "ngrams": 5}]
    assert flags == {TEXTS[0]: both, TEXTS[1]: []}
    figures = summary(tmp_path / "RUN")
    assert figures["languages"]["ces_Latn"]["contaminated"] == {"nested": 1, "quiz": 1}
    nested, quiz, columns = figures["benchmarks"]
    assert (nested["licence"], nested["items_too_short"], nested["ngrams"]) == ("CC-BY-4.0", 3, 5)
    assert (quiz["items_too_short"], columns["fields"]) == (1, ["question"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nested.jsonl", None, "expected a file of an evaluation set"),
        ("nested.jsonl", "{", "nested.jsonl:1: expected a JSON object a line"),
        ("nested.jsonl", '{"n": 1}', "expected text in any field, found none"),
    ],
)
def test_what_is_wrong_with_a_set_is_one_sentence(
    name: str, content: str | None, message: str, config: Path, tmp_path: Path
) -> None:
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_text(content, "utf-8")
    result = eurocorpus("run", "--config", config)
    assert result.returncode != 0
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_two_sets_of_one_name_are_refused(config: Path) -> None:
    content = yaml.safe_load(config.read_text("utf-8"))
    content["contamination"]["benchmarks"][1]["name"] = "nested"
    config.write_text(yaml.safe_dump(content), "utf-8")
    result = eurocorpus("run", "--config", config)
    assert result.returncode != 0
    assert "two benchmarks are called nested" in result.stderr

"""Runs over documents with lines in another language: counted, kept or dropped, judged."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from runs import eurocorpus, summary

OWN = [
    "Vláda dnes schválila nový zákon o ochraně přírody a krajiny, který začne platit příští rok.",
    "Poslanci o něm budou jednat na podzim a očekává se, že jej podpoří i část opozice.",
    "Návrh počítá s tím, že obce dostanou více peněz na péči o lesy, louky a mokřady.",
]
FOREIGN = (
    "The government approved a new law on the protection of nature that comes into force next year."
)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "pages.jsonl"
    row = {"id": "1", "url": "https://a.example/1", "text": "\n".join([*OWN, FOREIGN])}
    path.write_text(json.dumps(row) + "\n", "utf-8")
    return path


def run(page: Path, *settings: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    out = page.parent / "RUN"
    words = [word for setting in settings for word in ("--set", setting)]
    result = eurocorpus(
        "run", page, "--out", out, "--workers", 1, "--set", "filters.enabled=false", *words
    )
    assert result.returncode == 0, result.stderr
    figures = summary(out)["languages"]["ces_Latn"]
    return figures, [
        row for path in figures["shards"] for row in pq.read_table(out / path).to_pylist()
    ]


def test_foreign_lines_are_counted_and_kept_or_dropped(page: Path) -> None:
    figures, (document,) = run(page)
    assert figures["foreign_lines"] == {}
    assert document["signals"]["foreign_lines"] is None
    counted = {"eng_Latn": {"lines": 1, "characters": len(FOREIGN)}}
    share = pytest.approx(len(FOREIGN) / (len(FOREIGN) + sum(map(len, OWN))))

    figures, (document,) = run(page, "languages.lines=keep")
    assert figures["foreign_lines"] == counted
    assert document["text"] == "\n".join([*OWN, FOREIGN])
    assert document["signals"]["foreign_lines"] == share

    figures, (document,) = run(page, "languages.lines=drop")
    assert figures["foreign_lines"] == counted
    assert document["text"] == "\n".join(OWN)
    assert document["signals"]["foreign_lines"] == share
    report = eurocorpus("report", page.parent / "RUN")
    assert report.returncode == 0, report.stderr
    (html,) = (page.parent / "RUN" / "report").rglob("ces_Latn.html")
    assert "Lines in other languages" in html.read_text("utf-8")


def test_a_mixed_document_is_dropped_by_a_threshold(page: Path) -> None:
    figures, documents = run(
        page, "languages.lines=keep", "filters.enabled=true", "filters.thresholds={'*': {max_foreign_lines: 0.2, "
        "min_words: 1}}",
    )  # fmt: skip
    assert documents == []
    assert figures["dropped"] == {"mixed_languages": 1}

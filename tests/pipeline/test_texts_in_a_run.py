"""What a run does with texts: personal data is marked, lines around the text go on request."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from runs import corpus, eurocorpus, summary

TEXT = (
    "Obecní knihovna zve všechny čtenáře na podzimní besedu o historii našeho městečka. "
    "Vstup je volný a po besedě následuje malé občerstvení. Přihlásit se můžete do pátku "
    "na adrese knihovna@mestecko.cz nebo na telefonním čísle 777 123 456."
)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A table of one page with two findings."""
    file = tmp_path / "pages.jsonl"
    file.write_text(json.dumps({"text": TEXT, "url": "https://knihovna.example.cz/"}), "utf-8")
    return file


def rows(run: Path) -> list[dict[str, object]]:
    (shard,) = corpus(run)
    table = pq.read_table(run / shard, columns=["text", "pii"])
    return list(table.to_pylist())


def test_findings_are_in_the_shards_and_counted(page: Path, tmp_path: Path) -> None:
    run = tmp_path / "RUN"
    result = eurocorpus("run", page, "--out", run, "--set", "filters.enabled=false")
    assert result.returncode == 0, result.stderr
    (row,) = rows(run)
    assert row["text"] == TEXT
    places = [(span["type"], TEXT[span["start"] : span["end"]]) for span in row["pii"]]  # type: ignore[attr-defined]
    assert places == [("email", "knihovna@mestecko.cz"), ("phone", "777 123 456")]
    assert summary(run)["languages"]["ces_Latn"]["pii"] == {"email": 1, "phone": 1}


def test_it_can_be_turned_off(page: Path, tmp_path: Path) -> None:
    run, off = tmp_path / "RUN", ("--set", "pii.enabled=false")
    result = eurocorpus("run", page, "--out", run, "--set", "filters.enabled=false", *off)
    assert result.returncode == 0, result.stderr
    assert [row["pii"] for row in rows(run)] == [None]
    assert summary(run)["languages"]["ces_Latn"]["pii"] == {}


def test_lines_around_the_text_are_taken_out_on_request(page: Path, tmp_path: Path) -> None:
    texts = [f"Úvod\n{TEXT}\nČíst dále", "Úvod\nPřihlásit se\nČíst dále\nHledat"]
    rows_in = [{"text": text, "url": f"https://a.cz/{k}"} for k, text in enumerate(texts)]
    page.write_text("\n".join(map(json.dumps, rows_in)), "utf-8")
    run, on = tmp_path / "RUN", ("--set", "lines.enabled=true")
    result = eurocorpus("run", page, "--out", run, "--set", "filters.enabled=false", *on)
    assert result.returncode == 0, result.stderr
    assert [row["text"] for row in rows(run)] == [TEXT]
    assert summary(run)["dropped"]["no_text"] == 1


def test_shards_are_masked_where_the_run_is_to_do_it(page: Path, tmp_path: Path) -> None:
    run, off = tmp_path / "RUN", ("--set", "filters.enabled=false")
    result = eurocorpus("run", page, "--out", run, *off, "--set", "pii.mask_in=run")
    assert result.returncode == 0, result.stderr
    (row,) = rows(run)
    masked = TEXT.replace("knihovna@mestecko.cz", "<email-pii>").replace(
        "777 123 456", "<phone-pii>"
    )
    assert row["text"] == masked
    places = [masked[span["start"] : span["end"]] for span in row["pii"]]  # type: ignore[attr-defined]
    assert places == ["<email-pii>", "<phone-pii>"]
    figures = summary(run)["languages"]["ces_Latn"]
    assert figures["pii"] == {"email": 1, "phone": 1}
    assert (figures["characters"], figures["bytes"]) == (len(masked), len(masked.encode()))

    result = eurocorpus("run", page, "--out", run, *off, "--set", "pii.drop_above=1")
    assert result.returncode == 0, result.stderr
    assert summary(run)["dropped"] == {"personal_data": 1}
    found = eurocorpus("whatif", run, "--json", "--set", "pii.drop_above=2")
    assert json.loads(found.stdout)["languages"]["ces_Latn"]["gained"]["documents"] == 1

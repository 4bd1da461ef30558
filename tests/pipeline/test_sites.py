"""Lines of sites in a run: what goes, what is left of it, and that nothing but the pages decides."""

import json
from pathlib import Path
from random import Random

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from runs import corpus, eurocorpus, summary

from eurocorpus.dedup import digests, signatures
from eurocorpus.pipeline.demo import pages as sample_pages
from eurocorpus.pipeline.report.flow import read_summary
from eurocorpus.pipeline.storage.folder import RunFolder

MENU, FOOTER = "Zprávy z radnice a okolí", "© 2024 Město, všechna práva vyhrazena"
SETTINGS = ("filters.enabled=false", "languages.min_score={'*': 0, ces_Latn: 0}")


@pytest.fixture(scope="module")
def bodies() -> dict[str, str]:
    """Twelve pages of a site, and four of a small one, by their URLs."""
    texts = (page.gold for page in sample_pages() if page.language == "ces_Latn" and page.gold)
    vocabulary = sorted({word for text in texts for word in text.split()})
    chance = Random(1)
    urls = [f"https://{host}/{k}" for host, n in (("www.mesto.cz", 12), ("mala.cz", 4)) for k in range(n)]  # fmt: skip
    return {url: " ".join(chance.choices(vocabulary, k=60)) for url in urls}


@pytest.fixture(scope="module")
def pages(bodies: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages with a menu and a footer, spread over three tables."""
    folder = tmp_path_factory.mktemp("pages")
    rows = [{"url": url, "text": f"{MENU}\n{body}\n{FOOTER}"} for url, body in bodies.items()]
    for part in range(3):
        (folder / f"{part}.jsonl").write_text("\n".join(map(json.dumps, rows[part::3])), "utf-8")
    return folder


def texts(run: Path) -> dict[str, str]:
    rows = [row for shard in corpus(run) for row in pq.read_table(run / shard).to_pylist()]
    return {row["url"]: row["text"] for row in rows}


def make(pages: Path, run: Path, *settings: str, workers: int = 1) -> None:
    words = [word for setting in (*SETTINGS, *settings) for word in ("--set", setting)]
    result = eurocorpus("run", pages, "--out", run, "--workers", workers, *words)
    assert result.returncode == 0, result.stderr


def test_lines_of_a_site_go_and_those_of_a_small_one_stay(
    pages: Path, bodies: dict[str, str], tmp_path: Path
) -> None:
    run = tmp_path / "RUN"
    make(pages, run, "lines.sites=true")
    assert texts(run) == {
        url: body if "mesto" in url else f"{MENU}\n{body}\n{FOOTER}" for url, body in bodies.items()
    }
    figures = summary(run)
    assert figures["balanced"]
    assert figures["languages"]["ces_Latn"]["removed_lines"] == {
        "site": {"lines": 24, "characters": 12 * len(MENU + FOOTER)}
    }
    assert read_summary(RunFolder(run))["languages"] == figures["languages"]  # of the report
    removed = pq.read_table(run / "sites" / "removed").to_pylist()
    counts = {line: sum(r["documents"] for r in removed if r["line"] == line) for line in (MENU, FOOTER)}  # fmt: skip
    assert counts == {MENU: 12, FOOTER: 12}
    assert {row["domain"] for row in removed} == {"mesto.cz"}

    cleaned = pq.read_table(run / "cleaned")
    assert cleaned["digest"].to_pylist() == digests(cleaned["text"]).to_pylist()
    assert cleaned["signature"].to_pylist() == signatures(cleaned["text"]).to_pylist()
    assert cleaned["characters"].to_pylist() == pc.utf8_length(cleaned["text"]).to_pylist()

    extracted = {path: path.stat().st_mtime_ns for path in (run / "documents").iterdir()}
    make(pages, run)
    assert set(texts(run).values()) == {f"{MENU}\n{body}\n{FOOTER}" for body in bodies.values()}
    assert extracted == {path: path.stat().st_mtime_ns for path in (run / "documents").iterdir()}
    assert not list((run / "cleaned").glob("*"))
    assert not list((run / "sites").rglob("*.parquet"))


def test_neither_workers_nor_units_nor_memory_change_the_corpus(
    pages: Path, tmp_path: Path
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    make(pages, one, "lines.sites=true")
    make(pages, other, "lines.sites=true", "dedup.partition_bytes=2000", workers=2)
    assert len(list((one / "sites" / "frequent").iterdir())) == 1
    assert len(list((other / "sites" / "frequent").iterdir())) > 1
    assert corpus(one) == corpus(other)
    assert summary(one)["languages"] == summary(other)["languages"]


def test_a_passage_that_comes_again_goes_once(tmp_path: Path, bodies: dict[str, str]) -> None:
    body, other = list(bodies.values())[:2]
    file = tmp_path / "pages.jsonl"
    file.write_text(
        json.dumps({"url": "https://a.cz/", "text": f"{body}\n{other}\n{body}"}), "utf-8"
    )
    make(file, tmp_path / "RUN", "lines.repeats=true")
    assert set(texts(tmp_path / "RUN").values()) == {f"{body}\n{other}"}
    figures = summary(tmp_path / "RUN")["languages"]["ces_Latn"]
    assert figures["removed_lines"] == {"repeat": {"lines": 1, "characters": len(body)}}

"""The report of a run: it agrees with the ledger, is the same every time, and opens from disk."""

import json
import re
import shutil
import subprocess
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import lxml.html
import polars as pl
import pytest
import yaml
from runs import eurocorpus, summary

from eurocorpus.pipeline.report.dropped import score_counts
from eurocorpus.pipeline.report.page import _kept_change
from eurocorpus.pipeline.storage.folder import RunFolder
from eurocorpus.pipeline.whatif import what_if

ELSEWHERE = re.compile(r"(?:src|href|url\(|@import)[=\s\"'(]*(?:https?:)?//")


@pytest.fixture(scope="module")
def run(clean_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with its report; its own copy, as other tests look at every file of the first."""
    folder = tmp_path_factory.mktemp("report") / "RUN"
    shutil.copytree(clean_run, folder)
    result = eurocorpus("report", folder, "--workers", 2, "--compare", clean_run, "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == data(folder, "overview")
    return folder


def data(run: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((run / "report" / f"{name}.json").read_text("utf-8"))
    return content


def files(run: Path) -> dict[str, bytes]:
    """Everything that a report wrote."""
    top = run / "report"
    return {
        file.relative_to(top).as_posix(): file.read_bytes()
        for file in sorted(top.rglob("*"))
        if file.is_file()
    }


def test_figures_equal_the_ledgers(run: Path) -> None:
    figures = summary(run)
    overview = data(run, "overview")
    assert {k: v for k, v in overview["summary"].items() if k != "cost"} == figures
    for language, row in figures["languages"].items():
        came, *_, kept = overview["flow"][language]
        assert (came, kept) == (row["documents_in"], row["documents"])
        assert came - kept == sum(row["dropped"].values())
        losses = overview["losses"][language]
        assert sum(map(Counter, losses), Counter()) == row["dropped"]
        steps = overview["flow"][language]
        assert [sum(dropped.values()) for dropped in losses] == [a - b for a, b in pairwise(steps)]
        if row["documents"]:
            totals = overview["totals"][language]
            for name in ("documents", "characters", "bytes"):
                assert totals[name] == row[name], (language, name)


def test_samples_are_rows_of_the_dropped_files(run: Path) -> None:
    dropped = pl.read_parquet(run / "dropped" / "**" / "*.parquet")
    numbers = Counter(dropped.select("language", "reason").iter_rows())
    shown = data(run, "figures/dropped")["samples"]
    assert {(a, b) for a, rows in shown.items() for b in rows} == set(numbers)
    for (language, reason), number in numbers.items():
        rows = dropped.filter(language=language, reason=reason).sort("id").to_dicts()
        assert [item["url"] for item in shown[language][reason]] == [r["url"] for r in rows[:10]]
        assert len(shown[language][reason]) == min(number, 10)
        for item, row in zip(shown[language][reason], rows, strict=False):
            assert bool(item.get("text")) == (row["stage"] != "documents")


def test_a_threshold_says_what_would_pass(run: Path) -> None:
    documents = pl.read_parquet(
        run / "documents" / "*.parquet", columns=["language", "language_score"]
    )
    for language in documents["language"].unique():
        scores = documents.filter(language=language)["language_score"].to_numpy()
        bins = data(run, language)["scores"]
        for hundredth in (0, 30, 50, 90):
            assert sum(bins[hundredth:]) == (scores * 100 >= hundredth).sum()


def test_a_threshold_says_what_would_be_kept(clean_run: Path, sample: Path, tmp_path: Path) -> None:
    """As `whatif` says it, of a run with a threshold that drops all but the surest."""
    run = Path(shutil.copytree(clean_run, tmp_path / "RUN"))
    least = "languages.min_score={'*': 1.0}"
    again = eurocorpus("run", sample, "--out", run, "--workers", 1, "--set", least)
    assert again.returncode == 0, again.stderr
    lower = what_if(run, ["languages.min_score={'*': 0.5}"], samples=0)["languages"]
    assert lower
    sources = [path.stem for path in (run / "documents").glob("*.parquet")]
    rescued = score_counts(RunFolder(run), sources)["rescued"]
    for language, bins in rescued.items():
        gained = lower.get(language, {}).get("gained", {}).get("documents", 0)
        assert sum(bins[50:]) == gained
        kept = {"figures": {"scores": [[n / 20, n] for n in range(20)]}, "rescued": bins}
        assert _kept_change(kept, 10) == gained - sum(range(10))


def test_a_second_report_is_the_same_and_reads_no_text(run: Path, clean_run: Path) -> None:
    before = files(run)
    result = eurocorpus("report", run, "--compare", clean_run)
    assert result.returncode == 0, result.stderr
    assert "25/25 (25 as before)" in result.stderr
    assert files(run) == before
    shutil.rmtree(run / "report" / "figures")
    assert eurocorpus("report", run, "--compare", clean_run, "--workers", 1).returncode == 0
    assert files(run) == before


def test_pages_need_no_network_and_their_links_lead_somewhere(run: Path) -> None:
    pages = sorted((run / "report").glob("*.html"))
    assert len(pages) == 24 + 3  # the languages, those before it was known, overview, comparison
    for page in pages:
        document = lxml.html.document_fromstring(page.read_bytes())
        assert not ELSEWHERE.search(lxml.html.tostring(document, encoding="unicode"))
        anchors = set(document.xpath("//@id"))
        assert len(anchors) == len(document.xpath("//@id"))
        for target in document.xpath("//a/@href"):
            name, _, anchor = target.partition("#")
            assert not name or (page.parent / name).exists(), target
            assert not anchor or anchor in anchors, target


def test_every_table_of_numbers_sorts_and_every_chart_has_its_figures(run: Path) -> None:
    document = lxml.html.document_fromstring((run / "report" / "ces_Latn.html").read_bytes())
    charts = document.xpath("//figure[.//svg[@class='chart'] and .//details]")
    assert len(charts) >= 4
    for figure in charts:
        columns = figure.xpath(".//svg//*[local-name()='rect']/*[local-name()='title']/text()")
        assert columns
        assert figure.xpath(".//table//tr")
        texts = figure.xpath(".//svg//*[@class='title']/text()")
        assert len(texts) == 2  # both axes are named


def test_the_comparison_sets_both_runs_side_by_side(run: Path) -> None:
    compared = data(run, "overview")["compared"]
    for row in compared["languages"].values():
        assert all(here == there for here, there in row.values())
    assert (run / "report" / "compare.html").exists()


def test_the_catalogue_of_openeurollm(run: Path) -> None:
    totals = data(run, "overview")["totals"]
    for language, row in totals.items():
        text = (run / "report" / "analytics" / f"{language}.yaml").read_text("utf-8")
        content = yaml.safe_load(text)
        for name in ("docs_segments", "docs_collections", "docs_top100_domains"):
            pairs = json.loads(content[name])
            assert sum(number for _, number in pairs) == row["documents"], (language, name)
        assert content["srclang"] == language[:3]
        ngrams = json.loads(content["src_ngrams"])
        assert set(ngrams) == {"1", "2", "3", "4", "5"}
        for n, found in ngrams.items():  # as theirs: [["three words here"], 17]
            for [gram], number in found:
                assert (len(gram.split(" ")), type(number)) == (int(n), int)
        assert sum(number for _, number in json.loads(content["docs_wds"])) == row["documents"]
        counts = data(run, f"counts/{language}")
        shards = list((run / "data" / language).glob("*.parquet"))
        assert counts["files"] == len(shards)
        assert counts["bytes"] == sum(file.stat().st_size for file in shards)
        assert counts["documents"] == row["documents"]
        assert counts["tokens"] is None
        columns = pl.scan_parquet(shards).collect_schema().names()
        assert set(counts["keys"]["required"] + counts["keys"]["optional"]) <= {*columns, "pii"}


def test_tokens_are_those_of_the_tokenizer(clean_run: Path, tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(tmp_path / "words.json"))
    folder = tmp_path / "RUN"
    shutil.copytree(clean_run, folder)
    result = eurocorpus("report", folder, "--tokenizer", tmp_path / "words.json")
    assert result.returncode == 0, result.stderr
    texts = pl.read_parquet(folder / "data" / "ces_Latn" / "*.parquet")["text"]
    assert data(folder, "counts/ces_Latn")["tokens"] == sum(len(text.split()) for text in texts)
    assert data(folder, "counts/ces_Latn")["tokenizer"] == "words.json"


@pytest.mark.parametrize("kind", ["nothing", "unfinished", "no tokenizer"])
def test_what_is_wrong_is_said(clean_run: Path, tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "RUN"
    flags = []
    if kind != "nothing":
        shutil.copytree(clean_run, folder)
    if kind == "unfinished":
        (folder / "report" / "summary.json").unlink()
    elif kind == "no tokenizer":
        (tmp_path / "t.json").write_text("{}")
        flags = ["--tokenizer", tmp_path / "t.json"]
    result = eurocorpus("report", folder, *flags)
    assert result.returncode == 2
    assert result.stderr.startswith("eurocorpus: ")
    assert "Traceback" not in result.stderr


BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")

PROBE = """<!doctype html><title>probe</title><iframe id="page" src="{page}" width="360" height="800"></iframe>
<pre id="answer">waiting</pre><script>
document.getElementById("page").addEventListener("load", (event) => {{
  const page = event.target.contentDocument, root = page.documentElement;
  const table = [...page.querySelectorAll("table.sortable")].find((t) => t.rows.length > 5);
  const heads = [...table.tHead.rows[0].cells];
  const column = heads.findIndex((head) => head.classList.contains("number"));
  const values = () => [...table.tBodies[0].rows].map((row) => Number(row.cells[column].dataset.sort));
  heads[column].querySelector("button").click();
  const descending = values();
  heads[column].querySelector("button").click();
  document.getElementById("answer").textContent = JSON.stringify({{
    descending, ascending: values(), overflow: root.scrollWidth - root.clientWidth,
    charts: [...page.querySelectorAll("svg.chart")].map((svg) => svg.getBoundingClientRect().width),
  }});
}});
</script>"""


@pytest.mark.skipif(BROWSER is None, reason="no chromium here; pages were not opened in a browser")
@pytest.mark.parametrize("name", ["index", "ces_Latn", "und", "compare"])
def test_pages_work_in_a_browser(run: Path, tmp_path: Path, name: str) -> None:
    """In a window as narrow as a telephone: no console message, no sideways scrolling, tables sort."""
    probe = tmp_path / "probe.html"
    probe.write_text(PROBE.format(page=(run / "report" / f"{name}.html").as_uri()))
    result = subprocess.run(
        [str(BROWSER), "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
         "--disable-web-security", "--allow-file-access-from-files", "--virtual-time-budget=5000",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", probe.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    assert "CONSOLE" not in result.stderr, result.stderr
    document = lxml.html.document_fromstring(result.stdout)
    answer = json.loads(document.get_element_by_id("answer").text)
    assert answer["descending"] == sorted(answer["descending"], reverse=True)
    assert answer["ascending"] == sorted(answer["ascending"])
    assert answer["overflow"] <= 0
    assert all(width > 250 for width in answer["charts"])

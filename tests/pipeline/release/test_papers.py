"""The papers of a release: every number is the ledger's, and other programs take them."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import lxml.html
import polars as pl
import pytest
import yaml
import zstandard
from runs import eurocorpus, summary

from eurocorpus.pipeline.extract.rights import PROTOCOLS
from eurocorpus.pipeline.release.openeurollm import export
from eurocorpus.pipeline.release.transparency import band, changes, staleness

SHAPES = Path(__file__).with_name("dcat_ap.ttl")


def read(release: Path, name: str) -> Any:
    return json.loads((release / name).read_text("utf-8"))


_CARD = re.compile(
    r"^\| `(\w{3}_\w{4})` \| [^|]* \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \| (\d+) \|", re.MULTILINE
)


def integer(text: str) -> int:
    return int(text.replace(",", ""))


def cells(page: Path, caption: str) -> dict[str, list[int]]:
    """The numbers of a table of the report, by what stands first in the row."""
    document = lxml.html.document_fromstring(page.read_bytes())
    [table] = document.xpath(f"//table[starts-with(caption, '{caption}')]")
    return {
        row.xpath("string(td[1])").strip(): [
            int(cell.get("data-sort")) for cell in row.xpath("td[@class='number']")
            if cell.get("data-sort", "").lstrip("-").isdigit()
        ]
        for row in table.xpath(".//tbody/tr")
    }  # fmt: skip


def test_every_number_equals_the_ledgers(release: Path, clean_run: Path) -> None:
    """Card, datasheet, Croissant, DCAT, summary, policy, manifest, keys, domains, shards and report.

    Documents, drops and opt-outs are the ledger's in all of them. Characters and bytes are the ledger's
    in the report; those of the release are of masked texts, and are what its files hold.
    """
    assert eurocorpus("report", clean_run).returncode == 0
    ledger = summary(clean_run)
    kept = {code: row["documents"] for code, row in ledger["languages"].items() if row["documents"]}
    card = (release / "README.md").read_text("utf-8")
    datasheet = (release / "DATASHEET.md").read_text("utf-8")
    facts, overview = read(release, "release.json"), read(clean_run, "report/overview.json")
    content = read(release, "transparency.json")
    pages = {code: read(clean_run, f"report/{code}.json") for code in kept}
    told = content["1.3 Overall training data"]["Linguistic characteristics"]
    in_card = {code: list(map(integer, numbers)) for code, *numbers in _CARD.findall(card)}
    manifest = [json.loads(line) for line in (release / "manifest.jsonl").read_text().splitlines()]
    held = {
        code: pl.read_parquet(release / "data" / code / "*.parquet")["text"] for code in kept
    }  # fmt: skip

    def summed(name: str) -> dict[str, int]:
        rows: Counter[str] = Counter()
        for line in manifest:
            rows[line["language"]] += line[name]
        return dict(rows)

    by_language = {
        "shards": {code: len(texts) for code, texts in held.items()},
        "manifest": summed("rows"),
        "card": {code: row[0] for code, row in in_card.items()},
        "datasheet": {code: integer(n) for code, n in re.findall(r"(\w{3}_[A-Z]\w{3}) ([\d,]+?)(?=, |\.)", datasheet)},
        "croissant": {item["@id"]: int(item["description"].split()[0])
                      for item in read(release, "croissant.json")["recordSet"]},
        "dcat": {code: sum(integer(item["dct:title"]["@value"].split()[1])
                           for item in read(release, "dcat.jsonld")["dcat:distribution"]
                           if item["dct:title"]["@value"].startswith(code)) for code in kept},
        "transparency": {code: row["documents"] for code, row in told.items()},
        "facts": {code: row["documents"] for code, row in facts["languages"].items() if row["documents"]},
        "keys": {code: sum(file["rows"] for file in files)
                 for code, files in read(release, "dedup/index/manifest.json")["languages"].items()},
        "domains": dict(pl.read_parquet(release / "domains.parquet").group_by("language")
                        .agg(pl.col("documents").sum()).iter_rows()),
        "report": {code: data["figures"]["documents"] for code, data in pages.items()},
        "flow": {code: overview["flow"][code][-1] for code in kept},
        "page": {code: row[1] for code, row in cells(clean_run / "report/index.html", "Where").items() if row[1]},
        "counts": {code: read(clean_run, f"report/counts/{code}.json")["documents"] for code in kept},
        "analytics": {code: yaml.safe_load((clean_run / f"report/analytics/{code}.yaml").read_text())["docs_total"] for code in kept},
        "overview": {code: row["documents"] for code, row in overview["totals"].items()},
    }  # fmt: skip
    assert by_language == dict.fromkeys(by_language, kept)

    came = {
        "card": integer(re.findall(r"Of ([\d,]+) documents that came in", card)[0]),
        "datasheet": integer(re.findall(r"left of ([\d,]+) documents that came in", datasheet)[0]),
        "facts": facts["flow"]["documents_in"],
        "flow": sum(steps[0] for steps in overview["flow"].values()),
    }
    assert came == dict.fromkeys(came, ledger["documents_in"])
    dropped = {
        "card": {reason: integer(n) for reason, n in re.findall(r"^\| `([a-z0-9_]+)` \| ([\d,]+) \| [^|]* \|$", card, re.MULTILINE)},
        "facts": facts["flow"]["dropped"],
        "report": overview["summary"]["dropped"],
        "page": {reason: row[0] for reason, row in cells(clean_run / "report/index.html", "All languages").items()},
        "drawn": dict(sum((Counter(loss) for losses in overview["losses"].values() for loss in losses), Counter())),
    }  # fmt: skip
    assert dropped == dict.fromkeys(dropped, ledger["dropped"])
    reserved = ledger["rights"]["dropped"] or "none"
    honoured = content["3.1 Respect of reservation of rights"]
    assert honoured["Pages removed by signal"] == reserved == (facts["opt_outs"] or "none")
    blocked = sum(n for reason, n in ledger["dropped"].items() if reason.startswith("url_"))
    assert content["3.2 Removal of illegal content"]["Pages removed"] == (blocked or "none")
    found = sum((Counter(row["pii"]) for row in ledger["languages"].values()), Counter())
    assert facts["pii"] == found
    assert all(f"{kind} {number:,}" in card for kind, number in found.items())

    for name in ("characters", "bytes"):
        own = {code: ledger["languages"][code][name] for code in kept}
        assert {code: data["figures"][name] for code, data in pages.items()} == own
        assert {code: overview["totals"][code][name] for code in kept} == own
    sizes = {
        "characters": {code: int(texts.str.len_chars().sum()) for code, texts in held.items()},
        "text_bytes": {code: int(texts.str.len_bytes().sum()) for code, texts in held.items()},
    }
    for column, (name, own) in enumerate(sizes.items(), 1):
        assert {code: row[column] for code, row in in_card.items()} == own
        assert summed(name) == own == {code: row[name] for code, row in told.items()}
        whole = content["1.3 Overall training data"][
            "Approximate size in a different measurement unit"
        ]
        assert whole[name] == sum(own.values())
    on_disk = sum(path.stat().st_size for path in (release / "data").rglob("*.parquet"))
    in_dcat = read(release, "dcat.jsonld")["dcat:distribution"]
    in_croissant = [item["contentSize"] for item in read(release, "croissant.json")["distribution"]
                    if item["@type"] == "cr:FileObject"]  # fmt: skip
    assert on_disk == sum(summed("bytes").values())
    assert on_disk == sum(int(item["dcat:byteSize"]["@value"]) for item in in_dcat)
    assert on_disk == sum(int(size.split()[0]) for size in in_croissant)


def test_nothing_tells_where_the_publisher_works(release: Path, clean_run: Path) -> None:
    places = [str(clean_run).encode(), str(clean_run.parent).encode(), str(Path.home()).encode()]
    for path in release.rglob("*"):
        if path.is_file() and path.suffix != ".parquet":
            content = path.read_bytes()
            assert not any(place in content for place in places if place != b"/"), path
    config = yaml.safe_load((release / "config.yaml").read_text("utf-8"))
    assert "engine" not in config
    assert "output" not in config
    assert config["dedup"]["threshold"] == 0.8


def test_the_datasheet_names_models_and_protocols(release: Path) -> None:
    text = (release / "DATASHEET.md").read_text("utf-8")
    assert len(re.findall("^## ", text, re.MULTILINE)) == 7  # Gebru's sections
    for protocol in PROTOCOLS:
        assert protocol in text
    for item in read(release, "release.json")["materials"]:
        assert item.keys() == {"kind", "name", "version", "licence", "sha256"}
        assert item["name"] in text
        assert re.fullmatch("[0-9a-f]{64}|", item["sha256"])


def test_duckdb_reads_it(release: Path, clean_run: Path) -> None:
    found = duckdb.execute(
        f"select language, count(*), count(distinct id) from '{release}/data/*/*.parquet' group by 1"
    ).fetchall()
    kept = {c: r["documents"] for c, r in summary(clean_run)["languages"].items() if r["documents"]}
    assert {code: (rows, ids) for code, rows, ids in found} == {
        code: (number, number) for code, number in kept.items()
    }
    known = duckdb.execute(
        f"select count(*) from '{release}/data/*/*.parquet' join "
        f"'{release}/dedup/index/*/*.parquet' using (id)"
    ).fetchall()
    assert known == [(sum(kept.values()),)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib and pyparsing
def test_dcat_ap_conforms(release: Path) -> None:
    pyshacl = pytest.importorskip("pyshacl", reason="SHACL is checked where pyshacl is installed")
    rdflib = pytest.importorskip("rdflib")
    shapes = rdflib.Graph().parse(SHAPES)
    data = rdflib.Graph().parse(release / "dcat.jsonld", format="json-ld")
    conforms, _, report = pyshacl.validate(data, shacl_graph=shapes)
    assert conforms, report
    title = rdflib.URIRef("http://purl.org/dc/terms/title")
    data.remove((None, title, None))
    assert not pyshacl.validate(data, shacl_graph=shapes)[0]


def test_openeurollm_layout(release: Path, clean_run: Path, tmp_path: Path) -> None:
    """What the packer needs: its keys in metadata.yaml, parts by folder, JSONL.zst with id and text."""
    out = tmp_path / "oellm"
    counts = export(release, out)
    metadata = yaml.load((out / "metadata.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)
    assert {"name", "id", "text", "suffix", "release", "source"} <= metadata.keys()
    default = metadata["release"]["default"]
    assert {"input", "annotations", "pack", "sample", "shard"} <= default.keys()
    # Where it merges, the packer knows a part by its name under `release` alone.
    assert metadata["release"].keys() - {"default"} == metadata["source"].keys()
    files = sorted((out / default["input"]).glob("*/[A-Za-z0-9]*" + metadata["suffix"]))
    assert {path.parent.name for path in files} == metadata["source"].keys()
    found: dict[str, str] = {}
    for path in files:
        with zstandard.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                found[row[metadata["id"]]] = row[metadata["text"]]
    frame = pl.read_parquet(release / "data" / "*" / "*.parquet", columns=["id", "text"])
    assert found == dict(frame.iter_rows())
    assert counts["documents"] == len(found) == summary(clean_run)["documents"]
    assert counts["characters"] == sum(map(len, found.values()))
    written = read(out, "counts/release.json")
    assert written.keys() == {"files", "bytes", "documents", "segments", "tokens", "characters",
                              "time", "errors", "tokenizer", "keys"}  # fmt: skip
    again = eurocorpus("openeurollm", release, "--out", out)
    assert again.returncode == 2
    assert "expected a new folder" in again.stderr


class Headings(HTMLParser):
    """Collects tags that are open and the headings."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._in = tag in ("h1", "h2")

    def handle_data(self, data: str) -> None:
        if self._in and data.strip():
            self.found.append(data.strip())


def test_transparency_of_a_run_and_of_its_release_agree(
    release: Path, clean_run: Path, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    run = eurocorpus("transparency", clean_run, "--out", tmp_path / "run", *flags, "--json")
    assert run.returncode == 0, run.stderr
    later = eurocorpus("transparency", release, "--out", tmp_path / "later", "--date", "2027-06-24",
                       "--previous", tmp_path / "run", "--json")  # fmt: skip
    assert later.returncode == 0, later.stderr
    done = json.loads(later.stdout)
    assert "212 days old" in later.stderr
    masked = {row["field"].rsplit(" / ")[-1] for row in done["changes"]}
    assert masked <= {"characters", "text_bytes"}  # masks are longer or shorter than what they hide
    content = read(tmp_path / "later", "transparency.json")
    page = Headings()
    page.feed((tmp_path / "later" / "transparency.html").read_text("utf-8"))
    sections = [name for name, value in content.items() if isinstance(value, dict)]
    assert [name for name in page.found if name[0].isdigit()] == sections
    assert [name.split()[0] for name in sections] == [
        "1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "3.1", "3.2", "3.3"]  # fmt: skip
    assert content["2.4 User data"] == {"User data": "none"}
    assert content["3.1 Respect of reservation of rights"][
        "Protocols and solutions honoured"
    ] == list(PROTOCOLS)
    assert "ExampleBot" in (tmp_path / "later" / "crawler.html").read_text("utf-8")
    policy = (tmp_path / "later" / "COPYRIGHT-POLICY.md").read_text("utf-8")
    assert re.findall("^## (1.[1-5]) ", policy, re.MULTILINE) == ["1.1", "1.2", "1.3", "1.4", "1.5"]


def test_bands_changes_and_age() -> None:
    assert [band(n) for n in (0, 10**9 - 1, 10**9, 10**13, 10**13 + 1)] == [
        "Less than 1 billion tokens", "Less than 1 billion tokens", "1 billion to 10 trillion tokens",
        "1 billion to 10 trillion tokens", "More than 10 trillion tokens"]  # fmt: skip
    assert changes({"a": 1}, {"a": 1}) == []
    assert staleness("2026-01-01", "2026-07-03") is None
    assert "184 days" in str(staleness("2026-01-01", "2026-07-04"))


@pytest.mark.parametrize("content", ["", "{}", '{"last update": 3}', "[]"])
def test_a_broken_earlier_summary_is_refused(release: Path, tmp_path: Path, content: str) -> None:
    from eurocorpus.pipeline.errors import UsageError
    from eurocorpus.pipeline.release.facts import given
    from eurocorpus.pipeline.release.summary import summarise_content

    (tmp_path / "old.json").write_text(content)
    stated = given(name="x", date="2026-11-24")
    with pytest.raises(UsageError, match=r"expected the transparency\.json"):
        summarise_content(release, tmp_path / "out", stated, tmp_path / "old.json")

"""Reservations in a whole run: pages, their hosts, later snapshots, and what is counted."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from runs import corpus, eurocorpus, summary

from eurocorpus.pipeline.config import Config
from eurocorpus.pipeline.demo.warc import WarcFiles
from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.extract.rights import POLICY_VERSION
from eurocorpus.pipeline.recheck import recheck
from eurocorpus.pipeline.run import run

TEXTS = {
    "de": "Der Bürgermeister hat am Montag die neue Brücke über den Fluss eröffnet. Viele Menschen "
    "waren gekommen, um mit ihren Kindern zu feiern, und die Kapelle spielte bis in den Abend. "
    "Die Brücke ist für Fußgänger und Radfahrer gebaut worden, damit sie sicher in die Stadt kommen.",
    "cs": "Starosta v pondělí slavnostně otevřel nový most přes řeku. Přišlo mnoho lidí, kteří tu chtěli "
    "se svými dětmi oslavovat, a kapela hrála až do večera. Most byl postaven pro chodce a cyklisty, "
    "aby se mohli bezpečně dostat do města, a podle starosty na něj obyvatelé čekali velmi dlouho.",
}
FREE, NAMED, FILED, MOVED = (f"https://{n}.example" for n in ("free", "named", "filed", "moved"))


def response(body: str, *headers: str, status: str = "200 OK", kind: str = "text/html") -> bytes:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}; charset=utf-8", *headers])
    return f"{head}\r\n\r\n{body}".encode()


def page(language: str, number: int, head: str = "") -> str:
    text = TEXTS[language]
    sentences = text.split(". ")
    own = ". ".join(sentences[(number + i) % len(sentences)] for i in range(2 + number % 3))
    return f"<html><head><title>{number}</title>{head}</head><body><article><p>{text}</p><p>{own}.</p></article></body></html>"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two archives: what the hosts say is in the second, most of their pages are in the first."""
    exchanges = [
        (f"{FREE}/a", response(page("de", 1))),
        (f"{FREE}/b", response(page("cs", 2), "X-Robots-Tag: noai")),
        (f"{FREE}/c", response(page("de", 3), "X-Robots-Tag: otherbot: noai")),
        (f"{NAMED}/open", response(page("de", 4))),
        (f"{NAMED}/closed/x", response(page("cs", 5))),
        (f"{FILED}/x", response(page("de", 6))),
        (f"{FILED}/y", response(page("de", 7, '<meta name="tdm-reservation" content="0">'))),
        (f"{MOVED}/x", response(page("cs", 8))),
        (f"{FREE}/d", response(page("cs", 9), "Content-Usage: train-ai=y")),
    ]  # fmt: skip
    files = [
        (f"{NAMED}/robots.txt", response("User-agent: GPTBot\nDisallow: /closed/\n", kind="text/plain")),
        (f"{FILED}/.well-known/tdmrep.json",
         response('[{"location": "/*", "tdm-reservation": 1}]', kind="application/json")),
        (f"{MOVED}/robots.txt", response("", f"Location: {NAMED}/robots.txt", status="301 Moved")),
        (f"{FREE}/robots.txt", response("", status="503 Service Unavailable")),
        (f"{FREE}/e", response(page("de", 10))),
    ]  # fmt: skip
    folder = tmp_path_factory.mktemp("rights")
    for name, content in (("1", exchanges), ("2", files)):
        (folder / name).mkdir()
        with WarcFiles(folder / name, "test") as warc:
            warc.roll_over()
            for url, answer in content:
                warc.write(url, b"GET / HTTP/1.1\r\n\r\n", answer)
        warc.paths[0].rename(folder / f"{name}.warc.gz")
        (folder / name).rmdir()
    return folder


def config(web: Path, out: Path, **rights: object) -> Config:
    return Config.model_validate(
        {"inputs": [str(web)], "output": str(out), "rights": rights, "filters": {"enabled": False}, "dedup": {"exact": False, "near": False},
         "languages": {"wanted": ["deu_Latn", "ces_Latn"], "min_score": {"*": 0.0}},
         "engine": {"executor": "local", "workers": 1}}
    )  # fmt: skip


def kept(out: Path) -> dict[str, dict[str, object]]:
    files = sorted((out / "data").rglob("*.parquet"))
    return {row["url"]: row["rights"] for f in files for row in pq.read_table(f).to_pylist()}


def opted_out(out: Path) -> dict[str, str]:
    rows = [
        row for f in (out / "dropped").rglob("*.parquet") for row in pq.read_table(f).to_pylist()
    ]
    return {row["url"]: row["value"] for row in rows if row["reason"] == "opted_out"}


@pytest.fixture(scope="module")
def strict(web: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("strict") / "RUN"
    run(config(web, out))
    return out


def test_pages_and_hosts_opt_out_whichever_archive_says_so(strict: Path) -> None:
    assert opted_out(strict) == {
        f"{FREE}/b": "header noai",
        f"{FREE}/c": "header noai (otherbot)",
        f"{NAMED}/closed/x": "robots.txt disallow (GPTBot)",
        f"{FILED}/x": "tdmrep.json tdm-reservation=1",
    }
    assert set(kept(strict)) == {
        f"{FREE}/a", f"{NAMED}/open", f"{FILED}/y", f"{MOVED}/x", f"{FREE}/d", f"{FREE}/e",
    }  # fmt: skip


def test_rows_say_what_was_stated_where_and_when(strict: Path) -> None:
    rights = kept(strict)
    assert rights[f"{FREE}/a"] == {"verdict": "unknown", "signals": [], "policy": POLICY_VERSION}
    assert rights[f"{FREE}/d"]["verdict"] == "allow"
    filed = rights[f"{FILED}/y"]
    assert filed["verdict"] == "allow"
    signals = filed["signals"]
    assert isinstance(signals, list)
    assert [(s["place"], s["value"]) for s in signals] == [
        ("meta", "tdm-reservation=0"), ("tdmrep.json", "tdm-reservation=1"),
    ]  # fmt: skip
    assert all(s["time"] is not None for s in signals)


def test_the_summary_counts_by_signal_and_language(strict: Path) -> None:
    figures = summary(strict)
    assert figures["balanced"]
    assert figures["dropped"]["opted_out"] == 4
    assert figures["languages"]["ces_Latn"]["rights"] == {
        "kept": {"aipref header allow": 1},
        "dropped": {"noai header deny": 1, "robots.txt deny": 1},
    }
    assert figures["languages"]["deu_Latn"]["rights"] == {
        "kept": {"tdmrep meta allow": 1, "tdmrep tdmrep.json deny": 1},
        "dropped": {"noai header deny": 1, "tdmrep tdmrep.json deny": 1},
    }
    assert figures["rights"]["policy"] == "strict"


def test_own_agent_and_annotate(web: Path, tmp_path: Path) -> None:
    run(config(web, tmp_path / "own", policy="own-agent", agent="ourbot"))
    assert set(opted_out(tmp_path / "own")) == {f"{FREE}/b", f"{FILED}/x"}
    run(config(web, tmp_path / "all", policy="annotate"))
    assert opted_out(tmp_path / "all") == {}
    verdicts = Counter(str(rights["verdict"]) for rights in kept(tmp_path / "all").values())
    assert verdicts == {"deny": 4, "allow": 2, "unknown": 4}


def test_two_workers_give_the_same_bytes(web: Path, strict: Path, tmp_path: Path) -> None:
    two = config(web, tmp_path / "two")
    run(two.model_copy(update={"engine": two.engine.model_copy(update={"workers": 2})}))
    assert corpus(tmp_path / "two") == corpus(strict)


def test_another_list_of_agents_is_judged_without_reading_a_page(
    web: Path, strict: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(strict, tmp_path / "RUN"))
    documents = {f: f.stat().st_mtime_ns for f in (out / "documents").rglob("*")}
    agents = tmp_path / "agents.toml"
    agents.write_text('version = "ours"\nagents = ["CCBot"]\n')
    run(config(web, out, agents=str(agents)))
    assert f"{NAMED}/closed/x" in kept(out)
    assert summary(out)["rights"]["agents"] == {"version": "ours", "names": ["CCBot"]}
    assert documents == {f: f.stat().st_mtime_ns for f in (out / "documents").rglob("*")}


def snapshot_folder(root: Path) -> Path:
    (root / "free.example").mkdir(parents=True)
    (root / "free.example" / "robots.txt").write_text("User-agent: *\nDisallow: /a\n")
    (root / "named.example.txt").write_text("User-agent: *\nAllow: /\n")
    (root / "README.md").write_text("what this is")
    return root


def snapshot_table(root: Path) -> Path:
    rows = [
        {"url": "https://free.example/robots.txt", "content": "User-agent: *\nDisallow: /a\n"},
        {"url": "named.example", "content": "User-agent: *\nAllow: /\n"},
        {"url": None, "content": "x"},
    ]
    root.mkdir()
    pq.write_table(pa.Table.from_pylist(rows), root / "robots.parquet")
    return root / "robots.parquet"


def snapshot_archive(root: Path) -> Path:
    root.mkdir()
    with WarcFiles(root, "test") as warc:
        warc.roll_over()
        for host, body in (
            (FREE, "User-agent: *\nDisallow: /a\n"),
            (NAMED, "User-agent: *\nAllow: /\n"),
        ):
            answer = response(body, kind="text/plain")
            warc.write(f"{host}/robots.txt", b"GET / HTTP/1.1\r\n\r\n", answer)
    return warc.paths[0]


@pytest.mark.parametrize("make", [snapshot_folder, snapshot_table, snapshot_archive])
def test_a_later_snapshot_decides_again_without_the_inputs(
    strict: Path, web: Path, tmp_path: Path, make: object
) -> None:
    out = Path(shutil.copytree(strict, tmp_path / "RUN"))
    documents = {f: f.stat().st_mtime_ns for f in (out / "documents").rglob("*")}
    assert callable(make)
    snapshot = make(tmp_path / "snapshot")
    if make is snapshot_folder:
        ids = tmp_path / "gone.txt"
        done = eurocorpus("rights", "recheck", out, "--robots", snapshot, "--ids", ids, "--json")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert ids.read_text().split() == found["removed"]
    else:
        found = recheck(out, [str(snapshot)])
    assert f"{FREE}/a" not in kept(out)
    assert f"{NAMED}/closed/x" in kept(out)  # the latest counts, so an opt-out can be taken back
    assert (len(found["removed"]), len(found["added"])) == (1, 1)
    assert summary(out)["balanced"]
    assert documents == {f: f.stat().st_mtime_ns for f in (out / "documents").rglob("*")}
    # What was opted out stays so when the run is typed again, and a second recheck changes nothing.
    run(config(web, out))
    assert f"{FREE}/a" not in kept(out)
    again = recheck(out, [str(snapshot)])
    assert (again["removed"], again["added"]) == ([], [])
    assert len(again["rights"]["snapshots"]) == 1


def test_a_snapshot_given_to_a_run_decides_the_same(
    strict: Path, web: Path, tmp_path: Path
) -> None:
    snapshot = snapshot_folder(tmp_path / "snapshot")
    run(config(web, tmp_path / "RUN", robots=[str(snapshot)]))
    other = Path(shutil.copytree(strict, tmp_path / "OTHER"))
    recheck(other, [str(snapshot)])
    assert corpus(other) == corpus(tmp_path / "RUN")


@pytest.mark.parametrize("what", ["nothing", "empty", "table"])
def test_a_snapshot_that_is_none_is_refused_and_nothing_changes(
    strict: Path, tmp_path: Path, what: str
) -> None:
    path = tmp_path / "snapshot"
    if what == "empty":
        path.mkdir()
    elif what == "table":
        path = path.with_suffix(".parquet")
        pq.write_table(pa.table({"x": [1]}), path)
    before = corpus(strict)
    with pytest.raises(UsageError, match=f"^--robots {path}: expected"):
        recheck(strict, [str(path)])
    assert corpus(strict) == before

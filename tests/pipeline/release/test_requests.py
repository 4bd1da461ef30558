"""Requests by file and by text; what was taken down does not come back; raw copies are purged."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runs import eurocorpus, summary

from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.release.requests import Requests, read_requests, text_hash
from eurocorpus.pipeline.suppression import Suppression, hash_of, parents, read_suppression


def rows(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "data" / "*" / "*.parquet", columns=["id", "url", "text"])


def dropped(run: Path, stage: str) -> pl.DataFrame:
    return pl.read_parquet(run / "dropped" / stage / "*.parquet")


def test_what_was_taken_down_does_not_come_back(
    copy: Path, clean_run: Path, sample: Path, tmp_path: Path
) -> None:
    """By id, URL, domain and text; a later run over the same captures drops all of it, and says so."""
    before = rows(copy).sort("id")
    by_id, by_url, by_text = (before.row(at, named=True) for at in (0, 1, 2))
    domain = before["url"].str.extract("://([^/:]+)").to_list()[3]
    requests = tmp_path / "requests.txt"
    requests.write_text(
        f"# received on Tuesday\n\nid {by_id['id']}\n"
        + json.dumps({"kind": "url", "value": by_url["url"], "received": "2026-11-24"})
        + f"\ntext {hashlib.sha256(by_text['text'].encode()).hexdigest()}\ndomain {domain}\n"
    )
    result = eurocorpus("remove", copy, "--requests", requests, "--date", "2026-12-01", "--json")
    assert result.returncode == 0, result.stderr
    left = rows(copy)
    gone = set(before["id"]) - set(left["id"])
    assert {by_id["id"], by_url["id"], by_text["id"]} <= gone
    assert json.loads(result.stdout)["removed"] == len(gone)
    listed = (copy / "suppression.jsonl").read_text("utf-8")
    assert not any(word in listed for word in (by_url["url"], by_text["text"], domain))
    keys = pl.read_parquet(copy / "dedup" / "index" / "*" / "*.parquet")
    assert set(keys["id"]) == set(left["id"])

    run = Path(shutil.copytree(clean_run, tmp_path / "RUN"))
    again = eurocorpus("run", sample, "--out", run, "--workers", 1, "--set", f"takedowns.lists=[{copy}]",
                       "--json")  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert not gone & set(rows(run)["id"])
    assert summary(run)["balanced"]
    mine = dropped(run, "judge").filter(pl.col("reason") == "taken_down")
    assert gone <= set(mine["id"])
    assert set(mine["url"]) == {""}
    assert set(mine["value"]) <= {"id", "url", "domain", "text"}
    assert summary(run)["dropped"]["taken_down"] == mine.height

    published = eurocorpus("run", sample, "--out", tmp_path / "next", "--workers", 1,
                           "--set", f"dedup.against=[{copy}]", "--set", f"takedowns.lists=[{copy}]")  # fmt: skip
    assert published.returncode == 0, published.stderr
    # All of it was published or taken down, but for documents that were duplicates of these.
    came = set(pl.read_parquet(tmp_path / "next" / "documents" / "*.parquet", columns=["id"])["id"])
    kept = summary(tmp_path / "next")["documents"]
    assert kept <= len(came) - before.height
    assert kept == 0 or not set(rows(tmp_path / "next")["id"]) & set(before["id"])


def test_purged_documents_leave_hashes(clean_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(clean_run, tmp_path / "RUN"))
    raw = {path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
           for path in (run / "documents").glob("*")}  # fmt: skip
    shown = eurocorpus("purge", run)
    assert shown.returncode == 0, shown.stderr
    assert "--yes" in shown.stdout
    assert all((run / path).exists() for path in raw)
    assert eurocorpus("purge", run, "--yes", "--date", "2026-12-01").returncode == 0
    assert not any((run / path).exists() for path in raw)
    record = [json.loads(line) for line in (run / "purged.jsonl").read_text().splitlines()]
    assert {row["path"]: row["sha256"] for row in record} == raw
    assert {(row["date"], row["legal_basis"]) for row in record} == {("2026-12-01", "art4")}
    assert eurocorpus("report", run).returncode == 0
    assert eurocorpus("release", run, "--date", "2026-12-01").returncode == 0
    assert eurocorpus("verify", run / "release").returncode == 0


@pytest.mark.parametrize(
    "line", ["nonsense", "url", "person Ann", '{"kind": "url"}', "{", '{"kind": []}']
)
def test_a_line_that_is_no_request_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "requests.txt"
    path.write_text(f"url https://a.example/\n{line}\n")
    with pytest.raises(UsageError, match=r"requests.txt:2: expected a request such as"):
        read_requests(path)


@pytest.mark.parametrize("line", ["{}", "[]", "x", '{"kind": "person", "hash": "1"}', "3"])
def test_a_broken_list_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "suppression.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(UsageError, match=r"suppression\.jsonl:1: expected"):
        read_suppression([path])
    with pytest.raises(UsageError, match=r"expected a suppression\.jsonl"):
        read_suppression([tmp_path / "nowhere"])


def obvious(request: Requests, row: dict[str, Any]) -> bool:
    """The twin of `Requests.matches`."""
    host = row["url"].split("://")[1].split("/")[0]
    below = any(host == name or host.endswith("." + name) for name in request.domains)
    return bool(
        row["id"] in request.ids or row["url"] in request.urls or below
        or text_hash(row["text"]) in request.texts
    )  # fmt: skip


_HOSTS = st.sampled_from(["a.example", "b.a.example", "ba.example", "example", "c.org"])
_TEXTS = st.sampled_from(["", "a", "A", "b c", "ż"])
_ROWS = st.lists(
    st.fixed_dictionaries({
        "id": st.sampled_from("abcdef"), "url": _HOSTS.map(lambda host: f"https://{host}/x"),
        "text": _TEXTS,
    }),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_ROWS, st.sets(st.sampled_from("abcdef")), st.sets(_HOSTS), st.sets(_TEXTS))
def test_matches_are_the_obvious_ones(
    documents: list[dict[str, Any]], ids: set[str], names: set[str], texts: set[str]
) -> None:
    request = Requests.of(ids, [documents[0]["url"]], names, map(text_hash, texts))
    found = request.matches(pl.DataFrame(documents))
    assert found.to_list() == [obvious(request, row) for row in documents]
    table = pa.table({
        "id": [row["id"] for row in documents], "url": [row["url"] for row in documents],
        "digest": pa.array([text_hash(row["text"]).encode()[:16] for row in documents], pa.binary(16)),
    })  # fmt: skip
    digests = [text_hash(text).encode()[:16].hex() for text in texts]
    hashes: dict[str, set[str]] = {}
    for kind, value in request.suppressed(digests):
        hashes.setdefault(kind, set()).add(value)
    later = Suppression({kind: frozenset(values) for kind, values in hashes.items()})
    assert [kind is not None for kind in later.matches(table)] == found.to_list()


def test_hosts_and_hashes() -> None:
    assert parents("a.b") == ["a.b", "b"]
    assert hash_of("a.b") == hashlib.sha256(b"a.b").hexdigest()
    assert not Suppression()

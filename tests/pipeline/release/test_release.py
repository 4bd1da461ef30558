"""A release of a run: it loads everywhere, says what it holds, and shows any flipped byte."""

import json
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import eurocorpus, summary

from eurocorpus.filters.pii import find
from eurocorpus.pipeline.release.domains import add, count, top
from eurocorpus.pipeline.release.verify import verify


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def verified(folder: Path) -> dict[str, Any]:
    result = eurocorpus("verify", folder, "--json")
    found: dict[str, Any] = json.loads(result.stdout)
    assert result.returncode == bool(found["problems"]), result.stderr
    return found


def test_it_verifies_and_is_the_same_every_time(
    release: Path, clean_run: Path, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    found = verified(release)
    assert found["problems"] == []
    assert found["documents"] == summary(clean_run)["documents"]
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=release, check=True)
    assert eurocorpus("release", clean_run, "--out", tmp_path / "again", *flags).returncode == 0
    assert contents(tmp_path / "again") == contents(release)


def test_the_hub_finds_a_configuration_for_each_language(release: Path, clean_run: Path) -> None:
    kept = [code for code, row in summary(clean_run)["languages"].items() if row["documents"]]
    front = yaml.safe_load((release / "README.md").read_text("utf-8").split("---\n")[1])
    assert [item["config_name"] for item in front["configs"]] == ["default", *kept]


def test_it_loads(
    release: Path, clean_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    expected = pl.read_parquet(clean_run / "data" / "mlt_Latn" / "*.parquet")["id"].to_list()
    found = pl.read_parquet(release / "data" / "mlt_Latn" / "*.parquet")
    assert found["id"].to_list() == expected
    streamed = load_dataset(str(release), "mlt_Latn", split="train", streaming=True)
    assert [row["id"] for row in streamed] == expected
    whole = load_dataset(str(release), "mlt_Latn", split="train", cache_dir=str(tmp_path))
    assert whole["id"][:] == expected


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of rdflib, in rdflib's own calls
def test_croissant_validates_and_loads(release: Path) -> None:
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(release / "croissant.json"))
    assert not dataset.metadata.ctx.issues.errors
    found = [row["mlt_Latn/id"].decode() for row in dataset.records("mlt_Latn")]
    assert sorted(found) == sorted(
        pl.read_parquet(release / "data" / "mlt_Latn" / "*.parquet")["id"].to_list()
    )


def test_personal_data_is_masked(release: Path, clean_run: Path) -> None:
    for path in sorted((clean_run / "data").rglob("*.parquet")):
        before = pl.read_parquet(path)
        after = pl.read_parquet(release / path.relative_to(clean_run))
        assert "pii" not in after.columns
        for text, spans, masked, types in zip(
            before["text"], before["pii"].to_list(), after["text"], after["pii_types"].to_list(),
            strict=True,
        ):  # fmt: skip
            assert (masked != text) == bool(spans)
            assert types == sorted({span["type"] for span in spans})
            for span in spans:
                assert text[span["start"] : span["end"]] not in masked
        language = path.parent.name
        assert not any(find(after["text"].to_list(), [language] * after.height).to_pylist())


@pytest.fixture(scope="module")
def damaged(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which a byte at a time is another, and is put back."""
    return Path(shutil.copytree(release, tmp_path_factory.mktemp("damaged") / "copy"))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_flipped_byte_is_found(damaged: Path, data: st.DataObject) -> None:
    """Whatever the file and the place, and whatever the byte becomes."""
    files = sorted(path for path in damaged.rglob("*") if path.is_file() and path.stat().st_size)
    path = data.draw(st.sampled_from([damaged / "SHA256SUMS", *files]))
    original = path.read_bytes()
    last = len(original) - 1
    place = data.draw(st.one_of(st.just(last), st.integers(0, last)))
    changed = bytearray(original)
    changed[place] ^= data.draw(st.integers(1, 255))
    try:
        path.write_bytes(changed)
        assert verify(damaged)["problems"]
    finally:
        path.write_bytes(original)


def test_damage_is_named_and_so_are_strangers(copy: Path) -> None:
    (copy / "added.txt").write_text("x")
    assert verified(copy)["problems"] == ["added.txt: no checksum is known for it"]
    (copy / "added.txt").unlink()
    sums = (copy / "SHA256SUMS").read_bytes()
    (copy / "SHA256SUMS").write_bytes(sums[:-1] + b"\x0b")  # a line break as well, for `splitlines`
    assert len(verified(copy)["problems"]) == 1
    (copy / "SHA256SUMS").write_bytes(sums)
    (copy / "release.json").write_text("{")
    result = eurocorpus("verify", copy)
    assert result.returncode == 1
    assert "release.json: its bytes are not those that were published" in result.stdout
    assert result.stderr == ""


def rows(folder: Path) -> dict[str, tuple[str, str]]:
    found = {}
    for path in sorted((folder / "data").rglob("*.parquet")):
        for row in pq.read_table(path, columns=["id", "url"]).to_pylist():
            found[row["id"]] = (path.relative_to(folder).as_posix(), row["url"])
    return found


def test_a_take_down_rewrites_what_it_touches_and_nothing_else(copy: Path) -> None:
    before = rows(copy)
    stamps = {path: path.stat().st_mtime_ns for path in (copy / "data").rglob("*.parquet")}
    by_shard: dict[str, list[str]] = {}
    for id, (shard, _) in sorted(before.items()):
        by_shard.setdefault(shard, []).append(id)
    shards = sorted(name for name, ids in by_shard.items() if len(ids) > 1)
    by_id, by_url = by_shard[shards[0]][0], by_shard[shards[1]][0]
    (copy.parent / "ids.txt").write_text(f"{by_id}\nnot-there\n")
    result = eurocorpus("remove", copy, "--ids", copy.parent / "ids.txt", "--url", before[by_url][1],
                        "--reason", "rightsholder", "--date", "2026-12-01", "--json")  # fmt: skip
    assert result.returncode == 0, result.stderr
    gone = {id for id, (_, url) in before.items() if id == by_id or url == before[by_url][1]}
    touched = {copy / before[id][0] for id in gone}
    assert rows(copy) == {id: value for id, value in before.items() if id not in gone}
    done = json.loads(result.stdout)
    assert done["version"] == "2.0.0"
    assert done["removed"] == len(gone)
    assert {copy / shard for shard in done["shards"]} == touched
    changed = {path for path, stamp in stamps.items() if path.stat().st_mtime_ns != stamp}
    assert changed == touched
    tombs = [json.loads(line) for line in (copy / "tombstones.jsonl").read_text().splitlines()]
    assert {tomb["id"] for tomb in tombs} == gone
    assert {tuple(tomb) for tomb in tombs} == {("id", "language", "reason", "date")}
    assert verified(copy)["problems"] == []
    assert "## 2.0.0, 2026-12-01" in (copy / "CHANGELOG.md").read_text()


def test_a_domain_goes_with_all_below_it_and_a_shard_may_go_whole(copy: Path) -> None:
    before = rows(copy)
    hosts = sorted({url.split("/")[2].split(":")[0] for _, url in before.values()})
    result = eurocorpus("remove", copy, *(f"--domain={name}" for name in hosts))
    assert result.returncode == 0, result.stderr
    assert rows(copy) == {}
    assert verified(copy)["problems"] == []


def test_nothing_asked_for_and_nothing_found(copy: Path) -> None:
    before = contents(copy)
    assert eurocorpus("remove", copy).returncode == 2
    assert eurocorpus("remove", copy, "--domain", "nowhere.example").returncode == 0
    assert eurocorpus("remove", copy, "--domain", "e").returncode == 0  # no suffix of a label
    after = contents(copy)
    changed = {path for path in after if after[path] != before.get(path)}
    assert changed == {"suppression.jsonl", "SHA256SUMS"}  # it must not come with a later run
    assert verified(copy)["problems"] == []


class PowerFailure(Exception):
    pass


@pytest.mark.parametrize("step", range(12))
def test_cut_short_it_is_the_old_release_or_the_new_one(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Power fails at the nth rename of a take-down."""
    from eurocorpus.pipeline.release.remove import remove
    from eurocorpus.pipeline.release.requests import Requests
    from eurocorpus.pipeline.release.staging import recover

    new = Path(shutil.copytree(release, tmp_path / "new"))
    cut = Path(shutil.copytree(release, tmp_path / "cut"))
    ids = sorted(rows(release))[:3]
    requests = Requests.of(ids, [], [])
    remove(new, requests, reason="request", date="2026-12-01")
    real, calls = Path.replace, 0

    def failing(self: Path, target: Any) -> Path:
        nonlocal calls
        calls += 1
        if calls > step:
            raise PowerFailure
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", failing)
        with suppress(PowerFailure):
            remove(cut, requests, reason="request", date="2026-12-01")
    recover(cut)
    assert contents(cut) in (contents(release), contents(new))
    assert (contents(cut) == contents(new)) == (step > 0)
    assert not (cut / ".staging").exists()


def test_top_domains_follow_the_templates_rule() -> None:
    frame = pl.DataFrame({
        "url": [f"https://www.d{n}.com.mt/{i}" for n in range(25) for i in range(2)],
        "text": ["x" * (n + 1) for n in range(25) for _ in range(2)],
    })  # fmt: skip
    counts = add([count(frame, "mlt_Latn"), count(frame, "eng_Latn")])
    assert counts["documents"].sum() == 100
    assert top(counts)["domain"].to_list() == ["d24.com.mt", "d23.com.mt", "d22.com.mt"]
    assert top(counts, small_enterprise=True)["domain"].to_list() == ["d24.com.mt", "d23.com.mt"]
    assert top(counts)["text_bytes"].to_list() == [100, 96, 92]


def test_a_changed_shard_is_not_published(clean_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(clean_run, tmp_path / "RUN"))
    shard = next((run / "data").rglob("*.parquet"))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    result = eurocorpus("release", run, "--date", "2026-11-24")
    assert result.returncode == 1
    assert "not what the ledger committed" in result.stderr
    assert not (run / "release").exists()

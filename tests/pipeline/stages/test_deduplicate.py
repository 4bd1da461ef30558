"""One unit or many, however cut, killed, renamed or shuffled: the same documents go for the same reasons."""

import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from runs import command, corpus, eurocorpus, processes_of, summary

from eurocorpus.dedup import weights
from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.load import load_config
from eurocorpus.pipeline.run import run

SETTINGS = (
    "filters.enabled=false",
    "languages.min_score={'*': 0}",
    "languages.wanted=[ces_Latn]",
)
FLAGS = [word for setting in SETTINGS for word in ("--set", setting)]
TINY = 1200  # bytes of `dedup.partition_bytes` for each document of a partition
WORDS = [
    f"{first}{middle}{last}"
    for first in ("kůň", "řeka", "město", "pří", "les", "dům", "vlak", "účet")
    for middle in ("", "ov", "ět", "ný", "sk", "áč")
    for last in ("", "em", "ům", "ách", "ého", "ost", "ka")
]


def family(chance: random.Random, size: int) -> Iterable[list[str]]:
    """An original, and versions of it that drift away from it and from one another."""
    words = chance.choices(WORDS, k=chance.randint(60, 200))
    for _ in range(size):
        yield words
        words = list(words)
        for _ in range(chance.choice([0, 0, 1, 2, 6])):
            words[chance.randrange(len(words))] = chance.choice(WORDS)


def documents(families: int, seed: int = 1) -> list[dict[str, str]]:
    """Rows of families of many sizes."""
    chance = random.Random(seed)
    texts = [
        " ".join(words)
        for _ in range(families)
        for words in family(chance, chance.choice([1, 1, 2, 3, 8, 25]))
    ]
    return [{"url": f"https://planted.example/{k}", "text": text} for k, text in enumerate(texts)]


def write(folder: Path, rows: list[dict[str, str]], names: Iterable[str]) -> Path:
    """Deal rows out to files."""
    folder.mkdir(parents=True)
    files = list(names)
    for number, name in enumerate(files):
        lines = [json.dumps(row) + "\n" for row in rows[number :: len(files)]]
        (folder / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    return folder


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("families") / "in", documents(40), "abcde")


def deduplicated(inputs: Path, out: Path, *settings: str) -> Path:
    """A run in this process, one worker."""
    config = load_config(
        None, (*SETTINGS, *settings), inputs=[str(inputs)], output=str(out), engine={"workers": 1}
    )
    assert run(config)["balanced"]
    return out


@pytest.fixture(scope="module")
def one_unit(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = deduplicated(inputs, tmp_path_factory.mktemp("one") / "RUN")
    assert len(list((folder / "ledger" / "deduplicate").rglob("*.json"))) == 1
    return folder


def removals(run: Path) -> pa.Table:
    """The evidence, file after file."""
    return pa.concat_tables(map(pq.read_table, sorted(run.glob("dedup/removals/*.parquet"))))


def evidence(run: Path) -> list[dict[str, Any]]:
    """Who goes for whom, but for the names of files and the places in them."""
    columns = ["removed_id", "kept_id", "kind", "similarity", "cluster_size"]
    return list(removals(run).select(columns).sort_by("removed_id").to_pylist())


def dropped(run: Path) -> list[dict[str, Any]]:
    return list(pq.read_table(run / "dropped" / "deduplicate").sort_by("id").to_pylist())


def assert_same(found: Path, expected: Path) -> None:
    assert corpus(found) == corpus(expected)
    assert removals(found).equals(removals(expected))
    assert dropped(found) == dropped(expected)
    assert summary(found) == summary(expected)
    assert not (found / "dedup" / "exchange").exists() or not list(
        (found / "dedup" / "exchange").rglob("*.parquet")
    )
    assert not list((found / "ledger" / "match").rglob("*.json"))


def test_there_is_something_to_find(one_unit: Path) -> None:
    rows = evidence(one_unit)
    kinds = [row["kind"] for row in rows]
    assert kinds.count("exact") > 30
    assert kinds.count("near") > 30
    assert max(row["cluster_size"] for row in rows) >= 10
    gone = {row["removed_id"] for row in rows}
    assert not gone & {row["kept_id"] for row in rows}


@pytest.mark.parametrize("most", [200, 100, 33, 7])
def test_many_units_give_the_same_as_one(
    inputs: Path, one_unit: Path, tmp_path: Path, most: int
) -> None:
    found = deduplicated(inputs, tmp_path / "RUN", f"dedup.partition_bytes={most * TINY}")
    assert_same(found, one_unit)
    assert len(list((found / "ledger" / "deduplicate").rglob("*.json"))) > 1


@pytest.mark.parametrize("setting", ["dedup.exact=false", "dedup.near=false"])
def test_half_of_it_may_be_left_out(inputs: Path, tmp_path: Path, setting: str) -> None:
    one = deduplicated(inputs, tmp_path / "ONE", setting)
    many = deduplicated(inputs, tmp_path / "MANY", setting, f"dedup.partition_bytes={50 * TINY}")
    assert_same(many, one)
    kinds = {row["kind"] for row in evidence(one)}
    assert kinds == ({"near"} if "exact" in setting else {"exact"})


@pytest.mark.parametrize("engine", ["local", "ray"])
def test_every_engine_gives_the_same(
    inputs: Path, one_unit: Path, tmp_path: Path, engine: str
) -> None:
    cut = ["--set", f"dedup.partition_bytes={70 * TINY}"]
    folder = tmp_path / "RUN"
    result = eurocorpus(
        "run", inputs, "--out", folder, "--engine", engine, "--workers", 2, *FLAGS, *cut
    )
    assert result.returncode == 0, result.stderr
    assert_same(folder, one_unit)


@pytest.mark.parametrize("most", [10_000, 60])
def test_names_and_order_of_inputs_change_nothing(
    one_unit: Path, tmp_path: Path, most: int
) -> None:
    rows = documents(40)
    random.Random(9).shuffle(rows)
    inputs = write(tmp_path / "in", rows, ["z", "b", "k"])
    found = deduplicated(inputs, tmp_path / "RUN", f"dedup.partition_bytes={most * TINY}")
    assert evidence(found) == evidence(one_unit)


def test_killed_at_any_task(inputs: Path, one_unit: Path, tmp_path: Path) -> None:
    """The driver and its workers are killed each time that a few more units are committed."""
    folder, marker = tmp_path / "RUN", f"dedup-{os.getpid()}"
    words = command("run", inputs, "--out", folder, "--workers", 2, *FLAGS,
                    "--set", f"dedup.partition_bytes={120 * TINY}")  # fmt: skip
    chance, kills = random.Random(5), 0
    while True:
        due = chance.randrange(1, 8) + len(list((folder / "ledger").rglob("*.json")))
        process = subprocess.Popen(
            words, env=os.environ | {"EUROCORPUS_TEST_RUN": marker},
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        while process.poll() is None:
            if len(list((folder / "ledger").rglob("*.json"))) >= due:
                process.kill()
                break
            time.sleep(0.005)
        _, errors = process.communicate()
        if process.returncode == 0:
            break
        assert process.returncode == -9, errors
        kills += 1
        while processes_of(f"EUROCORPUS_TEST_RUN={marker}"):
            time.sleep(0.05)
    assert kills >= 4
    assert_same(folder, one_unit)


def test_files_do_not_grow_with_partitions(inputs: Path, tmp_path: Path) -> None:
    few = deduplicated(inputs, tmp_path / "FEW", f"dedup.partition_bytes={150 * TINY}")
    many = deduplicated(inputs, tmp_path / "MANY", f"dedup.partition_bytes={10 * TINY}")
    files = [len([f for f in run.rglob("*") if f.is_file()]) for run in (few, many)]
    blocks = [len(list(run.glob("ledger/deduplicate/*/*.json"))) for run in (few, many)]
    assert files[1] - files[0] == 5 * (blocks[1] - blocks[0])
    assert blocks[1] <= 5  # a block has at least one input


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of two thirds of the documents, in several shards."""
    folder = tmp_path_factory.mktemp("published")
    rows = [row for k, row in enumerate(documents(40)) if k % 3]
    inputs = write(folder / "in", rows, "xy")
    return deduplicated(inputs, folder / "spring", "shards.bytes=4kB")


def texts_by_id(run: Path) -> dict[str, str]:
    table = pq.read_table(run / "data", columns=["id", "text"])
    return dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))


@pytest.mark.parametrize("most", [10_000, 60])
def test_a_new_run_is_deduplicated_against_a_release(
    inputs: Path, published: Path, tmp_path: Path, most: int
) -> None:
    """A match names release, document, shard and row; every one is borne out by the texts."""
    found = deduplicated(
        inputs, tmp_path / "RUN", f"dedup.against=[{published}]",
        f"dedup.partition_bytes={most * TINY}",
    )  # fmt: skip
    old, new = texts_by_id(published), texts_by_id(found)
    assert not old.keys() & new.keys()
    assert not set(old.values()) & set(new.values())
    rows = removals(found).to_pylist()
    everything = {row["id"]: row["text"] for row in pq.read_table(found / "documents").to_pylist()}
    abroad = [row for row in rows if row["kept_release"]]
    assert {row["kept_release"] for row in abroad} == {"spring"}
    assert sum(row["kind"] == "near" for row in abroad) > 5
    assert len(abroad) > 2 * len(old)
    shards = {path: pq.read_table(published / path) for path in {r["kept_source"] for r in abroad}}
    assert len(shards) > 1
    for row in rows:
        if row["kept_release"]:
            assert shards[row["kept_source"]]["id"][row["kept_row"]].as_py() == row["kept_id"]
            kept = old[row["kept_id"]]
        else:
            kept = new[row["kept_id"]]
        assert jaccard(everything[row["removed_id"]], kept) == pytest.approx(row["similarity"])
        assert row["similarity"] >= 0.8
    assert summary(found)["against"] == [
        {"release": "spring", "documents": len(old), "verifiable": len(old)}
    ]


def jaccard(one: str, other: str) -> float:
    sets = [
        {tuple(words[k : k + 5]) for k in range(len(words) - 4)}
        for words in (one.split(), other.split())
    ]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_any_cut_gives_the_same_against_a_release(
    inputs: Path, published: Path, tmp_path: Path
) -> None:
    against = f"dedup.against=[{published}]"
    one = deduplicated(inputs, tmp_path / "ONE", against)
    many = deduplicated(inputs, tmp_path / "MANY", against, f"dedup.partition_bytes={20 * TINY}")
    assert_same(many, one)


def test_without_its_texts_a_release_removes_only_what_is_equal(
    inputs: Path, published: Path, tmp_path: Path
) -> None:
    keys = tmp_path / "keys" / "dedup"
    keys.mkdir(parents=True)
    shutil.copytree(published / "dedup" / "index", keys / "index")
    found = deduplicated(inputs, tmp_path / "RUN", f"dedup.against=[{keys.parent}]")
    abroad = [row for row in removals(found).to_pylist() if row["kept_release"]]
    assert {row["kind"] for row in abroad} == {"exact"}
    assert not set(texts_by_id(published).values()) & set(texts_by_id(found).values())
    assert summary(found)["against"][0]["verifiable"] == 0


def test_what_is_wrong_with_a_release_is_said_first(
    inputs: Path, published: Path, tmp_path: Path
) -> None:
    def complaint(*settings: str) -> str:
        with pytest.raises(UsageError) as error:
            deduplicated(inputs, tmp_path / "RUN", *settings)
        assert not (tmp_path / "RUN").exists()
        return str(error.value)

    assert "expected the folder of a finished run" in complaint(f"dedup.against=[{tmp_path}]")
    against = f"dedup.against=[{published}]"
    assert "set dedup.bands" in complaint(against, "dedup.bands=20")
    copy = Path(shutil.copytree(published, tmp_path / "copy"))
    assert "named 'spring'" in complaint(f"dedup.against=[{published}, {copy}]")
    shard = next((copy / "data").rglob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-1])
    assert "leave data/ out" in complaint(f"dedup.against=[{copy}]")
    next((copy / "dedup" / "index").rglob("*.parquet")).unlink()
    assert "found no such file" in complaint(f"dedup.against=[{copy}]")


def test_a_run_is_not_compared_with_itself(published: Path) -> None:
    with pytest.raises(UsageError, match="is the folder of this run"):
        deduplicated(published.parent / "in", published, f"dedup.against=[{published}]")


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty copies of three texts on one domain and in one input, besides the families."""
    folder = tmp_path_factory.mktemp("farm") / "in"
    rows = documents(20, seed=3)
    texts = [row["text"] for row in documents(3, seed=4)][:3]
    copies = [
        {"url": f"http://www.Farm.example:80/{k}?q", "text": texts[k % 3] + " a" * (k % 2)}
        for k in range(40)
    ]
    write(folder, rows, ["a", "b"])
    (folder / "farm.jsonl").write_text("".join(json.dumps(row) + "\n" for row in copies), "utf-8")
    return folder


@pytest.mark.parametrize("most", [10_000, 25])
def test_an_emptied_domain_and_input_raise_an_alarm(farm: Path, tmp_path: Path, most: int) -> None:
    found = deduplicated(farm, tmp_path / "RUN", f"dedup.partition_bytes={most * TINY}")
    expected = {"language": "ces_Latn", "documents": 40, "removed": 37}
    assert summary(found)["alarms"] == [
        {"kind": "domain", "name": "farm.example"} | expected,
        {"kind": "source", "name": "farm.jsonl"} | expected,
    ]
    again = eurocorpus("run", farm, "--out", found, *FLAGS)
    assert "Alarm: 37 of 40 documents of the domain farm.example in ces_Latn" in again.stdout
    calm = deduplicated(farm, tmp_path / "RUN", "dedup.alarm_share=0.95")
    assert summary(calm)["alarms"] == []


def test_the_largest_clusters_are_shown(farm: Path, tmp_path: Path) -> None:
    one = deduplicated(farm, tmp_path / "ONE")
    many = deduplicated(farm, tmp_path / "MANY", f"dedup.partition_bytes={25 * TINY}")
    shown = json.loads((one / "report" / "clusters.json").read_text("utf-8"))
    assert shown == json.loads((many / "report" / "clusters.json").read_text("utf-8"))
    rows = evidence(one)
    sizes = {row["kept_id"]: row["cluster_size"] for row in rows}
    largest = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:100]
    assert [(c["kept"]["id"], c["size"]) for c in shown] == largest
    texts = texts_by_id(one)
    for cluster in shown:
        assert texts[cluster["kept"]["id"]].startswith(cluster["kept"]["text"])
        assert len(cluster["removed"]) == min(cluster["size"] - 1, 3)
        for removed in cluster["removed"]:
            assert removed["similarity"] >= 0.8
            assert jaccard(removed["text"], cluster["kept"]["text"]) > 0.5


def test_survivors_carry_cluster_size_and_weight(one_unit: Path) -> None:
    sizes = {row["kept_id"]: row["cluster_size"] for row in evidence(one_unit)}
    columns = ["id", "minhash_cluster_size", "rehydration_weight"]
    rows = pq.read_table(one_unit / "data", columns=columns).to_pylist()
    for row in rows:
        assert row["minhash_cluster_size"] == sizes.get(row["id"], 1)
        assert [row["rehydration_weight"]] == weights([row["minhash_cluster_size"]]).to_pylist()
    assert len({row["rehydration_weight"] for row in rows}) >= 4

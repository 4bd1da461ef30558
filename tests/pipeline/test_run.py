"""The whole run on the sample web: what it keeps, that it is deterministic, and what it redoes."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from runs import corpus, eurocorpus, summary

from eurocorpus.langid import EU_LANGUAGES
from eurocorpus.langid.identify import model_path
from eurocorpus.pipeline.demo.expected import differences, outcome


def rows(run: Path, pattern: str) -> list[dict[str, object]]:
    return [row for file in sorted(run.glob(pattern)) for row in pq.read_table(file).to_pylist()]


def changed(run: Path, before: dict[str, float]) -> set[str]:
    """Stages and units whose ledger entry was written since `before` was taken."""
    return {unit for unit, written in ledger_times(run).items() if before.get(unit) != written}


def ledger_times(run: Path) -> dict[str, float]:
    files = sorted((run / "ledger").rglob("*.json"))
    return {str(file.relative_to(run / "ledger")): file.stat().st_mtime_ns for file in files}


@pytest.fixture
def run(clean_run: Path, tmp_path: Path) -> Path:
    """A copy of the finished run, to be changed."""
    return Path(shutil.copytree(clean_run, tmp_path / "RUN"))


def test_every_official_language_is_kept(clean_run: Path) -> None:
    languages = summary(clean_run)["languages"]
    assert {code for code, row in languages.items() if row["documents"] >= 3} == set(EU_LANGUAGES)


def test_every_page_meets_the_fate_that_is_written_for_it(clean_run: Path) -> None:
    found = {str(row["url"]): outcome(None) for row in rows(clean_run, "data/**/*.parquet")}
    for row in rows(clean_run, "dropped/**/*.parquet"):
        found[str(row["url"])] = outcome(str(row["reason"]))
    assert differences(found) == []


def test_the_ledger_balances_and_agrees_with_the_files(clean_run: Path) -> None:
    figures = summary(clean_run)
    assert figures["balanced"] is True
    dropped = rows(clean_run, "dropped/**/*.parquet")
    assert Counter(str(row["reason"]) for row in dropped) == Counter(figures["dropped"])
    assert figures["documents_in"] == figures["documents"] + len(dropped)
    for code, language in figures["languages"].items():
        texts = [str(row["text"]) for row in rows(clean_run, f"data/{code}/*.parquet")]
        assert len(texts) == language["documents"]
        assert sum(map(len, texts)) == language["characters"]
        assert sum(len(text.encode()) for text in texts) == language["bytes"]


def test_removals_carry_their_evidence(clean_run: Path) -> None:
    documents = {row["id"]: row for row in rows(clean_run, "documents/**/*.parquet")}
    kept = {row["id"]: row for row in rows(clean_run, "data/**/*.parquet")}
    removals = rows(clean_run, "dedup/removals/*.parquet")
    assert {row["kind"] for row in removals} == {"exact", "near"}
    for row in removals:
        assert row["removed_id"] not in kept
        assert kept[row["kept_id"]]["minhash_cluster_size"] == row["cluster_size"]
        one, other = documents[row["removed_id"]], documents[row["kept_id"]]
        assert one["language"] == other["language"]
        assert row["similarity"] == pytest.approx(
            jaccard(str(one["text"]), str(other["text"])), abs=0.02
        )
        assert float(str(row["similarity"])) >= 0.8


def jaccard(one: str, other: str) -> float:
    sets = []
    for text in (one, other):
        words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
        sets.append({tuple(words[i : i + 5]) for i in range(len(words) - 4)})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_two_workers_give_the_same_bytes(sample: Path, clean_run: Path, tmp_path: Path) -> None:
    result = eurocorpus("run", sample, "--out", tmp_path / "RUN", "--workers", 2)
    assert result.returncode == 0, result.stderr
    assert corpus(tmp_path / "RUN") == corpus(clean_run)
    assert summary(tmp_path / "RUN") == summary(clean_run)


def test_ray_gives_the_same_bytes(sample: Path, clean_run: Path, tmp_path: Path) -> None:
    result = eurocorpus("run", sample, "--out", tmp_path / "RUN", "--workers", 2, "--engine", "ray")
    assert result.returncode == 0, result.stderr
    assert corpus(tmp_path / "RUN") == corpus(clean_run)
    assert summary(tmp_path / "RUN") == summary(clean_run)


def test_running_again_does_nothing(run: Path, sample: Path) -> None:
    before = ledger_times(run)
    assert eurocorpus("run", sample, "--out", run).returncode == 0
    assert changed(run, before) == set()


def test_a_threshold_is_replayed_without_reading_a_page(
    run: Path, sample: Path, clean_run: Path
) -> None:
    before = ledger_times(run)
    setting = "filters.thresholds.ces_Latn.min_stop_words=1000"
    result = eurocorpus("run", sample, "--out", run, "--set", setting)
    assert result.returncode == 0, result.stderr
    stages = Counter(unit.split("/")[0] for unit in changed(run, before))
    assert "documents" not in stages
    assert "ces_Latn" not in {path.split("/")[1] for path in corpus(run)}
    others = {path: digest for path, digest in corpus(clean_run).items() if "ces_Latn" not in path}
    assert corpus(run) == others
    assert {unit for unit in changed(run, before) if unit.startswith(("dedup", "shards"))} == set()


def test_a_models_score_is_stored_and_acted_on_where_a_threshold_is_set(
    sample: Path, clean_run: Path, tmp_path: Path
) -> None:
    run = tmp_path / "RUN"
    model = ("--set", f"filters.model={model_path()}", "--set", "filters.model_label=cs")
    assert eurocorpus("run", sample, "--out", run, *model).returncode == 0
    signals = [row["signals"] for row in rows(run, "documents/**/*.parquet")]
    scores = [row["model_score"] for row in signals if isinstance(row, dict)]
    assert max(scores) > 0.8
    assert summary(run)["languages"] == summary(clean_run)["languages"]
    before = ledger_times(run)
    threshold = ("--set", "filters.thresholds.deu_Latn.min_model_score=0.9")
    assert eurocorpus("run", sample, "--out", run, *model, *threshold).returncode == 0
    assert not any(unit.startswith("documents") for unit in changed(run, before))
    assert summary(run)["languages"]["deu_Latn"]["documents"] == 0
    assert summary(run)["dropped"]["model_score"] > 0


def test_a_model_that_is_not_there_is_refused(sample: Path, tmp_path: Path) -> None:
    result = eurocorpus("run", sample, "--out", tmp_path / "RUN", "--set", "filters.model=no.bin")
    assert result.returncode == 2
    assert "filters.model: expected a fastText model, found no file no.bin" in result.stderr


def test_a_new_input_redoes_only_what_it_touches(
    sample: Path, clean_run: Path, tmp_path: Path
) -> None:
    files = sorted(sample.glob("*.warc.gz"))
    run = tmp_path / "RUN"
    assert eurocorpus("run", *files[:-1], "--out", run).returncode == 0
    before = ledger_times(run)
    assert eurocorpus("run", *files, "--out", run).returncode == 0
    redone = {unit for unit in changed(run, before) if unit.startswith(("documents/", "judge/"))}
    assert redone == {f"{stage}/{files[-1].name}.json" for stage in ("documents", "judge")}
    assert corpus(run) == corpus(clean_run)


def test_an_input_that_is_not_named_any_more_is_not_forgotten_silently(
    run: Path, sample: Path, tmp_path: Path
) -> None:
    files = sorted(sample.glob("*.warc.gz"))
    result = eurocorpus("run", *files[:-1], "--out", run)
    assert result.returncode == 2
    assert f"{files[-1].name}. Name them as well, or add --prune" in result.stderr
    assert eurocorpus("run", *files[:-1], "--out", run, "--prune").returncode == 0
    fresh = tmp_path / "FRESH"
    assert eurocorpus("run", *files[:-1], "--out", fresh).returncode == 0
    assert corpus(run) == corpus(fresh)


def test_shards_are_planned_by_size_and_renamed_when_their_number_changes(
    run: Path, sample: Path, clean_run: Path
) -> None:
    small = ["--set", "shards.bytes=1kB"]
    assert eurocorpus("run", sample, "--out", run, *small).returncode == 0
    names = [path for path in corpus(run) if path.startswith("data/eng_Latn/")]
    assert len(names) > 1
    assert names[0].endswith(f"train-00000-of-{len(names):05}.parquet")
    by_id = {row["id"] for row in rows(run, "data/**/*.parquet")}
    assert by_id == {row["id"] for row in rows(clean_run, "data/**/*.parquet")}
    assert eurocorpus("run", sample, "--out", run).returncode == 0
    assert corpus(run) == corpus(clean_run)


def test_a_lost_shard_is_written_again(run: Path, sample: Path, clean_run: Path) -> None:
    (run / next(iter(corpus(run)))).unlink()
    assert eurocorpus("run", sample, "--out", run).returncode == 0
    assert corpus(run) == corpus(clean_run)


def test_json_is_the_summary(run: Path, sample: Path) -> None:
    result = eurocorpus("run", sample, "--out", run, "--json")
    assert json.loads(result.stdout)["documents"] == summary(run)["documents"]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nowhere.warc"], 2, "nowhere.warc: expected an input file, folder or pattern"),
        ([], 2, "inputs: missing; name at least one WARC"),
        (["--set", "dedup.treshold=1", "x"], 2, "did you mean dedup.threshold?"),
        (["--config", "nowhere.yaml"], 2, "nowhere.yaml: expected a YAML configuration"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    arguments: list[str], status: int, message: str, tmp_path: Path
) -> None:
    result = eurocorpus("run", *arguments, "--out", tmp_path / "RUN")
    assert result.returncode == status
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "RUN").exists()


def test_a_folder_of_something_else_is_not_written_into(sample: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    result = eurocorpus("run", sample, "--out", tmp_path)
    assert result.returncode == 2
    assert "expected an empty folder or an earlier run" in result.stderr

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from runs import command, eurocorpus
from xxhash import xxh3_64_intdigest

from eurocorpus.pipeline.errors import RunError, UsageError
from eurocorpus.pipeline.train.encode import load_tokenizer
from eurocorpus.pipeline.train.texts import find_shards, read_texts
from eurocorpus.pipeline.train.tokenize import Settings, tokenize
from eurocorpus.pipeline.train.tokens import Corpus, Payload

SETTINGS = Settings(validation=0.1, part_tokens=600)


def files(folder: Path) -> dict[str, str]:
    """Path and hash of all that token files are."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in ("ledger", "progress")
    }


def decoded(corpus: Corpus, payload: Payload) -> list[str]:
    tokenizer = load_tokenizer(corpus.tokenizer)
    return [tokenizer.decode(payload.document(n)[:-1].tolist()) for n in range(len(payload))]


def write_table(path: Path, ids: list[str], texts: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"id": ids, "text": pa.array(texts, pa.large_string())}), path)


def test_every_document_comes_once_in_the_order_of_its_hash(texts: Path, corpus: Corpus) -> None:
    for shard in find_shards(texts):
        rows = [row for ids, found in read_texts(shard) for row in zip(ids, found, strict=True)]
        by_hash = sorted(rows, key=lambda row: xxh3_64_intdigest(row[0].encode(), 0))
        held, kept = (corpus.payload(shard.language, name) for name in ("validation", "train"))
        assert decoded(corpus, held) + decoded(corpus, kept) == [text for _, text in by_hash]
        assert len(held) >= 1
        sizes = [p.document_bytes(n) for p in (held, kept) for n in range(len(p))]
        assert sizes == [len(text.encode()) for _, text in by_hash]
        row = corpus.languages[shard.language]
        assert (row.documents, row.bytes) == (len(rows), sum(sizes))
        assert row.tokens == held.tokens + kept.tokens


def test_neither_workers_nor_encoder_nor_shards_change_a_byte(
    texts: Path, tokenizer: Path, corpus: Corpus, tmp_path: Path
) -> None:
    """The ids stay with the documents, the documents go into other shards."""
    for number, shard in enumerate(find_shards(texts)):
        ids, found = next(read_texts(shard))
        rows = list(zip(ids, found, strict=True))[:: -1 if number % 2 else 1]
        for part in range(3):
            names, cells = zip(*rows[part::3], strict=True)
            write_table(tmp_path / "in" / shard.language / f"{part}.parquet", [*names], [*cells])
    again = tokenize(
        tmp_path / "in",
        tmp_path / "out",
        tokenizer,
        settings=SETTINGS,
        encoder="tokenizers",
        workers=2,
    )
    assert files(again.folder) == files(corpus.folder)


def test_ray_gives_the_same_bytes(
    texts: Path, tokenizer: Path, corpus: Corpus, tmp_path: Path
) -> None:
    again = tokenize(texts, tmp_path, tokenizer, settings=SETTINGS, engine="ray", workers=2)
    assert files(again.folder) == files(corpus.folder)


def test_only_what_changed_is_done_again(texts: Path, tokenizer: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    shutil.copytree(texts, source)

    def costs() -> dict[str, str]:
        entries = {p: p.read_text("utf-8") for p in sorted((out / "ledger").rglob("*.json"))}
        return {p.relative_to(out).as_posix(): text for p, text in entries.items()}

    first = tokenize(source, out, tokenizer, settings=SETTINGS, workers=1)
    before, bytes_before = costs(), files(out)
    assert tokenize(source, out, tokenizer, settings=SETTINGS, workers=1).digest == first.digest
    assert costs() == before
    with (source / "mlt_Latn.txt").open("a", encoding="utf-8") as file:
        file.write("Sentenza oħra.\n")
    second = tokenize(source, out, tokenizer, settings=SETTINGS, workers=1)
    changed = {name for name, text in costs().items() if before.get(name) != text}
    assert changed
    assert all("mlt_Latn" in name for name in changed)
    assert second.digest != first.digest
    assert second.languages["mlt_Latn"].documents == first.languages["mlt_Latn"].documents + 1
    (source / "mlt_Latn.txt").unlink()
    third = tokenize(source, out, tokenizer, settings=SETTINGS, workers=1)
    assert set(third.languages) == {"ell_Grek", "eng_Latn", "fra_Latn"}
    assert not (out / "mlt_Latn").exists()
    assert {n for n in files(out) if "eng_Latn" in n} == {
        n for n in bytes_before if "eng_Latn" in n
    }
    payload = next((out / "ell_Grek").glob("*.bin"))
    whole = payload.read_bytes()
    payload.write_bytes(whole[:-2])
    assert tokenize(source, out, tokenizer, settings=SETTINGS, workers=1).digest == third.digest
    assert payload.read_bytes() == whole


def test_a_run_is_tokenized_after_a_kill_and_its_figures_agree(
    clean_run: Path, tokenizer: Path, tmp_path: Path
) -> None:
    run = tmp_path / "RUN"
    shutil.copytree(clean_run, run)
    words = ("tokenize", run, "--tokenizer", tokenizer, "--workers", 1, "--validation", 0.05)
    process = subprocess.Popen(
        command(*words),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not list((run / "tokens" / "ledger").rglob("*.json")) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    result = eurocorpus(*words, "--json")
    assert result.returncode == 0, result.stderr
    manifest = json.loads(result.stdout)
    summary = json.loads((run / "report" / "summary.json").read_text("utf-8"))
    for language, row in summary["languages"].items():
        if row["documents"]:
            found = manifest["languages"][language]
            assert (found["documents"], found["bytes"]) == (row["documents"], row["bytes"])
            assert found["tokens"] == row["tokens"]
            parts = [part for split in ("train", "validation") for part in found[split]]
            assert sum(part["documents"] for part in parts) == row["documents"]
    assert summary["tokens"]["tokens"] == sum(r["tokens"] for r in manifest["languages"].values())
    whole = tokenize(
        run, tmp_path / "other", tokenizer, settings=Settings(validation=0.05), workers=1
    )
    assert files(whole.folder) == files(run / "tokens")
    result = eurocorpus("report", run)
    assert result.returncode == 0, result.stderr
    overview = json.loads((run / "report" / "overview.json").read_text("utf-8"))
    assert overview["totals"]["mlt_Latn"]["tokens"] == summary["languages"]["mlt_Latn"]["tokens"]
    assert overview["tokenizer"] == summary["tokens"]["tokenizer"]["name"]


def test_a_run_whose_shard_lost_a_document_is_refused(
    clean_run: Path, tokenizer: Path, tmp_path: Path
) -> None:
    run = tmp_path / "RUN"
    shutil.copytree(clean_run, run)
    entry = next((run / "ledger" / "shards").rglob("*.json"))
    content = json.loads(entry.read_text("utf-8"))
    content["outputs"][0]["rows"] += 1
    entry.write_text(json.dumps(content), "utf-8")
    with pytest.raises(RunError, match="the run's ledger counts"):
        tokenize(run, tmp_path / "out", tokenizer, workers=1)
    next((run / "data").rglob("*.parquet")).unlink()
    with pytest.raises(UsageError, match="type the run again"):
        tokenize(run, tmp_path / "out", tokenizer, workers=1)


def test_texts_come_in_any_usual_file(tokenizer: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    rows = [
        {"id": "a", "text": "one\ntwo"},
        {"id": "b", "text": "half \ud83d a pair"},
        {"id": "c", "text": ""},
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (source / "de").mkdir(parents=True)
    (source / "de" / "x.jsonl").write_text(lines, "utf-8")
    (source / "mt.jsonl.zst").write_bytes(zstandard.compress(lines.encode()))
    (source / "README.md").write_text("no corpus", "utf-8")
    corpus = tokenize(source, tmp_path / "out", tokenizer, workers=1)
    assert {code: row.documents for code, row in corpus.languages.items()} == {
        "deu_Latn": 3,
        "mlt_Latn": 3,
    }
    german = [
        t for s in ("train", "validation") for t in decoded(corpus, corpus.payload("deu_Latn", s))
    ]
    assert sorted(german) == ["", "half ? a pair", "one\ntwo"]


def test_a_release_is_read_by_its_shards(clean_run: Path, tmp_path: Path) -> None:
    """It has the configuration of its run, and no ledger."""
    shutil.copytree(clean_run / "data", tmp_path / "release" / "data")
    shutil.copy(clean_run / "config.yaml", tmp_path / "release")
    found, of_run = find_shards(tmp_path / "release"), find_shards(clean_run)
    assert [s.path.name for s in found] == [s.path.name for s in of_run]
    assert [s.language for s in found] == [s.language for s in of_run]
    shutil.rmtree(tmp_path / "release" / "data")
    with pytest.raises(UsageError, match="found none"):
        find_shards(tmp_path / "release")


def test_more_ids_take_four_bytes(texts: Path, tokenizer: Path, tmp_path: Path) -> None:
    content = json.loads(tokenizer.read_text("utf-8"))
    content["model"]["vocab"]["<|endoftext|>"] = content["added_tokens"][0]["id"] = 70_000
    wide = tmp_path / "wide.json"
    wide.write_text(json.dumps(content), "utf-8")
    corpus = tokenize(texts, tmp_path / "out", wide, workers=1)
    assert (corpus.dtype, corpus.eos) == ("int32", corpus.payload("eng_Latn").document(0)[-1])
    raw = np.fromfile(corpus.folder / f"{corpus.payload('eng_Latn').parts[0].name}.bin", "<i4")
    assert raw[-1] == corpus.eos


@pytest.mark.parametrize(
    ("settings", "option"),
    [(Settings(validation=1), "--validation"), (Settings(validation=-0.1), "--validation"),
     (Settings(part_tokens=0), "--part-tokens"), (Settings(seed=-1), "--seed")],
)  # fmt: skip
def test_settings_without_sense_are_refused(
    settings: Settings, option: str, texts: Path, tokenizer: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=option):
        tokenize(texts, tmp_path, tokenizer, settings=settings)


def test_what_is_no_corpus_or_no_place_for_one_is_refused(
    texts: Path, tokenizer: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.tex").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="expected an empty folder or earlier token files"):
        tokenize(texts, tmp_path / "taken", tokenizer)
    with pytest.raises(UsageError, match="found none"):
        tokenize(tmp_path / "taken", tmp_path / "out", tokenizer)
    broken = tmp_path / "in" / "deu_Latn"
    broken.mkdir(parents=True)
    (broken / "x.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(RunError, match=r"x\.parquet: expected documents with a `text`"):
        tokenize(tmp_path / "in", tmp_path / "out", tokenizer)
    write_table(broken / "x.parquet", ["a"], ["fine"])
    (broken / "y.jsonl").write_text('{"text": "a"}\n{"no": "text"}\n', "utf-8")
    with pytest.raises(RunError, match=r"y\.jsonl.*'text'"):
        tokenize(tmp_path / "in", tmp_path / "out", tokenizer, workers=1)

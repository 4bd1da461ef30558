"""Entries balance, survive a crash half-way, and know when they are stale."""

import os
from pathlib import Path

import pytest

from eurocorpus.pipeline.errors import RunError
from eurocorpus.pipeline.storage.folder import RunFolder
from eurocorpus.pipeline.storage.ledger import (
    Counts,
    Entry,
    commit,
    describe,
    entries,
    is_committed,
    read_entry,
    withdraw,
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run")


def entry(folder: RunFolder, unit: str = "a.warc", counts: Counts | None = None) -> Entry:
    path = f"documents/{unit}.parquet"
    with folder.atomic(path) as temporary:
        temporary.write_bytes(b"rows")
    return Entry("documents", unit, "f1", {"code": "1"}, (describe(folder, path, 4),),
                 (counts or Counts()).to_json(), {}, {})  # fmt: skip


def test_what_is_committed_reads_back_equal(folder: RunFolder) -> None:
    counts = Counts()
    counts.kept("a.warc", "ces_Latn", 3)
    counts.dropped("a.warc", "und", "http_status")
    written = entry(folder, counts=counts)
    commit(folder, written)
    assert read_entry(folder, "documents", "a.warc") == written
    assert list(entries(folder, "documents")) == [written]


def test_an_entry_that_does_not_balance_is_refused(folder: RunFolder) -> None:
    counts = Counts()
    counts.kept("a.warc", "ces_Latn", 3)
    counts["a.warc", "ces_Latn"].entered += 1
    with pytest.raises(RunError, match=r"4 documents of a\.warc in ces_Latn came in, but 3 left"):
        commit(folder, entry(folder, counts=counts))
    assert read_entry(folder, "documents", "a.warc") is None


def test_a_unit_is_done_only_with_its_fingerprint_and_its_files(folder: RunFolder) -> None:
    written = entry(folder)
    assert not is_committed(folder, "documents", "a.warc", "f1")
    commit(folder, written)
    assert is_committed(folder, "documents", "a.warc", "f1")
    assert not is_committed(folder, "documents", "a.warc", "f2")
    (folder.root / written.outputs[0].path).write_bytes(b"ro")
    assert not is_committed(folder, "documents", "a.warc", "f1")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"stage": "documents"}', "null"])
def test_a_damaged_entry_counts_as_none(folder: RunFolder, content: str) -> None:
    commit(folder, entry(folder))
    folder.ledger("documents", "a.warc").write_text(content)
    assert read_entry(folder, "documents", "a.warc") is None
    assert not is_committed(folder, "documents", "a.warc", "f1")


def test_withdrawing_takes_entry_and_outputs(folder: RunFolder) -> None:
    written = entry(folder, "below/a.warc")
    commit(folder, written)
    withdraw(folder, written.stage, written.unit)
    assert not is_committed(folder, "documents", "below/a.warc", "f1")
    assert not (folder.root / written.outputs[0].path).exists()


def test_an_interrupted_write_leaves_nothing(folder: RunFolder) -> None:
    def interrupted() -> None:
        with folder.atomic("data/x.parquet") as path:
            path.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not (folder.root / "data/x.parquet").exists()
    assert not any(folder.scratch.iterdir())


def test_leftovers_of_dead_processes_are_swept_and_of_living_ones_kept(folder: RunFolder) -> None:
    with folder.workspace() as alive:
        dead = alive.with_name(alive.name.replace(f"~{os.getpid()}~", "~4194305~"))
        dead.mkdir()
        (dead / "spill").write_bytes(b"x")
        folder.sweep()
        assert alive.exists()
        assert not dead.exists()
    folder.sweep(last=True)
    assert not folder.scratch.exists()

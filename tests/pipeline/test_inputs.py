"""Inputs are found, named alike everywhere, and never silently confused."""

from pathlib import Path

import pytest

from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.inputs import find_inputs


def make(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_a_file_is_called_by_its_name_and_a_folder_by_the_path_below(tmp_path: Path) -> None:
    make(tmp_path, "b.warc.gz", "in/ces_Latn/1.jsonl.zst", "in/deu_Latn/1.jsonl.zst", "in/notes.md")
    found = find_inputs([str(tmp_path / "in"), str(tmp_path / "b.warc.gz")])
    assert [source.name for source in found] == [
        "b.warc.gz",
        "ces_Latn/1.jsonl.zst",
        "deu_Latn/1.jsonl.zst",
    ]


def test_order_and_repetition_do_not_matter(tmp_path: Path) -> None:
    make(tmp_path, "a.warc", "b.warc")
    one, two = str(tmp_path / "a.warc"), str(tmp_path / "b.warc")
    assert find_inputs([two, one, two]) == find_inputs([str(tmp_path / "*.warc")])


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    make(tmp_path, "x/1.jsonl", "y/1.jsonl")
    with pytest.raises(
        UsageError, match=r"two inputs would both be called 1\.jsonl.*Name a folder"
    ):
        find_inputs([str(tmp_path / "x/1.jsonl"), str(tmp_path / "y/1.jsonl")])


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found nothing there"):
        find_inputs([str(tmp_path / "*.warc")])
    with pytest.raises(UsageError, match=r"expected files that end in \.warc"):
        find_inputs([str(tmp_path)])

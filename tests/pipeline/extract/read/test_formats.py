"""Which reader a file gets."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.extract.read import KINDS, PROBLEMS, detect, read


def _save(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz", "noname", "a.jsonl", "a.parquet", "a.arc"])
def test_bytes_count_before_names(tmp_path: Path, make: Callable[..., bytes], name: str) -> None:
    record = make(1, b"<html>")
    assert detect(_save(tmp_path / name, record)) == "warc"
    assert detect(_save(tmp_path / name, gzip.compress(record))) == "warc"
    assert detect(_save(tmp_path / name, zstandard.compress(record))) == "warc"
    assert detect(_save(tmp_path / name, b'{"text": ""}')) == "jsonl"
    assert detect(_save(tmp_path / name, gzip.compress(b' \n{"text": ""}'))) == "jsonl"
    arc = b"filedesc://x.arc 0.0.0.0 20080430204825 text/plain 76\n1 0 X\n"
    assert detect(_save(tmp_path / name, arc)) == "arc"
    pq.write_table(pa.table({"text": ["x"]}), tmp_path / name)
    assert detect(tmp_path / name) == "parquet"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.warc.gz", "warc"),
        ("a.warc.wet.gz", "wet"),
        ("a.warc.wat.gz", "warc"),
        ("a.WARC", "warc"),
        ("a.arc.gz", "arc"),
        ("a.jsonl.zst", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("part.0001.parquet", "parquet"),
    ],
)
def test_names_count_where_bytes_say_nothing(tmp_path: Path, name: str, kind: str) -> None:
    """A file whose beginning is damaged is read as what its name says."""
    assert detect(_save(tmp_path / name, b"")) == kind
    assert detect(_save(tmp_path / name, b"\x1f\x8b\x08garbage")) == kind
    assert kind in KINDS
    assert list(read(tmp_path / name))  # damage, and no exception


def test_wet_by_name(tmp_path: Path, make: Callable[..., bytes]) -> None:
    assert (
        detect(_save(tmp_path / "a.wet.gz", gzip.compress(make(1, b"", kind="conversion"))))
        == "wet"
    )


def test_unknown_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"page\.html: expected WARC, .* found b'<html>'"):
        detect(_save(tmp_path / "page.html", b"<html>"))
    with pytest.raises(UsageError, match="found nothing"):
        read(tmp_path / "absent.warc")
    with pytest.raises(UsageError, match="found a folder"):
        detect(tmp_path)


def test_problems_are_unique_names() -> None:
    assert len(set(PROBLEMS)) == len(PROBLEMS)
    assert all(name.replace("_", "").isalpha() for name in PROBLEMS)

"""Grouped files: the same bytes wherever the rows were cut, one language in each row group."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.pipeline.storage.parquet import (
    GroupedWriter,
    ParquetFile,
    RowGroups,
    iterate_language,
    languages,
    read_language,
)  # fmt: skip

SCHEMA = pa.schema([("language", pa.string()), ("number", pa.int64()), ("text", pa.large_string())])


def table(rows: Iterable[tuple[str, int, str]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], SCHEMA)


def write(path: Path, tables: list[pa.Table], spill_bytes: int, limits: RowGroups) -> bytes:
    with GroupedWriter(
        path, SCHEMA, scratch=path.parent, limits=limits, spill_bytes=spill_bytes
    ) as writer:
        for part in tables:
            writer.add(part)
        writer.close({"by": "test"})
    return path.read_bytes()


ROWS = st.lists(
    st.tuples(st.sampled_from(["ces_Latn", "deu_Latn", "mlt_Latn"]), st.integers(0, 99), st.text(max_size=50)),
    max_size=60,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, cut=st.integers(1, 20), spill=st.sampled_from([0, 300, 1 << 30]))
def test_bytes_do_not_depend_on_batches_or_spills(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, str]], cut: int, spill: int
) -> None:
    folder = tmp_path_factory.mktemp("grouped")
    rows = [
        (language, number, text.encode("utf-8", "replace").decode())
        for language, number, text in rows
    ]
    limits = RowGroups(rows=7, bytes=100)
    batches = [table(rows[i : i + cut]) for i in range(0, len(rows), cut)]
    whole = write(folder / "whole.parquet", [table(rows)], 1 << 30, limits)
    assert write(folder / "cut.parquet", batches, spill, limits) == whole
    assert sorted(path.name for path in folder.iterdir()) == ["cut.parquet", "whole.parquet"]
    for language in languages(folder / "cut.parquet"):
        got = read_language(folder / "cut.parquet", language, SCHEMA.names).to_pylist()
        assert [tuple(row.values()) for row in got] == [row for row in rows if row[0] == language]


def test_row_groups_are_bounded_in_rows_and_text(tmp_path: Path) -> None:
    path = tmp_path / "bounded.parquet"
    rows = [("ces_Latn", i, "x" * (1000 if i == 5 else 10)) for i in range(40)]
    write(path, [table(rows)], 1 << 30, RowGroups(rows=8, bytes=60))
    metadata = pq.read_metadata(path)
    sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert sum(sizes) == 40
    assert max(sizes) == 6  # six texts of ten bytes; the long one has a group to itself
    assert [len(part) for part in iterate_language(path, "ces_Latn")] == sizes


def test_absent_language_reads_as_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "one.parquet"
    write(path, [table([("ces_Latn", 1, "a")])], 1 << 30, RowGroups())
    assert read_language(path, "mlt_Latn", ["text"]).num_rows == 0
    assert list(iterate_language(path, "mlt_Latn")) == []


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.parquet"
    write(path, [], 1 << 30, RowGroups())
    assert languages(path) == {}
    assert pq.read_table(path).schema.names == SCHEMA.names


def test_footer_holds_what_is_given(tmp_path: Path) -> None:
    file = ParquetFile(tmp_path / "f.parquet", SCHEMA)
    file.add(table([("ces_Latn", 1, "a")]))
    file.close({"eurocorpus.fingerprint": "abc"})
    assert pq.read_metadata(tmp_path / "f.parquet").metadata[b"eurocorpus.fingerprint"] == b"abc"


def test_memory_stays_near_the_spill_whatever_the_size(tmp_path: Path) -> None:
    part = table([("deu_Latn", number, "x" * 10_000) for number in range(100)])  # 1 MB
    before = pa.default_memory_pool()
    pool = pa.proxy_memory_pool(before)
    pa.set_memory_pool(pool)
    try:
        write(tmp_path / "large.parquet", [part] * 60, 4 << 20, RowGroups(rows=100))
    finally:
        pa.set_memory_pool(before)
    assert pool.max_memory() < 24 << 20

"""Exchange files hold what was put into them, wherever buffers and row groups were cut."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eurocorpus.pipeline.storage import exchange
from eurocorpus.pipeline.storage.exchange import (
    PartitionedFile,
    iterate_sorted,
    read_partition,
    read_range,
    write_sorted,
)

SCHEMA = pa.schema([("doc", pa.int64()), ("kept", pa.int64())])
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUIET
@given(
    st.lists(st.lists(st.integers(0, 5), max_size=20), max_size=6), st.sampled_from([1, 100, 10**6])
)
def test_a_partition_gets_its_rows_in_order(
    tmp_path: Path, pieces: list[list[int]], buffer_bytes: int
) -> None:
    path = tmp_path / "x.parquet"
    file = PartitionedFile(path, SCHEMA, buffer_bytes)
    rows: list[tuple[int, int]] = []
    for piece in pieces:
        docs = list(range(len(rows), len(rows) + len(piece)))
        rows += zip(docs, piece, strict=True)
        file.add(pa.table({"doc": docs, "kept": piece}, schema=SCHEMA), np.array(piece, np.int64))
    assert file.close() == len(rows)
    for partition in range(7):
        found = [d for t in read_partition([path, path], partition) for d in t["doc"].to_pylist()]
        assert found == 2 * [doc for doc, where in rows if where == partition]


@QUIET
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=50),
    st.integers(0, 31),
    st.integers(0, 31),
)
def test_a_range_holds_what_is_in_it(
    tmp_path: Path, rows: list[tuple[int, int]], start: int, stop: int
) -> None:
    path = tmp_path / "x.parquet"
    table = pa.table({"doc": [d for d, _ in rows], "kept": [k for _, k in rows]}, schema=SCHEMA)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exchange, "_SORTED_ROWS", 7)
        assert write_sorted(path, table, "doc", "kept") == len(rows)
    for column, place in (("doc", 0), ("kept", 1)):
        found = read_range(path, column, start, stop)
        pairs = list(zip(*(found[name].to_pylist() for name in SCHEMA.names), strict=True))
        assert sorted(pairs) == sorted(row for row in rows if start <= row[place] < stop)
        whole = [v for t in iterate_sorted(path, column) for v in t[column].to_pylist()]
        assert whole == sorted(row[place] for row in rows)

"""Bytes come whole or not at all; waits, limits and bundles by themselves."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archive_server import Server, serve
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.pipeline.archives.bundles import Bundle, cut, fetch
from eurocorpus.pipeline.archives.index import RECORD, Choice, choose
from eurocorpus.pipeline.archives.paths import base_of, read_list
from eurocorpus.pipeline.archives.remote import Patience, Remote
from eurocorpus.pipeline.archives.streams import Streams
from eurocorpus.pipeline.errors import RunError, UsageError

QUICK = Patience(retries=2, seconds=0.001)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "file").write_bytes(bytes(range(256)) * 4)
    with serve(tmp_path) as server:
        yield server


def test_ranges_come_as_they_are(server: Server, tmp_path: Path) -> None:
    remote = Remote(QUICK)
    content = (tmp_path / "file").read_bytes()
    for location in (f"{server.base}file", str(tmp_path / "file"), f"file://{tmp_path}/file"):
        assert remote.size(location) == len(content)
        assert remote.read(location, 10, 20) == content[10:30]
        assert remote.read(location, 5, 0) == b""
        assert remote.read_all(location) == content


@pytest.mark.parametrize("fault", ["503", "less", "short", "reset"])
def test_a_fault_that_passes_is_waited_for(server: Server, fault: str) -> None:
    server.faults["file"] = [fault, fault]
    assert Remote(QUICK).read(f"{server.base}file", 0, 4) == b"\0\1\2\3"
    server.faults["file"] = ["503", "503", "503", "503"]  # a size is asked for in two ways
    assert Remote(QUICK).size(f"{server.base}file") == 1024


@pytest.mark.parametrize("fault", ["503", "less", "short", "reset"])
def test_a_fault_that_stays_is_an_error(server: Server, fault: str) -> None:
    server.faults["file"] = [fault] * 9
    with pytest.raises(RunError, match="bytes 0-3 did not come in 3 attempts"):
        Remote(QUICK).read(f"{server.base}file", 0, 4)


def test_what_cannot_be_is_said_at_once(server: Server, tmp_path: Path) -> None:
    for location in (f"{server.base}no", str(tmp_path / "no"), "nonsense://x"):
        with pytest.raises(UsageError, match="expected"):
            Remote(QUICK).read(location, 0, 4)
    with pytest.raises(RunError, match="expected 4 bytes, found 2"):
        Remote(QUICK).read(str(tmp_path / "file"), 1022, 4)


@settings(deadline=None)
@given(st.integers(0, 8), st.text(max_size=20), st.integers(0, 99))
def test_waits_are_drawn_by_the_seed(attempt: int, what: str, seed: int) -> None:
    patience = Patience(seed=seed)
    wait = patience.wait(what, attempt)
    assert wait == Patience(seed=seed).wait(what, attempt)
    assert min(0.5 * 2**attempt, 120) <= wait <= min(1.5 * 2**attempt, 120)


def test_waits_differ_between_places_and_seeds() -> None:
    waits = {Patience(seed=seed).wait(str(place), 0) for seed in range(10) for place in range(10)}
    assert len(waits) == 100


def test_no_more_streams_than_allowed(tmp_path: Path) -> None:
    streams = Streams(tmp_path / "streams", 2)
    held, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal held, most
        with streams.one():
            with lock:
                held += 1
                most = max(most, held)
            time.sleep(0.02)
            with lock:
                held -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= most <= 2


def test_a_stream_of_a_process_that_is_killed_is_free_again(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; "
        "from eurocorpus.pipeline.archives.streams import Streams\n"
        "with Streams(Path(sys.argv[1]), 1).one():\n print('held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-P", "-c", program, str(tmp_path)], stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    waited = 0

    def beat() -> None:
        nonlocal waited
        waited += 1
        if waited == 2:
            holder.kill()
            holder.wait()

    with Streams(tmp_path, 1).one(beat):
        assert waited >= 2
    holder.stdout.close()


ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 50), st.just(10)), max_size=30
)


def records(rows: list[tuple[str, int, int]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(RECORD.names, row, strict=True)) for row in rows], RECORD)


@settings(deadline=None)
@given(ROWS, st.integers(1, 7), st.integers(1, 60))
def test_bundles_hold_every_record_once_in_order(
    rows: list[tuple[str, int, int]], most: int, size: int
) -> None:
    bundles = list(cut([records(rows), records(rows)], most, size))
    found = [tuple(row.values()) for bundle in bundles for row in bundle.records.to_pylist()]
    assert found == sorted(set(rows))
    for bundle in bundles:
        assert bundle.records.num_rows <= most
        assert bundle.bytes <= size or bundle.records.num_rows == 1
    assert len({bundle.digest for bundle in bundles}) == len(bundles)
    again = list(cut([records(rows[::-1])], most, size))
    assert [bundle.digest for bundle in again] == [bundle.digest for bundle in bundles]


def members(path: Path, number: int) -> list[tuple[int, int]]:
    import gzip

    places, content = [], b""
    for index in range(number):
        member = gzip.compress(f"record {index}".encode() * 50, mtime=0)
        places.append((len(content), len(member)))
        content += member
    path.write_bytes(content)
    return places


def test_a_bundle_is_fetched_record_by_record(server: Server, tmp_path: Path) -> None:
    places = members(tmp_path / "x.warc.gz", 6)
    wanted = [places[index] for index in (0, 1, 4)]
    bundle = Bundle(records([("x.warc.gz", *place) for place in wanted]))
    fetch(bundle, server.base, Remote(QUICK), tmp_path / "out")
    content = (tmp_path / "x.warc.gz").read_bytes()
    assert (tmp_path / "out").read_bytes() == b"".join(content[o : o + n] for o, n in wanted)
    assert server.requests("x.warc.gz") == {"GET": 1}  # they lie near one another


@pytest.mark.parametrize(
    ("shift", "grow", "found"), [(1, 0, "gzip member"), (0, 5, "more"), (0, -5, "less")]
)
def test_an_index_of_another_archive_shows(
    tmp_path: Path, shift: int, grow: int, found: str
) -> None:
    (offset, length), *_ = members(tmp_path / "x.warc.gz", 2)
    bundle = Bundle(records([("x.warc.gz", offset + shift, length + grow)]))
    with pytest.raises(RunError, match=f"gzip member at byte {offset + shift}.*{found}|{found}"):
        fetch(bundle, str(tmp_path), Remote(QUICK), tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x1f\x8bbroken", b"../../etc/passwd\n", b"/x\n", b"\xff\n", b"http://a.example/x"])  # fmt: skip
def test_a_list_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.paths.gz").write_bytes(content)
    with pytest.raises(UsageError, match="expected"):
        read_list(str(tmp_path / "x.paths.gz"), Remote(QUICK))


def test_an_index_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(UsageError, match="expected a Parquet file"):
        list(choose(str(tmp_path / "x.parquet"), Choice(), Remote(QUICK)))
    pq.write_table(pa.table({"url": ["x"]}), tmp_path / "y.parquet")
    with pytest.raises(UsageError, match="expected an index with the columns warc_filename"):
        list(choose(str(tmp_path / "y.parquet"), Choice(), Remote(QUICK)))


@pytest.mark.parametrize(
    ("location", "stated", "base"),
    [
        ("s3://bucket/crawl-data/CC-MAIN-2026-40/warc.paths.gz", None, "s3://bucket/"),
        ("/data/cc/cc-index/table/x.parquet", None, "/data/cc/"),
        ("crawl-data/x/warc.paths.gz", None, "."),
        ("https://a.example/warc.paths.gz", "https://b.example/", "https://b.example/"),
    ],
)
def test_bases(location: str, stated: str | None, base: str) -> None:
    assert base_of(location, stated) == base

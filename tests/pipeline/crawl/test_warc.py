import gzip
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from eurocorpus.pipeline.crawl.warc import OPEN, Exchange, Original, WarcFiles

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


def exchange(body: bytes, number: int = 0, original: Original | None = None) -> Exchange:
    date = datetime(2026, 11, 24, 12, 0, number, 5, tzinfo=UTC)
    request = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
    return Exchange(
        f"http://a.example/{number}", date, request, HEAD, body, "127.0.0.1", original=original
    )


def files(folder: Path, limit: int = 1 << 20) -> WarcFiles:
    return WarcFiles(folder, "crawl-0000", limit, [("software", "test")])


def records(folder: Path) -> list[tuple[str, str, bytes]]:
    found = []
    for path in sorted(folder.glob("*.warc.gz*")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                get = record.rec_headers.get_header
                found.append(
                    (record.rec_type, get("WARC-Target-URI"), record.content_stream().read())
                )
    return found


@given(st.binary(max_size=2000))
def test_any_body_is_read_as_written(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    folder = tmp_path_factory.mktemp("warc")
    series = files(folder)
    series.write(exchange(body), [("via", "http://a.example/\r\nno: header")])
    series.close()
    kinds = [kind for kind, *_ in records(folder)]
    assert kinds == ["warcinfo", "request", "response", "metadata"]
    assert records(folder)[2][2] == body


def test_files_roll_over_and_names_count_up(tmp_path: Path) -> None:
    series = files(tmp_path, limit=1500)
    for number in range(6):
        series.write(exchange(bytes(range(256)) * 4, number), [])
    series.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"crawl-0000-{n:05}.warc.gz" for n in range(len(names))]
    assert len(names) > 2
    assert [url[-1] for kind, url, _ in records(tmp_path) if kind == "response"] == list("012345")


def test_each_record_is_a_member_of_its_own(tmp_path: Path) -> None:
    series = files(tmp_path)
    _, name, end = series.write(exchange(b"one"), [])
    series.write(exchange(b"two", 1), [])
    data = (tmp_path / (name + OPEN)).read_bytes()
    assert gzip.decompress(data[:end]).count(b"WARC/1.1\r\n") == 4
    assert gzip.decompress(data[end:]).startswith(b"WARC/1.1\r\nWARC-Type: request")
    series.close()


@pytest.mark.parametrize("committed", range(7))
def test_what_was_not_committed_is_cut_off(tmp_path: Path, committed: int) -> None:
    """As after a kill: the journal knows of so many, the files have more, whole files among them."""
    killed, left = tmp_path / "killed", tmp_path / "left"
    series = files(killed, limit=1500)
    places = [series.write(exchange(bytes(range(256)) * 4, number), []) for number in range(6)]
    shutil.copytree(killed, left)
    series.close()
    _, name, end = places[committed - 1] if committed else ("", "", 0)
    again = files(left, limit=1500)
    again.resume(name, end)
    for number in range(committed, 6):
        again.write(exchange(bytes(range(256)) * 4, number), [])
    again.close()
    assert [url[-1] for kind, url, _ in records(left) if kind == "response"] == list("012345")
    assert not list(left.glob(f"*{OPEN}"))


def test_a_revisit_names_the_first_record_and_has_no_payload(tmp_path: Path) -> None:
    series = files(tmp_path)
    first = exchange(b"same")
    record, _, _ = series.write(first, [])
    original = Original(record, first.url, first.date_text, first.digest)
    series.write(exchange(b"same", 1, original), [])
    series.close()
    with next(tmp_path.iterdir()).open("rb") as file:
        [revisit] = [r for r in ArchiveIterator(file) if r.rec_type == "revisit"]
    get = revisit.rec_headers.get_header
    assert get("WARC-Refers-To") == record
    assert get("WARC-Refers-To-Target-URI") == first.url
    assert get("WARC-Refers-To-Date") == first.date_text == "2026-11-24T12:00:00.000005Z"
    assert get("WARC-Payload-Digest") == first.digest
    assert get("WARC-Profile").endswith("/identical-payload-digest")
    assert get("Content-Length") == str(len(HEAD))

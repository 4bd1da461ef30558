"""Archives: good ones, ones damaged in every way that occurs, and real ones."""

import gzip
import json
import random
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha1
from io import BytesIO
from pathlib import Path

import pytest
from fastwarc.stream_io import Lz4Writer
from fastwarc.warc import ArchiveIterator
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from eurocorpus.pipeline.extract.read import Capture, Damage, Limits, Reading, read
from eurocorpus.pipeline.extract.read.salvage import WarcGrammar, records
from eurocorpus.pipeline.extract.read.window import Window

Make = Callable[..., bytes]
Items = tuple[list[Capture], list[Damage], Counter[str]]

_PAGE = (
    b"<html><body><p>" + "Žluťoučký kůň úpěl ďábelské ódy. ".encode() * 8 + b"</p></body></html>"
)


def items(path: Path, limits: Limits | None = None) -> Items:
    """Everything that reading gives; each document record gives exactly one capture."""
    reading = read(path, limits=limits)
    found = list(reading)
    captures = [item for item in found if isinstance(item, Capture)]
    damages = [item for item in found if isinstance(item, Damage)]
    documents = ("response", "resource", "conversion", "revisit", "row")
    assert len(captures) == sum(reading.counts[kind] for kind in documents)
    return captures, damages, reading.counts


def problems(captures: list[Capture]) -> dict[str, int]:
    return dict(Counter(capture.problem for capture in captures))


@pytest.fixture(scope="module")
def parts(make: Make) -> list[bytes]:
    """Six records: a page, its request, pages, a metadata record, a page."""
    return [
        make(0, _PAGE),
        make(1, b"", kind="request"),
        make(2, _PAGE * 3),
        make(3, b"<html>\r\n\r\n<p>short</p>\r\n\r\n</html>\r\n"),
        make(4, b"fetchTimeMs: 7\r\n", kind="metadata"),
        make(5, b"<html>last</html>"),
    ]


def save(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def packed(parts: list[bytes], how: str) -> bytes:
    """The records as a plain file, with a gzip member each, or as one member."""
    if how == "plain":
        return b"".join(parts)
    if how == "members":
        return b"".join(gzip.compress(part, mtime=0) for part in parts)
    return gzip.compress(b"".join(parts), mtime=0)


@pytest.mark.parametrize("how", ["plain", "members", "one"])
def test_good_file(tmp_path: Path, parts: list[bytes], how: str) -> None:
    captures, damages, counts = items(save(tmp_path / "a.warc", packed(parts, how)))
    assert not damages
    assert counts == {"response": 4, "request": 1, "metadata": 1}
    assert [capture.url[-1] for capture in captures] == ["0", "2", "3", "5"]
    assert captures[1].body == _PAGE * 3
    assert captures[2].body == b"<html>\r\n\r\n<p>short</p>\r\n\r\n</html>\r\n"
    assert {capture.problem for capture in captures} == {""}
    first = captures[0]
    assert first.record_id == "<urn:uuid:00000000-0000-0000-0000-000000000000>"
    assert first.date is not None
    assert first.date.isoformat() == "2025-03-01T00:00:00+00:00"
    assert (first.status, first.content_type, first.text) == (200, "text/html", None)
    assert len(first.digest) == 16


def test_lz4(tmp_path: Path, parts: list[bytes]) -> None:
    out = BytesIO()
    for part in parts:
        writer = Lz4Writer(out)
        writer.write(part)
        writer.finish()
        writer.flush()
    captures, damages, counts = items(save(tmp_path / "a.warc.lz4", out.getvalue()))
    assert (len(captures), damages, sum(counts.values())) == (4, [], 6)


def test_zstd(tmp_path: Path, parts: list[bytes]) -> None:
    zstandard = pytest.importorskip("zstandard")
    data = b"".join(map(zstandard.compress, parts))
    captures, damages, counts = items(save(tmp_path / "a.warc.zst", data))
    assert (len(captures), damages, sum(counts.values())) == (4, [], 6)
    captures, damages, _ = items(save(tmp_path / "b.warc.zst", data[:-9]))
    assert len(captures) + len(damages) >= 4
    assert damages or captures[-1].problem


@pytest.mark.parametrize("how", ["plain", "members", "one"])
def test_careful_reader_agrees_with_fastwarc(tmp_path: Path, parts: list[bytes], how: str) -> None:
    """The slow twin gives what the fast path gives: types, fields and content."""
    path = save(tmp_path / "a.warc", packed(parts, how))
    with path.open("rb") as file:
        window = Window(file, "plain" if how == "plain" else "gzip")
        slow = list(records(window, WarcGrammar(), Limits()))
    fast = [
        (str(found.record_type), found.record_id, found.reader.read())
        for found in ArchiveIterator(str(path), parse_http=False)
    ]
    assert [
        (item.type, item.headers["warc-record-id"], item.block)
        for item in slow
        if not isinstance(item, Damage)
    ] == fast


@pytest.mark.parametrize("how", ["plain", "members", "one"])
def test_truncated_at_every_byte(tmp_path: Path, parts: list[bytes], how: str) -> None:
    """Never a crash, never a changed record without a problem, never a silent loss."""
    parts = parts[3:]
    data = packed(parts, how)
    good, _, _ = items(save(tmp_path / "good.warc.gz", data))
    path = tmp_path / "cut.warc.gz"
    for size in range(len(data)):
        captures, damages, counts = items(save(path, data[:size]))
        sound = [capture for capture in captures if not capture.problem]
        assert sound == good[: len(sound)], size
        assert [c.url for c in captures] in ([c.url for c in good[:n]] for n in range(3)), size
        begun = _decoded(data[:size], how)
        whole = sum(len(b"".join(parts[:n])) - 4 <= begun for n in range(1, len(parts) + 1))
        started = sum(len(b"".join(parts[:n])) < begun for n in range(len(parts)))
        told = sum(counts.values()) + sum(not damage.record for damage in damages)
        # A member may be cut before its first byte can be decoded, or hold more records.
        assert started <= told <= started + (how != "plain") + (not size), size
        assert sum(counts.values()) >= whole, size
        # A member without its end says that the file was cut, even behind the last record.
        if how != "plain" and size not in {len(packed(parts[:n], how)) for n in range(4)}:
            assert damages or len(sound) < len(captures), size


def _decoded(data: bytes, how: str) -> int:
    """How many bytes of records the first bytes of a file hold."""
    size = 0
    while data and how != "plain":
        stream = zlib.decompressobj(31)
        size += len(stream.decompress(data))
        data = stream.unused_data
    return size if how != "plain" else len(data)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["plain", "members", "one"]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), max_size=6),
    st.integers(0, 40),
    st.binary(max_size=40),
)
@example("plain", [], 0, b"")
def test_flipped_bytes(
    tmp_path: Path,
    parts: list[bytes],
    how: str,
    flips: list[tuple[float, int]],
    cut: int,
    inserted: bytes,
) -> None:
    """Any damage ends; what a gzip checksum covers is unchanged or carries a problem."""
    data = bytearray(packed(parts, how))
    for place, mask in flips:
        data[int(place * len(data))] ^= mask
    middle = len(data) // 2
    data[middle : middle + cut] = inserted
    captures, damages, counts = items(save(tmp_path / "flip.warc", bytes(data)))
    if how == "members":
        good = {make_body for make_body in (_PAGE, _PAGE * 3, b"<html>last</html>")}
        good.add(b"<html>\r\n\r\n<p>short</p>\r\n\r\n</html>\r\n")
        assert all(capture.body in good for capture in captures if not capture.problem)
        found = sum(counts.values()) + sum(not damage.record for damage in damages)
        assert found >= 1


_BREAKS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "too long": (lambda r: _length(r, +500), "bad_length"),
    "longer than the file": (lambda r: _length(r, +(10**6)), "bad_length"),
    "3 GB": (lambda r: _length(r, +3 * 10**9), "bad_length"),
    "too short": (lambda r: _length(r, -9), "bad_length"),
    "missing": (lambda r: r.replace(b"Content-Length: ", b"X-Was: ", 1), "bad_length"),
    "no number": (lambda r: r.replace(b"Content-Length: ", b"Content-Length: x", 1), "bad_length"),
    "negative": (lambda r: r.replace(b"Content-Length: ", b"Content-Length: -", 1), "bad_length"),
}


def _length(record: bytes, change: int) -> bytes:
    head, _, rest = record.partition(b"Content-Length: ")
    number, _, rest = rest.partition(b"\r\n")
    return head + b"Content-Length: %d\r\n" % (int(number) + change) + rest


@pytest.mark.parametrize("how", ["plain", "members", "one"])
@pytest.mark.parametrize("name", _BREAKS)
def test_wrong_content_length(tmp_path: Path, make: Make, how: str, name: str) -> None:
    """The record is reported, all others are read."""
    change, problem = _BREAKS[name]
    parts = [make(n, _PAGE + b"<!-- %d -->" % n) for n in range(6)]
    parts[2] = change(make(2, b"<html>" + b"line\r\n" * 50 + b"</html>"))
    captures, damages, counts = items(save(tmp_path / "a.warc.gz", packed(parts, how)))
    assert not damages
    assert counts == {"response": 6}
    assert [capture.problem for capture in captures] == ["", "", problem, "", "", ""]
    assert [capture.url[-1] for capture in captures] == list("012345")


@pytest.mark.parametrize("how", ["plain", "members", "one"])
def test_wrong_content_length_of_the_last_record(tmp_path: Path, make: Make, how: str) -> None:
    parts = [make(n, _PAGE) for n in range(3)]
    for change, problem in ((+7, "truncated_record"), (-7, "bad_length")):
        broken = [*parts[:2], _length(parts[2], change)]
        captures, _, _ = items(save(tmp_path / "a.warc.gz", packed(broken, how)))
        assert [capture.problem for capture in captures] == ["", "", problem]


def test_damaged_member_costs_itself(tmp_path: Path, make: Make) -> None:
    """A flipped byte in every place of a member: the five others are always read."""
    parts = [gzip.compress(make(n, random.Random(n).randbytes(900)), mtime=0) for n in range(6)]
    for place in range(0, len(parts[2]), 7):
        broken = bytearray(parts[2])
        broken[place] ^= 0x55
        data = b"".join([*parts[:2], bytes(broken), *parts[3:]])
        captures, damages, counts = items(save(tmp_path / "a.warc.gz", data))
        read_well = [
            c.url[-1] for c in captures if c.problem not in ("damaged_record", "bad_length")
        ]
        assert [url for url in read_well if url != "2"] == list("01345"), place
        # Bytes 4 to 9 of a gzip header (time, system) mean nothing to a reader.
        assert sum(counts.values()) + len(damages) == 6, place


def test_damage_between_records(tmp_path: Path, parts: list[bytes]) -> None:
    for how, junk in (("plain", b"junk\r\n"), ("members", b"junk"), ("plain", b"\0" * 99)):
        halves = [packed(parts[:3], how), packed(parts[3:], how)]
        captures, damages, counts = items(save(tmp_path / "a.warc", junk.join(halves)))
        assert (len(captures), sum(counts.values())) == (4, 6)
        assert problems(captures) == {"": 4}
        assert [(d.offset, d.length) for d in damages] == [(len(halves[0]), len(junk))]


@pytest.mark.parametrize("how", ["plain", "members"])
def test_padding_and_empty_members(tmp_path: Path, parts: list[bytes], how: str) -> None:
    data = packed(parts, how)
    captures, damages, _ = items(save(tmp_path / "a.warc", data + bytes(4096)))
    assert problems(captures) == {"": 4}
    assert damages == [Damage(len(data), 4096, "zero padding")]
    # FastWARC takes an empty member for the end of the file.
    empty = gzip.compress(b"", mtime=0)
    middle = packed(parts[:2], "members") + empty * 3 + packed(parts[2:], "members") + empty
    captures, damages, counts = items(save(tmp_path / "b.warc.gz", middle))
    assert (problems(captures), damages, sum(counts.values())) == ({"": 4}, [], 6)


def test_nothing_to_read_is_visible(tmp_path: Path) -> None:
    assert items(save(tmp_path / "a.warc.gz", b""))[1] == [Damage(0, 0, "the file is empty")]
    empty = gzip.compress(b"", mtime=0)
    damages = items(save(tmp_path / "b.warc.gz", empty))[1]
    assert damages == [Damage(0, len(empty), "the file holds no record")]
    damages = items(save(tmp_path / "c.warc.gz", b"<html>404 from proxy</html>"))[1]
    assert [(d.offset, d.length) for d in damages] == [(0, 27)]
    assert "404 from proxy" in damages[0].what


def test_nested_records_are_content(tmp_path: Path, make: Make) -> None:
    """A page that quotes a record stays whole, next to damage as well."""
    quoting = make(1, b"<html><pre>\r\n\r\n" + make(7, b"<html>quoted</html>") + b"</pre></html>")
    for how in ("plain", "members", "one"):
        parts = [make(0, _PAGE), quoting, make(2, _PAGE), b"junk\r\n", quoting, make(3, _PAGE)]
        captures, _, _ = items(save(tmp_path / "a.warc", packed(parts, how)))
        assert [capture.url[-1] for capture in captures] == list("01213"), how
        assert problems(captures) == {"": 5}


def test_sloppy_headers(tmp_path: Path, make: Make) -> None:
    """Names in lower case, lone newlines, doubled carriage returns, folded lines."""
    good = make(1, _PAGE)
    head, blank, rest = good.partition(b"\r\n\r\n")
    version, _, fields = head.partition(b"\r\n")
    sloppy = [
        version + b"\r\n" + fields.lower() + blank + rest,
        head.replace(b"\r\n", b"\n") + b"\n\n" + rest,
        head.replace(b"\r\n", b"\r\r\n") + b"\r\r\n\r\r\n" + rest,
        head + b"\r\nX-Folded: a\r\n  b" + blank + rest,
        head.replace(b"WARC-Type: response", b"WARC-Type:\tRESPONSE ") + blank + rest,
        good[:-4],
        good + b"\r\n\r\n\r\n",
    ]
    for record in sloppy:
        parts = [good, record, good, record]
        captures, damages, _ = items(save(tmp_path / "a.warc", b"".join(parts)))
        assert not damages, record
        assert [capture.body for capture in captures] == [_PAGE] * 4, record


def test_huge_header_is_damage(tmp_path: Path, make: Make) -> None:
    huge = make(1, _PAGE).replace(b"WARC-Type", b"X-Huge: " + b"x" * 2**20 + b"\r\nWARC-Type", 1)
    captures, damages, _ = items(save(tmp_path / "a.warc", make(0, _PAGE) + huge + make(2, _PAGE)))
    assert [capture.url[-1] for capture in captures] == ["0", "2"]
    assert sum(damage.length or 0 for damage in damages) == len(huge)


def test_records_that_say_they_are_partial(tmp_path: Path, make: Make) -> None:
    good = make(1, _PAGE)
    truncated = good.replace(b"WARC-Type", b"WARC-Truncated: length\r\nWARC-Type", 1)
    segment = good.replace(b"WARC-Type", b"WARC-Segment-Number: 1\r\nWARC-Type", 1)
    captures, _, _ = items(save(tmp_path / "a.warc", truncated + segment + good))
    assert [capture.problem for capture in captures] == ["truncated_record"] * 2 + [""]
    assert captures[0].detail == "WARC-Truncated: length"


def test_bounded_memory(tmp_path: Path, make: Make) -> None:
    """A page of 100 MB, which is a gzip bomb as well, with a limit of 1 MB."""
    limits = Limits(page_bytes=2**20)
    big = make(1, b"<html>")[:-4]
    big = _length(big, 100 * 2**20)
    path = tmp_path / "a.warc.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(make(0, _PAGE) + big)
        for _ in range(100):
            file.write(b"x" * 2**20)
        file.write(b"\r\n\r\n" + make(2, _PAGE))
    tracemalloc.start()
    captures, damages, _ = items(path, limits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not damages
    assert [capture.problem for capture in captures] == ["", "page_too_large", ""]
    assert captures[1].detail == f"{100 * 2**20 + 6:,} bytes"
    assert peak < 16 * 2**20


def test_sparse_record(tmp_path: Path, make: Make) -> None:
    """A declared length is believed if it is right, and never allocated."""
    with (tmp_path / "a.warc").open("wb") as file:
        file.write(make(0, _PAGE) + _length(make(1, b"<html>")[:-4], 400 * 2**20))
        file.seek(400 * 2**20, 1)
        file.write(b"\r\n\r\n" + make(2, _PAGE))
    captures, damages, _ = items(tmp_path / "a.warc", Limits(page_bytes=2**20))
    assert ([c.problem for c in captures], damages) == (["", "page_too_large", ""], [])


def test_wet(tmp_path: Path, make: Make) -> None:
    parts = [
        make(1, b"Tere, maailm!\nJah.", kind="conversion"),
        make(2, b" \n", kind="conversion"),
    ]
    path = save(tmp_path / "a.warc.wet.gz", packed(parts, "members"))
    captures, damages, counts = items(path)
    assert read(path).kind == "wet"
    assert (damages, counts) == ([], {"conversion": 2})
    assert captures[0].text == "Tere, maailm!\nJah."
    assert [capture.problem for capture in captures] == ["", "empty_body"]


_ARC = (
    b"filedesc://a.arc 0.0.0.0 20140216050221 text/plain 76\n"
    b"1 0 Me\nURL IP-address Archive-date Content-type Archive-length\n\nxxxxx\n"
)


def _arc_record(number: int, declared: int = 0) -> bytes:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + _PAGE
    line = b"http://a.example/%d a 127.0.0.1 20140216050221 text/html %d\n"
    return line % (number, len(block) + declared) + block + b"\n"


def test_arc(tmp_path: Path) -> None:
    version = b"1 0 Me\nURL IP-address Archive-date Content-type Archive-length\n"
    first = b"filedesc://a.arc 0.0.0.0 20140216050221 text/plain %d\n%s\n" % (len(version), version)
    parts = [first, *map(_arc_record, range(3))]
    for how in ("plain", "members"):
        captures, damages, counts = items(save(tmp_path / "a.arc.gz", packed(parts, how)))
        assert (damages, counts) == ([], {"arc_header": 1, "response": 3})
        assert {capture.body for capture in captures} == {_PAGE}
        assert captures[0].url == "http://a.example/0%20a"
        assert str(captures[0].date) == "2014-02-16 05:02:21+00:00"
        assert len({capture.record_id for capture in captures}) == 3
    for change in (+5, -5, +5000):
        parts[2] = _arc_record(1, change)
        captures, damages, _ = items(save(tmp_path / "b.arc", b"".join(parts)))
        assert [capture.problem for capture in captures] == ["", "bad_length", ""], change
    data = b"".join(parts[:2])
    for size in range(len(first), len(data)):
        captures, damages, _ = items(save(tmp_path / "c.arc", data[:size]))
        assert all(capture.body == _PAGE for capture in captures if not capture.problem)


_OK = {"warcinfo": 1, "response": 46, "request": 13}
_MALFORMED: dict[str, tuple[dict[str, int], dict[str, int], int]] = {
    # file: counts by type, problems of the captures, damage that is no counted record
    "ok-60-records.warc.gz": (_OK, {}, 0),
    "ok-60-records.warc": (_OK, {}, 0),
    "truncated-mid-member.warc.gz": (_OK, {"truncated_record": 1}, 0),
    "truncated-half.warc.gz": (
        {"warcinfo": 1, "response": 21, "request": 4},
        {"truncated_record": 1},
        0,
    ),
    "single-gzip-member.warc.gz": (_OK, {}, 0),
    # The 4th member breaks 200 bytes in, before the record's header can be decoded.
    "bitflip-in-record-4.warc.gz": ({"warcinfo": 1, "response": 45, "request": 13}, {}, 1),
    "garbage-between-members.warc.gz": (_OK, {}, 1),
    "zero-padding-tail.warc.gz": (_OK, {}, 1),
    "empty.warc.gz": ({}, {}, 1),
    "empty-member.warc.gz": ({}, {}, 1),
    "content-length-too-long.warc": (_OK, {"bad_length": 1}, 0),
    "content-length-too-short.warc": (_OK, {"bad_length": 1}, 0),
    "content-length-missing.warc": (_OK, {"bad_length": 1}, 0),
    "content-length-not-a-number.warc": (_OK, {"bad_length": 1}, 0),
    "bad-version-line.warc": ({"warcinfo": 1, "response": 45, "request": 13}, {}, 1),
    # Every length is too long by its record's lines; the last one meets the file's end.
    "lf-only.warc": (_OK, {"bad_length": 45, "truncated_record": 1}, 0),
    # Not only the four bytes of the separator are missing: the page's last byte is, too.
    "missing-final-crlf.warc": (_OK, {"truncated_record": 1}, 0),
    "not-a-warc.warc.gz": ({}, {}, 1),
    "duplicate-records.warc.gz": ({"warcinfo": 2, "response": 46, "request": 12}, {}, 0),
}


def test_every_malformed_file_is_expected(data: Path) -> None:
    assert {path.name for path in (data / "malformed").iterdir()} == set(_MALFORMED)


@pytest.mark.parametrize("name", _MALFORMED)
def test_malformed(data: Path, name: str) -> None:
    expected, faults, lost = _MALFORMED[name]
    captures, damages, counts = items(data / "malformed" / name)
    assert counts == expected
    found = problems(captures)
    assert {reason: found.get(reason, 0) for reason in faults} == faults
    assert sum(not damage.record for damage in damages) == lost
    assert all(damage.what for damage in damages)


def _fixtures(data: Path) -> list[dict[str, object]]:
    manifest = json.loads((data / "fixtures_manifest.json").read_text())
    return [entry for entry in manifest if (data / entry["file"]).is_file()]


def test_fixtures_against_two_other_readers(data: Path) -> None:
    """Of no type fewer records than the better of warcio and FastWARC."""
    entries = _fixtures(data)
    assert len(entries) > 60
    for entry in entries:
        _, damages, counts = items(data / str(entry["file"]))
        for reader in ("warcio", "fastwarc"):
            seen = entry[reader]
            assert isinstance(seen, dict)
            for kind, number in seen.items():
                got = counts[kind] + (counts["monkeys"] if kind == "unknown" else 0)
                lost = sum(not damage.record for damage in damages)
                assert got + lost >= number, (entry["file"], reader, kind)
                assert got >= number or lost, (entry["file"], reader, kind)


_KINDS = {
    "html": "",
    "text": "",
    "404": "http_status",
    "redirect": "http_status",
    "pdf": "content_type",
    "image": "content_type",
    "empty": "empty_body",
}


@pytest.mark.parametrize("number", range(8))
def test_real_pages(data: Path, number: int) -> None:
    """Every response is accounted for, and the bodies are those that were written."""
    lines = (data / f"eu-web-0{number}.truth.jsonl").read_text().splitlines()
    truth = {row["record_id"]: row for row in map(json.loads, lines)}
    captures, damages, _ = items(data / f"eu-web-0{number}.warc.gz")
    assert not damages
    assert {capture.record_id for capture in captures} == set(truth)
    assert len(captures) == len(truth)
    for capture in captures:
        row = truth[capture.record_id]
        assert capture.problem == _KINDS[row["kind"]], row
        assert capture.url == row["url"]
        assert (capture.text is not None) == (row["kind"] == "text")
        if row["kind"] == "html":
            assert sha1(capture.body).hexdigest() == row["sha1"]


def test_reading_counts_while_it_goes(tmp_path: Path, parts: list[bytes]) -> None:
    reading = read(save(tmp_path / "a.warc", packed(parts, "plain")))
    assert isinstance(reading, Reading)
    assert not reading.counts
    next(iter(reading))
    assert sum(reading.counts.values()) == 1
    assert replace(Limits(), page_bytes=1).block_bytes > 1

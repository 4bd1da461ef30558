"""Parquet and JSON lines: rows, broken rows, broken files."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.extract.read import Capture, Columns, Damage, Limits, read

_ROWS = [
    {"text": "Esimene tekst.", "url": "http://a.example/1", "date": "2024-05-06T07:08:09Z"},
    {"text": "Druhý text.\nŘádek.", "url": "http://a.example/2", "date": "2024-05-06T07:08:10Z"},
]
_FINEWEB = {
    "text": "Trečias.",
    "id": "<urn:uuid:1>",
    "dump": "CC-MAIN-2024-10",
    "url": "http://a.example/3",
    "date": "2024-05-06T07:08:09Z",
    "file_path": "s3://x",
    "language": "lit",
    "language_score": 0.97,
}
_HPLT = {"text": "Ceturtais.", "u": "http://a.example/4", "ts": "2024-05-06T07:08:09Z", "id": "h1"}
_HPLT |= {"c": "text/html", "lang": "lvs_Latn"}


def lines(rows: list[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def captures(path: Path, **options: Any) -> list[Capture]:
    found = list(read(path, **options))
    assert all(isinstance(item, Capture) for item in found), found
    return [item for item in found if isinstance(item, Capture)]


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    data = lines(rows)
    match path.suffix:
        case ".parquet":
            pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=1)
        case ".gz":
            path.write_bytes(gzip.compress(data))
        case ".zst":
            half = len(data) // 2
            path.write_bytes(zstandard.compress(data[:half]) + zstandard.compress(data[half:]))
        case _:
            path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.jsonl.gz", "a.jsonl.zst"])
def test_rows(tmp_path: Path, name: str) -> None:
    path = _write(tmp_path / name, _ROWS)
    first, second = captures(path)
    assert first.text == "Esimene tekst."
    assert second.text == "Druhý text.\nŘádek."
    assert (first.record_id, second.record_id) == (f"{name}#1", f"{name}#2")
    assert first.url == "http://a.example/1"
    assert first.date == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert (first.status, first.problem, first.body, first.extra) == (200, "", b"", {})
    assert first.digest != second.digest
    assert captures(path) == [first, second]


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_known_corpora(tmp_path: Path, name: str) -> None:
    (row,) = captures(_write(tmp_path / name, [_FINEWEB]))
    assert (row.text, row.url) == ("Trečias.", "http://a.example/3")
    assert row.extra is not None
    assert (row.extra["id"], row.extra["language"]) == ("<urn:uuid:1>", "lit")
    (row,) = captures(_write(tmp_path / name, [_HPLT]))
    assert (row.url, str(row.date)) == ("http://a.example/4", "2024-05-06 07:08:09+00:00")
    assert row.extra == {"id": "h1", "lang": "lvs_Latn"}


def test_digest_is_that_of_the_text(tmp_path: Path) -> None:
    one = captures(_write(tmp_path / "a.parquet", _ROWS))
    two = captures(_write(tmp_path / "b.jsonl", _ROWS[::-1]))
    assert [row.digest for row in one] == [row.digest for row in two][::-1]


def test_broken_lines_cost_themselves(tmp_path: Path) -> None:
    good = lines(_ROWS)
    bad = [
        b"{broken\n",
        b"[1, 2]\n",
        b'{"url": "http://a.example/x"}\n',
        b'{"text": 7}\n',
        b'{"text": null}\n',
        b'{"text": "\xff"}\n',
        b"[" * 100_000 + b"\n",
        b'{"text": "' + b"x" * 9000 + b'"}\n',
    ]
    path = tmp_path / "a.jsonl"
    path.write_bytes(good + b"\n" + b"".join(bad) + good[:-1])
    found = captures(path, limits=Limits(page_bytes=1000, header_bytes=1000))
    assert [row.problem for row in found] == ["", "", *["bad_row"] * 8, "", ""]
    assert found[2].detail.startswith("line 4: ")
    assert found[3].detail == "line 5: expected an object, found list"
    assert found[4].detail == "line 6: text holds nothing, expected text"
    assert found[4].url == "http://a.example/x"
    assert found[5].detail == "line 7: text holds int, expected text"
    assert found[9].detail == "line 11: the line is too long"
    assert found[11].record_id == "a.jsonl#13"


def test_deeply_nested_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": ' + b"[" * 100_000 + b"\n" + lines(_ROWS))
    assert [row.problem for row in captures(path)] == ["bad_row", "", ""]


def test_odd_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b'\xef\xbb\xbf{"text": "a\\ud800\\u0000b", "url": "\\udfff", "ts": 0}\r\n'
        b'{"text": " \\n"}\n{"text": "' + b"y" * 2000 + b'", "date": "yesterday"}'
    )
    first, second, third = captures(path, limits=Limits(page_bytes=1000))
    assert (first.text, first.url) == ("a\ufffd\ufffdb", "\ufffd")
    assert str(first.date) == "1970-01-01 00:00:00+00:00"
    assert (second.problem, third.problem) == ("empty_body", "page_too_large")
    assert (third.detail, third.date, third.text) == ("2,000 bytes", None, None)


def test_null_and_odd_cells_in_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table(
        {
            "text": pa.array(["one", None, ""], pa.large_string()),
            "date": pa.array([0, 1, None], pa.timestamp("s")),
            "url": pa.array([None, "u", "v"], pa.dictionary(pa.int32(), pa.string())),
        }
    )
    pq.write_table(table, path)
    one, two, three = captures(path)
    assert (one.text, one.url, str(one.date)) == ("one", "", "1970-01-01 00:00:00+00:00")
    assert (two.problem, two.detail) == ("bad_row", "row 2: text holds nothing, expected text")
    assert three.problem == "empty_body"


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_missing_text_column(tmp_path: Path, name: str) -> None:
    path = _write(tmp_path / name, [{"texts": "x", "link": "y"}])
    with pytest.raises(UsageError, match="'texts', 'link'; the nearest is 'texts'"):
        list(read(path))
    (row,) = captures(path, columns=Columns(text="texts", url=("link",)))
    assert (row.text, row.url) == ("x", "y")


def test_damaged_parquet(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.parquet", _ROWS * 4)
    data = path.read_bytes()
    path.write_bytes(data[:-20])
    (damage,) = read(path)
    assert isinstance(damage, Damage)
    assert damage.what.startswith("no readable Parquet file: ")
    broken = bytearray(data)
    where = data.find(b"Esimene", 200)
    broken[where - 60 : where] = b"\xff" * 60
    path.write_bytes(bytes(broken))
    found = list(read(path))
    rows = [item for item in found if isinstance(item, Capture)]
    damages = [item for item in found if isinstance(item, Damage)]
    assert len(rows) + len(damages) == 8
    assert damages
    assert len(rows) >= 6


def test_cut_compressed_lines(tmp_path: Path) -> None:
    """What was read before the cut stays, and the cut is reported."""
    data = lines([{"text": f"Rivi {number} " + "abc" * number} for number in range(500)])
    for name, packed in (
        ("a.jsonl.gz", gzip.compress(data)),
        ("a.jsonl.zst", zstandard.compress(data)),
    ):
        path = tmp_path / name
        path.write_bytes(packed[: len(packed) // 2])
        found = list(read(path))
        rows = [item for item in found if isinstance(item, Capture)]
        assert any(isinstance(item, Damage) for item in found)
        assert all(not row.problem for row in rows[:-1])


def test_gzip_lines_go_on_behind_damage(tmp_path: Path) -> None:
    members = [
        gzip.compress(lines([{"text": f"Rida {number}"}] * 9), mtime=0) for number in range(3)
    ]
    broken = bytearray(members[1])
    broken[len(broken) // 2] ^= 0xFF
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(members[0] + bytes(broken) + members[2])
    found = list(read(path))
    texts = [item.text for item in found if isinstance(item, Capture) and not item.problem]
    assert texts.count("Rida 0") == texts.count("Rida 2") == 9
    assert sum(isinstance(item, Damage) for item in found) == 1

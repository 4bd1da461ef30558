"""HTTP as archives hold it: headers, chunks, encodings, and the bombs among them."""

import gzip
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import zstandard
from fastwarc.stream_io import BrotliWriter
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.extract.read import Capture, Limits, http, read

_PAGE = b"<html><body>" + "Příliš žluťoučký kůň. ".encode() * 40 + b"</body></html>"
_LIMIT = 1 << 20


def _brotli(data: bytes) -> bytes:
    out = BytesIO()
    writer = BrotliWriter(out)
    writer.write(data)
    writer.close()
    return out.getvalue()


def _raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


def _chunked(data: bytes, size: int = 100) -> bytes:
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


_ENCODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "two members": ("gzip", lambda data: gzip.compress(data[:99]) + gzip.compress(data[99:])),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", _raw_deflate),
    "br": ("br", _brotli),
    "zstd": ("zstd", zstandard.compress),
    "two codings": ("deflate, gzip", lambda data: gzip.compress(zlib.compress(data))),
}


@pytest.mark.parametrize("name", _ENCODERS)
def test_content_encodings(name: str) -> None:
    coding, encode = _ENCODERS[name]
    _, codings = http.describe((("Content-Encoding", coding.upper()),))
    assert http.decode_body(codings, encode(_PAGE), _LIMIT) == (_PAGE, "", "")
    # The crawler has undone the encoding and kept the header.
    assert http.decode_body(codings, _PAGE, _LIMIT) == (_PAGE, "", "")
    assert http.decode_body(codings, b"", _LIMIT)[0] == b""
    exact = http.decode_body(codings, encode(_PAGE), len(_PAGE))
    assert exact == (_PAGE, "", "")
    assert http.decode_body(codings, encode(_PAGE), len(_PAGE) - 1)[1] == "page_too_large"


@pytest.mark.parametrize("name", [name for name in _ENCODERS if name != "two members"])
def test_cut_encodings_are_never_silent(name: str) -> None:
    """All cuts of an encoded body are a problem, or leave the page whole (checksums)."""
    coding, encode = _ENCODERS[name]
    _, codings = http.describe((("content-encoding", coding),))
    data = encode(_PAGE)
    for size in range(8, len(data)):
        body, problem, detail = http.decode_body(codings, data[:size], _LIMIT)
        assert (problem == "bad_encoding" and detail) or body == _PAGE, size


@pytest.mark.parametrize("name", _ENCODERS)
def test_bombs(name: str) -> None:
    coding, encode = _ENCODERS[name]
    _, codings = http.describe((("content-encoding", coding),))
    bomb = encode(bytes(100 << 20) if coding == "gzip" else bytes(20 << 20))
    assert http.decode_body(codings, bomb, _LIMIT)[1:] == (
        "page_too_large",
        f"more than {_LIMIT:,} bytes",
    )


def test_nested_gzip() -> None:
    twice = gzip.compress(gzip.compress(_PAGE))
    assert http.decode_body(["gzip", "gzip"], twice, _LIMIT)[0] == _PAGE
    assert http.decode_body(["gzip"] * 9, twice, _LIMIT)[1] == "bad_encoding"
    # Only one is declared: what is inside is no page, and sniffed as gzip.
    assert http.decode_body(["gzip"], twice, _LIMIT)[0] == gzip.compress(_PAGE)


@pytest.mark.parametrize("coding", ["gzip", "zstd", "br", "deflate"])
def test_binary_without_signature(coding: str) -> None:
    """Neither encoded nor text: not taken for a page that was decoded before."""
    noise = bytes(range(240, -1, -1))
    body, problem, detail = http.decode_body([coding], noise, _LIMIT)
    assert (body, problem) == (b"", "bad_encoding")
    assert detail.startswith(f"{coding}: ")


def test_unknown_codings_are_none() -> None:
    headers = (("Content-Encoding", "UTF-8, none"), ("Transfer-Encoding", "identity"))
    assert http.describe(headers) == ("", [])


def test_chunks() -> None:
    codings = http.describe((("Transfer-Encoding", "chunked"), ("content-encoding", "gzip")))[1]
    assert codings == ["gzip", "chunked"]
    body = _chunked(gzip.compress(_PAGE))
    assert http.decode_body(codings, body, _LIMIT) == (_PAGE, "", "")
    assert http.dechunk(b"3;name=value\r\nabc\r\n0\r\nTrailer: x\r\n\r\n", 99) == b"abc"
    assert http.dechunk(b"3\nabc\n0\n\n", 99) == b"abc"
    assert http.dechunk(b"<html>", 99) == b"<html>"
    assert http.dechunk(b"ffffffff\r\n" + bytes(200), 99) == bytes(100)  # endless: cut off


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"5\r\nabc", "chunk of 5 bytes, 3 are left"),
        (b"3\r\nabc\r\n", "chunked body without its last chunk"),
        (b"3\r\nabc\r\nzz\r\n", "no chunk size at byte 8"),
        (b"2\r\nabx\r\n0\r\n\r\n", "no chunk size at byte 5"),
        (b"3\r\nabc\r\n-1\r\n", "no chunk size at byte 8"),
        (b"f" * 16 + b"\r\nabc", "chunk of 18,446,744,073,709,551,615 bytes, 3 are left"),
    ],
)
def test_bad_chunks(body: bytes, detail: str) -> None:
    assert http.decode_body(["chunked"], body, _LIMIT) == (b"", "bad_encoding", detail)


@given(st.binary(max_size=300), st.lists(st.sampled_from(sorted(http._KNOWN)), max_size=4))
def test_any_bytes_decode_or_say_why(body: bytes, codings: list[str]) -> None:
    decoded, problem, detail = http.decode_body(codings, body, 100)
    assert len(decoded) <= max(100, len(body))
    assert bool(problem) == bool(detail)


@given(st.binary(max_size=2000), st.integers(1, 500))
def test_chunks_round_trip(body: bytes, size: int) -> None:
    assert http.dechunk(_chunked(body, size), 4000) == body


def test_headers() -> None:
    block = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX: a\r\n b\r\n"
        b"no colon\r\nSet-Cookie: 1\r\nSet-Cookie: 2\r\nL\xe9: \xe9\r\n\r\nbody"
    )
    found = http.parse(block)
    assert found is not None
    status, headers, start = found
    assert (status, block[start:]) == (200, b"body")
    assert headers == (
        ("Content-Type", "text/html"),
        ("X", "a b"),
        ("Set-Cookie", "1"),
        ("Set-Cookie", "2"),
        ("Lé", "é"),
    )


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (b"HTTP/1.0 302 \nLocation: /\n\nbody", (302, b"body")),
        (b"HTTP/1.1 200\nA: b\n\n<p>\r\n\r\n</p>", (200, b"<p>\r\n\r\n</p>")),
        (b"HTTP/2 200\r\n\r\nbody", (200, b"body")),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody", (200, b"body")),
        (b"HTTP/1.1 204 No Content\r\nServer: x", (204, b"")),
        (b"HTTP/1.1 200 OK", (200, b"")),
        (b"HTTPX/1.1 200 OK\r\n\r\n", None),
        (b"HTTP/1.1 2000 OK\r\n\r\n", None),
        (b"", None),
        (b"<html>", None),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2**20 + b"\r\n\r\nbody", None),
    ],
)
def test_parse(block: bytes, expected: tuple[int, bytes] | None) -> None:
    found = http.parse(block)
    assert (found and (found[0], block[found[2] :])) == expected


@given(st.binary(max_size=400))
def test_parse_never_raises(tail: bytes) -> None:
    found = http.parse(b"HTTP/1.1 200 OK\r\n" + tail)
    assert found is not None
    assert found[2] <= 17 + len(tail)


_RESPONSES: list[tuple[list[tuple[str, str]], bytes, str, str, str]] = [
    # headers, body, status line, problem, detail
    ([("Content-Type", "text/html")], _PAGE, "200 OK", "", ""),
    ([("content-type", "Text/HTML;charset=x, text/html")], _PAGE, "200 OK", "", ""),
    ([("Content-Type", "application/xhtml+xml")], _PAGE, "200 OK", "", ""),
    ([("Content-Type", "application/xml")], b"<?xml?><html xmlns=''>", "200 OK", "", ""),
    ([("Content-Type", "text/xml")], b"<rss/>", "200 OK", "content_type", "text/xml"),
    ([("Content-Type", "text/html")], _PAGE, "206 Partial", "http_status", "206"),
    ([("Location", "/")], b"", "301 Moved", "http_status", "301"),
    ([("Content-Type", "text/html")], _PAGE, "404 Not Found", "http_status", "404"),
    ([("Content-Type", "image/png")], b"\x89PNG\r\n\x1a\n", "200 OK", "content_type", "image/png"),
    ([("Content-Type", "text/html")], b"%PDF-1.7", "200 OK", "content_type", "application/pdf"),
    ([("Content-Type", "text/plain")], b"%PDF-1.7", "200 OK", "content_type", "application/pdf"),
    ([("Content-Type", "text/plain")], b"GIF89a...", "200 OK", "content_type", "image/gif"),
    ([("X", "y")], b"  <!-- c --><!DOCTYPE html><p>", "200 OK", "", ""),
    ([("X", "y")], b"a\0b", "200 OK", "content_type", "application/octet-stream"),
    (
        [("Content-Type", "application/octet-stream")],
        b"\xef\xbb\xbf<html >",
        "200 OK",
        "",
        "",
    ),
    (
        [("Content-Type", "application/octet-stream")],
        b"plain",
        "200 OK",
        "content_type",
        "application/octet-stream",
    ),
    ([("Content-Type", "text/html")], b"", "200 OK", "empty_body", "0 bytes"),
    ([("Content-Type", "text/html")], b" \r\n\t", "200 OK", "empty_body", "4 bytes"),
    (
        [("Content-Type", "text/html"), ("Content-Encoding", "gzip")],
        gzip.compress(b""),
        "200 OK",
        "empty_body",
        "0 bytes",
    ),
    (
        [("Content-Type", "text/html"), ("Content-Encoding", "gzip")],
        gzip.compress(bytes(1 << 20)),
        "200 OK",
        "page_too_large",
        "more than 100,000 bytes",
    ),
    ([("Content-Type", "text/html")], b"x" * 100_001, "200 OK", "page_too_large", "100,001 bytes"),
]


@pytest.mark.parametrize("case", _RESPONSES)
def test_responses(
    tmp_path: Path,
    make: Callable[..., bytes],
    case: tuple[list[tuple[str, str]], bytes, str, str, str],
) -> None:
    headers, body, status, problem, detail = case
    path = tmp_path / "a.warc"
    path.write_bytes(make(1, body, headers=headers, status=status))
    (capture,) = read(path, limits=Limits(page_bytes=100_000))
    assert isinstance(capture, Capture)
    assert (capture.problem, capture.detail) == (problem, detail)
    assert capture.headers == tuple(headers)
    assert capture.status == int(status[:3])
    assert capture.body == (b"" if problem else body)


def test_plain_text_is_text(tmp_path: Path, make: Callable[..., bytes]) -> None:
    path = tmp_path / "a.warc"
    headers = [("Content-Type", "text/plain; charset=iso-8859-2")]
    body = "Žluťoučký <b>kůň</b>".encode("iso-8859-2")
    html = [("Content-Type", "text/plain")]
    path.write_bytes(make(1, body, headers=headers) + make(2, _PAGE, headers=html))
    first, second = read(path)
    assert isinstance(first, Capture)
    assert isinstance(second, Capture)
    assert (first.text, first.body) == ("Žluťoučký <b>kůň</b>", body)
    assert second.text is None  # served as text, and HTML all the same


def test_bad_http(tmp_path: Path, make: Callable[..., bytes]) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(make(1, _PAGE).replace(b"HTTP/1.1 200", b"HTTX/1.1 200"))
    (capture,) = read(path)
    assert isinstance(capture, Capture)
    assert capture.problem == "bad_http"
    assert capture.detail.startswith("'HTTX/1.1 200 OK")

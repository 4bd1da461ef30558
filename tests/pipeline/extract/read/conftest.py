"""Archives to read: small ones written by warcio, and the shared real data."""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of shared test data; skips where it is absent."""
    default = Path(__file__).parents[4].parent / "shared" / "data"
    folder = Path(os.environ.get("EUROCORPUS_DATA", default)) / "warc"
    if not folder.is_dir():
        pytest.skip(f"no shared data in {folder}; set EUROCORPUS_DATA")
    return folder


def record(
    number: int,
    body: bytes,
    *,
    kind: str = "response",
    headers: list[tuple[str, str]] | None = None,
    status: str = "200 OK",
) -> bytes:
    """One plain WARC record as warcio writes it."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=False)
    http = None
    if kind in ("response", "request"):
        line = status if kind == "response" else "GET / HTTP/1.1"
        http = StatusAndHeaders(line, headers or [("Content-Type", "text/html")], "HTTP/1.1")
        if kind == "request":
            http = StatusAndHeaders("GET / HTTP/1.1", [("Host", "a.example")], is_http_request=True)
    made = writer.create_warc_record(
        f"http://a.example/{number}",
        kind,
        payload=BytesIO(body),
        http_headers=http,
        warc_content_type="text/plain" if kind == "conversion" else None,
        warc_headers_dict={
            "WARC-Record-ID": f"<urn:uuid:00000000-0000-0000-0000-{number:012d}>",
            "WARC-Date": f"2025-03-01T00:00:{number % 60:02d}Z",
        },
    )
    writer.write_record(made)
    made.raw_stream.close()  # warcio's temporary file
    return out.getvalue()


@pytest.fixture(scope="session")
def make() -> Callable[..., bytes]:
    """The function `record`."""
    return record

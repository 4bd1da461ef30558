"""From a record of a web archive to a capture: the cheap looks first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from xxhash import xxh3_128_digest

from ..rights.hosts import FILES, kind_of
from . import http, sniff
from .capture import Capture, Limits
from .charset import decode

EVIDENCE = {kind: path.rpartition("/")[2] for path, kind in FILES.items()}

DOCUMENTS = frozenset({"response", "resource", "conversion", "revisit"})
"""Record types that become captures; the others are only counted."""


@dataclass(slots=True)
class Record:
    """One record as found in a file, its payload not yet looked at."""

    type: str
    """WARC-Type in lower case, or `arc_header`."""
    headers: Mapping[str, str]
    """The record's own headers, names in lower case."""
    block: bytes
    """The record's content, at most `Limits.block_bytes`."""
    length: int
    """Bytes of content in the file; more than `block` holds if that was cut."""
    offset: int
    """Where in the file the record, or its gzip member, begins."""
    problem: str = ""
    detail: str = ""


def capture(record: Record, limits: Limits) -> Capture:
    """Judge a record of a type in `DOCUMENTS` and decode what may be a page."""
    problem, detail = record.problem, record.detail
    if not problem:
        problem, detail = _record_problem(record)
    if problem:
        return _refused(record, problem, detail)
    if record.type == "conversion":
        return _conversion(record, limits)
    if is_http(record):
        return _response(record, limits)
    url = _url(record.headers)
    if not url[:8].lower().startswith(("http:", "https:")):
        return _refused(record, "not_web", url.partition(":")[0][:80] or "no URL")
    return _page(record, record.headers.get("content-type", ""), (), [], 0, limits)


def is_http(record: Record) -> bool:
    """Whether the block begins with HTTP headers."""
    if record.type == "resource":
        return False
    declared = record.headers.get("content-type", "")
    return declared.startswith("application/http") or record.block.startswith(b"HTTP/")


def _record_problem(record: Record) -> tuple[str, str]:
    """What the record's own headers rule out, before any byte of content."""
    headers = record.headers
    if record.type == "revisit":
        return "revisit", headers.get("warc-refers-to-target-uri") or headers.get(
            "warc-refers-to", ""
        )
    if "warc-truncated" in headers:
        return "truncated_record", f"WARC-Truncated: {headers['warc-truncated']}"
    if "warc-segment-number" in headers:
        return "truncated_record", f"segment {headers['warc-segment-number']} of a longer record"
    return "", ""


def _response(record: Record, limits: Limits) -> Capture:
    """An HTTP response: status, then type, then the body."""
    response = http.parse(record.block, limits.header_bytes)
    if response is None:
        return _refused(record, "bad_http", repr(record.block[:40])[1:])
    status, headers, start = response
    content_type, codings = http.describe(headers)
    if status != 200:
        return _refused(record, "http_status", str(status), status, content_type, headers)
    return _page(record, content_type, headers, codings, start, limits)


def _page(
    record: Record,
    content_type: str,
    headers: http.Headers,
    codings: list[str],
    start: int,
    limits: Limits,
) -> Capture:
    """Type, size and codings of the body, which begins at `start`; then the capture."""

    def refused(problem: str, detail: str) -> Capture:
        return _refused(record, problem, detail, 200, content_type, headers)

    evidence = kind_of(_url(record.headers))
    if not evidence and (refusal := sniff.refused_type(content_type)):
        return refused("content_type", refusal)
    size = record.length - start
    if (size > limits.page_bytes and not codings) or record.length > len(record.block):
        return refused("page_too_large", f"{size:,} bytes")
    body = record.block[start:]
    if codings:
        body, problem, detail = http.decode_body(codings, body, limits.page_bytes)
        if problem:
            return refused(problem, detail)
    if not body or body.isspace():
        return refused("empty_body", f"{len(body)} bytes")
    if evidence:  # no page, but it says what may be done with pages
        return replace(refused("content_type", EVIDENCE[evidence]), body=body)
    kind, detail = sniff.kind(content_type, body)
    if not kind:
        return refused("content_type", detail)
    text = decode(body, content_type).text if kind == "text" else None
    return _capture(record, content_type, headers, body, text)


def _conversion(record: Record, limits: Limits) -> Capture:
    """A WET record: its block is the text."""
    if record.length > limits.page_bytes:
        return _refused(record, "page_too_large", f"{record.length:,} bytes", 200)
    if not record.block or record.block.isspace():
        return _refused(record, "empty_body", f"{record.length} bytes", 200)
    text = decode(record.block, "text/plain; charset=utf-8").text
    content_type = record.headers.get("content-type", "")
    return _capture(record, content_type, (), record.block, text)


def _capture(
    record: Record,
    content_type: str,
    headers: http.Headers,
    body: bytes,
    text: str | None,
) -> Capture:
    own = record.headers
    return Capture(
        _id(record),
        _url(own),
        parse_date(own.get("warc-date", "")),
        200,
        content_type,
        headers,
        body,
        text,
        xxh3_128_digest(body),
    )


def _refused(
    record: Record,
    problem: str,
    detail: str,
    status: int = 0,
    content_type: str = "",
    headers: http.Headers = (),
) -> Capture:
    """A capture that is no page: no body, and the reason."""
    own = record.headers
    return Capture(
        record_id=_id(record),
        url=_url(own),
        date=parse_date(own.get("warc-date", "")),
        status=status,
        content_type=content_type,
        headers=headers,
        body=b"",
        text=None,
        digest=xxh3_128_digest(record.block),
        problem=problem,
        detail=detail,
    )


def _id(record: Record) -> str:
    """WARC-Record-ID; where there is none (ARC), the place in the file."""
    return record.headers.get("warc-record-id") or f"#{record.offset}"


def _url(headers: Mapping[str, str]) -> str:
    """WARC-Target-URI without the angle brackets of wget 1.19, spaces percent-encoded."""
    url = headers.get("warc-target-uri", "")
    if url.startswith("<") and url.endswith(">"):
        url = url[1:-1]
    return url.replace(" ", "%20") if " " in url else url


def parse_date(value: str) -> datetime | None:
    """A WARC-Date (ISO 8601) or ARC date (digits) as an aware UTC time, or null.

    >>> parse_date("2025-03-01T00:00:37Z")
    datetime.datetime(2025, 3, 1, 0, 0, 37, tzinfo=datetime.timezone.utc)
    >>> parse_date("20140216050221")
    datetime.datetime(2014, 2, 16, 5, 2, 21, tzinfo=datetime.timezone.utc)
    """
    try:
        if value.isdigit():
            return datetime.strptime(value.ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        date = datetime.fromisoformat(value)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return None

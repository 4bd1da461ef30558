"""What reading an input gives: captures, damage, and the limits that reading keeps to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

PROBLEMS = (
    "http_status",  # the server's answer is not 200; detail: the status
    "content_type",  # neither HTML, XHTML nor plain text; detail: the type
    "empty_body",  # nothing but white space
    "page_too_large",  # more than Limits.page_bytes decoded; detail: the size
    "bad_http",  # a response that does not begin with an HTTP status line and headers
    "bad_encoding",  # Transfer-Encoding or Content-Encoding cannot be undone; detail: why
    "truncated_record",  # fewer bytes than declared, or WARC-Truncated, or one segment of many
    "bad_length",  # Content-Length is missing, no number, or does not meet the next record
    "damaged_record",  # the compressed bytes of the record are damaged; detail: how
    "revisit",  # a WARC revisit record: the page itself is in another record
    "not_web",  # no HTTP response, and a URL that is not http(s): dns:, metadata:, urn:
    "bad_row",  # a table row or line that holds no text; detail: where and why
)
"""The reasons why a capture is no page. This list is fixed: they are a ledger's drop reasons."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reader holds in memory at most, whatever a file declares."""

    page_bytes: int = 10 * 2**20
    """Decoded bytes of one page; a larger one has the problem `page_too_large`."""
    header_bytes: int = 64 * 2**10
    """Bytes of one record's WARC header, and of its HTTP header."""

    @property
    def block_bytes(self) -> int:
        """Bytes of a record's block that are kept: a page, chunk sizes, and HTTP headers."""
        return self.page_bytes + self.page_bytes // 8 + self.header_bytes


@dataclass(frozen=True, slots=True)
class Capture:
    """One document candidate: a response, resource or conversion record, or a table row.

    A capture without `problem` has either `text` (plain text, WET, tables) or an HTML
    `body`, de-chunked and content-decoded. A capture with a problem may have neither.
    """

    record_id: str
    """WARC-Record-ID; `<file name>#<row>` for tables, rows and lines counted from 1."""
    url: str
    date: datetime | None
    """Capture time, UTC and aware."""
    status: int
    """HTTP status; 200 where there is no HTTP (WET, tables, resource records); 0 unknown."""
    content_type: str
    """The server's Content-Type as sent; for records without HTTP, the record's own."""
    headers: tuple[tuple[str, str], ...]
    """HTTP headers in their order."""
    body: bytes
    text: str | None
    digest: bytes
    """xxh3-128 (16 bytes) of the decoded body or of the UTF-8 text; where a problem ended
    the work before decoding, of the bytes read until then."""
    problem: str = ""
    """Empty, or one of `PROBLEMS`."""
    detail: str = ""
    """The value that decided: `404`, `image/png`, `12,345,678 bytes`."""
    offset: int = 0
    """Where the record begins in its file, in bytes (for gzip, its member); 0 in tables."""
    extra: dict[str, Any] | None = None
    """Tables: the row's other columns of use (language, score, dump, …)."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a file that are no readable record, or a broken record that is no document.

    The records of a file are those counted, and those that damage without `record` hides.
    """

    offset: int
    """Where in the file, in bytes; for gzip, where the member begins."""
    length: int | None
    """Bytes skipped; null where compression hides it."""
    what: str
    record: str = ""
    """The type, if these bytes are a record that is counted by its type (a request, …)."""

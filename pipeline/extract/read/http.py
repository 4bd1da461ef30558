"""HTTP responses as archives hold them: headers, chunks and content encodings undone."""

import codecs
import io
import re
import zlib
from collections.abc import Callable

from fastwarc.stream_io import BrotliReader, WarcReader, ZstdReader

Headers = tuple[tuple[str, str], ...]

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]+(\d{3})(?=\s|$)")
_END = re.compile(rb"\r?\n\r?\n")
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]{0,4096})?\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_MAX_CODINGS = 3  # more than two never occur in good faith


class BadEncodingError(ValueError):
    """A transfer or content encoding that cannot be undone."""


def parse(block: bytes, header_bytes: int = 65536) -> tuple[int, Headers, int] | None:
    """Status, headers and the body's start of an HTTP response; null if it is none.

    Interim 1xx responses before the real one are skipped. A block that ends inside the
    headers has an empty body.
    """
    start = 0
    while status := _STATUS.match(block, start):
        end = block.find(b"\r\n\r\n", start, start + header_bytes)
        body = end + 4
        # A bare \n\n before that, or no \r\n\r\n at all: some servers send lone newlines.
        if block.find(b"\n\n", start, body if end >= 0 else start + header_bytes) >= 0 or end < 0:
            blank = _END.search(block, start, start + header_bytes)
            if blank is None and len(block) - start > header_bytes:
                return None
            end, body = blank.span() if blank else (len(block), len(block))
        code = int(status[1])
        if 100 <= code < 200 and block.startswith(b"HTTP/", body):
            start = body
            continue
        return code, _headers(block[start:end]), body
    return None


def _headers(head: bytes) -> Headers:
    """The header lines after the status line; folded lines are joined."""
    try:
        text = head.decode()
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    if "\n " in text or "\n\t" in text:
        text = _FOLD.sub(" ", text)
    lines = text.split("\n")
    del lines[0]
    fields = [line.partition(":") for line in lines]
    return tuple([(name.strip(), value.strip()) for name, colon, value in fields if colon])


def describe(headers: Headers) -> tuple[str, list[str]]:
    """The Content-Type, and the known codings in the order in which they were applied.

    Transfer codings are applied last. What is no coding (`utf-8`, `none`) is left out, as
    browsers do.
    """
    content_type = content = transfer = ""
    for name, value in headers:
        if name[:1] in "ctCT":
            key = name.lower()
            if key == "content-type":
                content_type = content_type or value
            elif key == "content-encoding":
                content += f",{value}"
            elif key == "transfer-encoding":
                transfer += f",{value}"
    if not content and not transfer:
        return content_type, []
    names = f"{content},{transfer}".lower().split(",")
    return content_type, [name for part in names if (name := part.strip()) in _KNOWN]


def decode_body(
    codings: list[str], body: bytes, limit: int, *, cut: bool = False
) -> tuple[bytes, str, str]:
    """The body without its codings, and a problem with its detail, if any.

    Archives often keep the headers of an encoding that the crawler has undone already
    (Common Crawl, browser-based crawlers), so bytes that do not look encoded are taken as
    they are. At most `limit` bytes are decoded, and one more to know that there is more, which is a
    problem unless the rest is to be `cut` off.
    """
    if len(codings) > _MAX_CODINGS:
        return b"", "bad_encoding", f"{len(codings)} encodings: {', '.join(codings[:4])}, …"
    try:
        for coding in reversed(codings):
            body = _DECODERS[coding](body, limit)
            if len(body) > limit and not cut:
                return b"", "page_too_large", f"more than {limit:,} bytes"
    except BadEncodingError as error:
        return b"", "bad_encoding", str(error)
    return body[:limit], "", ""


def dechunk(body: bytes, limit: int) -> bytes:
    """Undo chunked transfer encoding; a body that begins with no chunk size is returned as is."""
    match = _CHUNK.match(body)
    if match is None:
        return body
    out = bytearray()
    while size := int(match[1], 16):
        start, end = match.end(), match.end() + size
        out += body[start : min(end, start + limit + 1)]
        if len(out) > limit:
            return bytes(out)
        if end > len(body):
            raise BadEncodingError(f"chunk of {size:,} bytes, {len(body) - start:,} are left")
        after = 2 if body.startswith(b"\r\n", end) else 1 if body.startswith(b"\n", end) else 0
        match = _CHUNK.match(body, end + after)
        if match is None:
            if end + after >= len(body):
                raise BadEncodingError("chunked body without its last chunk")
            raise BadEncodingError(f"no chunk size at byte {end + after:,}")
    return bytes(out)


def _gunzip(body: bytes, limit: int) -> bytes:
    """Undo gzip, all members; bytes after the last one are ignored, as browsers do."""
    if not body.startswith(b"\x1f\x8b"):
        return _as_is(body, "gzip")
    out = bytearray()
    while body.startswith(b"\x1f\x8b") and len(out) <= limit:
        try:
            piece, body = _inflate(body, 31, limit + 1 - len(out))
        except BadEncodingError:
            if out:
                break
            raise
        out += piece
    return bytes(out)


def _undeflate(body: bytes, limit: int) -> bytes:
    """Undo deflate with the zlib header that the standard asks for, or without."""
    for window in (15, -15):
        try:
            return _inflate(body, window, limit + 1)[0]
        except BadEncodingError as error:
            reason = error
    if _looks_like_text(body):
        return body
    raise reason


def _inflate(body: bytes, window: int, limit: int) -> tuple[bytes, bytes]:
    """One zlib stream, at most `limit` bytes of it, and the bytes that follow it."""
    stream = zlib.decompressobj(window)
    try:
        out = stream.decompress(body, limit)
    except zlib.error as error:
        raise BadEncodingError(f"{'gzip' if window > 15 else 'deflate'}: {error}") from None
    if not stream.eof and len(out) < limit:
        raise BadEncodingError(f"{'gzip' if window > 15 else 'deflate'}: the stream ends early")
    return out, stream.unused_data


def _unbrotli(body: bytes, limit: int) -> bytes:
    """Undo Brotli, which has no signature: text that does not decode is taken as it is."""
    try:
        return _read(BrotliReader(io.BytesIO(body)), limit)
    except OSError as error:
        if _looks_like_text(body):
            return body
        raise BadEncodingError(f"br: {error}") from None


def _unzstd(body: bytes, limit: int) -> bytes:
    """Undo Zstandard."""
    if not body.startswith(b"\x28\xb5\x2f\xfd"):
        return _as_is(body, "zstd")
    try:
        return _read(ZstdReader(io.BytesIO(body)), limit)
    except OSError as error:
        raise BadEncodingError(f"zstd: {error}") from None


def _read(reader: WarcReader, limit: int) -> bytes:
    """At most `limit + 1` bytes, in pieces: what is not needed is not decoded."""
    out = bytearray()
    while len(out) <= limit and (piece := reader.read(min(1 << 16, limit + 1 - len(out)))):
        out += piece
    return bytes(out)


def _as_is(body: bytes, coding: str) -> bytes:
    """A body without its coding's signature, if it is text: the crawler has decoded it."""
    if body and not _looks_like_text(body):
        raise BadEncodingError(f"{coding}: the signature is missing")
    return body


def _looks_like_text(body: bytes) -> bool:
    """Whether the first bytes are markup or UTF-8, without control bytes, or after a BOM."""
    head = body[:256]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if _CONTROL.search(head):
        return False
    try:
        codecs.utf_8_decode(head, "strict", False)
    except UnicodeDecodeError:
        return head.lstrip().startswith(b"<")
    return True


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "chunked": dechunk,
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
_KNOWN = frozenset(_DECODERS)

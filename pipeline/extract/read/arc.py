"""ARC files, the format before WARC: their header lines are parsed by warcio."""

import io
import re

from warcio.recordloader import ARCHeadersParser
from warcio.statusandheaders import StatusAndHeadersParserException

from .salvage import Head

_LINE = (
    rb"(?:filedesc|dns|https?|ftp|whois|[a-z][a-z0-9+.\-]{1,15}):[^\n]{0,8192}"
    rb" (?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+|-)"
    rb" \d{8,20} [^ \n]+ [^ \n]+\r?\n"
)


class ArcGrammar:
    """ARC version 1: `URL IP date type length`, then the content and a newline."""

    name = "ARC"
    _begin = re.compile(_LINE)
    _start = re.compile(rb"(?<=\n)" + _LINE)

    def __init__(self) -> None:
        """Take warcio's parser of header lines."""
        self._parser = ARCHeadersParser()

    def begins(self, data: bytearray, at: int) -> bool:
        """Whether a header line is complete here."""
        return self._begin.match(data, at) is not None

    def search(self, data: bytearray, start: int, *, inside: bool = True) -> int:
        """The next header line; it begins a line, as nothing else marks its beginning."""
        match = self._start.search(data, start)
        return match.start() if match else -1

    def head(self, data: bytearray) -> Head | None:
        """One header line; a `filedesc:` record's content is its version block."""
        end = data.find(b"\n") + 1
        try:
            line = bytes(data[:end])
            # warcio skips the two lines of the version block, which count as content here.
            fields = self._parser.parse(io.BytesIO(), line)
        except (StatusAndHeadersParserException, EOFError):
            return None
        url = fields.get_header("uri")
        length = fields.get_header("length")
        headers = {
            "warc-target-uri": url,
            "warc-date": fields.get_header("archive-date")[:14],
            "content-type": fields.get_header("content-type"),
        }
        kind = "arc_header" if url.startswith("filedesc:") else "response"
        declared = int(length) if length.isascii() and length.isdigit() else None
        return Head(kind, headers, declared, end)

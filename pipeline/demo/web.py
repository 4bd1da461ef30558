"""Serves the sample web on loopback: every host on one port, told apart by the Host header."""

import gzip
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .page import SamplePage

SERVER_DATE = "Mon, 02 Mar 2026 06:00:00 GMT"
"""The Date of every response: a fixed one, so that a capture can be repeated byte for byte."""

_CHUNK = 1024


class Web(ThreadingHTTPServer):
    """A server on 127.0.0.1 and a free port that answers for all hosts of the sample."""

    daemon_threads = True

    def __init__(self, pages: Iterable[SamplePage]) -> None:
        """Bind the port; `serve` starts answering."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages = {page.url: page for page in pages}
        self.requested: list[str] = []
        """The URL of each request so far."""

    @property
    def port(self) -> int:
        """The port that was free."""
        return int(self.server_address[1])


@contextmanager
def serve(pages: Iterable[SamplePage]) -> Iterator[Web]:
    """Answer requests for `pages` until the block ends."""
    with Web(pages) as web:
        # Asked to stop, the loop looks up once a poll interval: 0.5 s unless told otherwise.
        thread = threading.Thread(target=web.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield web
        finally:
            web.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Web

    def do_GET(self) -> None:
        """Answer with the page of this host and path, else with 404."""
        host = self.headers.get("Host", "").partition(":")[0]
        url = f"https://{host}{self.path}"
        self.server.requested.append(url)
        page = self.server.pages.get(url)
        if page is None:
            page = SamplePage(url, "error", "und", b"Not Found\n", "text/plain", status=404)
        self._send(page)

    def _send(self, page: SamplePage) -> None:
        body = gzip.compress(page.body, mtime=0) if page.gzip else page.body
        self.send_response_only(page.status)
        self.send_header("Date", SERVER_DATE)
        self.send_header("Content-Type", page.content_type)
        for name, value in page.headers:
            self.send_header(name, value)
        if page.gzip:
            self.send_header("Content-Encoding", "gzip")
        if page.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            body = _chunked(body)
        else:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet; `Web.requested` is the log."""


def _chunked(body: bytes) -> bytes:
    parts = [body[at : at + _CHUNK] for at in range(0, len(body), _CHUNK)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""])

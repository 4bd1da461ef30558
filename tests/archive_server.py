"""A miniature Common Crawl on loopback: path lists, a columnar index, WARC ranges, and faults on demand."""

import gzip
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
from warcio.archiveiterator import ArchiveIterator

CRAWL = "CC-MAIN-2026-10"
WARC_LIST = f"crawl-data/{CRAWL}/warc.paths.gz"
INDEX_LIST = f"crawl-data/{CRAWL}/cc-index-table.paths.gz"
INDEX = f"cc-index/table/cc-main/warc/crawl={CRAWL}/subset=warc"


def build(root: Path, warcs: list[Path], languages: dict[str, str]) -> list[str]:
    """Lay out a crawl below `root`; `languages` by URL as the index has them. Give the WARCs' paths."""
    folder = root / "crawl-data" / CRAWL / "segments" / "1" / "warc"
    folder.mkdir(parents=True)
    paths: list[str] = []
    rows: list[dict[str, Any]] = []
    for warc in warcs:
        path = f"crawl-data/{CRAWL}/segments/1/warc/{warc.name}"
        (root / path).write_bytes(warc.read_bytes())
        paths.append(path)
        rows += _rows(root / path, path, languages)
    rows.sort(key=lambda row: (row["url_host_tld"], row["url_host_registered_domain"], row["url"]))
    (root / INDEX).mkdir(parents=True)
    half = len(rows) // 2
    indexes = []
    for number, part in enumerate((rows[:half], rows[half:])):
        indexes.append(f"{INDEX}/part-{number:05}.c000.gz.parquet")
        pq.write_table(
            pa.Table.from_pylist(part), root / indexes[-1], row_group_size=20, compression="gzip"
        )
    (root / WARC_LIST).write_bytes(gzip.compress("".join(f"{p}\n" for p in paths).encode()))
    (root / INDEX_LIST).write_bytes(gzip.compress("".join(f"{p}\n" for p in indexes).encode()))
    return paths


def _rows(file: Path, path: str, languages: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The rows of the index for a file: where each response lies."""
    with file.open("rb") as stream:
        records = ArchiveIterator(stream)
        for record in records:
            facts = _facts(record) if record.rec_type == "response" else None
            record.content_stream().read()
            offset, length = records.get_record_offset(), records.get_record_length()
            if facts is not None:
                yield facts | {
                    "content_languages": languages.get(facts["url"]), "warc_filename": path,
                    "warc_record_offset": offset, "warc_record_length": length,
                }  # fmt: skip


def _facts(record: Any) -> dict[str, Any]:
    url = record.rec_headers.get_header("WARC-Target-URI")
    host = urlsplit(url).hostname or ""
    mime = (record.http_headers.get_header("Content-Type") or "").partition(";")[0]
    return {
        "url": url, "url_host_tld": host.rpartition(".")[2],
        "url_host_registered_domain": ".".join(host.split(".")[-2:]),
        "fetch_status": int(record.http_headers.get_statuscode()), "content_mime_detected": mime,
    }  # fmt: skip


class Server(ThreadingHTTPServer):
    """Serves files below `root`; `faults[path]` is what becomes of the next requests for it."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        self.faults: dict[str, list[str]] = defaultdict(list)
        """Taken from the front: `503`, `short` (fewer bytes than were announced), `less` (fewer bytes,
        and announced so), `reset`, `403`; empty for an answer as it should be."""
        self.log: list[tuple[str, str, int]] = []
        """Method, path and bytes sent of each request."""
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def sent(self, ending: str) -> int:
        return sum(size for _, path, size in self.log if path.endswith(ending))

    def requests(self, ending: str) -> Counter[str]:
        return Counter(method for method, path, _ in self.log if path.endswith(ending))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_HEAD(self) -> None:
        self._answer(b"HEAD")

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.at_once += 1
            self.server.most_at_once = max(self.server.most_at_once, self.server.at_once)
        try:
            self._answer(b"GET")
        finally:
            with self.server.lock:
                self.server.at_once -= 1

    def _answer(self, method: bytes) -> None:
        path = self.path.lstrip("/")
        with self.server.lock:
            waiting = self.server.faults.get(path) or [""]
            fault = waiting[0]
            del waiting[:1]
        file = self.server.root / path
        if fault in ("503", "403") or not file.is_file():
            return self._send(int(fault or 404), b"", {"Retry-After": "0"}, method, path)
        content, status, headers = file.read_bytes(), 200, {}
        if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            start, end = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
            content, status = content[start : end + 1], 206
        if fault == "reset":
            self.close_connection = True
            return None
        if fault == "less":
            content = content[: len(content) // 2]
        return self._send(status, content, headers, method, path, cut=fault == "short")

    def _send(self, status: int, content: bytes, headers: dict[str, str], method: bytes, path: str,
              *, cut: bool = False) -> None:  # fmt: skip
        self.send_response_only(status)
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        sent = b"" if method == b"HEAD" else content[: len(content) // 2] if cut else content
        self.wfile.write(sent)
        self.server.log.append((method.decode(), path, len(sent)))
        self.close_connection = cut

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serve(root: Path) -> Iterator[Server]:
    """Answer requests until the block ends."""
    with Server(root) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()

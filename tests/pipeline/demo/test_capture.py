import http.client
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from fastwarc import ArchiveIterator as FastIterator
from fastwarc.warc import has_valid_block_digest
from warcio.archiveiterator import ArchiveIterator

from eurocorpus.pipeline.demo import Captured, capture, pages, serve
from eurocorpus.pipeline.demo.capture import AGENT, Exchange, crawl, fetch, links, rules
from eurocorpus.pipeline.demo.page import SamplePage

PAGES = {page.url: page for page in pages()}
FORBIDDEN = {page.url for page in pages() if "forbidden" in page.outcomes}


class Capturing(NamedTuple):
    folder: Path
    captured: Captured
    requested: list[str]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Capturing]:
    folder = tmp_path_factory.mktemp("warc")
    with serve(pages()) as web:
        yield Capturing(folder, capture(folder, web), list(web.requested))


def exchange(url: str, status: int, body: bytes, *headers: str) -> Exchange:
    head = "".join(f"{header}\r\n" for header in headers)
    wire = f"HTTP/1.1 {status} X\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    return Exchange(url, b"", wire)


def test_no_forbidden_page_is_requested(first: Capturing) -> None:
    assert not FORBIDDEN & set(first.requested)
    assert set(first.captured.forbidden) == FORBIDDEN


def test_every_other_page_is_requested_once(first: Capturing) -> None:
    assert Counter(first.requested) == dict.fromkeys(PAGES.keys() - FORBIDDEN, 1)
    assert first.captured.fetched == len(first.requested)
    assert first.captured.by_status == {200: 141, 302: 1, 404: 6, 503: 1}


def test_robots_txt_comes_before_all_else_of_its_host(first: Capturing) -> None:
    hosts: set[str] = set()
    for url in first.requested:
        _, _, host, path = url.split("/", 3)
        assert host in hosts or path == "robots.txt"
        hosts.add(host)


def test_two_captures_are_the_same_bytes(first: Capturing, tmp_path: Path) -> None:
    again = capture(tmp_path)
    assert [path.name for path in again.paths] == [path.name for path in first.captured.paths]
    for one, other in zip(first.captured.paths, again.paths, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_there_are_several_files(first: Capturing) -> None:
    assert len(first.captured.paths) >= 2
    assert sorted(first.folder.iterdir()) == first.captured.paths


def test_warcio_finds_every_digest_right(first: Capturing) -> None:
    for path in first.captured.paths:
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests=True):
                record.content_stream().read()
                assert record.digest_checker.passed is True


def test_fastwarc_reads_all_records_with_digests_right(first: Capturing) -> None:
    kinds: Counter[str] = Counter()
    for path in first.captured.paths:
        for record in FastIterator(str(path), parse_http=False, fsspec_args=False):
            assert has_valid_block_digest(record)
            record.parse_http()
            if record.headers["WARC-Type"] == "response":
                assert record.verify_payload_digest()
            kinds[record.headers["WARC-Type"]] += 1
    fetched = first.captured.fetched
    assert kinds == {
        "warcinfo": len(first.captured.paths),
        "request": fetched,
        "response": fetched,
    }


def responses(paths: list[Path]) -> Iterator[tuple[str, str, bytes, bytes]]:
    """URL, payload digest, raw payload and decoded body of every response record."""
    for path in paths:
        with path.open("rb") as file:
            for record in ArchiveIterator(file, no_record_parse=False):
                if record.rec_type == "response":
                    headers = record.rec_headers
                    raw = record.raw_stream.read()
                    yield (
                        headers["WARC-Target-URI"],
                        headers["WARC-Payload-Digest"],
                        raw,
                        record.http_headers.to_ascii_bytes(),
                    )


def test_records_hold_the_bytes_of_the_wire(first: Capturing) -> None:
    """Header and payload as sent, gzip and chunks and all; decoded they are the page."""
    codings: Counter[tuple[bool, bool]] = Counter()
    for url, digest, raw, head in responses(first.captured.paths):
        page = PAGES[url]
        decoded = Exchange(url, b"", head + raw)
        assert decoded.body == page.body
        assert decoded.status == page.status
        assert digest.startswith("sha1:")
        assert raw.startswith(b"\x1f\x8b") == (page.gzip and not page.chunked)
        codings[page.gzip, page.chunked] += 1
    assert len(codings) == 4


def test_ids_are_unique_and_requests_point_to_their_responses(first: Capturing) -> None:
    ids, pointers = [], {}
    for path in first.captured.paths:
        with path.open("rb") as file:
            for record in ArchiveIterator(file):
                headers = record.rec_headers
                ids.append(headers["WARC-Record-ID"])
                if record.rec_type == "request":
                    pointers[headers["WARC-Concurrent-To"]] = headers["WARC-Target-URI"]
                elif record.rec_type == "response":
                    assert pointers.pop(headers["WARC-Record-ID"]) == headers["WARC-Target-URI"]
    assert len(ids) == len(set(ids))
    assert pointers == {}


def test_the_fetcher_says_who_it_is(first: Capturing) -> None:
    with first.captured.paths[0].open("rb") as file:
        agents = {
            record.http_headers["User-Agent"]
            for record in ArchiveIterator(file)
            if record.rec_type == "request"
        }
    assert len(agents) == 1
    assert agents.pop().startswith(f"{AGENT}/")


@pytest.mark.parametrize(
    ("status", "allowed"), [(200, False), (404, True), (410, True), (500, False), (503, False)]
)
def test_robots_by_status(status: int, allowed: bool) -> None:
    robots = exchange("https://a.example/robots.txt", status, b"User-agent: *\nDisallow: /x\n")
    assert rules(robots).can_fetch("https://a.example/x", AGENT) is allowed


def test_robots_addressed_to_the_fetcher_by_name() -> None:
    text = f"User-agent: *\nDisallow: /\n\nUser-agent: {AGENT}\nDisallow: /x\n".encode()
    parsed = rules(exchange("https://a.example/robots.txt", 200, text))
    assert parsed.can_fetch("https://a.example/y", AGENT)
    assert not parsed.can_fetch("https://a.example/x", AGENT)


def test_links_are_absolute_without_fragments_and_in_order() -> None:
    html = b'<a href="/b#1">b</a><a href=c?d=1>c</a><a>none</a><a href="https://e.example/">e</a>'
    page = exchange("https://a.example/x/y", 200, html, "Content-Type: text/html")
    assert links(page) == [
        "https://a.example/b",
        "https://a.example/x/c?d=1",
        "https://e.example/",
    ]


@pytest.mark.parametrize("body", [b"", b'<a href="/b">b</a>'])
def test_no_links_in_what_is_no_html(body: bytes) -> None:
    assert links(exchange("https://a.example/", 200, body, "Content-Type: text/plain")) == []


def test_a_crawl_stays_on_its_host_and_goes_breadth_first() -> None:
    html = {
        "/": b'<a href="/1">1</a><a href="/2">2</a><a href="https://b.example/">b</a>',
        "/1": b'<a href="/3">3</a><a href="/">0</a>',
        "/2": b'<a href="/no">no</a>',
        "/3": b"",
        "/robots.txt": b"User-agent: *\nDisallow: /no\n",
    }

    def answer(url: str) -> Exchange:
        body = html[url.removeprefix("https://a.example")]
        return exchange(url, 200, body, "Content-Type: text/html")

    forbidden: list[str] = []
    visited = [found.url[17:] for found in crawl("a.example", answer, forbidden)]
    assert visited == ["/robots.txt", "/", "/1", "/2", "/3"]
    assert forbidden == ["https://a.example/no"]


def test_the_web_tells_hosts_apart_and_knows_no_others() -> None:
    one = SamplePage("https://a.example/", "junk", "und", b"one")
    two = SamplePage("https://b.example/", "junk", "und", b"two", gzip=True, chunked=True)
    with serve([one, two]) as web:
        urls = ["https://a.example/", "https://b.example/", "https://c.example/"]
        found = [fetch(url, web.port) for url in urls]
        assert [answer.status for answer in found] == [200, 200, 404]
        assert [answer.body for answer in found[:2]] == [b"one", b"two"]
        assert web.requested == urls


def test_the_web_stops() -> None:
    with serve([]) as web:
        port = web.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_the_web_listens_on_loopback_only() -> None:
    with serve([]) as web:
        assert web.server_address[0] == "127.0.0.1"
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=5)
        connection.request("POST", "/")
        assert connection.getresponse().status == 501
        connection.close()


def test_command_in_another_process_writes_the_same_bytes(first: Capturing, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "eurocorpus.pipeline.demo"]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=True)
    written = sorted(tmp_path.iterdir())
    assert done.stdout.count(".warc.gz") == len(written)
    assert [path.read_bytes() for path in written] == [
        path.read_bytes() for path in first.captured.paths
    ]


def test_command_without_a_folder_says_how_to_use_it() -> None:
    command = [sys.executable, "-m", "eurocorpus.pipeline.demo"]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert refused.stderr.startswith("usage: ")

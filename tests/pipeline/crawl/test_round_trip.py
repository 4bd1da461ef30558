"""What a crawl stores is what the servers sent: for other tools, and for `eurocorpus run`."""

import gzip
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pytest
from crawl_web import NOT_FOUND, Request, Web, page, serve
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import has_valid_block_digest, has_valid_payload_digest
from runs import eurocorpus
from warcio.archiveiterator import ArchiveIterator
from warcio.warcwriter import WARCWriter

from eurocorpus.pipeline.crawl.config import CrawlConfig
from eurocorpus.pipeline.crawl.crawl import crawl
from eurocorpus.pipeline.demo import SamplePage, pages
from eurocorpus.pipeline.demo.web import _chunked

HOSTS = ("town-hall.example", "parish-pages.example", "round-table.example")
PAGES = {page.url: page for page in pages() if urlsplit(page.url).hostname in HOSTS}


def served(sample: SamplePage) -> bytes:
    """Write a page of the sample web as its own server does."""
    body = gzip.compress(sample.body, mtime=0) if sample.gzip else sample.body
    headers = dict(sample.headers) | ({"Content-Encoding": "gzip"} if sample.gzip else {})
    if sample.chunked:
        reply = page(b"", f"{sample.status} X", sample.content_type, headers)
        return reply.replace(b"Content-Length: 0", b"Transfer-Encoding: chunked") + _chunked(body)
    return page(body, f"{sample.status} X", sample.content_type, headers)


def site(request: Request) -> bytes:
    found = PAGES.get(f"https://{request.host}{request.path}")
    return served(found) if found else NOT_FOUND


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with serve(dict.fromkeys(HOSTS, site)) as web:
        yield web


@pytest.fixture(scope="module")
def crawled(web: Web, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crawl")
    network = {"hosts": web.hosts_file(folder), "allow": ["127.0.0.0/8"]}
    config = {
        "seeds": [urlsplit(url)._replace(scheme="http", netloc=f"{urlsplit(url).netloc}:{web.port}").geturl()
                  for url in PAGES],
        "output": str(folder / "out"),
        "parts": 1,
        "pace": {"delay": 0.0, "factor": 0.0},
        "network": network,
        "engine": {"workers": 1},
    }  # fmt: skip
    crawl(CrawlConfig.model_validate(config))
    return folder / "out"


def answers(folder: Path) -> Iterator[tuple[str, str, Any, bytes]]:
    """URL, date, HTTP headers and decoded body of each response, as warcio reads it."""
    for path in sorted(folder.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                if record.rec_type == "response":
                    get = record.rec_headers.get_header
                    body = record.content_stream().read()
                    yield get("WARC-Target-URI"), get("WARC-Date"), record.http_headers, body


def test_other_tools_read_what_was_sent(crawled: Path, web: Web) -> None:
    seen = 0
    for url, _, headers, body in answers(crawled / "warc"):
        sample = PAGES.get("https://" + url.removeprefix("http://").replace(f":{web.port}", ""))
        if sample is None:
            assert headers.get_statuscode() == "404"
            continue
        assert body == sample.body, url
        assert int(headers.get_statuscode()) == sample.status
        assert headers.get_header("Transfer-Encoding") is None
        for name, value in sample.headers:
            assert headers.get_header(name) == value
        seen += 1
    assert seen > 30
    for path in sorted(crawled.glob("*/*.warc.gz")):
        kinds = set()
        with path.open("rb") as file:
            for record in FastIterator(file, parse_http=False):
                assert has_valid_block_digest(record)
                kinds.add(record.headers["WARC-Type"])
        with path.open("rb") as file:
            for record in FastIterator(file, parse_http=True):
                if (
                    "WARC-Payload-Digest" in record.headers
                    and record.headers["WARC-Type"] == "response"
                ):
                    assert has_valid_payload_digest(record)
        assert kinds >= {"warcinfo", "request", "response", "metadata"}


def test_a_run_makes_the_same_documents_of_them_as_of_the_pages(
    crawled: Path, web: Web, tmp_path: Path
) -> None:
    """The pages themselves are put into an archive by warcio, with no crawler in between."""
    (tmp_path / "sent").mkdir()
    with (tmp_path / "sent" / "pages.warc.gz").open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for url, date, headers, _ in answers(crawled / "warc"):
            sample = PAGES.get("https://" + url.removeprefix("http://").replace(f":{web.port}", ""))
            if sample and headers.get_statuscode() == "200":
                block = served(sample)
                record = writer.create_warc_record(
                    url,
                    "response",
                    BytesIO(block),
                    len(block),
                    warc_headers_dict={"WARC-Date": date},
                )
                writer.write_record(record)
    documents = []
    for inputs, out in ((crawled / "warc", "crawled"), (tmp_path / "sent", "sent_run")):
        result = eurocorpus("run", inputs, "--out", tmp_path / out, "--workers", 1)
        assert result.returncode == 0, result.stderr
        table = pl.read_parquet(tmp_path / out / "data" / "**" / "*.parquet")
        documents.append(sorted(table.select("url", "text", "language", "date").rows()))
    assert len(documents[0]) > 20
    assert documents[0] == documents[1]

import gzip
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.crawl.page import read_page

URL = "http://a.example/x/"


def read(body: bytes, *headers: tuple[str, str], **options: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "sitemap": False, "languages": False, "decoded_bytes": 1 << 20, "most_links": 100,
    }  # fmt: skip
    headers = headers or (("Content-Type", "text/html"),)
    return read_page(URL, headers, body, *(arguments | options).values())


def test_links_are_given_once_in_order_and_by_the_base() -> None:
    html = b"""<base href="/b/"><a href=c>1</a><a href="./c#d">2</a><a href="/e?x=1&amp;y=2">3</a>
    <a href="mailto:x@y.example">4</a><a>5</a><iframe src="f"></iframe><area href=g>"""
    base = "http://a.example/"
    assert read(html)["links"] == [f"{base}b/c", f"{base}e?x=1&y=2", f"{base}b/g", f"{base}b/f"]
    assert len(read(html, most_links=2)["links"]) == 2


def test_codings_are_undone_within_the_limit() -> None:
    html = gzip.compress(b"<a href=c>" + b" " * 10_000)
    coded = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"))
    assert len(read(html, *coded)["links"]) == 1
    assert read(html, *coded, decoded_bytes=5000) == {
        "links": [],
        "problem": "page_too_large: more than 5,000 bytes",
    }


def test_sitemaps() -> None:
    urls = b"<urlset><url><loc> http://a.example/1 </loc></url><url><loc>/2</loc></url></urlset>"
    assert read(urls)["links"] == ["http://a.example/1", "http://a.example/2"]
    index = b'<?xml version="1.0"?><sitemapindex><sitemap><loc>http://a.example/s.xml</loc></sitemap></sitemapindex>'
    assert read(gzip.compress(index), sitemap=True)["maps"] == ["http://a.example/s.xml"]
    assert read(b"http://a.example/1\nhttp://a.example/2", sitemap=True)["links"][1:] == [
        "http://a.example/2"
    ]
    laughs = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>'
    assert read(laughs, sitemap=True)["links"] in ([], [URL])


def test_pages_that_say_the_same_but_for_numbers_have_one_sketch() -> None:
    def words(seed: int, day: int) -> bytes:
        draw = random.Random(seed)
        text = " ".join("".join(draw.choices("abcdef", k=5)) for _ in range(100))
        return f"<p>Day {day} of {day + 1}: {text}".encode()

    assert read(words(1, 5))["sketch"] == read(words(1, 77))["sketch"]
    assert not set(read(words(1, 5))["sketch"]) & set(read(words(2, 5))["sketch"])


def test_language() -> None:
    text = (
        "<p>Il-kumitat jiltaqa' nhar it-Tlieta biex jiddiskuti l-port u l-pont il-ġdid tal-belt. "
        * 5
    )
    assert read(text.encode(), languages=True)["lang"] == "mlt_Latn"
    assert "lang" not in read(b"<p>Short.", languages=True)


@given(
    st.binary(max_size=300), st.booleans(), st.sampled_from(["text/html", "text/xml", "", "a;b"])
)
def test_any_bytes_are_read(body: bytes, sitemap: bool, kind: str) -> None:
    assert "links" in read(
        body, ("Content-Type", kind), ("Content-Encoding", "gzip"), sitemap=sitemap
    )
    assert "links" in read(b"<html>" + body, ("Content-Type", kind), sitemap=sitemap)

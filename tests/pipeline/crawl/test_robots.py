"""Robots.txt: what protego is not asked, or is asked differently."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.crawl.robots import Robots
from eurocorpus.pipeline.extract.rights.robots import MAX_BYTES, decode

FORBID = "User-agent: *\nDisallow: /\n"
URL = "http://a.example/x"


@pytest.mark.parametrize(
    ("status", "allowed", "reachable"),
    [
        (200, False, True),
        (204, False, True),
        (301, True, True),
        (400, True, True),
        (401, True, True),
        (403, True, True),
        (404, True, True),
        (410, True, True),
        (429, False, False),
        (500, False, False),
        (503, False, False),
        (599, False, False),
        (999, False, False),
        (0, False, False),
        (None, False, False),
    ],
)
def test_by_status(status: int | None, allowed: bool, reachable: bool) -> None:
    robots = Robots.of(status, FORBID, "eurocorpus")
    assert (robots.allows(URL), robots.reachable) == (allowed, reachable)


def test_the_longest_rule_wins_and_groups_are_merged() -> None:
    body = (
        "USER-AGENT: EuroCorpus\r\nDisallow: /a # remark\r\nAllow: /a/b\r\n\r\n"
        "User-agent: *\nDisallow: /\n\nuser-agent: eurocorpus/2.0\nDisallow: /*.pdf$\nCrawl-delay: 1.5\n"
    )
    robots = Robots.of(200, body, "eurocorpus")
    verdicts = {
        path: robots.allows(f"http://a.example{path}")
        for path in ("/", "/a", "/a/b", "/x.pdf", "/x.pdf?1")
    }
    assert verdicts == {"/": True, "/a": False, "/a/b": True, "/x.pdf": False, "/x.pdf?1": True}
    assert robots.delay == 1.5


def test_500_kibibytes_are_read() -> None:
    rules = b"User-agent: *\nDisallow: /early\n"
    filler = b"#" * (MAX_BYTES - len(rules) - 14) + b"\n"
    text = decode(rules + filler + b"Disallow: /late\nDisallow: /later\n")
    robots = Robots.of(200, text, "eurocorpus")
    assert not robots.allows("http://a.example/early")
    assert robots.allows("http://a.example/late")  # its line is cut in the middle, and not believed
    assert robots.allows("http://a.example/later")


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_what_editors_make_of_it_is_read(codec: str) -> None:
    for end in ("\n", "\r", "\r\n", "\0\n"):
        assert not Robots.of(200, decode(FORBID.replace("\n", end).encode(codec)), "x").allows(URL)


def test_request_rate_is_a_delay() -> None:
    assert Robots.of(200, "User-agent: *\nRequest-rate: 1/10\n", "eurocorpus").delay == 10


@given(st.binary(max_size=400))
def test_any_bytes_are_rules(body: bytes) -> None:
    robots = Robots.of(200, decode(body), "eurocorpus")
    robots.allows(URL)
    assert robots.delay >= 0

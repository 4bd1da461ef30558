"""A crawl of a hostile and a well-behaved web; what it did is read in the servers' own log."""

import gzip
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from crawl_hosts import AWAY, INNER, NEWS, SLOW, hostile, ordinary, special
from crawl_web import Web, serve
from runs import command
from warcio.archiveiterator import ArchiveIterator

from eurocorpus.pipeline.crawl.config import CrawlConfig
from eurocorpus.pipeline.crawl.crawl import crawl
from eurocorpus.pipeline.load import load_model

ORDINARY = 165
DELAY = 0.05
PAGES = 30
NOT_SEEDS = {"www.links.test", "outside.test", "inner.test"}
EVIDENCE = ["/robots.txt", "/ai.txt", "/.well-known/tdmrep.json"]


@dataclass
class Crawled:
    """What a crawl left, and what the servers saw."""

    web: Web
    folder: Path
    summary: dict[str, Any]
    expected: dict[str, set[str]]
    lines: list[dict[str, Any]]

    def line(self, host: str, path: str) -> dict[str, Any]:
        """What the journal says about a URL."""
        url = self.web.url(host, path)
        return next(line for line in self.lines if line.get("u") == url and line["k"] != "add")

    def pages(self, host: str) -> list[str]:
        """The paths asked of a host, without robots.txt and its like."""
        return [path for path in self.web.paths(host) if path not in EVIDENCE]

    def gaps(self, host: str) -> list[float]:
        """Seconds between the requests to a host."""
        times = [request.time for request in self.web.log if request.host == host]
        return [after - before for before, after in pairwise(times)]


@pytest.fixture(scope="module")
def crawls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Crawled, Crawled]]:
    """Two crawls at a time: of ordinary hosts and those of a rule each, and of hosts that hold it up.

    The second goes wherever links lead, with limits short enough to wait for.
    """
    sites = [ordinary(seed) for seed in range(ORDINARY)]
    expected = {f"site{n}.test": paths for n, (_, paths) in enumerate(sites)}
    hosts = {f"site{n}.test": site for n, (site, _) in enumerate(sites)} | special()
    inner = {"inner.test": lambda request: b""}
    with serve(hosts | inner, {"inner.test": "127.2.0.1"}) as web, serve(hostile()) as held:
        answer = {"bytes": "100kB", "seconds": 4, "decoded_bytes": "1MB"}
        short = config(held, tmp_path_factory.mktemp("hostile"), parts=1, scope="any",
                       network={"timeout": 6}, answer=answer)  # fmt: skip
        long = config(web, tmp_path_factory.mktemp("web"), parts=2, scope="domain",
                      network={"timeout": 60}, answer={"seconds": 60})  # fmt: skip
        process = subprocess.Popen(command("crawl", short), stdout=PIPE, stderr=STDOUT, text=True)
        summary = crawl(load_model(CrawlConfig, long))
        said, _ = process.communicate(timeout=500)
        assert process.returncode == 0, said
        besieged = read(held, short.parent / "out", {})
        yield replace(read(web, long.parent / "out", expected), summary=summary), besieged


@pytest.fixture
def crawled(crawls: tuple[Crawled, Crawled]) -> Crawled:
    return crawls[0]


@pytest.fixture
def besieged(crawls: tuple[Crawled, Crawled]) -> Crawled:
    return crawls[1]


def config(web: Web, folder: Path, parts: int, network: dict[str, Any], **more: Any) -> Path:
    """Write the configuration of a crawl of all hosts of a web, and of some that are not there."""
    names = [host for host in web.sites if host not in NOT_SEEDS]
    names += ["inner.test", "metadata.test", "closed.test", "nowhere.invalid"]
    (folder / "seeds.txt").write_text("\n".join(map(web.url, names)), "utf-8")
    away = {
        "metadata.test": "169.254.169.254",
        "closed.test": "127.1.200.1",
        "inner.test": "127.2.0.1",
    }
    content = {
        "seeds": [str(folder / "seeds.txt")],
        "output": str(folder / "out"),
        "parts": parts,
        "pace": {"delay": DELAY, "factor": 1.0, "retries": 1, "patience": 30, "longest": 0.2},
        "budget": {"pages": PAGES, "bytes": "1MB", "depth": 12, "trap_pages": 5},
        "wanted": {"languages": ["mlt_Latn"], "pages": 6},
        "network": network | {"hosts": web.hosts_file(folder, away), "allow": ["127.1.0.0/16"]},
        "identity": {"contact": "crawl@example.org", "page": "https://example.org/bot"},
        "warc": {"bytes": "200kB"},
        "engine": {"workers": parts},
        **more,
    }  # fmt: skip
    path = folder / "crawl.yaml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


def read(web: Web, out: Path, expected: dict[str, set[str]]) -> Crawled:
    """Read what a crawl left."""
    lines = [
        json.loads(line)
        for path in sorted((out / "state").glob("part-*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    return Crawled(web, out, json.loads((out / "crawl.json").read_text()), expected, lines)


def test_every_allowed_page_of_the_well_behaved_is_fetched_and_no_other(crawled: Crawled) -> None:
    assert len(crawled.web.sites) >= 200
    for host, expected in crawled.expected.items():
        assert Counter(crawled.pages(host)) == Counter(expected), host
    assert crawled.summary["interrupted"] == ""


def test_robots_comes_first_and_forbidden_paths_are_not_asked(crawled: Crawled) -> None:
    for host in crawled.web.sites:
        asked = crawled.web.paths(host)
        if asked and host not in ("rules.test",):
            assert asked[0] == "/robots.txt", host
    private = [
        request for request in crawled.web.log
        if request.path.startswith("/private") and request.host != "robots6hops.test"
    ]  # fmt: skip
    assert private == []


def test_no_host_is_asked_twice_at_a_time_or_before_its_delay(crawled: Crawled) -> None:
    assert set(crawled.web.at_once.values()) == {1}
    for host in crawled.web.sites:
        assert all(gap >= DELAY for gap in crawled.gaps(host)), host


def test_rfc_9309(crawled: Crawled) -> None:
    assert crawled.pages("robots404.test") == ["/", "/a"]
    assert crawled.pages("robots403.test") == ["/", "/a"]
    for host in (
        "robots500.test",
        "robots429.test",
        "robotsgone.test",
        "robotsbroken.test",
        "robotscut.test",
    ):
        assert set(crawled.web.paths(host)) == {"/robots.txt"}, host
        assert crawled.line(host, "/")["why"] == "robots_unreachable"
    assert crawled.web.paths("robots304.test").count("/robots.txt") == 1
    assert crawled.pages("robotsgzip.test") == ["/", "/a"]
    assert set(crawled.pages("robots5hops.test")) == {"/", "/a", "/r1", "/r2", "/r3", "/r4"}
    assert {"/", "/a", "/private/x"} < set(crawled.pages("robots6hops.test"))
    assert crawled.pages("longrobots.test") == ["/", "/late"]
    assert crawled.pages("groups.test") == ["/", "/a/b", "/x.pdf?2"]
    assert crawled.line("groups.test", "/x.pdf")["why"] == "robots"
    assert "/ai.txt" not in crawled.web.paths("groups.test")


def test_no_host_is_fetched_by_two_parts_not_even_for_the_rules_of_another(
    crawled: Crawled,
) -> None:
    parts: dict[str, set[str]] = {}
    for record in [*records(crawled.folder / "warc"), *records(crawled.folder / "robots")]:
        if record.rec_type == "request":
            host = urlsplit(record.rec_headers.get_header("WARC-Target-URI")).hostname
            parts.setdefault(host, set()).add(record.file.split("-")[1])
    assert {len(numbers) for numbers in parts.values()} == {1}
    asked = [line["u"] for line in crawled.lines if line["k"] == "ask"]
    assert asked
    assert len(asked) == sum(line["k"] == "answer" for line in crawled.lines)
    for n in range(AWAY):
        assert set(crawled.pages(f"away{n}.test")) == {"/", "/a"}


def test_crawl_delay_and_retry_after_are_kept(crawled: Crawled) -> None:
    assert all(gap >= 0.5 for gap in crawled.gaps("crawldelay.test"))
    assert len(crawled.gaps("crawldelay.test")) == 5
    for host in ("busy429.test", "busy503.test"):
        first, second = (r.time for r in crawled.web.log if r.host == host and r.path == "/busy")
        assert second - first >= 1.0
        assert crawled.line(host, "/busy")["s"] == 200
    assert crawled.pages("toobusy.test") == ["/", "/busy"]
    assert crawled.pages("alwaysbusy.test") == ["/", "/busy", "/busy"]
    assert crawled.summary["hosts_ended"]["pushed_back"] == 2
    assert crawled.web.paths("foreverdelay.test") == ["/robots.txt"]


def test_a_slow_host_is_asked_more_slowly(crawled: Crawled) -> None:
    assert all(gap >= 2 * SLOW for gap in crawled.gaps("slow.test"))
    assert crawled.pages("slow.test") == ["/", "/a", "/b"]


def test_no_refused_address_is_connected_to(crawled: Crawled) -> None:
    assert crawled.web.paths("inner.test") == []
    assert not any(span.host == "inner.test" for span in crawled.web.connections)
    for host in ("inner.test", "metadata.test"):
        assert crawled.line(host, "/")["why"] == "robots_unreachable"
        robots = crawled.line(host, "/robots.txt")
        assert robots["why"] == "refused"
    assert crawled.line("closed.test", "/robots.txt")["why"] == "connection"
    assert crawled.line("nowhere.invalid", "/robots.txt")["why"] == "dns"


def test_no_link_or_redirect_leads_to_a_refused_address(besieged: Crawled) -> None:
    assert set(besieged.pages("inward.test")) == {"/", "/hop", "/out"}
    port = besieged.web.port
    refused = {line["u"] for line in besieged.lines if line.get("why") == "refused"}
    robots = {url.format(port) + "robots.txt" for url in INNER}
    assert {url.replace("[::ffff:127.2.0.1]", "[::ffff:7f02:1]") for url in robots} == refused
    asked = {line["u"] for line in besieged.lines if line["k"] == "skip"}
    assert f"http://inner.test:{port}/hop" in asked
    assert not any(
        "passwd" in line["u"] or "ftp:" in line["u"] for line in besieged.lines if "u" in line
    )


def test_hostile_answers_end_by_limit(besieged: Crawled) -> None:
    truncated = {}
    for record in records(besieged.folder / "warc"):
        if reason := record.rec_headers.get_header("WARC-Truncated"):
            truncated[record.rec_headers.get_header("WARC-Target-URI")] = reason
    for host, path, reason in (
        ("endless.test", "/endless", "length"),
        ("dripping.test", "/drip", "time"),
        ("cut.test", "/cut", "disconnect"),
        ("image.test", "/image", "unspecified"),
        ("nochunk.test", "/chunk", "disconnect"),
    ):
        assert truncated.pop(besieged.web.url(host, path)) == reason
        assert "/last" in besieged.pages(host)
    assert truncated == {}
    for host, path, why in (
        ("loris.test", "/loris", "timeout"),
        ("stalled.test", "/stalled", "timeout"),
        ("flood.test", "/flood", "headers"),
        ("interim.test", "/interim", "headers"),
        ("lengths.test", "/lengths", "connection"),
        ("garbage.test", "/garbage", "connection"),
        ("hangup.test", "/hangup", "connection"),
    ):
        assert besieged.line(host, path)["why"] == why, host
        assert "/last" in besieged.pages(host)
    assert besieged.line("longline.test", "/line")["k"] == "miss"
    assert besieged.line("bomb.test", "/bomb")["problem"].startswith("page_too_large")
    assert not any(request.path == "/never" for request in besieged.web.log)


def test_redirects_end(crawled: Crawled) -> None:
    assert crawled.pages("loop.test") == ["/", "/l1", "/l2"]
    assert crawled.pages("hops.test") == ["/"] + [f"/h{n}" for n in range(6)]


def test_traps_are_left(crawled: Crawled) -> None:
    pages = crawled.pages("calendar.test")
    assert {f"/news/{n}" for n in range(1, NEWS + 1)} <= set(pages)
    assert len([path for path in pages if path.startswith("/cal")]) <= 5 + 2
    assert Counter(crawled.pages("sessions.test")) == Counter(["/", "/a", "/b"])
    assert len(crawled.pages("deeper.test")) < 30


def test_budgets(crawled: Crawled) -> None:
    assert len(crawled.pages("manypages.test")) == PAGES
    assert 1_000_000 <= 200_000 * len(crawled.pages("manybytes.test")) < 1_500_000
    assert len(crawled.pages("chain.test")) == 13
    assert len(crawled.pages("english.test")) == 6
    assert len(crawled.pages("failing.test")) == 1 + 5 * 2
    ended = crawled.summary["hosts_ended"]
    assert ended == {
        "bytes": 1, "crawl_delay": 1, "failing": 1, "language": 1, "pages": 1, "pushed_back": 2
    }  # fmt: skip


def test_links_are_followed_as_asked(crawled: Crawled) -> None:
    assert crawled.pages("nofollow.test") == ["/", "/meta", "/header", "/rel"]
    assert set(crawled.pages("sitemap.test")) == {
        "/", "/index.xml", "/map1.xml", "/map2.xml.gz", "/one", "/two", "/three"
    }  # fmt: skip
    assert crawled.pages("spelled.test") == ["/", "/a?x=1&y=2"]
    assert crawled.pages("www.links.test") == ["/"]
    assert crawled.web.paths("outside.test") == []
    assert crawled.pages("chunked.test") == ["/", "/old", "/interim"]


def test_cookies_and_credentials_are_neither_sent_nor_stored(crawled: Crawled) -> None:
    assert crawled.pages("cookies.test") == ["/", "/a", "/login"]
    for request in crawled.web.log:
        assert not {"cookie", "authorization", "referer"} & request.headers.keys()
        assert request.headers["user-agent"].startswith("eurocorpus/")
        assert "+https://example.org/bot" in request.headers["user-agent"]
        assert request.headers["from"] == "crawl@example.org"
        assert "x-wire" not in request.headers
    for path in crawled.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            text = gzip.decompress(data) if path.suffix == ".gz" else data
            assert b"secret" not in text, path


def records(folder: Path) -> Iterator[Any]:
    for path in sorted(folder.glob("*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                record.file = path.name
                yield record

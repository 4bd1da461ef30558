"""A crawl that is killed, stopped or limited goes on with the same command, and ends as one left alone."""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from crawl_hosts import calendar, chunked, ordinary, robots_moved, wide
from crawl_web import Web, page, serve, tree
from runs import command, eurocorpus, processes_of
from warcio.archiveiterator import ArchiveIterator

from eurocorpus.pipeline.crawl.config import CrawlConfig
from eurocorpus.pipeline.crawl.crawl import crawl
from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.load import load_model

HOSTS = {f"site{n}.test": ordinary(n)[0] for n in range(24)} | {
    "calendar.test": calendar,
    "wide.test": wide(30),
    "chunked.test": chunked,
    "moved.test": robots_moved(2, "rules.test"),
    "rules.test": tree({"/": page("rules")}, "User-agent: *\nDisallow: /private\n"),
}


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with serve(HOSTS) as served:
        yield served


@pytest.fixture(scope="module")
def undisturbed(web: Web, tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """The URLs of a crawl that is left alone, each with how many records it has."""
    folder = tmp_path_factory.mktemp("undisturbed")
    result = eurocorpus("crawl", configuration(web, folder), "--out", folder / "out")
    assert result.returncode == 0, result.stderr
    found = fetched(folder / "out")
    assert len(found) > 150
    twice = {url for url, records in found.items() if records > 1}
    assert twice == {web.url("rules.test", "/robots.txt")}  # its own, and where another's leads
    return found


def configuration(web: Web, folder: Path, delay: float = 0.02) -> Path:
    """Write the configuration of a crawl of all hosts, in one part unless it is said otherwise."""
    content = {
        "seeds": [web.url(host) for host in web.sites],
        "parts": 1,
        "pace": {"delay": delay, "factor": 0.0, "longest": 0.2},
        "budget": {"trap_pages": 4},
        "network": {"hosts": web.hosts_file(folder), "allow": ["127.0.0.0/8"]},
        "warc": {"bytes": "20kB"},
        "engine": {"workers": 1, "retries": 20},
    }
    path = folder / "crawl.yaml"
    path.write_text(yaml.safe_dump(content), "utf-8")
    return path


def fetched(out: Path) -> Counter[str]:
    """The URLs of the answers in a crawl's WARC files; each file is whole and each digest right."""
    found: Counter[str] = Counter()
    for path in sorted(out.glob("*/*.warc.gz")):
        with path.open("rb") as file:
            for record in ArchiveIterator(file, check_digests="raise"):
                record.content_stream().read()
                if record.rec_type in ("response", "revisit"):
                    found[record.rec_headers.get_header("WARC-Target-URI")] += 1
    assert not list(out.rglob("*.open"))
    return found


def wait_for_requests(web: Web, number: int, process: "subprocess.Popen[str]") -> bool:
    """Wait until so many requests have come; False if the crawl has ended before."""
    while len(web.log) < number:
        if process.poll() is not None:
            return False
        time.sleep(0.005)
    return True


def start(marker: str, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command("crawl", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"CRAWL_TEST": marker},
    )


def test_killed_at_ten_points(web: Web, undisturbed: Counter[str], tmp_path: Path) -> None:
    """Eight times the process that fetches, twice the one that was started."""
    chance = random.Random(7)
    config, out = configuration(web, tmp_path), tmp_path / "out"
    marker = str(tmp_path)
    process, kills = start(marker, config, "--out", out), 0
    points = sorted(chance.sample(range(20, 220), 10))
    begun = len(web.log)
    for point in points:
        if not wait_for_requests(web, begun + point, process):
            break
        if kills in (3, 7):
            process.kill()
            process.communicate()
            process = start(marker, config, "--out", out)
        else:
            for pid in processes_of(marker):
                if b"crawl.process:serve" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)
        kills += 1
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert kills == 10
    assert fetched(out) == undisturbed


def test_signals_end_it_with_status_0(web: Web, undisturbed: Counter[str], tmp_path: Path) -> None:
    config, out = configuration(web, tmp_path, delay=0.2), tmp_path / "out"
    arguments = (config, "--out", out, "--workers", 2, "--set", "parts=2")
    before: set[str] = set()
    for number in (signal.SIGUSR1, signal.SIGTERM):
        begun = len(web.log)
        process = start(str(tmp_path), *arguments)
        assert wait_for_requests(web, begun + 60, process)
        process.send_signal(number)
        said, _ = process.communicate(timeout=300)
        assert process.returncode == 0, said
        assert "interrupted (signal" in said
        now = set(fetched(out))
        assert before < now < set(undisturbed)
        before = now
    result = eurocorpus("crawl", *arguments)
    assert result.returncode == 0, result.stderr
    assert fetched(out) == undisturbed


def test_limits_end_it_and_can_be_raised(
    web: Web, undisturbed: Counter[str], tmp_path: Path
) -> None:
    file, out = configuration(web, tmp_path), tmp_path / "out"

    def go_on(*settings: str) -> dict[str, Any]:
        return crawl(load_model(CrawlConfig, file, settings, output=str(out)))

    summary = go_on("limits.pages=50")
    assert (summary["pages"], summary["interrupted"]) == (50, "page limit")
    assert go_on("limits.bytes=1kB")["interrupted"] == "size limit"
    assert go_on("limits.seconds=0.1")["interrupted"] == "time limit"
    with pytest.raises(UsageError, match="other settings of pace"):
        go_on("pace.delay=1")
    assert go_on()["interrupted"] == ""
    assert fetched(out) == undisturbed

"""Two Ray nodes crawl one list of hosts, and no host is fetched from both."""

import json
import secrets
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from crawl_hosts import ordinary
from crawl_web import serve
from runs import processes_of

from eurocorpus.pipeline.crawl.config import CrawlConfig
from eurocorpus.pipeline.crawl.crawl import crawl
from eurocorpus.pipeline.engine.cluster import kill_session

RAYLETS = Path(__file__).parents[1] / "engine" / "engine_raylets.py"


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Two raylets."""
    token = tmp_path / "token"
    token.write_text(secrets.token_hex(32))
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(token))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("CRAWL_TEST", str(tmp_path))
    cluster = subprocess.Popen(
        [sys.executable, RAYLETS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert cluster.stdout
    yield cluster.stdout.readline().strip()
    kill_session(cluster.pid)
    cluster.communicate()


def test_no_host_is_fetched_from_two_nodes(address: str, tmp_path: Path) -> None:
    sites = {f"site{n}.test": ordinary(n) for n in range(24)}
    with serve({host: site for host, (site, _) in sites.items()}) as web:
        config = CrawlConfig.model_validate(
            {
                "seeds": [web.url(host) for host in web.sites],
                "output": str(tmp_path / "out"),
                "parts": 2,
                "pace": {"delay": 0.3, "factor": 0.0},
                "network": {"hosts": web.hosts_file(tmp_path), "allow": ["127.0.0.0/8"]},
                "engine": {"executor": "ray", "address": address, "memory": "500MB"},
            }
        )
        nodes: dict[int, set[int]] = {}
        ended = threading.Event()
        watch = threading.Thread(target=_watch, args=(str(tmp_path), nodes, ended))
        watch.start()
        summary = crawl(config)
        ended.set()
        watch.join()
        asked = Counter((request.host, request.path) for request in web.log)
    assert summary["interrupted"] == ""
    parts = [
        set(_hosts(path)) for path in sorted((tmp_path / "out" / "state").glob("part-*.jsonl"))
    ]
    assert all(parts)
    assert not parts[0] & parts[1]
    assert parts[0] | parts[1] == set(sites)
    assert set(asked.values()) == {1}
    for host, (_, expected) in sites.items():
        assert {path for name, path in asked if name == host} >= expected
    assert len(nodes) == 2, nodes
    assert all(len(numbers) == 1 for numbers in nodes.values()), nodes


def _hosts(journal: Path) -> Iterator[str]:
    for line in journal.read_text("utf-8").splitlines():
        fields = json.loads(line)
        if "u" in fields:
            yield fields["u"].split("/")[2].partition(":")[0]


def _watch(marker: str, nodes: dict[int, set[int]], ended: threading.Event) -> None:
    """Note below which raylet each process that crawls lies, and which parts it has open."""
    while not ended.wait(0.05):
        for pid in processes_of(marker):
            try:
                if b"crawl.process:serve" not in Path(f"/proc/{pid}/cmdline").read_bytes():
                    continue
                open_files = [str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()]
                raylet = _ancestor(pid, "raylet")
            except OSError:
                continue
            for name in open_files:
                if "/state/part-" in name and raylet:
                    nodes.setdefault(raylet, set()).add(int(Path(name).stem.split("-")[1]))


def _ancestor(pid: int, name: str) -> int:
    while pid > 1:
        if Path(f"/proc/{pid}/comm").read_text().strip() == name:
            return pid
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0

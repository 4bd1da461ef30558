"""What is known of hosts: which files say it, for which pages, and by which agents."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.extract.rights import Evidence, Host, host_of, kind_of, load_agents

TIME = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Example.org/x", "example.org"),
        ("http://example.org.:80/", "example.org"),
        ("https://user@example.org:8443/", "example.org:8443"),
        ("http://[::1]:8080/", "::1:8080"),
        ("http://[bad/", ""),
        ("http://example.org:99999999/", ""),
        ("nonsense", ""),
    ],
)
def test_hosts_are_named_alike(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://a.example/robots.txt", "robots"),
        ("https://a.example/robots.txt?x", ""),
        ("https://a.example/sub/robots.txt", ""),
        ("https://a.example/.well-known/tdmrep.json", "tdmrep"),
        ("https://a.example/ai.txt", "aitxt"),
        ("http://[bad/ai.txt", ""),
    ],
)
def test_only_well_known_places_hold_evidence(url: str, kind: str) -> None:
    assert kind_of(url) == kind


def test_a_host_says_what_its_files_say_and_when() -> None:
    host = Host(
        [
            Evidence("a.example", "robots", 200, b"User-agent: CCBot\nDisallow: /x", TIME),
            Evidence("a.example", "tdmrep", 200, b'[{"location": "/", "tdm-reservation": 0}]'),
            Evidence("a.example", "aitxt", 200, b"User-agent: *\nDisallow: /x"),
        ],
        ["*", "CCBot"],
    )
    found = host.signals("https://a.example/x")
    assert [(s.place, s.verdict, s.scope, s.time) for s in found] == [
        ("robots.txt", "deny", "CCBot", TIME),
        ("tdmrep.json", "allow", "", None),
        ("ai.txt", "deny", "", None),
    ]
    assert [s.verdict for s in host.signals("https://a.example/y")] == ["allow"]


@pytest.mark.parametrize("status", [404, 410, 503])
def test_an_answer_that_is_no_file_says_nothing(status: int) -> None:
    host = Host([Evidence("a.example", "robots", status, b"User-agent: *\nDisallow: /")], ["*"])
    assert host.signals("https://a.example/") == []


def test_the_pinned_agents_are_those_that_reservations_name() -> None:
    assert {"*", "GPTBot", "CCBot", "ClaudeBot", "Google-Extended"} <= set(load_agents().names)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "nothing"),
        ("agents = 3\nversion = '1'", "agents, version"),
        ("agents = []\nversion = '1'", "agents, version"),
        ("agents = ['two words']\nversion = '1'", "'two words'"),
        ("agents = [", "expected a TOML file"),
        (None, "No such file"),
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path: Path, content: str | None, found: str) -> None:
    path = tmp_path / "agents.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=f"rights.agents: .*{found}"):
        load_agents(path)

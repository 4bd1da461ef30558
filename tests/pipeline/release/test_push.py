"""Uploads to a stand-in of the Hub: whole or not at all, going on where they were cut short."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hub import Hub, serve
from runs import command

from eurocorpus.pipeline.release.remove import remove
from eurocorpus.pipeline.release.requests import Requests


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serve() as hub:
        yield hub


def push(hub: Hub, folder: Path, name: str = "owner/name") -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {
        "HF_ENDPOINT": hub.endpoint, "HF_TOKEN": "hf_test", "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "0",
    }  # fmt: skip
    return subprocess.run(
        command("release", "unused", "--out", folder, "--push", name),
        capture_output=True, text=True, timeout=300, check=False, env=environment,
    )  # fmt: skip


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip


def test_cut_short_nothing_is_published_and_the_next_goes_on(hub: Hub, copy: Path) -> None:
    """Then a take-down is published too: what went is gone from the branch and from its history."""
    hub.failing = 7
    cut = push(hub, copy)
    assert cut.returncode == 1, cut.stderr
    assert "is as it was" in cut.stderr
    assert "Traceback" not in cut.stderr
    assert hub.tree == {}
    hub.failing, hub.closed = None, True
    cut = push(hub, copy)  # every content is there, and still nothing is published
    assert cut.returncode == 1, cut.stderr
    assert hub.tree == {}
    hub.closed = False
    done = push(hub, copy)
    assert done.returncode == 0, done.stderr
    assert hub.tree == contents(copy)
    large = [path for path in contents(copy) if path.endswith(".parquet")]
    assert hub.uploads <= len(large)  # what had arrived was not sent again
    assert len(hub.commits) == 1

    names = sorted(path.name for path in (copy / "data").iterdir())
    gone = sorted((copy / "data" / names[0]).iterdir())
    ids = [id for path in gone for id in pq.read_table(path, columns=["id"])["id"].to_pylist()]
    remove(copy, Requests.of(ids), reason="request", date="2026-12-01")
    assert push(hub, copy).returncode == 0
    assert hub.tree == contents(copy)
    assert not any(path.startswith(f"data/{names[0]}/") for path in hub.tree)
    assert len(hub.commits) == 1


def test_a_release_that_is_not_whole_and_a_bad_name_are_refused(hub: Hub, copy: Path) -> None:
    assert push(hub, copy, "no/such/name").returncode == 2
    (copy / "README.md").write_text("something else")
    refused = push(hub, copy)
    assert refused.returncode == 1
    assert "README.md" in refused.stderr
    assert hub.tree == {}

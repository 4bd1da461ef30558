"""Offline: connections to outside are refused in the run's process and in its children."""

import os
import socket
import subprocess
import sys
from pathlib import Path

TRY = """
import socket, sys
from eurocorpus.pipeline.offline import go_offline, obey
{}
def tried(host, port=9):
    try:
        socket.create_connection((host, port), 0.2)
    except OSError as error:
        return type(error).__name__
    return "connected"
print(tried("192.0.2.1"), tried("example.org"), tried("127.0.0.1", int(sys.argv[1])), tried("198.51.100.7"))
"""


def tried(how: str, **environment: str) -> list[str]:
    """What becomes of connections to outside, twice, to loopback, and to a node of the job."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        result = subprocess.run(
            [sys.executable, "-P", "-c", TRY.format(how), str(server.getsockname()[1])],
            env=os.environ | environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
    return result.stdout.split()


def test_what_is_outside_is_refused() -> None:
    outcome = tried("go_offline('198.51.100.7')")
    assert outcome[:3] == ["OfflineError", "OfflineError", "connected"]
    assert outcome[3] != "OfflineError"


def test_children_obey_the_environment() -> None:
    assert tried("obey()", EUROCORPUS_OFFLINE="1")[:2] == ["OfflineError", "OfflineError"]
    assert "OfflineError" not in tried("obey()", EUROCORPUS_OFFLINE="0")


def test_nothing_of_a_run_downloads() -> None:
    """What can download is not even imported by the command line."""
    code = "import eurocorpus.pipeline.cli, sys; print({'requests', 'huggingface_hub'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path("/"),
    )
    assert result.stdout.strip() == "set()"

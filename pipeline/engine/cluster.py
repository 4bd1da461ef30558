"""Ray started by ourselves, on this machine or on each node of a job; it ends with us whatever happens.

Ray's agents outlive a driver that is killed by more than 45 s. So a small process that does not
import Ray, in a session of its own, starts a node, waits until its owner is gone, and kills
everything that is in the session: what Ray starts stays there.
"""

import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from .child import Child, adopt_orphans, reap_all, receive, send
from .machine import usable_memory
from .unit import EngineError, Limits

_OBJECT_STORE_BYTES = (
    80 << 20
)  # nothing but specs and counters goes through it; Ray's least is 75 MB
_START_SECONDS = 120.0


class RayNode:
    """A node of a Ray cluster: `ray start --block` and all that it starts, and what ends them.

    They end with the process that holds this object, whatever becomes of it. `environment` is what
    a driver needs to join.
    """

    def __init__(
        self, folder: Path, arguments: list[str], environment: Mapping[str, str], memory: int
    ) -> None:
        """Begin to start it with its files in `folder`, which goes with it; `wait` tells when it is up.

        `arguments` are those of `ray start` that are the caller's; `memory` in bytes is what its
        tasks may ask for.
        """
        self._folder = folder
        self._is_up = False
        self.environment = {"RAY_USAGE_STATS_ENABLED": "0", **environment}
        with (folder / "log").open("wb") as log:
            self._child = Child(
                f"{__name__}:supervise",
                *(str(folder), [*arguments, *_common_arguments(folder, memory)]),
                outlive=True,
                oom_score=0,
                environment=self.environment,
                stderr=log,
            )

    @property
    def connection(self) -> Connection:
        """What becomes readable when the node is up, and at its end."""
        return self._child.connection

    def wait(self) -> str:
        """Wait until it is up, and return the cluster's address.

        Raises:
            EngineError: it does not come up.

        """
        try:
            if self.connection.poll(_START_SECONDS):
                address: str = receive(self.connection)
                self._is_up = True
                return address
            problem = f"it is not up after {_START_SECONDS:g} s"
        except (EOFError, OSError):
            problem = "it ended at once"
        raise EngineError(f"cannot start Ray on this machine: {problem}\n{self.log()}")

    def is_up(self) -> bool:
        """Whether it has joined the cluster, or is the head of one."""
        return not self.has_ended() and self._is_up

    def has_ended(self) -> bool:
        """Whether it is no longer there."""
        try:
            while self.connection.poll():
                receive(self.connection)  # its address, if nobody has waited for it
                self._is_up = True
        except (EOFError, OSError):
            return True
        return False

    def log(self) -> str:
        """The last lines that it printed."""
        with suppress(OSError):
            return (self._folder / "log").read_text("utf-8", "replace")[-2000:]
        return ""

    def close(self) -> None:
        """End all its processes, and remove its files."""
        self._child.end(10.0)
        kill_session(self._child.pid)  # the supervisor has done so, unless it was killed
        shutil.rmtree(self._folder, ignore_errors=True)


class Cluster(RayNode):
    """A Ray head on loopback, for one driver on this machine."""

    def __init__(self, limits: Limits) -> None:
        """Begin to start it; `wait` tells when it is up."""
        folder = Path(tempfile.mkdtemp(prefix="ec-", dir="/tmp"))  # socket paths end at 107
        workers = limits.local_workers
        memory = min(workers * limits.memory_bytes, usable_memory() * 9 // 10)
        super().__init__(
            folder,
            ["--head", "--port=0", "--node-ip-address=127.0.0.1", f"--num-cpus={workers}"],
            {
                **token_environment(folder / "token"),
                "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # its one way to have all on loopback
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            },
            max(limits.memory_bytes, memory),
        )


def token_environment(token: Path) -> dict[str, str]:
    """Make a file with a new token that only its owner can read; say what makes Ray ask for it."""
    token.touch(0o600)
    token.write_text(secrets.token_hex(32), "ascii")
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}


def _common_arguments(folder: Path, memory: int) -> list[str]:
    return [
        "--block",
        "--num-gpus=0",
        f"--memory={memory}",
        f"--object-store-memory={_OBJECT_STORE_BYTES}",
        f"--temp-dir={folder}/r",  # Ray makes its folder writable for all; ours around it is not
        "--include-log-monitor=false",
        "--disable-usage-stats",
    ]


def supervise(connection: Connection, folder: str, arguments: list[str]) -> None:
    """Start a node, tell its address, and end it with its owner; this is the supervisor's process."""
    adopt_orphans()
    node = Child(f"{__name__}:be_node", arguments)
    address = Path(folder, "r", "ray_current_cluster")
    told = False
    try:
        while node.is_alive():
            if not told and address.exists() and (found := address.read_text("ascii").strip()):
                send(connection, found)
                told = True
            if connection.poll(0.25 if told else 0.05):  # the owner says nothing: it is its end
                break
    except OSError:
        pass
    finally:
        kill_session(os.getpid())
        reap_all()
        shutil.rmtree(folder, ignore_errors=True)


def be_node(connection: Connection, arguments: list[str]) -> None:
    """Be `ray start --block`; this process is the parent of Ray's own."""
    from ray.scripts.scripts import main

    head = ["--include-dashboard=false", "--no-monitor"] if "--head" in arguments else []
    sys.argv = ["ray", "start", *arguments, *head]
    main()  # type: ignore[no-untyped-call]


def kill_session(session: int) -> None:
    """Kill every process of a session but this one, and those that they start meanwhile."""
    for _ in range(100):
        members = [pid for pid in _session_members(session) if pid != os.getpid()]
        if not members:
            return
        for pid in members:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _session_members(session: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                state, _, _, sid = (
                    (entry / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[:4]
                )
                if int(sid) == session and state not in "ZX":
                    yield int(entry.name)

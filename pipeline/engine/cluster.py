"""A Ray cluster of our own on this machine, which ends with its driver whatever happens.

Ray's agents outlive a driver that is killed by more than 45 s. So a small process that does not
import Ray, in a session of its own, starts the head, waits until its driver is gone, and kills
everything that is in the session: what Ray starts stays there.
"""

import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from .child import Child, adopt_orphans, reap_all, receive, send
from .unit import EngineError, Limits

_OBJECT_STORE_BYTES = (
    80 << 20
)  # nothing but specs and counters goes through it; Ray's least is 75 MB
_START_SECONDS = 120.0


class Cluster:
    """Starts a Ray head on loopback; `address` and `environment` are what a driver needs to join."""

    def __init__(self, limits: Limits) -> None:
        """Begin to start it; `wait` tells when it is up."""
        self._folder = Path(tempfile.mkdtemp(prefix="ec-", dir="/tmp"))  # socket paths end at 107
        token = self._folder / "token"
        token.touch(0o600)
        token.write_text(secrets.token_hex(32), "ascii")
        self.environment = {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(token),
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # its one way to have everything on loopback
            "RAY_USAGE_STATS_ENABLED": "0",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }
        workers = limits.local_workers
        memory = max(limits.memory_bytes, min(workers * limits.memory_bytes, _memory_here()))
        log = (self._folder / "log").open("wb")
        with log:
            self._child = Child(
                f"{__name__}:supervise",
                *(str(self._folder), workers, memory),
                outlive=True,
                oom_score=0,
                environment=self.environment,
                stderr=log,
            )

    @property
    def connection(self) -> Connection:
        """What becomes readable when the cluster is up, and at its end."""
        return self._child.connection

    def wait(self) -> str:
        """Wait until it is up, and return its address.

        Raises:
            EngineError: it does not come up.

        """
        try:
            if self.connection.poll(_START_SECONDS):
                address: str = receive(self.connection)
                return address
            problem = f"it is not up after {_START_SECONDS:g} s"
        except (EOFError, OSError):
            problem = "it ended at once"
        raise EngineError(f"cannot start Ray on this machine: {problem}\n{self.log()}")

    def log(self) -> str:
        """The last lines that its head printed."""
        with suppress(OSError):
            return (self._folder / "log").read_text("utf-8", "replace")[-2000:]
        return ""

    def close(self) -> None:
        """End all its processes, and remove its files."""
        self._child.end(10.0)
        kill_session(self._child.pid)  # the supervisor has done so, unless it was killed
        shutil.rmtree(self._folder, ignore_errors=True)


def supervise(connection: Connection, folder: str, workers: int, memory: int) -> None:
    """Start a head, tell its address, and end it with the driver; this is the supervisor's process."""
    adopt_orphans()
    head = Child(f"{__name__}:be_head", folder, workers, memory)
    address = Path(folder, "r", "ray_current_cluster")
    told = False
    try:
        while head.is_alive():
            if not told and address.exists() and (found := address.read_text("ascii").strip()):
                send(connection, found)
                told = True
            if connection.poll(0.25 if told else 0.05):  # the driver says nothing: it is its end
                break
    except OSError:
        pass
    finally:
        kill_session(os.getpid())
        reap_all()
        shutil.rmtree(folder, ignore_errors=True)


def be_head(connection: Connection, folder: str, workers: int, memory: int) -> None:
    """Be `ray start --head --block`; this process is the parent of Ray's own."""
    from ray.scripts.scripts import main

    sys.argv = [
        "ray",
        "start",
        "--head",
        "--block",
        "--port=0",
        "--node-ip-address=127.0.0.1",
        f"--num-cpus={workers}",
        "--num-gpus=0",
        f"--memory={memory}",
        f"--object-store-memory={_OBJECT_STORE_BYTES}",
        f"--temp-dir={folder}/r",  # Ray makes its folder writable for all; ours around it is not
        "--include-dashboard=false",
        "--include-log-monitor=false",
        "--no-monitor",
        "--disable-usage-stats",
    ]
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


def _memory_here() -> int:
    """Nine tenths of the memory that this process may use: the machine's, or its cgroup's limit."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            sizes.append(int(Path(limit).read_text("ascii")))
    return min(sizes) * 9 // 10

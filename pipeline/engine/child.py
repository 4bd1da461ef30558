"""A process of ours that can be killed, and that dies with the one that started it.

It is a plain subprocess rather than one of multiprocessing's: `spawn` imports the main module
again, which is wrong in a console script and inside a Ray worker, and `fork` copies the locks of
threads that are not there.
"""

import ctypes
import json
import os
import pickle
import resource
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

from ..offline import obey
from .unit import load

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    f"from {__name__} import main; main(json.loads(sys.argv[3]))"
)
ONE_THREAD = dict.fromkeys(
    (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMBA_NUM_THREADS",
        "POLARS_MAX_THREADS",
        "RAYON_NUM_THREADS",
    ),
    "1",
)
"""A worker is one CPU; libraries that count the machine's CPUs would start as many threads."""
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class Child:
    """Runs `function(connection, *arguments)` in a process of its own.

    The function's name is `package.module:function`. Both sides talk by `send` and `receive` over
    `connection`; end of file means that the other side is gone. The child dies (SIGKILL) with the
    *thread* that created it, unless `outlive`; then it has a session of its own and must end by
    itself when it reads end of file. Its standard output goes to standard error.
    """

    def __init__(
        self,
        function: str,
        *arguments: Any,
        memory_bytes: int | None = None,
        oom_score: int = 300,
        outlive: bool = False,
        environment: dict[str, str] | None = None,
        stderr: IO[bytes] | None = None,
        share: tuple[int, ...] = (),
        directory: str | None = None,
    ) -> None:
        """Start the process; it is not waited for.

        `memory_bytes` limits its data (RLIMIT_DATA); `oom_score` is its oom_score_adj, so that the
        kernel, short of memory, takes it before its parent; `share` are open files it inherits.
        """
        ours, theirs = socket.socketpair()
        with ours, theirs:
            setup = {
                "connection": theirs.fileno(),
                "parent": None if outlive else os.getpid(),
                "memory_bytes": memory_bytes,
                "oom_score": oom_score,
            }
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-c",
                    _BOOT,
                    function,
                    json.dumps(sys.path),
                    json.dumps(setup),
                ],
                stdin=subprocess.DEVNULL,
                stdout=stderr or 2,
                stderr=stderr,
                pass_fds=(theirs.fileno(), *share),
                env={**os.environ, **ONE_THREAD, **(environment or {})},
                cwd=directory,
                start_new_session=outlive,
                process_group=None if outlive else 0,  # Ctrl-C is for the driver to deal with
            )
            self.connection = Connection(ours.detach())
        with suppress(OSError):  # a child that is dead already is found out when it is read from
            send(self.connection, (function, arguments))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def end(self, grace: float = 0.0) -> str:
        """Close the connection, give the child `grace` seconds to end, kill it, tell how it ended."""
        self.connection.close()
        try:
            status = self._process.wait(grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return "killed by us"
        return f"killed by {_signal_name(-status)}" if status < 0 else f"ended with status {status}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def send(connection: Connection, message: Any) -> None:
    """Send an object; pickle protocol 5 takes bytes as they are."""
    connection.send_bytes(pickle.dumps(message, 5))


def receive(connection: Connection) -> Any:
    """Receive an object; EOFError or OSError means that the other side is gone."""
    return pickle.loads(connection.recv_bytes())


def main(setup: dict[str, Any]) -> None:
    """Be the child: prepare the process, then run the function that the parent names."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)  # batch systems signal every process of a job
    if setup["parent"] is not None:
        die_with(setup["parent"])
    obey()
    os.set_inheritable(setup["connection"], False)
    connection = Connection(setup["connection"])
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(setup["oom_score"]), "ascii")
    if setup["memory_bytes"] is not None:
        limit_data(setup["memory_bytes"])
    try:
        function, arguments = receive(connection)
    except (EOFError, OSError):
        return
    load(function)(connection, *arguments)


def die_with(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the call
        os._exit(1)


def adopt_orphans() -> None:
    """Have descendants whose parent ended become children of this process, to be reaped by it.

    In a container without an init they would stay as zombies.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap_all() -> None:
    """Reap every child of this process that has ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def limit_data(size: int) -> tuple[int, int]:
    """Lower the soft RLIMIT_DATA to `size` bytes, never raise it; return the limits before."""
    before = soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft != resource.RLIM_INFINITY:
        size = min(size, soft)
    resource.setrlimit(resource.RLIMIT_DATA, (size, hard))
    return before


def child_cpu_seconds(pid: int) -> float:
    """CPU time of a running process, user and system; 0 if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return 0.0
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

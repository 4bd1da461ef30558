"""What a job starts on each of its nodes: Ray with the job's resources, and on the first the run.

`ray symmetric-run` hides failures behind status 0 and ends with killing every Ray of the user on the
node. Here each node ends its own processes and no others; a cluster that is lost is started again; and
the status of the run is that of the job.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ..engine.child import die_with
from ..engine.cluster import RayNode, token_environment
from ..engine.machine import usable_cpus, usable_memory
from ..engine.unit import EngineError
from ..offline import go_offline, is_offline
from .meeting import Meeting, News
from .network import address_towards, own_address

_LOST = 75  # EX_TEMPFAIL: trying again may help
_TRIES = 3  # clusters in a row that may be lost in one allocation
_BEAT_SECONDS = 5.0
_SILENCE_SECONDS = 120.0
_ASSEMBLE_SECONDS = 120.0
_LOOK_SECONDS = 0.5
_DRAIN_SECONDS = 60.0
_RESERVE_BYTES = 1 << 30  # for Ray itself and, on the first node, the run's own process
# A node whose network falls silent sends no end of its connections. Ray's head notices after 65 s; the
# run itself, which waits for the answer of a task there, was still waiting after six minutes.
_NOTICE = {
    "RAY_grpc_client_keepalive_time_ms": "20000",
    "RAY_grpc_client_keepalive_timeout_ms": "20000",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One node's share in a job."""

    config: Path
    meeting: Meeting
    temporary: Path
    interfaces: tuple[str, ...]
    name: str

    def start(self, generation: int, arguments: list[str]) -> RayNode:
        """Start Ray here with what the job has on this node; a short folder, for its sockets."""
        folder = self.temporary / f"ec-{self.name}-{generation}"
        shutil.rmtree(folder, ignore_errors=True)  # of an earlier try on this node
        folder.mkdir(mode=0o700)
        resources = [f"--num-cpus={usable_cpus()}", "--dashboard-agent-listen-port=0"]
        return RayNode(folder, [*arguments, *resources], self._environment(), _memory())

    def _environment(self) -> dict[str, str]:
        token = str(self.meeting.token)
        return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": token, **_NOTICE}


def serve_node(config: Path, work: Path, temporary: Path, interfaces: Iterable[str]) -> int:
    """Be one node of a job until the run has ended; the first task of the step starts the run.

    Returns the exit status: on the first node that of the run, on others 0; 75 where the cluster
    was lost and could not be had again.
    """
    _leave_rocm_to_hip()
    job = f"{os.environ.get('SLURM_JOB_ID', os.getpid())}"
    rank = int(os.environ.get("SLURM_PROCID", "0"))
    name = f"{job}-{os.environ.get('SLURM_RESTART_COUNT', '0')}-{rank}"
    place = Place(config.resolve(), Meeting(work), temporary, tuple(interfaces), name)
    return _Head(place).run() if rank == 0 else _serve_member(place)


class _Head:
    """The first node: a Ray head, and the run; both started again when the cluster is lost."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._driver: subprocess.Popen[bytes] | None = None
        self._signal = 0
        self._beats = self._generation = 0
        self._said = 0.0
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
            signal.signal(number, self._pass_on)

    def run(self) -> int:
        """Run to the end, and leave the status for the job script."""
        token_environment(self._place.meeting.token)
        generation, status = 0, _LOST
        try:
            while status == _LOST and generation < _TRIES and not self._signal:
                generation += 1
                status = self._run_cluster(generation)
        except BaseException:
            status = 1  # once more would end as this did
            raise
        finally:
            self._place.meeting.say(News(generation, "", ended=True))
            self._place.meeting.leave_status(status)
        return status

    def _run_cluster(self, generation: int) -> int:
        address = own_address(self._place.interfaces)
        _know(address)
        node = self._place.start(generation, ["--head", "--port=0", f"--node-ip-address={address}"])
        try:
            cluster = node.wait()
            _say(f"Ray is up at {cluster}, generation {generation}")
            self._await_members(generation, cluster)
            return self._run_driver(node, generation, cluster)
        except EngineError as error:
            _say(str(error))
            return _LOST
        finally:
            node.close()

    def _await_members(self, generation: int, cluster: str) -> None:
        """Begin with all nodes of the job, if they come in time; those that come later are welcome too."""
        others = int(os.environ.get("SLURM_NTASKS", os.environ.get("SLURM_JOB_NUM_NODES", "1"))) - 1
        began = time.monotonic()
        here = 0
        while not self._signal and time.monotonic() - began < _ASSEMBLE_SECONDS:
            self._say_beat(generation, cluster)
            if (here := self._place.meeting.present(generation)) >= others:
                return
            time.sleep(_LOOK_SECONDS)
        _say(f"begins with {here + 1} of {others + 1} nodes")

    def _say_beat(self, generation: int, cluster: str) -> None:
        if time.monotonic() - self._said > _BEAT_SECONDS or generation != self._generation:
            self._said, self._generation = time.monotonic(), generation
            self._beats += 1
            self._place.meeting.say(News(generation, cluster, beat=self._beats))

    def _run_driver(self, node: RayNode, generation: int, cluster: str) -> int:
        me = os.getpid()
        command = [sys.executable, "-P", "-m", "eurocorpus", "run", "--config",
                   str(self._place.config), "--engine", "ray", "--address", cluster]  # fmt: skip
        self._driver = subprocess.Popen(
            command,
            env=os.environ | node.environment,
            preexec_fn=lambda: die_with(me),  # noqa: PLW1509 - there is one thread
        )
        if self._signal:
            self._driver.send_signal(self._signal)
        while (status := self._driver.poll()) is None:
            self._say_beat(generation, cluster)
            if node.has_ended():
                _say(f"Ray's head has ended\n{node.log()}")
                return self._end_driver()
            time.sleep(_LOOK_SECONDS)
        if status < 0:
            _say(f"the run was killed by {signal.Signals(-status).name}")
        return _LOST if status < 0 else status

    def _end_driver(self) -> int:
        """End a run that has lost its cluster; if a signal came as well, the signal is the reason."""
        assert self._driver
        self._driver.terminate()
        try:
            status = self._driver.wait(_DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._driver.kill()
            status = self._driver.wait()
        return 128 + self._signal if self._signal else 0 if status == 0 else _LOST

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        self._signal = number
        if self._driver:
            with suppress(ProcessLookupError):
                self._driver.send_signal(number)


def _serve_member(place: Place) -> int:
    """Be another node: join each cluster that the head tells of, until it tells of the end."""
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the run drains, and its end is ours
    node: RayNode | None = None
    generation = starts = joined = 0
    try:
        while True:
            news = place.meeting.hear()
            if news and news.ended:
                return 0
            if place.meeting.silence > _SILENCE_SECONDS:
                _say(f"nothing was heard of the head for {_SILENCE_SECONDS:g} s")
                return _LOST
            if news and (news.generation != generation or node is None or node.has_ended()):
                if node:
                    _say(f"Ray is started again on this node\n{node.log()}")
                    node.close()
                    time.sleep(min(starts, 30))
                starts = starts + 1 if news.generation == generation else 1
                generation = news.generation
                node = _join(place, news, starts)
                joined = 0
            if node and joined != generation and node.is_up():
                joined = generation
                place.meeting.announce(generation, place.name)
            time.sleep(_LOOK_SECONDS)
    finally:
        if node:
            node.close()


def _join(place: Place, news: News, start: int) -> RayNode:
    address = address_towards(news.address)
    _know(address, news.address.rpartition(":")[0])
    _say(f"joins {news.address} as {address}")
    return place.start(
        news.generation * 1000 + start,
        [f"--address={news.address}", f"--node-ip-address={address}"],
    )


def _know(*hosts: str) -> None:
    """Let an offline job reach its own nodes."""
    if is_offline():
        go_offline(*hosts)


def _memory() -> int:
    """What tasks may ask for on this node."""
    memory = usable_memory()
    return max(memory * 9 // 10 - _RESERVE_BYTES, memory // 2)


def _leave_rocm_to_hip() -> None:
    """Slurm names an AMD GPU in one variable, and Ray refuses to start unless it is in the other."""
    if devices := os.environ.pop("ROCR_VISIBLE_DEVICES", None):
        os.environ.setdefault("HIP_VISIBLE_DEVICES", devices)


def _say(line: str) -> None:
    print(f"eurocorpus: node {os.uname().nodename}: {line}", file=sys.stderr, flush=True)

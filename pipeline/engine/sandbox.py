"""A sandbox: runs a function on items in a child that may crash, hang or eat memory.

What is lost is the one item that did it. A child notes in shared memory which item it is at, so
that its parent knows whom to blame; the items before it keep their results.
"""

import mmap
import os
import pickle
import struct
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from .child import Child, child_cpu_seconds, receive, send
from .unit import EngineError, load

_BATCH_ITEMS = 64
_BATCH_BYTES = 4 << 20
_GROUP_SECONDS = 0.5  # results travel in groups: waking the parent for each one costs more
_KEEP_HEAP = {"MALLOC_TRIM_THRESHOLD_": str(64 << 20), "MALLOC_MMAP_THRESHOLD_": str(64 << 20)}
"""glibc: else the pages of every batch are given back and faulted in again, half of its cost."""
_START_SECONDS = 600.0  # a setup may compile kernels, on a busy machine
_FALSE_STARTS = 3  # in a row; it is the child's own doing
_KILLED_STARTS = 20  # in a row; SIGKILL comes from outside, and whoever sent it may stop
_SLATE = struct.Struct("=qd")  # the item's index in its batch, the child's CPU time at its start
_SHARED_BYTES = mmap.PAGESIZE + _BATCH_BYTES + (1 << 20)  # the slate's page, then a batch
_NOTHING = -1


@dataclass(frozen=True, slots=True)
class Casualty:
    """In place of a result: what the item did, and in detail.

    `crash`: it ended the process, alone in a new one as well. `cpu`: it used too much CPU time, or
    hung without using any. `memory`: it wanted too much, in a new process as well. `error`: it
    raised.
    """

    kind: Literal["crash", "cpu", "memory", "error"]
    detail: str


class Sandbox:
    """Runs `function(*item)` for items in a child process; a context manager.

    The child starts when it is first needed, is replaced after a casualty and after `recycle` items
    (C libraries leak), and is bound to the thread that calls `map`. Its output is discarded.
    """

    def __init__(
        self,
        function: str,
        *,
        cpu_seconds: float = 30.0,
        wall_seconds: float | None = None,
        memory_bytes: int = 1 << 30,
        recycle: int = 20_000,
        setup: str | None = None,
        setup_arguments: tuple[Any, ...] = (),
    ) -> None:
        """Take note; start nothing.

        Args:
            function: `package.module:name`; items and results must be picklable.
            cpu_seconds: most CPU time that an item may use; unlike time on the clock it does not
                depend on the machine's load.
            wall_seconds: most time on the clock, for an item that sleeps; 10 * cpu_seconds + 60
                unless given.
            memory_bytes: most data (RLIMIT_DATA) that the child may hold, its libraries included.
            recycle: items after which a child is replaced.
            setup: a function that each new child calls first, with `setup_arguments`.

        """
        self._target = (function, setup, setup_arguments)
        self._cpu_seconds = cpu_seconds
        self._wall_seconds = 10 * cpu_seconds + 60 if wall_seconds is None else wall_seconds
        self._memory_bytes = memory_bytes
        self._recycle = recycle
        self._child: Child | None = None
        self._shared: mmap.mmap | None = None
        self._served = 0
        self._false_starts = 0
        self._watched = _NOTHING, 0.0

    def __enter__(self) -> Self:
        """Use it in a `with` statement."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End the child."""
        self.close()

    def close(self) -> None:
        """End the child; a later `map` starts another one."""
        self._retire()

    def cpu_seconds(self) -> float:
        """CPU time of the child that runs now."""
        return child_cpu_seconds(self._child.pid) if self._child else 0.0

    def map(self, items: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Return for each item what the function gave, or a Casualty.

        An item that ends its child is tried again, alone, in a new one: neither an earlier item's
        damage nor a kill from outside is held against it.

        Raises:
            EngineError: the function cannot be imported, or the child dies before any item.

        """
        try:
            return self._map(items)
        except BaseException:  # interrupted: what the child would answer next nobody waits for
            self._retire()
            raise

    def _map(self, items: Sequence[tuple[Any, ...]]) -> list[Any]:
        results: list[Any] = []
        suspect, trials = _NOTHING, 0  # the next item to be careful with; how often it was alone
        verdict: Casualty | None = None
        while (at := len(results)) < len(items):
            if at == suspect and verdict:
                results.append(verdict)
                suspect, verdict = _NOTHING, None
                continue
            if at == suspect or self._served >= self._recycle:
                self._retire()
            answers, fault = self._run(_batch(items, at, suspect))
            results += answers
            if fault:
                index, casualty = fault
                trials = trials + 1 if at == suspect else 0
                suspect = at + index
                verdict = casualty if trials >= _trials_due(casualty) else None
            elif len(results) > suspect:
                suspect = _NOTHING
        return results

    def _run(self, batch: Sequence[tuple[Any, ...]]) -> tuple[list[Any], "_Fault | None"]:
        """Run a batch as far as it goes; return results, and the item that ended the child."""
        answers: list[Any] = []
        child = self._child or self._start()
        if child is None:
            return answers, None
        self._write_slate(_NOTHING)
        self._watched = _NOTHING, time.monotonic()
        try:
            self._hand_over(child, batch)
            while len(answers) < len(batch):
                if not child.connection.poll(self._patience):
                    if excess := self._excess(child):
                        self._retire()
                        moved_on = self._read_slate()[0] != self._watched[0]
                        return answers, None if moved_on else self._blame(excess, len(answers))
                    continue
                answers += receive(child.connection)
                if _out_of_memory(answers):
                    self._retire()  # it has left by itself: its heap is in no good state
                    casualty = answers.pop()
                    return answers, (len(answers), casualty)
        except (EOFError, OSError):
            crash = Casualty("crash", self._retire(1.0))
            return answers, self._blame(crash, len(answers))
        self._served += len(answers)
        self._false_starts = 0
        return answers, None

    def _start(self) -> Child | None:
        """Start a child and wait until it is ready; None if it died before it was."""
        memory = os.memfd_create("eurocorpus-sandbox")
        os.ftruncate(memory, _SHARED_BYTES)
        self._shared = mmap.mmap(memory, _SHARED_BYTES)
        self._write_slate(_NOTHING)
        with Path(os.devnull).open("wb") as nowhere:
            self._child = Child(
                f"{__name__}:serve",
                *(memory, *self._target),
                memory_bytes=self._memory_bytes,
                oom_score=600,
                environment=_KEEP_HEAP,
                stderr=nowhere,
                share=(memory,),
            )
        os.close(memory)
        try:
            ready = self._child.connection.poll(_START_SECONDS)
            problem = receive(self._child.connection) if ready else "it is not ready in time"
        except (EOFError, OSError):
            self._false_start(self._retire(1.0))
            return None
        if problem:
            self._retire()
            raise EngineError(f"sandbox of {self._target[0]}: {problem}")
        return self._child

    def _hand_over(self, child: Child, batch: Sequence[tuple[Any, ...]]) -> None:
        """Give a batch to the child: in shared memory if it fits, for a third of a socket's cost."""
        assert self._shared
        self._shared.seek(mmap.PAGESIZE)
        try:
            pickle.dump(batch, self._shared, 5)
        except ValueError:  # there is no room
            send(child.connection, batch)
        else:
            send(child.connection, self._shared.tell())

    def _blame(self, casualty: Casualty, answered: int) -> "_Fault | None":
        """Find the item that a dead child was at; there is none if it was between two."""
        index, _ = self._read_slate()
        if index == _NOTHING and not answered:
            self._false_start(casualty.detail)
        else:
            self._false_starts = 0
        return (index, casualty) if index >= answered else None

    def _false_start(self, detail: str) -> None:
        self._false_starts += 1
        most = _KILLED_STARTS if "SIGKILL" in detail else _FALSE_STARTS
        if self._false_starts >= most:
            raise EngineError(
                f"sandbox of {self._target[0]}: its child was {detail} before it came to any item, "
                f"{most} times running; is memory_bytes={self._memory_bytes:,} enough for "
                "its libraries?"
            )

    @property
    def _patience(self) -> float:
        return min(0.5, self._cpu_seconds / 4, self._wall_seconds / 4)

    def _excess(self, child: Child) -> Casualty | None:
        """Tell what the item at work takes too much of."""
        index, started = self._read_slate()
        now = time.monotonic()
        if index != self._watched[0]:
            self._watched = index, now
        if index != _NOTHING and child_cpu_seconds(child.pid) - started > self._cpu_seconds:
            return Casualty("cpu", f"more than {self._cpu_seconds:g} s of CPU time")
        if now - self._watched[1] > self._wall_seconds:
            return Casualty("cpu", f"no result in {self._wall_seconds:g} s, nearly all asleep")
        return None

    def _retire(self, grace: float = 0.0) -> str:
        """End the child, if there is one, and tell how it ended."""
        ending = self._child.end(grace) if self._child else ""
        self._child = None
        self._served = 0
        return ending

    def _write_slate(self, index: int) -> None:
        assert self._shared
        _SLATE.pack_into(self._shared, 0, index, 0.0)

    def _read_slate(self) -> tuple[int, float]:
        assert self._shared
        index, started = _SLATE.unpack_from(self._shared)
        return index, started


_Fault = tuple[int, Casualty]


def _trials_due(casualty: Casualty) -> int:
    """How often an item must fail alone; nobody kills itself with SIGKILL, others may have twice."""
    if casualty.kind == "cpu":
        return 0
    return 3 if "SIGKILL" in casualty.detail else 1


def _batch(items: Sequence[tuple[Any, ...]], at: int, suspect: int) -> Sequence[tuple[Any, ...]]:
    """Take items from `at` on, bounded in number and bytes; up to a suspect, or it alone."""
    if at == suspect:
        return items[at : at + 1]
    end, size = at, 0
    limit = suspect if suspect > at else len(items)
    while end < limit and end - at < _BATCH_ITEMS and size < _BATCH_BYTES:
        size += sum(len(part) for part in items[end] if isinstance(part, bytes | str))
        end += 1
    return items[at:end]


def serve(
    connection: Connection,
    memory: int,
    function: str,
    setup: str | None,
    setup_arguments: tuple[Any, ...],
) -> None:
    """Run batches as they come; this is the child's side."""
    shared = mmap.mmap(memory, _SHARED_BYTES)
    try:
        work = load(function)
        if setup:
            load(setup)(*setup_arguments)
    except Exception as error:  # noqa: BLE001 - it is the code of others
        send(connection, f"{type(error).__name__}: {error}")
        return
    send(connection, "")
    with suppress(EOFError, OSError):
        while True:
            batch = receive(connection)
            if isinstance(batch, int):  # it lies in shared memory, up to there
                with memoryview(shared) as view, view[mmap.PAGESIZE : batch] as pickled:
                    batch = pickle.loads(pickled)
            _serve_batch(connection, shared, work, batch)


def _serve_batch(
    connection: Connection,
    shared: mmap.mmap,
    work: Callable[..., Any],
    batch: Sequence[tuple[Any, ...]],
) -> None:
    group: list[Any] = []
    sent = time.monotonic()
    for index, item in enumerate(batch):
        _SLATE.pack_into(shared, 0, index, time.process_time())
        group.append(_result(work, item))
        if _out_of_memory(group):
            break
        if (now := time.monotonic()) - sent > _GROUP_SECONDS:
            _send_group(connection, group)
            group, sent = [], now
    _SLATE.pack_into(shared, 0, _NOTHING, 0.0)
    if group:
        _send_group(connection, group)
    if _out_of_memory(group):
        os._exit(0)


def _result(work: Callable[..., Any], item: tuple[Any, ...]) -> Any:
    try:
        return work(*item)
    except MemoryError as error:
        return Casualty("memory", str(error) or "MemoryError")
    except BaseException as error:  # noqa: BLE001 - it is the code of others
        return Casualty("error", f"{type(error).__name__}: {error}"[:2000])


def _out_of_memory(results: list[Any]) -> bool:
    last = results[-1] if results else None
    return isinstance(last, Casualty) and last.kind == "memory"


def _send_group(connection: Connection, group: list[Any]) -> None:
    try:
        message = pickle.dumps(group, 5)
    except Exception:  # noqa: BLE001 - pickling runs the code of others
        message = pickle.dumps([_picklable(result) for result in group], 5)
    connection.send_bytes(message)


def _picklable(result: Any) -> Any:
    try:
        pickle.dumps(result, 5)
    except Exception as error:  # noqa: BLE001 - pickling runs the code of others
        return Casualty("error", f"the result cannot be pickled: {error}"[:2000])
    return result

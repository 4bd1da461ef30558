"""Doctor: what this machine has and lacks for a run, and what to do about it."""

import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from .engine.machine import usable_cpus, usable_memory

_WORKER_BYTES = 2 << 30
_LOCAL = {"ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs", "ext3"}
_SHARED = {"lustre", "gpfs", "beegfs", "nfs", "nfs4", "ceph", "wekafs", "cifs", "fuse.ceph"}
_PACKAGES = ("numba", "numpy", "polars", "pyarrow", "ray", "torch")
_CLOCK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `advice` says what to do where it is not well."""

    what: str
    found: str
    verdict: Literal["ok", "note", "bad"] = "ok"
    advice: str = ""


def examine(folder: Path, temporary: Path = Path("/tmp")) -> list[Finding]:
    """Look at the machine, for a run in `folder` with temporary files in `temporary`."""
    folder = folder.resolve()
    while not folder.exists():
        folder = folder.parent
    looks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _cpus,
        _memory,
        lambda: _space(folder),
        lambda: _quota(folder),
        lambda: _file_system(folder),
        lambda: _clock(folder),
        lambda: _temporary(temporary),
        _shared_memory,
        _limits,
        _network,
        _slurm,
        _versions,
    )
    return [finding for look in looks for finding in look()]


def _cpus() -> Iterator[Finding]:
    cpus, all_cpus = usable_cpus(), os.cpu_count() or 1
    note = f"{cpus} of {all_cpus}" if cpus != all_cpus else f"{cpus}"
    if cpus == 1 and all_cpus > 1:
        yield Finding(
            "CPUs", note, "note", "this process may use one: ask Slurm for --cpus-per-task"
        )
    else:
        yield Finding("CPUs", note)


def _memory() -> Iterator[Finding]:
    memory, cpus = usable_memory(), usable_cpus()
    found = f"{memory / 2**30:.1f} GiB, {memory / cpus / 2**30:.1f} for each CPU"
    if memory < _WORKER_BYTES:
        yield Finding("memory", found, "bad", "a worker takes 2 GiB: --set engine.memory=1GiB, or ask for more")  # fmt: skip
    elif memory < cpus * _WORKER_BYTES:
        most = memory // _WORKER_BYTES
        yield Finding(
            "memory", found, "note", f"enough for {most} workers of 2 GiB: --workers {most}"
        )
    else:
        yield Finding("memory", found)


def _space(folder: Path) -> Iterator[Finding]:
    status = os.statvfs(folder)
    free, files = status.f_bavail * status.f_frsize, status.f_favail
    bad = free < 10 << 30
    yield Finding(
        "space", f"{free / 1e9:,.0f} GB free in {folder}", "note" if bad else "ok",
        "`eurocorpus plan` tells what a run needs" if bad else "",
    )  # fmt: skip
    if status.f_files and files < 100_000:
        yield Finding("files", f"room for {files:,} more", "bad", "`eurocorpus plan` tells how many a run makes")  # fmt: skip


def _quota(folder: Path) -> Iterator[Finding]:
    for program in (["lfs", "quota", "-h", "-u", str(os.getuid()), str(folder)], ["quota", "-s"]):
        if shutil.which(program[0]):
            with suppress(OSError, subprocess.TimeoutExpired):
                result = subprocess.run(
                    program, capture_output=True, text=True, timeout=10, check=False
                )
                if lines := [line.strip() for line in result.stdout.splitlines() if line.strip()]:
                    yield Finding("quota", " | ".join(lines[-3:])[:200])
                    return
    yield Finding(
        "quota", "no command tells it", "note",
        "ask your site, and have it checked: `eurocorpus plan --quota-files N --quota-bytes N`",
    )  # fmt: skip


def _file_system(folder: Path) -> Iterator[Finding]:
    kind = file_system(folder)
    if kind in _SHARED:
        yield Finding("file system", f"{kind}, shared between nodes")
    elif kind in _LOCAL:
        yield Finding("file system", f"{kind}, of this machine", "note", "a job on several nodes needs a folder that all of them see")  # fmt: skip
    else:
        yield Finding(
            "file system", kind, "note", "not known here; files must be renamed in one step"
        )
    try:
        tempfile.TemporaryDirectory(dir=folder).cleanup()
    except OSError as error:
        yield Finding(
            "writing", f"{folder}: {error.strerror}", "bad", "name another folder with --out"
        )


def file_system(folder: Path) -> str:
    """Name the type of the file system that a folder lies on."""
    best, kind = "", "unknown"
    with suppress(OSError):
        for line in Path("/proc/self/mounts").read_text("utf-8", "replace").splitlines():
            _, place, name = line.split(" ")[:3]
            place = place.replace("\\040", " ")
            inside = str(folder) == place or str(folder).startswith(place.rstrip("/") + "/")
            if inside and len(place) >= len(best):
                best, kind = place, name
    return kind


def _clock(folder: Path) -> Iterator[Finding]:
    """Compare this machine's clock with that of the file system's server."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(b"x")
            file.flush()
            off = os.fstat(file.fileno()).st_mtime - time.time()
    except OSError:
        return
    if abs(off) > _CLOCK_SECONDS:
        yield Finding("clock", f"{off:+.0f} s from the file system's", "note", "no result depends on it; times in reports do")  # fmt: skip
    else:
        yield Finding("clock", f"as the file system's, {time.strftime('%Y-%m-%d %H:%M:%S %Z')}")


def _temporary(folder: Path) -> Iterator[Finding]:
    kind = file_system(folder)
    if not os.access(folder, os.W_OK):
        yield Finding(
            "temporary", f"{folder} cannot be written to", "bad", "name another with --temporary"
        )
    elif len(str(folder)) > 30:
        yield Finding("temporary", f"{folder} ({kind})", "bad", "Ray's sockets end at 107 characters: a shorter name is needed")  # fmt: skip
    elif kind in _SHARED:
        yield Finding("temporary", f"{folder} ({kind})", "bad", "Ray needs a folder of the node's own: TMPDIR or /tmp")  # fmt: skip
    else:
        yield Finding("temporary", f"{folder} ({kind})")


def _shared_memory() -> Iterator[Finding]:
    with suppress(OSError):
        status = os.statvfs("/dev/shm")
        free = status.f_bavail * status.f_frsize
        bad = free < 100 << 20
        advice = "Ray takes 80 MB there: give the container more (--shm-size, --ipc)" if bad else ""
        yield Finding("/dev/shm", f"{free / 1e6:,.0f} MB free", "bad" if bad else "ok", advice)


def _limits() -> Iterator[Finding]:
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    bad = files < 4096
    yield Finding(
        "open files", f"{files:,}", "note" if bad else "ok", "Ray wants 65536: ulimit -n 65536" if bad else ""
    )  # fmt: skip


def _network() -> Iterator[Finding]:
    from .slurm.network import addresses

    found = addresses()
    names = ", ".join(f"{name} {address}" for name, address in found) or "only loopback"
    advice = "" if found else "a job on several nodes needs one; name it in the site's file"
    yield Finding("network", names, "ok" if found else "note", advice)
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", 0))
            yield Finding("ports", f"free ones are there, such as {probe.getsockname()[1]}")
        except OSError as error:
            yield Finding(
                "ports", str(error), "bad", "no port can be listened on; Ray cannot run here"
            )


def _slurm() -> Iterator[Finding]:
    if job := os.environ.get("SLURM_JOB_ID"):
        yield Finding("Slurm", f"job {job} on {os.environ.get('SLURM_JOB_NODELIST', '?')}")
    elif shutil.which("sbatch"):
        yield Finding("Slurm", "a login node; `eurocorpus slurm CONFIG --submit` makes a job")
    else:
        yield Finding("Slurm", "none here")


def _versions() -> Iterator[Finding]:
    bad = sys.version_info < (3, 11)
    yield Finding("Python", f"{platform.python_version()} on {platform.machine()}, {platform.system()}",
                  "bad" if bad else "ok", "3.11 or newer is needed" if bad else "")  # fmt: skip
    found = []
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found.append(f"{package} {version(package)}")
    yield Finding("packages", ", ".join(found))

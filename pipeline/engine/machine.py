"""What this process may use of its machine: CPUs by affinity, memory by cgroup, both by Slurm.

Ray counts the machine's CPUs and reads only the root of the cgroups, neither of which a batch job has.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_MB = 1 << 20


def usable_cpus(environment: Mapping[str, str] = os.environ) -> int:
    """CPUs in this process's affinity, bounded by what Slurm gave the job on this node."""
    cpus = len(os.sched_getaffinity(0))
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"):
        if environment.get(name, "").isdigit() and int(environment[name]) > 0:
            return min(cpus, int(environment[name]))
    return cpus


def usable_memory(environment: Mapping[str, str] = os.environ) -> int:
    """Bytes: the least of the machine's memory, every cgroup around this process, and Slurm's grant."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_cgroup_limits()]
    if per_node := _megabytes(environment.get("SLURM_MEM_PER_NODE")):
        limits.append(per_node)
    elif per_cpu := _megabytes(environment.get("SLURM_MEM_PER_CPU")):
        limits.append(per_cpu * usable_cpus(environment))
    return min(limits)


def _megabytes(text: str | None) -> int:
    """Slurm's variables are in MB; 0 and nothing mean all that there is."""
    return int(text) * _MB if text and text.isdigit() else 0


def _cgroup_limits() -> Iterator[int]:
    """Limits of this process's cgroup and of those around it; versions 1 and 2."""
    with suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text("ascii").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "" or "memory" in controllers.split(","):
                top = _CGROUPS / "memory" if controllers else _CGROUPS
                name = "memory.limit_in_bytes" if controllers else "memory.max"
                for part in [Path(path), *Path(path).parents]:
                    with suppress(OSError, ValueError):
                        yield int((top / str(part).lstrip("/") / name).read_text("ascii"))

"""A Ray cluster of two raylets that the tests start; the second one is lost when it is told so."""

import os
import signal
import sys
from pathlib import Path

from ray.cluster_utils import Cluster


def main() -> None:
    cluster = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False},
    )
    second = cluster.add_node(num_cpus=1, object_store_memory=80 << 20)
    print(cluster.address, flush=True)
    for line in sys.stdin:
        if line == "kill\n":
            for pid in family(second.all_processes["raylet"][0].process.pid):
                os.kill(pid, signal.SIGKILL)
            print("killed", flush=True)
    cluster.shutdown()  # type: ignore[no-untyped-call]


def family(pid: int) -> list[int]:
    """A raylet alone is not a node: its workers outlive it until they have ended their tasks."""
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return [pid, *(each for child in children for each in family(child))]


if __name__ == "__main__":
    main()

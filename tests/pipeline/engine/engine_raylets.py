"""A Ray cluster of two raylets that the tests start; it kills the second one when told to."""

import os
import signal
import sys

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
            os.kill(second.all_processes["raylet"][0].process.pid, signal.SIGKILL)
            print("killed", flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main()

"""A discrete simulation of one stage on many workers: where the driver or the file system is the limit.

    python benchmarks/simulate.py --tasks 1000000

Each task waits for the driver, which hands out one at a time, then for the file system's metadata
server, which does one operation at a time, and then works. Times of tasks are drawn from those that a
ledger holds (`--ledger RUN`), scaled to `--seconds` on average, or from a lognormal with their spread.
"""

import argparse
import heapq
import json
import math
import random
from pathlib import Path

DRIVER_SECONDS = 0.002
"""Measured: the engine's own time for a unit on Ray, two file writes of its commit included."""
OPERATIONS = 130
"""Measured with strace on a run of ten units: renames, fsyncs, mkdirs and unlinks, for each unit."""
METADATA_SECONDS = 1 / 20_000
"""One operation of a Lustre metadata server that we have a share of; assumed, not measured."""
LEDGER_SECONDS = 0.00045
"""Measured: a re-run's driver, for each entry of the ledger."""


def simulate(
    tasks: int, workers: int, draw: random.Random, seconds: list[float]
) -> dict[str, float]:
    """Run the stage once; return wall time, and how busy workers, driver and file system were."""
    free = [0.0] * workers  # when each worker is free; a heap
    driver = storage = work = 0.0
    end = 0.0
    for _ in range(tasks):
        ready = heapq.heappop(free)
        driver = (
            max(driver, ready - 2 * DRIVER_SECONDS) + DRIVER_SECONDS
        )  # two are always on their way
        storage = max(storage, max(driver, ready)) + OPERATIONS * METADATA_SECONDS
        took = draw.choice(seconds)
        work += took
        done = storage + took
        end = max(end, done)
        heapq.heappush(free, done)
    return {
        "wall": end,
        "workers": work / (end * workers),
        "driver": tasks * DRIVER_SECONDS / end,
        "storage": tasks * OPERATIONS * METADATA_SECONDS / end,
        "restart": tasks * LEDGER_SECONDS,
    }


def spread(ledger: Path | None, mean: float, draw: random.Random) -> list[float]:
    """A thousand times of tasks with a mean."""
    if ledger:
        entries = [
            json.loads(file.read_text("utf-8")) for file in ledger.rglob("ledger/documents/*.json")
        ]
        times = [entry["cost"]["seconds"] for entry in entries]
    else:
        times = [math.exp(draw.gauss(0, 0.5)) for _ in range(1000)]
    scale = mean / (sum(times) / len(times))
    return [time * scale for time in times]


def main() -> None:
    """Print a row for each number of workers and length of tasks."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tasks", type=int, default=1_000_000)
    parser.add_argument("--ledger", type=Path)
    options = parser.parse_args()
    print("workers  s/task     wall  workers  driver  storage  re-run reads")
    for workers in (1024, 8192, 65536):
        for mean in (5.0, 60.0, 300.0):
            draw = random.Random(1)
            row = simulate(options.tasks, workers, draw, spread(options.ledger, mean, draw))
            print(f"{workers:7,}  {mean:6.0f}  {row['wall'] / 3600:6.1f}h  {row['workers']:6.0%}  "
                  f"{row['driver']:6.0%}  {row['storage']:6.0%}  {row['restart']:6.0f} s", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()

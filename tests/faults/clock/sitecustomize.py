"""A wall clock that jumps, in every process of a run: put this folder at the front of PYTHONPATH."""

import os
import time


def jump(seconds: float, after: float) -> None:
    """Have the clock be off by so many seconds, once so many have passed in this process."""
    started, wall, wall_ns = time.monotonic(), time.time, time.time_ns

    def offset() -> float:
        return seconds if time.monotonic() - started > after else 0.0

    time.time = lambda: wall() + offset()
    time.time_ns = lambda: wall_ns() + int(offset() * 1e9)


if "EUROCORPUS_CLOCK_JUMP" in os.environ:
    jump(float(os.environ["EUROCORPUS_CLOCK_JUMP"]), float(os.environ["EUROCORPUS_CLOCK_AFTER"]))

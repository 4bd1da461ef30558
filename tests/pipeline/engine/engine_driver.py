"""A driver that the tests start, signal and kill: `engine_driver.py KIND WORKERS FOLDER UNITS SECONDS`."""

import sys
from pathlib import Path

from eurocorpus.pipeline.engine import Event, Finished, Limits, Unit, execute, open_executor
from eurocorpus.pipeline.errors import EurocorpusError


def main() -> int:
    kind, workers, folder, count, seconds = sys.argv[1:]
    # short units may come to their end, however busy the machine is; long ones may not
    limits = Limits(workers=int(workers), drain_seconds=60 if float(seconds) < 1 else 1)
    units = [
        Unit(
            "stage",
            f"{number:03}",
            "engine_jobs:commit",
            {
                "attempts": f"{folder}/{number:03}.attempts",
                "output": f"{folder}/{number:03}",
                "seconds": float(seconds),
            },
        )
        for number in range(int(count))
    ]
    try:
        with open_executor(kind, limits) as executor:
            print("open", flush=True)
            execute(units, executor, limits, is_done=is_done, on_event=say)
    except EurocorpusError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return error.exit_status
    print("ray imported" if "ray" in sys.modules else "ray not imported")
    return 0


def is_done(unit: Unit) -> bool:
    return Path(unit.spec["output"]).exists()


def say(event: Event) -> None:
    if isinstance(event, Finished):
        print(event.outcome.status, flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m eurocorpus.pipeline.demo OUT` writes the sample's WARC files and no more."""

import sys
from pathlib import Path

from .capture import capture


def main() -> None:
    """Capture the sample web into the folder that the command line names."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python -m eurocorpus.pipeline.demo OUT\nOUT: folder for the WARC files")
    captured = capture(Path(sys.argv[1]))
    print(f"{captured.fetched} responses, {len(captured.forbidden)} URLs left to robots.txt")
    for path in captured.paths:
        print(f"{path}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

"""How many pages a second one core reads the rights of: headers, head and licence links; then hosts.

    python benchmarks/rights.py [WARC …] [--at-least N]

Without files, the real pages of EUROCORPUS_DATA. The pages are read into memory first; the time is
CPU time, the best of five rounds.
"""

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

from eurocorpus.pipeline.extract.read import Capture, read
from eurocorpus.pipeline.extract.rights import Evidence, Host, load_agents, page_signals

ROBOTS = b"""User-agent: *
Content-Signal: search=yes, ai-train=no
Disallow: /private/
Disallow: /*?session=

User-agent: GPTBot
User-agent: CCBot
Disallow: /
""" + b"".join(b"\nUser-agent: bot%d\nDisallow: /a%d\n" % (n, n) for n in range(30))


def pages_of(paths: list[Path]) -> list[Capture]:
    """The HTML pages of some archives."""
    items = (item for path in paths for item in read(path))
    return [i for i in items if isinstance(i, Capture) and not i.problem and i.text is None]


def main() -> None:
    """Measure, print, and fail where it is slower than asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("warc", nargs="*", type=Path)
    parser.add_argument("--at-least", type=float, default=0, help="pages a second")
    arguments = parser.parse_args()
    data = Path(os.environ.get("EUROCORPUS_DATA", "../shared/data"))
    pages = pages_of(arguments.warc or sorted((data / "warc").glob("eu-web-0*.warc.gz")))
    if not pages:
        sys.exit("expected WARC files with pages, found none: name some, or set EUROCORPUS_DATA")
    found: Counter[str] = Counter()
    best = 0.0
    for _ in range(5):
        found.clear()
        start = time.process_time()
        for page in pages:
            found.update(s.name for s in page_signals(page.headers, page.body, page.url))
        best = max(best, len(pages) / (time.process_time() - start))
    size = sum(len(page.body) for page in pages) / len(pages)
    print(f"{len(pages):,} pages of {size:,.0f} bytes: {best:,.0f} pages/s on one core")
    for name, number in sorted(found.items()):
        print(f"  {number:>6,}  {name}")
    host = Host([Evidence("a.example", "robots", 200, ROBOTS)], load_agents().names)
    start = time.process_time()
    for number in range(5_000):
        host.signals(f"https://a.example/page/{number}?q={number}")
    print(f"one robots.txt, {len(load_agents().names)} agents: "
          f"{5_000 / (time.process_time() - start):,.0f} URLs/s")  # fmt: skip
    if best < arguments.at_least:
        sys.exit(f"expected at least {arguments.at_least:,.0f} pages/s")


if __name__ == "__main__":
    main()

"""What engine, sandbox, ledger and files cost over the bare stage functions, in CPU time.

    python benchmarks/overhead.py WARC… [--runs 3] [--extractor trafilatura]

The files are joined to one, so that a unit has the size that a crawl's files have. The bare side
reads, extracts, identifies, measures and signs in one process and writes nothing. Prints medians
and the ratio; both sides take turns.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

BARE = """
import sys
from eurocorpus.dedup import digests, signatures
from eurocorpus.filters import measure
from eurocorpus.langid import EU_LANGUAGES, identify
from eurocorpus.pipeline.extract.extract import extract_page
from eurocorpus.pipeline.extract.read import read
from eurocorpus.pipeline.extract.rights import read_rights
import pyarrow as pa
import pyarrow.compute as pc

pages, batch = 0, []

def process(batch):
    for capture in batch:
        read_rights(capture.headers, capture.body)
    results = [extract_page(sys.argv[2], c.body, c.url, c.content_type) for c in batch]
    texts = pa.array([page.text for page in results if page.text], pa.large_string())
    languages = identify(texts)["language"].combine_chunks().cast(pa.string())
    wanted = pc.is_in(languages, pa.array(EU_LANGUAGES))
    texts, languages = texts.filter(wanted), languages.filter(wanted)
    measure(texts, languages), digests(texts), signatures(texts)

for capture in read(sys.argv[1]):
    if getattr(capture, "problem", "x") or capture.text is not None:
        continue
    pages += 1
    batch.append(capture)
    if len(batch) == 128:
        process(batch)
        batch = []
if batch:
    process(batch)
print(pages)
"""


def cpu_seconds(command: list[str]) -> tuple[float, str]:
    """Run a command on one core; give the CPU time of its process tree, and its output."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command[:4]} ended with status {status}")
    return usage.ru_utime + usage.ru_stime, output


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warc", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--extractor", default="trafilatura")
    options = parser.parse_args()
    bare, whole, pages = [], [], ""
    with tempfile.TemporaryDirectory() as folder:
        joined = Path(folder) / "joined.warc.gz"
        joined.write_bytes(b"".join(path.read_bytes() for path in options.warc))
        python = [sys.executable, "-P"]
        for run in range(options.runs):
            seconds, pages = cpu_seconds([*python, "-c", BARE, str(joined), options.extractor])
            bare.append(seconds)
            command = ["-m", "eurocorpus", "run", str(joined), "--out", f"{folder}/{run}", "--json",
                       "--workers", "1", "--set", f"extract.engine={options.extractor}"]  # fmt: skip
            seconds, output = cpu_seconds([*python, *command])
            cost = json.loads(output)["cost"]
            later = sum(row["cpu_seconds"] for stage, row in cost.items() if stage != "documents")
            whole.append(seconds - later)  # judging, deduplicating and sharding are not overhead
    ratio = median(w / b for w, b in zip(whole, bare, strict=True))
    print(
        f"engine / bare: {ratio:.3f}  ({median(whole):.1f} s / {median(bare):.1f} s, {pages.strip()} pages)"
    )


if __name__ == "__main__":
    main()

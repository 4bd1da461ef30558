"""A corpus of a million documents: how long its report, its release and a take-down take.

The documents are made up: words of the demo's texts in 24 languages, drawn by Zipf's law, 100 to 300
a document, on 20,000 domains; one in ten repeats an earlier one. They go through `run` as Parquet
files, so ledger, evidence and shards are those of a real run. Then `report`, `release`, `remove` of
10,000 documents by id, URL, domain and text, and `verify` are timed, each in a process of its own.

    python benchmarks/million.py WORK                       # about an hour on two cores
    python benchmarks/million.py WORK --documents 20000     # a short form
"""

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from made_up import table

import eurocorpus.pipeline.demo
from eurocorpus.langid import EU_LANGUAGES

_PAGES = Path(eurocorpus.pipeline.demo.__file__).with_name("pages")
_FILE_DOCUMENTS = 62_500
_DOMAINS = 20_000


def make(folder: Path, documents: int) -> None:
    """Write the documents as Parquet files, unless they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    words = {language: _words(language) for language in EU_LANGUAGES}
    for number, start in enumerate(range(0, documents, _FILE_DOCUMENTS)):
        path = folder / f"made-up-{number:03}.parquet"
        if not path.exists():
            rows = list(_rows(words, start, min(_FILE_DOCUMENTS, documents - start)))
            columns = {name: [row[name] for row in rows] for name in rows[0]}
            pq.write_table(pa.table(columns), path.with_suffix(".new"), compression="zstd")
            path.with_suffix(".new").replace(path)


def _words(language: str) -> list[str]:
    """Give the words of the demo's texts in a language, the commonest first."""
    content = tomllib.loads((_PAGES / f"{language}.toml").read_text("utf-8"))
    found = " ".join(_strings(content)).split()
    return sorted(set(found), key=lambda word: (-found.count(word), word))


def _strings(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict | list):
        for item in content.values() if isinstance(content, dict) else content:
            yield from _strings(item)


def _rows(words: dict[str, list[str]], start: int, number: int) -> Iterator[dict[str, object]]:
    """Make some documents; the same for the same `start`."""
    chance = random.Random(start)
    weights = {
        language: [1 / (rank + 2) for rank in range(len(known))]
        for language, known in words.items()
    }
    texts: list[str] = []
    for index in range(start, start + number):
        language = EU_LANGUAGES[index % len(EU_LANGUAGES)]
        if len(texts) > 1000 and index % 10 == 0:
            text = texts[chance.randrange(len(texts))]
        else:
            drawn = chance.choices(words[language], weights[language], k=chance.randint(100, 300))
            lines = [" ".join(drawn[at : at + 25]) + "." for at in range(0, len(drawn), 25)]
            text = "\n".join(lines)
            texts.append(text)
        domain = int(_DOMAINS * chance.random() ** 3)
        yield {
            "url": f"https://www.site-{domain}.example/{index}",
            "date": datetime(2020 + index % 7, 1 + index % 12, 1 + index % 28, tzinfo=UTC),
            "text": text,
        }


def timed(*arguments: object) -> tuple[float, float, float, str]:
    """Type a command; give wall seconds, CPU seconds, peak GiB of its largest process, and output."""
    command = [sys.executable, "-P", "-m", "eurocorpus", *map(str, arguments)]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    cpu = usage.ru_utime + usage.ru_stime
    return time.monotonic() - began, cpu, usage.ru_maxrss / 2**20, output


def requests(release: Path, target: Path, number: int) -> None:
    """Ask for documents of three languages, most by id, some by URL and text, and for one domain."""
    lines = ["domain site-3.example"]
    for language in sorted(path.name for path in (release / "data").iterdir())[:3]:
        frame = pl.read_parquet(release / "data" / language / "*.parquet").head(number // 3)
        for at, (id, url, text) in enumerate(frame.select("id", "url", "text").iter_rows()):
            kind = at % 10
            lines.append(
                f"url {url}" if kind == 0
                else f"text {hashlib.sha256(text.encode()).hexdigest()}" if kind == 1
                else f"id {id}"
            )  # fmt: skip
    target.write_text("\n".join(lines[: number + 1]) + "\n", "utf-8")


def main() -> None:
    """Make, run, and time."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("work", type=Path, help="A folder on a disk with 20 GB to spare.")
    parser.add_argument("--documents", type=int, default=1_115_000)
    parser.add_argument("--removals", type=int, default=10_000)
    given = parser.parse_args()
    run, published = given.work / "run", given.work / "published"
    make(given.work / "inputs", given.documents)
    steps = [("run", timed("run", given.work / "inputs", "--out", run, "--json"))]
    steps.append(("report", timed("report", run)))
    subprocess.run(["rm", "-rf", published], check=True)
    steps.append(("release", timed("release", run, "--out", published, "--date", "2026-11-24")))
    asked = given.work / "requests.txt"
    requests(published, asked, given.removals)
    removed = timed("remove", published, "--requests", asked, "--date", "2026-11-25", "--json")
    steps.append(("remove", removed))
    steps.append(("verify", timed("verify", published, "--json")))
    done = json.loads(removed[3])
    shards = sum(1 for _ in (published / "data").rglob("*.parquet"))
    print(f"{json.loads(steps[0][1][3])['documents']:,} documents kept of {given.documents:,};")
    print(f"{done['removed']:,} removed from {len(done['shards'])} of {shards} shards\n")
    table(
        ("step", "seconds", "CPU seconds", "GiB"),
        (
            (name, f"{wall:.0f}", f"{cpu:.0f}", f"{peak:.2f}")
            for name, (wall, cpu, peak, _) in steps
        ),
    )


if __name__ == "__main__":
    main()

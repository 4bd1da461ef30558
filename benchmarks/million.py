"""A corpus of a million documents: how long its report, its release and a take-down take.

The documents are made up: words of the demo's texts in 24 languages, drawn by Zipf's law, 100 to 300
a document, on 20,000 domains; one in ten repeats an earlier one. They go through `run` as Parquet
files, so ledger, evidence and shards are those of a real run. Then `report`, `release`, `remove` with 10,000 requests
by id, URL, text and domain, and `verify` are timed, each in a process of its own; each take-down is
killed once on its way, which must leave the release as it was.

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


def requests(release: Path, target: Path, number: int, languages: int | None = None) -> None:
    """Ask for documents of some languages: most by id and URL, some by text, of all of them some by domain.

    One in ten of the domains has pages in the release, the others do not.
    """
    chance = random.Random(number)
    folders = sorted((release / "data").iterdir())[:languages]
    frames = [
        pl.read_parquet(path / "*.parquet", columns=["id", "url", "text"]) for path in folders
    ]
    lines = []
    for index in range(number):
        frame = frames[index % len(frames)]
        id, url, text = frame.row(chance.randrange(frame.height))
        kind = index % 10
        if kind < 4:
            lines.append(f"id {id}")
        elif kind < 7 or (languages and kind == 9):
            lines.append(f"url {url}")
        elif kind < 9:
            lines.append(f"text {hashlib.sha256(text.encode()).hexdigest()}")
        else:
            there = url.split("/")[2].removeprefix("www.")
            lines.append(f"domain {there if index % 100 == 9 else f'no-{index}.example'}")
    target.write_text("\n".join(lines) + "\n", "utf-8")


def kill_in_the_middle(*arguments: object, staged: Path, files: int) -> None:
    """Type a command, and kill it once there are so many files in a folder."""
    command = [sys.executable, "-P", "-m", "eurocorpus", *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and sum(1 for _ in staged.rglob("*.parquet")) < files:
            time.sleep(0.02)
        process.kill()


def digest(release: Path) -> str:
    """Hash names and bytes of all files of a release."""
    said = hashlib.sha256()
    for path in sorted(path for path in release.rglob("*") if path.is_file()):
        said.update(str(path.relative_to(release)).encode())
        with path.open("rb") as file:
            said.update(hashlib.file_digest(file, "sha256").digest())
    return said.hexdigest()


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
    shards = sum(1 for _ in (published / "data").rglob("*.parquet"))
    print(f"{json.loads(steps[0][1][3])['documents']:,} documents kept of {given.documents:,}")
    for name, languages in (("remove from 3 languages", 3), ("remove from all", None)):
        asked = given.work / "requests.txt"
        requests(published, asked, given.removals, languages)
        typed = ("remove", published, "--requests", asked, "--date", "2026-11-25")
        before = digest(published)
        staged = published / ".staging" / "data"
        kill_in_the_middle(*typed, staged=staged, files=2)
        timed("verify", published)
        print("killed in the middle: the old release,", digest(published) == before)
        steps.append((name, timed(*typed, "--json")))
        done = json.loads(steps[-1][1][3])
        print(f"{name}: {done['removed']:,} removed from {len(done['shards'])} of {shards} shards")
    steps.append(("verify", timed("verify", published, "--json")))
    table(
        ("step", "seconds", "CPU seconds", "GiB"),
        (
            (name, f"{wall:.0f}", f"{cpu:.0f}", f"{peak:.2f}")
            for name, (wall, cpu, peak, _) in steps
        ),
    )


if __name__ == "__main__":
    main()

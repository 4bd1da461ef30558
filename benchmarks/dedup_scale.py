"""Measure each step of a large language's deduplication, and work out what 10^9 documents and more cost.

    python benchmarks/dedup_scale.py [--largest 10000000] [--texts 100000] [--partition 1GiB]

Keys are synthetic, with clusters of realistic sizes (`synthetic` in made_up.py), a fifth of them exact
duplicates; the steps are those of a run, one process each, through files. CPU seconds and peak memory
are the process's own; bytes are those of the files. Texts are made up, 3.4 kB each.
"""

import argparse
import math
import os
import resource
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from made_up import SHAPE, as_signatures, invented, synthetic, table
from pydantic import ByteSize, TypeAdapter

from eurocorpus.dedup import digests, signatures
from eurocorpus.pipeline.stages.deduplicate.task import Block, Part, Step, Task
from eurocorpus.pipeline.stages.deduplicate.units import DOCUMENT_BYTES, do_step
from eurocorpus.pipeline.storage import schema
from eurocorpus.pipeline.storage.folder import RunFolder
from eurocorpus.pipeline.storage.parquet import ParquetFile, RowGroups, groups_metadata
from eurocorpus.pipeline.warm import warm

LANGUAGE = "ces_Latn"
INPUT = 250_000
"""Documents of one input."""

_DOCUMENT = [("url", pa.string()), ("text", pa.large_string())]


@dataclass(slots=True)
class Cost:
    """What the steps of one kind took together; `peak` is the largest of any."""

    cpu: float = 0.0
    peak: float = 0.0
    bytes: float = 0.0
    units: int = 0


def forked(work: Callable[[], object]) -> tuple[float, float]:
    """Do something in a child: its CPU seconds, and its peak memory beyond what it began with."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise RuntimeError("a step failed")
    return usage.ru_utime + usage.ru_stime, max(usage.ru_maxrss - before, 0) * 1024


def write_input(folder: RunFolder, name: str, columns: dict[str, pa.Array]) -> None:
    """Write the keys of an input as `judge` leaves them, and its texts, if any, as `documents` does."""
    count = len(columns["id"])
    columns |= {"language": pa.repeat(LANGUAGE, count), "row": pa.array(np.arange(count))}
    kinds = {folder.keys(name): schema.keys(8 * SHAPE.bands)}
    if "text" in columns:
        kinds[folder.documents(name)] = pa.schema(
            [(column, kind) for column, kind in _DOCUMENT if column in columns]
        )
    for path, kind in kinds.items():
        target = folder.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        file = ParquetFile(target, kind, RowGroups(rows=100_000 if "row" in kind.names else 1000))
        file.add(pa.table({column: columns[column] for column in kind.names}, schema=kind))
        file.end_group()
        file.close(groups_metadata({LANGUAGE: list(range(file.groups))}))


def key_columns(ids: np.ndarray, digest: pa.Array, signature: pa.Array) -> dict[str, pa.Array]:
    """Give the columns of keys; lengths and dates are made of the ids."""
    return {
        "id": pa.array([f"{number:032x}" for number in (ids * 7919 + 1).tolist()]),
        "tier": pa.array(np.zeros(len(ids), np.int8)),
        "date": pa.array(ids % 10**9).cast(schema.DATE),
        "characters": pa.array(500 + ids % 5000),
        "bytes": pa.array(550 + ids % 5500),
        "digest": digest,
        "signature": signature,
    }


def synthetic_inputs(folder: RunFolder, documents: int) -> list[Part]:
    """Write keys without texts."""
    keys = synthetic(documents)
    rng = np.random.default_rng(2)
    copies = np.flatnonzero(rng.random(documents) < 0.2)
    originals = np.arange(documents)
    originals[copies] = rng.integers(0, documents, len(copies))
    parts = []
    for start in range(0, documents, INPUT):
        ids = np.arange(start, min(start + INPUT, documents))
        words = np.stack([originals[ids].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)] * 2, 1)
        digest = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(16), len(ids), [None, pa.py_buffer(np.ascontiguousarray(words))]
        )
        signed = as_signatures(np.ascontiguousarray(keys[originals[ids]]))
        write_input(folder, f"{start:010}", key_columns(ids, digest, signed))
        parts.append(Part(f"{start:010}", len(ids), ""))
    return parts


def text_inputs(folder: RunFolder, documents: int) -> list[Part]:
    """Write keys and texts: a third are near copies."""
    base = [text for text in invented(2000) if len(text) > 2000]
    rng = np.random.default_rng(3)
    texts = []
    for number in range(documents):
        words = base[number % len(base)].split()
        if number % 3:
            words = [f"{word}{number}" for word in words]
        else:
            words[int(rng.integers(len(words)))] = f"w{number}"
        texts.append(" ".join(words))
    parts = []
    for start in range(0, documents, 20_000):
        array = pa.array(texts[start : start + 20_000], pa.large_string())
        ids = np.arange(start, start + len(array))
        columns = key_columns(ids, digests(array), signatures(array)) | {"text": array}
        write_input(folder, f"{start:010}", columns)
        parts.append(Part(f"{start:010}", len(array), ""))
    return parts


def blocks_of(parts: list[Part], most: int) -> list[Block]:
    """Put inputs into blocks of up to `most` documents, as a run does."""
    blocks: list[Block] = []
    for part in parts:
        if blocks and sum(p.rows for p in blocks[-1].parts) + part.rows <= most:
            last = blocks[-1]
            blocks[-1] = Block(last.number, last.first, (*last.parts, part))
        else:
            blocks.append(Block(len(blocks), blocks[-1].stop if blocks else 0, (part,)))
    return blocks


def run_steps(folder: RunFolder, parts: list[Part], partition: int, last: str) -> dict[str, Cost]:
    """Do the steps up to `last`; their costs."""
    blocks = blocks_of(parts, max(partition // DOCUMENT_BYTES, 1))
    documents = blocks[-1].stop
    partitions = -(-documents * DOCUMENT_BYTES // partition)
    settings = {
        "partition_bytes": partition, "exact": True, "near": True, "threshold": 0.8,
        "policy": "jaccard", "bands": 14, "rows": 8, "ngram": 5, "seed": 1,
    }  # fmt: skip
    exchange = str(folder.root / "exchange")
    task = Task(
        str(folder.root), LANGUAGE, settings, partitions, len(blocks), 0, documents, exchange
    )
    costs: dict[str, Cost] = {}
    for wave in task.waves(blocks):
        for step in wave:
            cost = costs.setdefault(step.name.partition("-")[0], Cost())
            path = task.path(step.name, step.number)
            path.parent.mkdir(parents=True, exist_ok=True)
            seconds, peak = forked(lambda step=step, path=path: _do(task, step, path))  # type: ignore[misc]
            cost.cpu += seconds
            cost.peak = max(cost.peak, peak)
            cost.bytes += path.stat().st_size
            cost.units += 1
        if wave[0].name == last or (last == "forests" and wave[0].name == "texts"):
            break
        if last == "forests" and step.name == (
            f"forests-{task.levels}" if task.levels else "edges"
        ):
            break
    return costs


def _do(task: Task, step: Step, path: Path) -> None:
    do_step(task, step, path, lambda **_: None)


def show(documents: int, costs: dict[str, Cost]) -> None:
    """Print costs for each document."""
    head = ("step", "units", "CPU s", "µs a document", "bytes a document", "peak GB of a unit")
    rows = [
        (name, cost.units, f"{cost.cpu:.1f}", f"{cost.cpu / documents * 1e6:.2f}",
         f"{cost.bytes / documents:.0f}", f"{cost.peak / 1e9:.2f}")
        for name, cost in costs.items()
    ]  # fmt: skip
    total = sum(cost.cpu for cost in costs.values())
    rows.append(("all", sum(c.units for c in costs.values()), f"{total:.1f}",
                 f"{total / documents * 1e6:.2f}",
                 f"{sum(c.bytes for c in costs.values()) / documents:.0f}",
                 f"{max(c.peak for c in costs.values()) / 1e9:.2f}"))  # fmt: skip
    table(head, rows)


def growth(largest: int, partition: int) -> dict[str, float]:
    """Measure keys to forests from 10^5 documents on; µs a document of each step at the largest."""
    base = 0.0
    found: dict[str, float] = {}
    for documents in (10**5 * 10**k for k in range(10) if 10**5 * 10**k <= largest):
        with tempfile.TemporaryDirectory() as name:
            folder = RunFolder(Path(name))
            parts: list[Part] = []
            forked(lambda: synthetic_inputs(folder, documents))  # noqa: B023
            for start in range(0, documents, INPUT):
                parts.append(Part(f"{start:010}", min(INPUT, documents - start), ""))
            costs = run_steps(folder, parts, partition, "forests")
            size = sum(path.stat().st_size for path in (folder.root / "dedup").rglob("*.parquet"))
        total = sum(cost.cpu for cost in costs.values())
        base = base or total
        steps = math.log(documents / 10**5)
        exponent = f", exponent from 10^5: {math.log(total / base) / steps:.3f}" if steps else ""
        print(f"## {documents:,} documents, keys to components{exponent}\n")
        print(f"Keys before: {size / documents:.0f} bytes a document.\n")
        show(documents, costs)
        found = {name: cost.cpu / documents for name, cost in costs.items()}
        found |= {f"{name} bytes": cost.bytes / documents for name, cost in costs.items()}
        found["keys bytes"] = size / documents
        if merged := costs.get("forests"):
            found["merger"] = merged.cpu / merged.units / documents
    return found


def verification(documents: int, partition: int) -> dict[str, float]:
    """Measure the texts of candidates and their verification; seconds and bytes for each candidate."""
    with tempfile.TemporaryDirectory() as name:
        folder = RunFolder(Path(name))
        forked(lambda: text_inputs(folder, documents))
        parts = [
            Part(f"{start:010}", min(20_000, documents - start), "")
            for start in range(0, documents, 20_000)
        ]
        costs = run_steps(folder, parts, partition, "verify")
        shutil.rmtree(folder.root)
        folder.root.mkdir()
    print(f"## {documents:,} documents with texts, a third of them candidates\n")
    show(documents, costs)
    candidates = documents / 3
    return {
        name: value / candidates
        for step in ("texts", "verify")
        for name, value in ((step, costs[step].cpu), (f"{step} bytes", costs[step].bytes))
    }


def paper(unit: dict[str, float]) -> None:
    """Work out wall time and disk from what was measured for each document.

    Assumed: 32 cores and 1 GB/s of file system a node, 3.4 kB of text a document, of which the
    columns take 1.4 kB on disk; 45 % of the documents in a component; all in one language.
    """
    cores, disk, text, company = 32, 1e9, 1400.0, 0.45
    steps = {
        # CPU seconds and bytes moved for each document; a step reads what the one before left.
        "digests": (unit["digests"], unit["keys bytes"] + unit["digests bytes"]),
        "exact": (unit["exact"], unit["digests bytes"] + unit["exact bytes"]),
        "bands": (unit["bands"], unit["keys bytes"] + unit["bands bytes"]),
        "edges": (unit["edges"], unit["bands bytes"] + unit["edges bytes"]),
        "texts": (unit["texts"] * company, text + unit["texts bytes"] * company),
        "verify": (unit["verify"] * company, unit["texts bytes"] * company),
    }
    rows = []
    cases = [(10**9, 10), (10**9, 100), (10**10, 10), (10**10, 100)]
    for name, (cpu, moved) in steps.items():
        seconds = [
            max(documents * cpu / (nodes * cores), documents * moved / (nodes * disk))
            for documents, nodes in cases
        ]
        rows.append((name, f"{cpu * 1e6:.1f}", f"{moved:.0f}", *(clock(s) for s in seconds)))
    # A level halves the forests; the last five are narrower than 32 cores. Each merger passes over
    # the union-find of all documents, whatever it merges.
    merge = unit["merger"]
    last = [clock(5 * documents * merge) for documents, _ in cases]
    rows.append(("forests, last five levels", f"{merge * 1e6:.2f}", "8", *last))
    head = ("step", "µs", "bytes", *(f"{d:.0e} on {n} nodes" for d, n in cases))
    print("## On paper\n")
    table(head, rows)


def clock(seconds: float) -> str:
    """Write seconds with two figures."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--largest", type=int, default=10**7)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--partition", default="1GiB", help="as dedup.partition_bytes")
    arguments = parser.parse_args()
    partition = int(TypeAdapter(ByteSize).validate_python(arguments.partition))
    warm()
    unit = growth(arguments.largest, partition)
    unit |= verification(arguments.texts, partition // 32)
    paper(unit)


if __name__ == "__main__":
    main()

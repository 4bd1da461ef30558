"""Deduplicate made-up documents as a run does, from keys to removals, through files and processes.

    python benchmarks/dedup_whole.py [--documents 10000000] [--partition 1GiB] [--workers 2]

Documents have 24 words each. A fifth are exact copies; two fifths of the rest are in families of
realistic sizes, whose members differ in their last one to three words, so that some fall below the
threshold. Every removal is then held against the two texts.
"""

import argparse
import tempfile
import time
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from dedup_scale import INPUT, LANGUAGE, forked, key_columns, write_input
from made_up import SHAPE, family_sizes, table
from numpy.typing import NDArray
from pydantic import ByteSize, TypeAdapter

from eurocorpus.dedup import digests, signatures
from eurocorpus.pipeline.config import Config, Dedup
from eurocorpus.pipeline.engine import Limits, execute, open_executor
from eurocorpus.pipeline.section import Engine
from eurocorpus.pipeline.stages import deduplicate, judge
from eurocorpus.pipeline.storage.folder import RunFolder
from eurocorpus.pipeline.storage.ledger import Entry, commit, entries
from eurocorpus.pipeline.storage.parquet import read_rows
from eurocorpus.pipeline.warm import warm

WORDS, LETTERS = 24, 6
_PRIME = np.uint64(0x9E3779B97F4A7C15)


def families(documents: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give for each document the one that its words are from, and how many of them are its own."""
    rng = np.random.default_rng(1)
    sizes = family_sizes(documents, rng)
    family = np.repeat(np.arange(len(sizes)), sizes)
    rows = rng.permutation(documents)[: len(family)]
    head = np.arange(documents)
    head[rows] = rows[np.searchsorted(family, family)]
    own = np.where(head == np.arange(documents), 0, rng.integers(1, 4, documents))
    copies = np.flatnonzero(rng.random(documents) < 0.2)
    originals = np.arange(documents)
    originals[copies] = rng.integers(0, documents, len(copies))
    return head[originals] * documents + originals, own[originals]


def texts_of(heads: NDArray[np.int64], own: NDArray[np.int64], documents: int) -> pa.Array:
    """Make texts: the words of the head, the last `own` of them of the document itself."""
    head, original = np.divmod(heads, documents)
    place = np.arange(WORDS)
    mine = place >= WORDS - own[:, None]
    seed = np.where(mine, (original + documents)[:, None], head[:, None]) * WORDS + place
    hashes = (seed.astype(np.uint64) + np.uint64(1)) * _PRIME
    hashes ^= hashes >> np.uint64(29)
    hashes *= _PRIME
    letters = np.full((len(heads), WORDS, LETTERS + 1), 32, np.uint8)
    for letter in range(LETTERS):
        letters[:, :, letter] = 97 + (hashes >> np.uint64(8 + 6 * letter)) % np.uint64(26)
    width = WORDS * (LETTERS + 1)
    offsets = np.arange(0, width * (len(heads) + 1), width, dtype=np.int64)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(letters)]
    return pa.LargeStringArray.from_buffers(len(heads), buffers[1], buffers[2])


def write_inputs(folder: RunFolder, documents: int) -> None:
    """Write keys, texts and ledger entries as the stages before leave them."""
    heads, own = families(documents)
    for start in range(0, documents, INPUT):
        ids = np.arange(start, min(start + INPUT, documents))
        texts = texts_of(heads[ids], own[ids], documents)
        columns = key_columns(ids, digests(texts), signatures(texts))
        urls = pa.array([f"https://site{number % 100_000}.example/" for number in ids.tolist()])
        name = f"{start:010}"
        write_input(folder, name, columns | {"text": texts, "url": urls})
        facts = {"languages": {LANGUAGE: {"rows": len(ids), "digest": name}}}
        commit(folder, Entry(judge.STAGE, name, name, {}, (), [], facts, {}))


def deduplicated(config: Config, names: list[str]) -> float:
    """Do the stage as a run does; the seconds that it took."""
    folder = RunFolder(Path(config.output))
    engine = config.engine
    limits = Limits(workers=engine.workers, memory_bytes=engine.memory, progress=folder.progress)
    started = time.monotonic()
    with open_executor("local", limits, None) as executor:
        cut = deduplicate.plan(config, names)
        for wave in chain(deduplicate.matching(cut), iter([deduplicate.units(cut)])):
            outcomes = execute(
                wave, executor, limits, is_done=deduplicate.is_done, on_event=lambda _: None
            )
            if failed := [outcome for outcome in outcomes if outcome.status != "done"]:
                raise RuntimeError(f"{failed[0].unit.name}: {failed[0].error}")
    return time.monotonic() - started


def show(folder: RunFolder, documents: int, seconds: float) -> None:
    """Print what the units took and what they found."""
    costs: dict[str, list[tuple[float, float]]] = {}
    for stage in (deduplicate.MATCH, deduplicate.STAGE):
        for entry in entries(folder, stage):
            step = entry.unit.split("/")[1].partition("-")[0] if stage == "match" else "outcome"
            cost = entry.cost["cpu_seconds"], entry.cost["peak_bytes"]
            costs.setdefault(step, []).append(cost)
    rows = [
        (step, len(units), f"{sum(cpu for cpu, _ in units):.1f}",
         f"{max(peak for _, peak in units) / 1e9:.2f}")
        for step, units in costs.items()
    ]  # fmt: skip
    print(f"## {documents:,} documents, keys to removals: {seconds:.0f} s\n")
    every = [unit for units in costs.values() for unit in units]
    rows.append(("all", len(every), f"{sum(cpu for cpu, _ in every):.1f}",
                 f"{max(peak for _, peak in every) / 1e9:.2f}"))  # fmt: skip
    table(("step", "units", "CPU s", "peak GB of a process"), rows)


def wrong_removals(folder: RunFolder, most: int) -> tuple[int, int, int]:
    """Count removals, those looked at again, and those of them whose texts are not that similar."""
    found = pq.read_table(folder.root / "dedup" / "removals")
    sample = found.slice(0, most).to_pylist()
    wrong = 0
    for row in sample:
        one, other = (
            _words(folder, row[f"{which}_source"], row[f"{which}_row"])
            for which in ("removed", "kept")
        )
        similarity = len(one & other) / len(one | other)
        wrong += similarity < 0.8 or abs(similarity - row["similarity"]) > 1e-6
    return found.num_rows, len(sample), wrong


def _words(folder: RunFolder, source: str, row: int) -> set[tuple[str, ...]]:
    path = folder.root / folder.documents(source)
    text = read_rows(path, LANGUAGE, [row], ["text"])["text"][0].as_py().split()
    return set(zip(*(text[start:] for start in range(SHAPE.ngram)), strict=False))


def main() -> None:
    """Make documents, deduplicate them, look at the outcome."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--documents", type=int, default=10**7)
    parser.add_argument("--partition", default="1GiB", help="as dedup.partition_bytes")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", help="where the files go while it runs")
    arguments = parser.parse_args()
    partition = TypeAdapter(ByteSize).validate_python(arguments.partition)
    warm()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        config = Config(
            inputs=("made up",),
            output=name,
            dedup=Dedup(partition_bytes=partition),
            engine=Engine(executor="local", workers=arguments.workers),
        )
        folder = RunFolder(Path(name))
        forked(lambda: write_inputs(folder, arguments.documents))  # its memory is not ours
        names = [f"{start:010}" for start in range(0, arguments.documents, INPUT)]
        seconds = deduplicated(config, names)
        show(folder, arguments.documents, seconds)
        removals, seen, wrong = wrong_removals(folder, 1000)
        print(f"{removals:,} removals; of {seen} measured again, {wrong} were wrong.")


if __name__ == "__main__":
    main()

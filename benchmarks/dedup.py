"""Compare deduplication with datatrove, rensa and datasketch, and measure how its cost grows.

    python benchmarks/dedup.py [--data FOLDER] [--largest 10000000] [--repeats 5]

FOLDER holds sets of near-duplicates, each with `docs.jsonl.gz` (id, text) and `pairs.jsonl.gz`
(a, b, jaccard5); without it texts are made up and recall is not measured. All figures are CPU
seconds of one core, medians of interleaved runs. Peers that are not installed are named and left
out: `pip install rensa datasketch datatrove tokenizers`.
"""

import argparse
import gzip
import json
import math
import random
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from made_up import SHAPE, Keys, as_signatures, invented, synthetic, table

from eurocorpus.dedup import (
    components,
    digests,
    minhashes,
    near_duplicates,
    shingles,
    signatures,
    to_datasketch,
    verify,
)


def medians(runs: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Run each in turn, `repeats` times over: median CPU seconds."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            start = time.process_time()
            run()
            seconds[name].append(time.process_time() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


# Signing


def datatrove_signer(texts: list[str]) -> Callable[[], object]:
    """Give datatrove's shingles and minima, with words between white space instead of spaCy's."""
    import xxhash
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature

    class Signer(MinhashDedupSignature):
        def __init__(self) -> None:  # the parent's loads spaCy
            self.config, self.num_hashes, self._parameters = MinhashConfig(), SHAPE.hashes, None
            self.word_tokenizer = self
            # datatrove 0.10.1 hands str to xxhash, which refuses it from version 4 on.
            self._hash_func = lambda text: xxhash.xxh64_intdigest(text.encode())

        def word_tokenize(self, text: str) -> list[str]:
            return text.split()

    signer = Signer()
    return lambda: [signer.get_signature(signer.get_shingles(text)) for text in texts]


def rensa_signer(texts: list[str]) -> Callable[[], object]:
    """Give Python n-grams hashed by rensa."""
    import rensa  # type: ignore[import-not-found, unused-ignore]

    def sign(text: str) -> object:
        sketch = rensa.RMinHash(num_perm=SHAPE.hashes, seed=1)
        sketch.update(grams(text))
        return sketch.digest()

    return lambda: [sign(text) for text in texts]


def datasketch_signer(texts: list[str]) -> Callable[[], object]:
    """Give Python n-grams hashed by datasketch."""
    from datasketch import MinHash

    def sign(text: str) -> object:
        sketch = MinHash(num_perm=SHAPE.hashes, seed=1)
        sketch.update_batch([gram.encode() for gram in grams(text)])
        return sketch.hashvalues

    return lambda: [sign(text) for text in texts]


def grams(text: str) -> list[str]:
    """Give word 5-grams as a user of those libraries would write them."""
    words = text.lower().split()
    return [" ".join(words[k : k + 5]) for k in range(len(words) - 4)]


SIGNERS = {
    "datatrove": datatrove_signer,
    "n-grams + rensa": rensa_signer,
    "n-grams + datasketch": datasketch_signer,
}


def signing(texts: list[str], repeats: int) -> None:
    """Sign the same texts with everyone."""
    array = pa.array(texts, pa.large_string())
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    runs: dict[str, Callable[[], object]] = {"eurocorpus": lambda: signatures(array)}
    for name, make in SIGNERS.items():
        try:
            runs[name] = make(texts)
        except ImportError as error:
            print(f"{name}: left out, {error}")
    for run in runs.values():
        run()  # compile, load
    seconds = medians(runs, repeats)
    print(f"\n## Signing: word 5-grams, 112 minima; {len(texts)} texts, {megabytes:.1f} MB\n")
    rows = [
        (name, f"{value / seconds['eurocorpus']:.1f}", f"{megabytes / value:.1f}")
        for name, value in seconds.items()
    ]
    table(("signer", "times our CPU", "MB/s"), rows)
    ours: dict[str, Callable[[], object]] = {
        "digests": lambda: digests(array),
        "signatures": lambda: signatures(array),
        "shingles": lambda: shingles(array),
    }
    for run in ours.values():
        run()
    parts = medians(ours, repeats)
    table(("ours", "MB/s"), [(name, f"{megabytes / s:.0f}") for name, s in parts.items()])


# Buckets and clusters


def datatrove_files(keys: Keys, folder: Path) -> None:
    """Write the same signatures as its first stage leaves them: sorted records by bucket."""
    kind = np.dtype([*((f"h{k}", "<u8") for k in range(SHAPE.rows)), ("document", "<u4")])
    for band in range(SHAPE.bands):
        records = np.zeros(len(keys), kind)
        for k in range(SHAPE.rows):
            records[f"h{k}"] = (keys[:, band] >> np.uint64(4)) + np.uint64(k)
        records["document"] = np.arange(len(keys))
        records.sort(order=kind.names)
        target = folder / "signatures" / f"bucket_{band:03d}" / "00000.minhash.sig"
        target.parent.mkdir(parents=True)
        records.tofile(target)


def datatrove_removed(folder: Path) -> int:
    """Run datatrove's buckets and cluster stages; the number of documents they remove."""
    from datatrove.pipeline.dedup.minhash import MinhashDedupBuckets, MinhashDedupCluster

    stage = MinhashDedupBuckets(str(folder / "signatures"), str(folder / "pairs"))
    for band in range(SHAPE.bands):
        stage.run(None, band, SHAPE.bands)
    MinhashDedupCluster(str(folder / "pairs"), str(folder / "removed")).run(None, 0, 1)
    return sum(path.stat().st_size for path in (folder / "removed").glob("*.remove")) // 4


def clustering(documents: int) -> None:
    """Join the same signatures with datatrove's second and third stage."""
    print(f"## Buckets and clusters: {documents:,} synthetic signatures of {SHAPE.bands} bands\n")
    keys = synthetic(documents) >> np.uint64(4) << np.uint64(4)
    signed = as_signatures(keys)
    ours = medians({"": lambda: components(signed)}, 5)[""]
    removed = int((components(signed).to_numpy() != np.arange(documents)).sum())
    rows = [("eurocorpus", "1.0", f"{ours:.3f}", removed)]
    try:
        from loguru import logger

        logger.remove()
        with tempfile.TemporaryDirectory() as name:
            datatrove_files(keys, Path(name))
            start = time.process_time()
            theirs = datatrove_removed(Path(name))
            seconds = time.process_time() - start
        rows.append(("datatrove", f"{seconds / ours:.0f}", f"{seconds:.1f}", theirs))
    except ImportError as error:
        print(f"datatrove: left out, {error}")
    table(("", "times our CPU", "s", "not the first of their component"), rows)


def datasketch_lookup(texts: list[str]) -> Callable[[], int]:
    """Give insertion of our own minima into datasketch's index, and a query for each."""
    from datasketch import MinHashLSH

    sketches = to_datasketch(minhashes(texts))

    def look_up() -> int:
        index = MinHashLSH(num_perm=SHAPE.hashes, params=(SHAPE.bands, SHAPE.rows))
        for number, sketch in enumerate(sketches):
            if sketch is not None:
                index.insert(number, sketch, check_duplication=False)
        return sum(s is not None and len(index.query(s)) > 1 for s in sketches)

    return look_up


def rensa_lookup(texts: list[str]) -> Callable[[], int]:
    """Give insertion of rensa's own sketches into its index, and a query for each."""
    import rensa

    sketches = []
    for text in texts:
        sketch = rensa.RMinHash(num_perm=SHAPE.hashes, seed=1)
        sketch.update(grams(text))
        sketches.append(sketch)

    def look_up() -> int:
        index = rensa.RMinHashLSH(threshold=0.8, num_perm=SHAPE.hashes, num_bands=SHAPE.bands)
        for number, sketch in enumerate(sketches):
            index.insert(number, sketch)
        return sum(len(index.query(sketch)) > 1 for sketch in sketches)

    return look_up


LOOKUPS = {"rensa": rensa_lookup, "datasketch": datasketch_lookup}


def lookups(texts: list[str], repeats: int) -> None:
    """Find who shares a band with whom, from sketches that are made already."""
    print(f"## Buckets of {len(texts):,} sketches: who has company\n")
    signed = signatures(texts)

    def ours() -> int:
        labels = components(signed).to_numpy()
        return int((np.bincount(labels)[labels] > 1).sum())

    runs: dict[str, Callable[[], object]] = {"eurocorpus": ours}
    for name, make in LOOKUPS.items():
        try:
            runs[name] = make(texts)
        except ImportError as error:
            print(f"{name}: left out, {error}")
    found = {name: run() for name, run in runs.items()}
    seconds = medians(runs, repeats)
    rows = [
        (name, f"{value / seconds['eurocorpus']:.0f}", f"{value:.4f}", found[name])
        for name, value in seconds.items()
    ]
    table(("", "times our CPU", "s", "have company"), rows)


def copies(texts: list[str]) -> list[str]:
    """Add to every fourth text a version of it with one word more."""
    return texts + [f"{text} again" for text in texts[::4]]


def growth(largest: int, repeats: int) -> None:
    """Measure keys to components from 10**5 documents on, tenfold each time."""
    print("## Growth: band keys to components, realistic cluster sizes\n")
    rows, base = [], 0.0
    for documents in (10**5 * 10**step for step in range(10) if 10**5 * 10**step <= largest):
        keys = synthetic(documents)
        signed = as_signatures(keys)
        seconds = medians({"": lambda signed=signed: components(signed)}, repeats)[""]  # type: ignore[misc]
        base = base or seconds
        steps = math.log(documents / 10**5)
        exponent = f"{math.log(seconds / base) / steps:.3f}" if steps else ""
        rows.append(
            (
                f"{documents:,}",
                f"{seconds:.3f}",
                f"{seconds / documents * 1e9:.0f}",
                exponent,
                f"{signed.nbytes / 1e9:.2f}",
                f"{peak():.2f}",
            )
        )
    table(("documents", "s", "ns each", "exponent from 10^5", "keys GB", "peak GB"), rows)


def peak() -> float:
    """Give the peak memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


# Verification


def hard_components(members: int) -> dict[str, pa.LargeListArray]:
    """Make components that are quadratic for the careless: sets of n-gram hashes."""
    rng = np.random.default_rng(1)

    def fresh(*shape: int) -> Keys:
        return rng.integers(0, 2**63, shape, dtype=np.uint64)

    def lists(sets: Keys) -> pa.LargeListArray:
        sets = np.sort(sets, axis=1)
        ends = np.arange(len(sets) + 1) * sets.shape[1]
        return pa.LargeListArray.from_arrays(ends, pa.array(sets.reshape(-1)))

    def template(share: int) -> Keys:
        same = np.tile(fresh(share), (members, 1))
        return np.concatenate([same, fresh(members, 100 - share)], axis=1)

    stream, pool = fresh(members + 100), fresh(200)
    few = np.argsort(rng.random((members // 10, 200)), axis=1)[:, :100]
    return {
        "all the same": lists(template(100)),
        "90 % template": lists(template(90)),
        "70 % template": lists(template(70)),
        "drifting chain": lists(np.lib.stride_tricks.sliding_window_view(stream, 100)[:members]),
        "100 of the same 200 n-grams": lists(pool[few]),
    }


def verification(members: int) -> None:
    """Time one component of each hard kind."""
    print("## Verification of one component, sets of 100 n-grams\n")
    rows = []
    verify(hard_components(100)["all the same"], np.zeros(100, np.int64), np.arange(100))
    for count in (members // 4, members):
        for name, sets in hard_components(count).items():
            start = time.process_time()
            found = verify(sets, np.zeros(len(sets), np.int64), np.arange(len(sets)))
            seconds = time.process_time() - start
            micros = f"{seconds / len(sets) * 1e6:.1f}"
            rows.append((name, f"{len(sets):,}", f"{found.num_rows:,}", f"{seconds:.2f}", micros))
    table(("component", "members", "removed", "s", "µs each"), sorted(rows))


def recall(folder: Path) -> None:
    """Recompute every removal from the texts, and count the pairs that were found by Jaccard."""
    documents, pairs = lines(folder / "docs.jsonl.gz"), lines(folder / "pairs.jsonl.gz")
    texts = {str(document["id"]): str(document["text"]) for document in documents}
    array = pa.array(texts.values(), pa.large_string())
    start = time.process_time()
    found = near_duplicates(list(texts), array)
    seconds = time.process_time() - start
    print(f"## {folder.name}: {len(texts)} texts to {found.num_rows} removals in {seconds:.2f} s\n")

    sets: dict[str, set[tuple[str, ...]]] = {}

    def measured(one: str, other: str) -> float:
        for name in (one, other):
            if name not in sets:
                words = re.findall(r"\w+", texts[name].lower())
                sets[name] = {tuple(words[k : k + 5]) for k in range(len(words) - 4)}
        whole = len(sets[one] | sets[other])
        return len(sets[one] & sets[other]) / whole if whole else 1.0

    evidence = zip(found["removed_id"].to_pylist(), found["kept_id"].to_pylist(), strict=True)
    true = sum(measured(one, other) >= 0.8 for one, other in evidence)
    print(f"precision at 0.8: {true}/{found.num_rows}")
    removed = set(found["removed_id"].to_pylist())
    keys = np.frombuffer(b"".join(signatures(array).to_pylist()), np.uint64)
    keys = keys.reshape(-1, SHAPE.bands)
    place = {name: row for row, name in enumerate(texts)}
    bins: dict[float, list[tuple[float, bool, bool]]] = {}
    for pair in pairs:
        one, other, jaccard = str(pair["a"]), str(pair["b"]), float(pair["jaccard5"])
        met = bool((keys[place[one]] == keys[place[other]]).any())
        covered = one in removed or other in removed
        bins.setdefault(math.floor(jaccard * 20) / 20, []).append(
            (SHAPE.probability(jaccard), met, covered)
        )
    close = [p for p in pairs if float(p["jaccard5"]) >= 0.85]
    hits = sum(p["a"] in removed or p["b"] in removed for p in close)
    print(f"recall at 0.85 (one of the two removed): {hits}/{len(close)}\n")
    head = ("Jaccard from", "pairs", "theory", "share a band", "one removed")
    rows = [
        (
            f"{low:.2f}",
            len(items),
            *(f"{np.mean(column):.3f}" for column in zip(*items, strict=True)),
        )
        for low, items in sorted(bins.items())
        if low >= 0.5
    ]
    table(head, rows)


def lines(path: Path) -> list[dict[str, Any]]:
    """Read gzipped JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="folder of near-duplicate sets")
    parser.add_argument("--largest", type=int, default=10**7, help="documents in the growth table")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    folders = (
        sorted(p.parent for p in arguments.data.glob("*/docs.jsonl.gz")) if arguments.data else []
    )
    if arguments.data and not folders:
        sys.exit(f"no set (a folder with docs.jsonl.gz and pairs.jsonl.gz) in {arguments.data}")
    texts = [str(d["text"]) for folder in folders for d in lines(folder / "docs.jsonl.gz")]
    random.Random(1).shuffle(texts)
    signing(texts[:500] or invented(500), arguments.repeats)
    lookups(copies(texts[:5000] or invented(5000)), arguments.repeats)
    clustering(100_000)
    growth(arguments.largest, 3)
    verification(100_000)
    for folder in folders:
        recall(folder)


if __name__ == "__main__":
    main()

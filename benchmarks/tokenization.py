"""How fast texts become tokens, by each library, and how fast the loader reads them again.

    python benchmarks/tokenization.py ../shared/data/lid/ud --tokenizer RUN/tokenizer/tokenizer.json

Figures are of one CPU, in MB of text (UTF-8) a CPU second; the ids of all libraries are compared.
"""

import argparse
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.train.encode import KINDS, open_encoder
from eurocorpus.pipeline.train.loader import Loader
from eurocorpus.pipeline.train.sampling import weights
from eurocorpus.pipeline.train.texts import find_shards, read_texts
from eurocorpus.pipeline.train.tokenize import tokenize
from eurocorpus.pipeline.train.tokens import Corpus

BATCH = 256


def measure_encoder(kind: str, tokenizer: Path, texts: list[str]) -> dict[str, Any]:
    """Encode all texts, as `tokenize` does; the first batch is not timed."""
    encode = open_encoder(tokenizer, kind)
    encode(texts[:BATCH])
    checksum, tokens, begin = 0, 0, time.process_time()
    for first in range(0, len(texts), BATCH):
        flat, lengths = encode(texts[first : first + BATCH])
        tokens += int(lengths.sum())
        checksum += int(flat.sum())
    seconds = time.process_time() - begin
    size = sum(len(text.encode()) for text in texts)
    return {"encoder": kind, "mb_per_cpu_second": round(size / 1e6 / seconds, 1), "tokens": tokens,
            "checksum": checksum}  # fmt: skip


def measure_stage(
    folder: Path, tokenizer: Path, kind: str, out: Path
) -> tuple[dict[str, Any], Corpus]:
    """Write token files with one worker in this process."""
    begin = time.process_time()
    corpus = tokenize(folder, out, tokenizer, encoder=kind, workers=1, engine="local")
    seconds = time.process_time() - begin
    size = sum(row.bytes for row in corpus.languages.values())
    return {"tokenize": kind, "mb_per_cpu_second": round(size / 1e6 / seconds, 1)}, corpus


def measure_loader(corpus: Corpus, length: int, samples: int = 4096) -> dict[str, Any]:
    """Read samples of a mixture; planning it is not timed."""
    sizes = {code: size for code, size in corpus.sizes().items() if size > length}
    loader = Loader(corpus, length=length, weights=weights(sizes, "alpha:0.3"))
    loader.batch(0, 32)
    begin = time.process_time()
    for first in range(0, samples, 32):
        loader.batch(first, 32)
    seconds = time.process_time() - begin
    return {
        "loader": length,
        "million_tokens_per_cpu_second": round(samples * length / 1e6 / seconds, 2),
    }


def main() -> None:
    """Measure and print one JSON object a line."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--tokenizer", type=Path, required=True)
    chosen = arguments.parse_args()
    texts = [
        text
        for shard in find_shards(chosen.folder)
        for _, found in read_texts(shard)
        for text in found
    ]
    results = []
    for kind in KINDS:
        try:
            results.append(measure_encoder(kind, chosen.tokenizer, texts))
        except UsageError as error:
            print(json.dumps({"encoder": kind, "left out": str(error)}))
            continue
        print(json.dumps(results[-1]), flush=True)
    assert len({(row["tokens"], row["checksum"]) for row in results}) == 1, "encoders differ"
    out = Path(tempfile.mkdtemp())
    try:
        for row in results:
            kind = row["encoder"]
            stage, corpus = measure_stage(chosen.folder, chosen.tokenizer, kind, out / kind)
            print(json.dumps(stage), flush=True)
        for length in (512, 2048):
            print(json.dumps(measure_loader(corpus, length)), flush=True)
    finally:
        shutil.rmtree(out)


if __name__ == "__main__":
    main()

"""What a small model learns in so many tokens, beside n-grams that are told the same tokens.

    python benchmarks/learning.py TEXTS [--tokens 660000] [--preset 0.4M] > learning.json

TEXTS is a folder with a file or folder a language. Each gets a tokenizer and a model of its own. n-grams
(interpolated modified Kneser-Ney) are told the training tokens that the model sees, once; all are asked for
the same held-out documents, in bits per byte of their text. CPU-seconds are those of the training alone.
"""

import argparse
import json
import sys
import tempfile
import time
from math import log
from pathlib import Path
from typing import Any

import numpy as np

from eurocorpus.pipeline.train.evaluate import held_out
from eurocorpus.pipeline.train.metrics import read_metrics
from eurocorpus.pipeline.train.ngram import NGram
from eurocorpus.pipeline.train.plan import new_loader
from eurocorpus.pipeline.train.pretrain import pretrain
from eurocorpus.pipeline.train.settings import Training, read_settings
from eurocorpus.pipeline.train.texts import by_language, find_shards
from eurocorpus.pipeline.train.tokenize import Settings, tokenize
from eurocorpus.pipeline.train.tokenizer import train_tokenizer
from eurocorpus.pipeline.train.tokens import Corpus


def seen_documents(settings: Training, corpus: Corpus, tokens: int) -> list[Any]:
    """Give the windows that a training sees, cut where documents begin; each window once."""
    loader = new_loader(settings, corpus)
    windows = loader.batch(0, tokens // settings.length).tokens
    pieces = (
        np.split(row, np.flatnonzero(row == corpus.eos)) for row in np.unique(windows, axis=0)
    )
    return [piece for row in pieces for piece in row if len(piece) > 1]


def compare(corpus: Corpus, language: str, folder: Path, options: Any) -> dict[str, Any]:
    """Train on one language and hold the model against n-grams of one to five tokens."""
    settings = read_settings(
        None, tokens=str(corpus.folder), output=str(folder), preset=options.preset, budget=options.tokens,
        mixture=[{"weights": {language: 1}}], save_every=1_000_000,
    )  # fmt: skip
    begun = time.process_time()
    result = pretrain(settings, lambda line: print(language, line, file=sys.stderr))
    seconds = time.process_time() - begun
    text = held_out(corpus, settings.evaluate_tokens)[language]
    seen = seen_documents(settings, corpus, options.tokens)
    lines = read_metrics(folder / "metrics.jsonl")
    return {
        "model": result["bits_per_byte"][language],
        "n_grams": [
            sum(float(model.nats(ids).sum()) for ids in text.documents()) / log(2) / int(text.bytes.sum())
            for model in (NGram(n, corpus.vocabulary, seen) for n in range(1, 6))
        ],
        "seconds": seconds,
        "epochs": options.tokens / corpus.payload(language).tokens,
        "curve": [(line["step"] * settings.batch_tokens, line["bits_per_byte"][language])
                  for line in lines if "bits_per_byte" in line],
    }  # fmt: skip


def main() -> None:
    """Compare in each language; print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--tokens", type=int, default=660_000, help="to train on")
    parser.add_argument("--preset", default="0.4M")
    parser.add_argument("--vocabulary", type=int, default=2_048)
    options = parser.parse_args()
    result = {}
    for language in sorted(by_language(find_shards(options.texts))):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            train_tokenizer(
                options.texts, folder, vocabulary=options.vocabulary, languages=[language]
            )
            corpus = tokenize(
                options.texts, folder / "tokens", folder / "tokenizer.json",
                settings=Settings(validation=0.04), engine="local", workers=1,
            )  # fmt: skip
            result[language] = compare(corpus, language, folder / "model", options)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()

"""The demo's end: a tokenizer, token files and a language model of a million parameters, on its corpus."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STEPS = 60
"""About 30 CPU-seconds: enough to see the loss fall and words appear, not to learn to write."""
_BEGINNINGS = {"eng_Latn": "The", "deu_Latn": "Die", "fra_Latn": "Les", "mlt_Latn": "Il-"}
_BLOCKS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Taught:
    """What was trained: `curve` draws the loss, `samples` are texts that the model wrote."""

    folder: Path
    parameters: int
    curve: str
    first: float
    last: float
    bits_per_byte: float
    samples: list[str]


def teach(run: Path, tell: Callable[[str], None], steps: int = STEPS) -> Taught:
    """Train on the corpus of a run; needs the extra `train`.

    Args:
        run: the folder of a finished run; `tokenizer`, `tokens` and `model` are made in it.
        tell: takes lines about the progress.
        steps: of the optimiser, of 2,048 tokens each.
    """
    from ..train.metrics import read_metrics
    from ..train.pretrain import pretrain
    from ..train.settings import read_settings
    from ..train.tokenize import Settings, tokenize
    from ..train.tokenizer import train_tokenizer

    train_tokenizer(run, run / "tokenizer", vocabulary=4_096, tell=tell)
    corpus = tokenize(
        run, run / "tokens", run / "tokenizer" / "tokenizer.json",
        settings=Settings(validation=0.02), engine="local", workers=1, tell=tell,
    )  # fmt: skip
    settings = read_settings(
        None, tokens=str(run / "tokens"), output=str(run / "model"), preset="1M", steps=steps, threads=1,
        length=128, batch_tokens=2_048, micro_batch=16, mixture=[{"rule": "proportional"}], evaluate_tokens=600,
        evaluate_every=steps // 2, save_every=steps,
    )  # fmt: skip
    result = pretrain(settings, tell)
    losses = [
        line["loss"] for line in read_metrics(run / "model" / "metrics.jsonl") if "loss" in line
    ]
    bits = list(result["bits_per_byte"].values())
    return Taught(
        run / "model", _count(run / "model" / "hf"), draw_curve(losses), losses[0], losses[-1],
        sum(bits) / max(len(bits), 1), _write(run / "model" / "hf", set(corpus.languages)),
    )  # fmt: skip


def _count(model: Path) -> int:
    """Count the parameters of an export, by its file's header."""
    with (model / "model.safetensors").open("rb") as file:
        header: dict[str, Any] = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    total = 0
    for name, tensor in header.items():
        if name != "__metadata__":
            begin, end = tensor["data_offsets"]
            total += (end - begin) // 4
    return total


def _write(model: Path, languages: set[str]) -> list[str]:
    """Let the model go on from a word or two."""
    from tokenizers import Tokenizer

    from ..train.export import complete, load_exported

    tokenizer, decoder = Tokenizer.from_file(str(model / "tokenizer.json")), load_exported(model)
    end = json.loads((model / "config.json").read_text("utf-8"))["eos_token_id"]
    return [
        tokenizer.decode(complete(decoder, [end, *tokenizer.encode(words).ids], 24, 0, end))
        for code, words in _BEGINNINGS.items()
        if code in languages
    ]


def draw_curve(values: list[float], width: int = 60) -> str:
    """Draw numbers as one line of blocks, the highest as the tallest.

    >>> draw_curve([3.0, 2.0, 1.0])
    '█▄ '
    """
    every = max(-(-len(values) // width), 1)
    means = [sum(values[i : i + every]) / len(values[i : i + every])
             for i in range(0, len(values), every)]  # fmt: skip
    low, high = min(means), max(means)
    scale = (len(_BLOCKS) - 1) / ((high - low) or 1)
    return "".join(_BLOCKS[round((mean - low) * scale)] for mean in means)

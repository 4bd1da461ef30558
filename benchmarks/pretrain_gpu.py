"""What one GPU does: MFU at 125M, 350M and 1B, the two attentions held together, TERM and resume.

    python benchmarks/pretrain_gpu.py [--seconds 60] > pretrain_gpu.json

Needs a CUDA device with bfloat16 and under ten minutes on an H100; nothing but the package and the extra
`train`. Goals: at least 35 % MFU at 125M, 40 % at 350M, 45 % at 1B, attention counted as PaLM does; the
varlen kernel equal to masked attention to bfloat16's rounding; and the same losses after TERM and resume.
With `--cpu` a tiny model goes the same way on a CPU, in a minute: that the script itself is right.
"""

import argparse
import hashlib
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from eurocorpus.pipeline.train.metrics import read_metrics
from eurocorpus.pipeline.train.model import attend_masked, attend_varlen, see_documents
from eurocorpus.pipeline.train.plan import PEAK_FLOPS
from eurocorpus.pipeline.train.pretrain import Trainer
from eurocorpus.pipeline.train.settings import Training, read_settings
from eurocorpus.pipeline.train.tokens import link, sidecars

SIZES: dict[str, tuple[float, dict[str, Any]]] = {
    "125M": (0.35, {"layers": 12, "hidden": 768, "heads": 6, "kv_heads": 2, "head_dim": 128,
                    "feed_forward": 2048, "length": 2048, "micro_batch": 16}),
    "350M": (0.40, {"layers": 24, "hidden": 1024, "heads": 8, "kv_heads": 4, "head_dim": 128,
                    "feed_forward": 2816, "length": 2048, "micro_batch": 16}),
    "1B": (0.45, {"layers": 18, "hidden": 2048, "heads": 16, "kv_heads": 8, "head_dim": 128,
                  "feed_forward": 5632, "length": 2048, "micro_batch": 8}),
}  # fmt: skip
"""Goal and sizes; parameters with an embedding of 64,000."""
TINY: dict[str, Any] = {"layers": 1, "hidden": 32, "heads": 2, "kv_heads": 1, "head_dim": 16,
                        "feed_forward": 64, "length": 128, "micro_batch": 2}  # fmt: skip
"""For `--cpu`."""


def write_random_tokens(folder: Path, tokens: int, vocabulary: int) -> Path:
    """Write token files of documents of random ids, about 800 tokens each."""
    draw = np.random.default_rng(0)
    ids = draw.integers(1, vocabulary, tokens).astype("<u2")
    ends = np.flatnonzero(draw.random(tokens) < 1 / 800)
    ids[ends], ids[-1] = 0, 0
    lengths = np.diff(np.concatenate(([-1], np.flatnonzero(ids == 0))))
    name = "eng_Latn/train-00000-of-00001"
    (folder / "eng_Latn").mkdir(parents=True)
    (folder / f"{name}.bin").write_bytes(ids.tobytes())
    for suffix, content in sidecars("uint16", lengths, lengths * 4).items():
        (folder / f"{name}{suffix}").write_bytes(content)
    link(folder, name)
    (folder / "tokenizer.json").write_text(
        json.dumps({"added_tokens": [{"id": 0, "content": "<|endoftext|>"}]})
    )
    counts = {"documents": len(lengths), "tokens": tokens, "bytes": int(lengths.sum() * 4)}
    digest = hashlib.sha256(ids.tobytes()).hexdigest()
    manifest = {
        "format": 1, "dtype": "uint16", "seed": 0, "validation": 0.0,
        "tokenizer": {"file": "tokenizer.json", "sha256": "", "vocabulary": vocabulary,
                      "eos": "<|endoftext|>", "eos_id": 0},
        "languages": {"eng_Latn": counts | {
            "train": [counts | {"name": name, "sha256": digest}], "validation": []}},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def device_name() -> str:
    """Name the device that is measured."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


def measure_mfu(settings: Training, seconds: float) -> dict[str, float | None]:
    """Train for some seconds after compiling; give MFU, tokens a second and peak memory."""
    on_cuda = torch.cuda.is_available()

    def finish() -> None:
        if on_cuda:
            torch.cuda.synchronize()

    if on_cuda:
        torch.cuda.reset_peak_memory_stats()
    trainer = Trainer(settings)
    begun = time.monotonic()
    for _ in range(4):
        trainer.train_step()
    finish()
    compiled = time.monotonic()
    steps = 0
    while time.monotonic() - compiled < seconds:
        trainer.train_step()
        finish()
        steps += 1
    speed = steps * settings.batch_tokens / (time.monotonic() - compiled)
    peak = next((peak for known, peak in PEAK_FLOPS.items() if known in device_name()), None)
    return {
        "parameters": trainer.shape.parameters,
        "tokens_per_second": speed,
        "mfu": speed * trainer.shape.flops(settings.length) / peak if peak else None,
        "warm_up_seconds": compiled - begun,
        "peak_bytes": torch.cuda.max_memory_allocated() if on_cuda else None,
    }


def attention_difference() -> float:
    """Give the largest difference between varlen and masked attention, on the same bfloat16 input."""
    draw = torch.Generator("cuda").manual_seed(0)
    tokens = torch.randint(0, 400, (2, 1024), generator=draw, device="cuda")
    q, k, v = (
        torch.randn(2, 1024, heads, 128, generator=draw, device="cuda", dtype=torch.bfloat16)
        for heads in (8, 4, 4)
    )
    varlen, masked = see_documents(tokens, 0, True), see_documents(tokens, 0, False)
    assert varlen.bounds is not None
    one, other = attend_varlen(q, k, v, varlen.bounds), attend_masked(q, k, v, masked.mask)
    return float((one.float() - other.float()).abs().max())


def resume_difference(tokens: Path, folder: Path, sizes: dict[str, Any]) -> float:
    """Stop a training with TERM, go on, and give the largest difference to one that was not stopped."""
    own = sizes | {"save_every": 1000, "log_every": 5, "evaluate_every": 1000}
    words = ["--preset", "20M", "--steps", "120", *(
        word for name, value in own.items() for word in ("--set", f"{name}={value}"))]  # fmt: skip
    command = [sys.executable, "-m", "eurocorpus", "pretrain", str(tokens), *words, "--out"]
    subprocess.run([*command, str(folder / "whole")], check=True, stdout=sys.stderr)
    process = subprocess.Popen([*command, str(folder / "cut")], stdout=sys.stderr)
    while len(read_metrics(folder / "cut" / "metrics.jsonl")) < 20:
        if process.poll() is not None:
            raise SystemExit("the training ended before it could be stopped")
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    if process.wait():
        raise SystemExit("TERM did not end the training well")
    subprocess.run([*command, str(folder / "cut")], check=True, stdout=sys.stderr)
    whole, cut = ([line["loss"] for line in read_metrics(folder / name / "metrics.jsonl")
                   if "loss" in line] for name in ("whole", "cut"))  # fmt: skip
    return float(np.abs(np.subtract(whole, cut)).max())


def main() -> None:
    """Measure all of it; print JSON, and one line each on the way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="of training for each size")
    parser.add_argument("--cpu", action="store_true", help="a tiny model on a CPU instead")
    options = parser.parse_args()
    if options.cpu == torch.cuda.is_available():
        sys.exit("benchmarks/pretrain_gpu.py needs a CUDA device, or --cpu and none")
    torch.set_float32_matmul_precision("high")
    sizes = {"tiny": (0.0, TINY)} if options.cpu else SIZES
    stopped = TINY | {"batch_tokens": 256} if options.cpu else {"batch_tokens": 32_768}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tokens = write_random_tokens(
            folder / "tokens", *((1 << 18, 512) if options.cpu else (1 << 24, 64_000))
        )
        result: dict[str, Any] = {"device": device_name(), "torch": torch.__version__}
        if not options.cpu:
            result["attention_difference"] = attention_difference()
        for size, (goal, shape) in sizes.items():
            settings = read_settings(
                None, tokens=str(tokens), output=str(folder / size), steps=10_000, **shape,
                batch_tokens=shape["micro_batch"] * shape["length"] * 4, learning_rate=1e-4,
                mixture=[{"weights": {"eng_Latn": 1}}],
            )  # fmt: skip
            result[size] = measure_mfu(settings, options.seconds) | {"goal": goal}
            print(size, result[size], file=sys.stderr, flush=True)
            torch.cuda.empty_cache()
        result["resume_difference"] = resume_difference(tokens, folder, stopped)
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()

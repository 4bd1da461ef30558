"""What a training tells of itself: JSON lines, and pictures of loss and bits per byte."""

import json
import time
from math import isfinite
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import RunError
from ..report.curves import line_chart, standalone


class Metrics:
    """Writes `metrics.jsonl`, `loss.svg`, `bits_per_byte.svg` and `summary.json` into a folder.

    A line has `step`, the number of steps taken, and either `loss` (mean nats a token of the step),
    `gradient_norm`, `learning_rate`, `tokens`, `tokens_per_second` and on a known device `mfu`, or
    `bits_per_byte` by language.
    """

    def __init__(self, folder: Path, step: int, write: bool) -> None:
        """Keep the lines up to `step`: later ones will be written again."""
        self._path, self._write = folder / "metrics.jsonl", write
        self._pending: list[tuple[int, float, Tensor]] = []
        self._lines = [line for line in read_metrics(self._path) if line["step"] <= step]
        self._since = time.monotonic()
        if write:
            folder.mkdir(parents=True, exist_ok=True)
            text = "".join(json.dumps(line) + "\n" for line in self._lines)
            self._path.write_text(text, "utf-8")

    def add(self, step: int, rate: float, figures: Tensor) -> None:
        """Take the figures of the step number `step`, from 0; they may still be on their way."""
        self._pending.append((step + 1, rate, figures))

    def flush(self, batch_tokens: int, flops: float) -> None:
        """Write the pending figures.

        Args:
            batch_tokens: tokens of a step.
            flops: of a token, as a share of what the devices do in a second.

        Raises:
            RunError: a loss is not finite.
        """
        if not self._pending:
            return
        values = torch.stack([figures for _, _, figures in self._pending]).tolist()
        seconds = max(time.monotonic() - self._since, 1e-9)
        speed = len(values) * batch_tokens / seconds
        lines = []
        for (step, rate, _), (loss, norm) in zip(self._pending, values, strict=True):
            line = {
                "step": step, "tokens": step * batch_tokens, "loss": loss, "gradient_norm": norm,
                "learning_rate": rate, "tokens_per_second": round(speed, 1),
            }  # fmt: skip
            lines.append(line | ({"mfu": round(speed * flops, 4)} if isfinite(flops) else {}))
        self._append(lines)
        self._pending.clear()
        self._since = time.monotonic()
        for line in lines:
            if not isfinite(line["loss"]):
                raise RunError(
                    f"the loss of step {line['step']:,} is {line['loss']}; lower `learning_rate`, remove "
                    "the newest checkpoint if it is of that step, and type the command again"
                )

    def evaluated(self, step: int, bits: dict[str, float]) -> None:
        """Write bits per byte of each language after `step` steps."""
        self._append([{"step": step, "bits_per_byte": bits}])
        self._since = time.monotonic()

    def _append(self, lines: list[dict[str, Any]]) -> None:
        self._lines += lines
        if self._write:
            with self._path.open("a", encoding="utf-8") as file:
                file.writelines(json.dumps(line) + "\n" for line in lines)

    def last(self) -> dict[str, Any]:
        """Give the newest `loss` and the newest `bits_per_byte`."""
        found: dict[str, Any] = {"loss": None, "bits_per_byte": {}}
        for line in self._lines:
            found |= {name: line[name] for name in found if name in line}
        return found

    def line(self, steps: int) -> str:
        """Say how far it is, in one line of a log."""
        last = self.last()
        bits = list(last["bits_per_byte"].values())
        step = self._lines[-1]["step"]
        speed = [row["tokens_per_second"] for row in self._lines if "loss" in row][-1]
        return (
            f"step {step:,}/{steps:,}  loss {last['loss']:.3f}"
            + (f"  bits/byte {sum(bits) / len(bits):.3f}" if bits else "")
            + f"  {speed:,.0f} tokens/s"
        )

    def close(self, result: dict[str, Any]) -> None:
        """Draw the pictures and write the summary."""
        if not self._write:
            return
        folder = self._path.parent
        (folder / "summary.json").write_text(json.dumps(result, indent=1), "utf-8")
        for name, svg in draw(self._lines).items():
            (folder / name).write_text(svg, "utf-8")


def read_metrics(path: Path) -> list[dict[str, Any]]:
    """Read what `Metrics` wrote; a last line that was cut is left out."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def read_summary(folder: Path) -> dict[str, Any]:
    """Read what a training ended with."""
    summary: dict[str, Any] = json.loads((folder / "summary.json").read_text("utf-8"))
    return summary


def draw(lines: list[dict[str, Any]]) -> dict[str, str]:
    """Draw what the lines tell: file name -> SVG."""
    losses = [(line["tokens"], line["loss"]) for line in lines if "loss" in line]
    pictures = {}
    if losses:
        tokens_a_step = losses[-1][0] / [line for line in lines if "loss" in line][-1]["step"]
        pictures["loss.svg"] = line_chart(
            [("loss", losses)], x_title="tokens", y_title="nats a token"
        )
        names = sorted({name for line in lines for name in line.get("bits_per_byte", ())})
        curves = [
            (name, [(line["step"] * tokens_a_step, line["bits_per_byte"][name])
                    for line in lines if name in line.get("bits_per_byte", ())])
            for name in names
        ]  # fmt: skip
        if curves:
            pictures["bits_per_byte.svg"] = line_chart(
                curves, x_title="tokens", y_title="bits per byte, held out"
            )
    return {name: standalone(svg) for name, svg in pictures.items()}

"""Pretraining, from top to bottom: `pretrain` is what every rank runs, under any launcher.

A step takes the windows that the loader gives for its number, whatever the number of ranks. Gradients
are sums over those windows, so that ranks and micro-batches change nothing but the rounding.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor

from ..errors import UsageError
from . import checkpoint
from .evaluate import HeldOut, bits_per_byte, document_nats, held_out, held_out_elsewhere
from .export import export, gather_weights
from .loader import Loader
from .metrics import Metrics
from .model import Decoder, see_documents
from .optimiser import optimisers, schedule
from .plan import PEAK_FLOPS, count_steps, new_loader, shape_of
from .settings import Training
from .tokens import Corpus

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)
"""What a scheduler sends before it takes the machine away: save, and exit with 0."""


class Trainer:
    """A model, its optimisers and its data on one rank, at some step."""

    def __init__(self, settings: Training) -> None:
        """Build all of it; nothing is trained yet.

        Raises:
            UsageError: the settings do not fit the corpus or the number of ranks.
        """
        self.settings = settings
        if settings.threads:
            torch.set_num_threads(settings.threads)
        self.rank, self.world = _ranks()
        self.device = _device()
        self.corpus = Corpus.open(Path(settings.tokens))
        self.steps = count_steps(settings, self.corpus.vocabulary)
        self.loader: Loader = new_loader(settings, self.corpus)
        self.step = 0
        if settings.batch % self.world:
            raise UsageError(
                f"{settings.batch} windows a step cannot be shared among {self.world} ranks; "
                "choose `batch_tokens` so that they can"
            )
        on_cuda = self.device.type == "cuda"
        bfloat16 = settings.precision == "bfloat16" or (settings.precision == "auto" and on_cuda)
        self.precision = torch.bfloat16 if bfloat16 else torch.float32
        self.shape = shape_of(settings, self.corpus.vocabulary)
        self.model = self._build()
        self.optimisers = optimisers(self.model, settings.optimiser, settings.learning_rate)

    def _build(self) -> Decoder:
        model = Decoder(self.shape)
        model.initialise(self.settings.seed)
        model.recompute = self.settings.recompute
        model.to(self.device)
        if self.world > 1:
            policy = MixedPrecisionPolicy(param_dtype=self.precision, reduce_dtype=torch.float32)
            for layer in model.model.layers:
                fully_shard(layer, mp_policy=policy)
            fully_shard(model, mp_policy=policy)
        if self.settings.compile == "yes" or (
            self.settings.compile == "auto" and self.device.type == "cuda"
        ):
            for layer in model.model.layers:
                layer.compile()
            model.losses = torch.compile(model.losses)  # type: ignore[method-assign]
        return model

    def train_step(self) -> Tensor:
        """Take one step; give float64[2] on the device: mean loss in nats, norm of the gradient."""
        settings = self.settings
        each = settings.batch // self.world
        first = self.step * settings.batch + self.rank * each
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for start in range(0, each, settings.micro_batch):
            count = min(settings.micro_batch, each - start)
            if isinstance(self.model, FSDPModule):
                self.model.set_requires_gradient_sync(start + count == each)
            losses = self._losses(first + start, count)
            # FSDP gives the mean over ranks, so the sum is multiplied by their number.
            loss = losses.sum() * (self.world / settings.batch_tokens)
            loss.backward()  # type: ignore[no-untyped-call]
            total += losses.detach().double().sum()
        if self.world > 1:
            dist.all_reduce(total)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip)
        if isinstance(norm, DTensor):
            norm = norm.full_tensor()
        self._update()
        self.step += 1
        return torch.stack((total / settings.batch_tokens, norm.detach().double()))

    def _losses(self, first: int, count: int) -> Tensor:
        tokens = torch.from_numpy(self.loader.batch(first, count).tokens)
        if self.device.type == "cuda":
            tokens = tokens.pin_memory().to(self.device, non_blocking=True)
        inputs, targets = tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()
        documents = see_documents(inputs, self.corpus.eos, self.device.type == "cuda")
        losses: Tensor = self.model(
            inputs, documents, targets, precision=self.precision, z_loss=self.settings.z_loss
        )
        return losses

    def _update(self) -> None:
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                outer = group["weight_decay"] == 0  # embedding, head and norms
                group["lr"] = self.learning_rate * (self.settings.outer_rate if outer else 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    @property
    def learning_rate(self) -> float:
        """That of the step that comes next."""
        settings, steps = self.settings, self.steps
        warmup, decay = round(settings.warmup * steps), round(settings.decay * steps)
        return settings.learning_rate * schedule(self.step, steps, warmup, decay)

    def evaluate(self, texts: Mapping[str, HeldOut]) -> dict[str, float]:
        """Give bits per byte of each text; all ranks take part.

        The nats of each document go into `nats/step-NNNNNNNN.npz`, for comparisons document by document.
        """
        nats = {
            name: document_nats(
                self.model, text, length=self.settings.length, rows=self.settings.micro_batch,
                between=self.corpus.eos, precision=self.precision,
            )
            for name, text in texts.items()
        }  # fmt: skip
        if self.rank == 0:
            folder = Path(self.settings.output) / "nats"
            folder.mkdir(parents=True, exist_ok=True)
            np.savez(folder / f"step-{self.step:08}.npz", **nats)  # type: ignore[arg-type]
        return {name: bits_per_byte(nats[name], text) for name, text in texts.items()}

    def save(self) -> Path:
        """Write a checkpoint; all ranks take part."""
        state = {
            "step": self.step,
            "loader": self.loader.state(self.step * self.settings.batch),
            "settings": self.settings.model_dump(mode="json"),
        }
        folder = Path(self.settings.output) / "checkpoints"
        return checkpoint.save(folder, self.model, self.optimisers, state, self.settings.keep)

    def resume(self) -> Path | None:
        """Take up the newest checkpoint of the output, or that of `start`; none is a beginning.

        Raises:
            UsageError: corpus, mixture or what decides the steps are others than they were.
        """
        own = checkpoint.list_checkpoints(Path(self.settings.output) / "checkpoints")
        start = self.settings.start
        path = own[-1] if own else Path(start) if start else None
        if path:
            state = checkpoint.read_state(path)
            _check_same(path, state["settings"], self.settings)
            sample = self.loader.resume(state["loader"])
            checkpoint.load(path, self.model, self.optimisers)
            self.step = sample // self.settings.batch
        return path


FIXED = (
    "layers", "hidden", "heads", "kv_heads", "head_dim", "feed_forward", "tied", "batch_tokens", "optimiser",
)  # fmt: skip
"""Settings that a checkpoint cannot be taken up without; the loader guards corpus, mixture, seed, length."""


def _check_same(path: Path, before: Mapping[str, Any], now: Training) -> None:
    changed = [name for name in FIXED if before[name] != getattr(now, name)]
    if changed:
        raise UsageError(
            f"{path} was trained with "
            + ", ".join(f"{name} {before[name]} (now {getattr(now, name)})" for name in changed)
            + "; go on with the same, or choose another --out"
        )


def pretrain(settings: Training, say: Callable[[str], None]) -> dict[str, Any]:
    """Train a model from token files, or go on where a checkpoint of the same output stopped.

    Every rank calls this; `say` is called on the first one only.

    Returns:
        `step`, `steps`, `finished`, `loss`, `bits_per_byte` by language, and `model`, the folder
        that transformers loads, when it is finished.

    Raises:
        UsageError: what was asked for does not fit together, or the checkpoint is of something else.
        RunError: the loss is not finite any more.
    """
    trainer = Trainer(settings)
    first = trainer.rank == 0
    tell = say if first else _silent
    folder = Path(settings.output)
    with asked_to_stop() as stop:
        path = trainer.resume()
        tell(_opening(trainer, path))
        metrics = Metrics(folder, trainer.step, write=first)
        limit = settings.evaluate_tokens
        texts = held_out(trainer.corpus, limit) | held_out_elsewhere(
            settings.heldout, trainer.corpus, limit
        )
        stopped = _train(trainer, metrics, texts, stop, tell)
        trainer.save()
    result: dict[str, Any] = {
        "step": trainer.step,
        "steps": trainer.steps,
        "finished": trainer.step >= trainer.steps,
    } | metrics.last()
    if stopped:
        tell(f"Stopped at step {trainer.step:,} as asked; the same command goes on from there.")
    if result["finished"]:
        weights = gather_weights(trainer.model)
        result["model"] = str(folder / "hf")
        if first:
            export(folder / "hf", weights, trainer.shape, settings, trainer.corpus, result)
    metrics.close(result)
    return result


def _train(
    trainer: Trainer,
    metrics: Metrics,
    texts: Mapping[str, HeldOut],
    stop: threading.Event,
    tell: Callable[[str], None],
) -> bool:
    """Take the steps that are left; tell whether a signal ended it earlier."""
    settings = trainer.settings
    tenth = max(trainer.steps // 10, 1)
    evaluate_every, save_every = settings.evaluate_every or tenth, settings.save_every or tenth
    log_every = settings.log_every if trainer.device.type == "cuda" else 1
    flops = trainer.shape.flops(settings.length) / _peak(trainer)
    session_end = trainer.step + (settings.session_steps or trainer.steps)
    while trainer.step < trainer.steps:
        rate = trainer.learning_rate
        metrics.add(trainer.step, rate, trainer.train_step())
        last = trainer.step == trainer.steps
        if last or trainer.step % log_every == 0:
            metrics.flush(settings.batch_tokens, flops)
            if _any_rank(stop.is_set(), trainer) and not last:
                return True
        if last or trainer.step % evaluate_every == 0:
            metrics.flush(settings.batch_tokens, flops)
            metrics.evaluated(trainer.step, trainer.evaluate(texts))
            tell(metrics.line(trainer.steps))
        if not last and trainer.step == session_end:
            metrics.flush(settings.batch_tokens, flops)
            return True
        if not last and trainer.step % save_every == 0:
            trainer.save()
    return False


def _opening(trainer: Trainer, path: Path | None) -> str:
    tokens = trainer.steps * trainer.settings.batch_tokens
    return (
        f"{trainer.shape.parameters:,} parameters, {trainer.steps:,} steps of "
        f"{trainer.settings.batch_tokens:,} tokens ({tokens:,} in all) on "
        f"{trainer.world} {trainer.device.type} rank{'s' if trainer.world > 1 else ''}"
        + (f"; goes on at step {trainer.step:,} from {path}" if path else "")
    )


@contextmanager
def asked_to_stop() -> Iterator[threading.Event]:
    """Give an event that SIGTERM and SIGUSR1 set instead of ending the process."""
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    if threading.current_thread() is not threading.main_thread():  # under Ray
        yield stop
        return
    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _any_rank(flag: bool, trainer: Trainer) -> bool:
    """Tell whether any rank was asked to stop, so that all stop after the same step."""
    if trainer.world == 1:
        return flag
    asked = torch.tensor(float(flag), device=trainer.device)
    dist.all_reduce(asked, dist.ReduceOp.MAX)
    return bool(asked.item())


def _ranks() -> tuple[int, int]:
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def _device() -> torch.device:
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
        return device
    return torch.device("cpu")


def _peak(trainer: Trainer) -> float:
    """Give the peak FLOP/s of all devices, or nan where it is not known."""
    if trainer.device.type != "cuda":
        return float("nan")
    name = torch.cuda.get_device_name()
    known = [peak for device, peak in PEAK_FLOPS.items() if device in name]
    return known[0] * trainer.world if known else float("nan")


def _silent(line: str) -> None:
    """Say nothing: not the first rank."""

"""Muon for the matrices of the layers, AdamW for the rest; and the warm-up, stable, decay schedule.

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) steps along the orthogonal
matrix next to the momentum; scaled by 0.2 sqrt(max(rows, columns)) its steps are as large as AdamW's
(Liu et al. 2025, arXiv 2502.16982), so that one learning rate serves both. torch.optim.Muon does not
split its work over ranks and rounds to bfloat16 everywhere, which costs the exact resume on a CPU.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.tensor import DTensor, Replicate

_QUINTIC = (3.4445, -4.7750, 2.0315)
"""Newton-Schulz coefficients of Muon's reference."""
_STEPS = 5
WEIGHT_DECAY = 0.1
ADAM_BETAS = (0.9, 0.95)


def orthogonalise(matrix: Tensor) -> Tensor:
    """Give about U V^T of a matrix U S V^T: bfloat16 inside on CUDA, float32 elsewhere."""
    a, b, c = _QUINTIC
    x: Tensor = matrix.to(torch.bfloat16 if matrix.is_cuda else torch.float32)
    x = x.T if matrix.shape[0] > matrix.shape[1] else x
    x = x / (x.norm() + 1e-7)
    for _ in range(_STEPS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    x = x.T if matrix.shape[0] > matrix.shape[1] else x
    return x.to(matrix.dtype)


class Muon(torch.optim.Optimizer):
    """Steps along the orthogonalised momentum; each rank orthogonalises its part of the matrices."""

    def __init__(self, weights: Iterable[Tensor], lr: float, momentum: float = 0.95) -> None:
        """Take 2-dimensional weights, sharded or not."""
        super().__init__(weights, {"lr": lr, "momentum": momentum, "weight_decay": WEIGHT_DECAY})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update the weights."""
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            moments = [self._moment(weight, group["momentum"]) for weight in weights]
            for weight, update in zip(weights, _orthogonalise_all(moments), strict=True):
                scale = 0.2 * max(weight.shape) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(update, alpha=-group["lr"] * scale)

    def _moment(self, weight: Tensor, momentum: float) -> Tensor:
        """Bring the momentum up to date; give Nesterov's look ahead."""
        state = self.state[weight]
        if not state:
            state["momentum"] = torch.zeros_like(weight)
        state["momentum"].lerp_(weight.grad, 1 - momentum)
        assert weight.grad is not None
        return weight.grad.lerp(state["momentum"], momentum)


def _orthogonalise_all(moments: list[Tensor]) -> list[Tensor]:
    """Orthogonalise each matrix on one rank and give every rank its shard of the results."""
    if not moments or not isinstance(moments[0], DTensor):
        return [orthogonalise(moment) for moment in moments]
    rank, world = dist.get_rank(), dist.get_world_size()
    whole = [moment.full_tensor() for moment in moments if isinstance(moment, DTensor)]
    for index in range(rank, len(whole), world):
        whole[index] = orthogonalise(whole[index])
    for index, matrix in enumerate(whole):
        dist.broadcast(matrix, src=index % world)
    return [
        DTensor.from_local(matrix, moment.device_mesh, [Replicate()]).redistribute(
            placements=moment.placements
        )
        for matrix, moment in zip(whole, moments, strict=True)
        if isinstance(moment, DTensor)
    ]


def optimisers(model: nn.Module, kind: str, lr: float) -> list[torch.optim.Optimizer]:
    """Give the optimisers of a model: `muon` (with AdamW for what is no matrix), or `adamw` alone.

    Norms and the embedding do not decay.
    """
    named = list(model.named_parameters())
    matrices = [w for name, w in named if w.ndim == 2 and "layers." in name]
    others = [w for name, w in named if w.ndim != 2 or "layers." not in name]
    free: dict[str, Any] = {"params": others, "weight_decay": 0.0}
    if kind == "muon":
        return [Muon(matrices, lr), _adamw([free], lr)]
    return [_adamw([{"params": matrices, "weight_decay": WEIGHT_DECAY}, free], lr)]


def _adamw(groups: list[dict[str, Any]], lr: float) -> torch.optim.Optimizer:
    fused = groups[0]["params"][0].is_cuda
    return torch.optim.AdamW(groups, lr=lr, betas=ADAM_BETAS, eps=1e-8, fused=fused)


def schedule(step: int, steps: int, warmup: int, decay: int) -> float:
    """Give the factor on the learning rate: up in a line, level, down in a line to nothing (WSD).

    >>> [round(schedule(step, 10, 2, 4), 2) for step in range(10)]
    [0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.75, 0.5, 0.25]
    """
    up = (step + 1) / max(warmup, 1)
    down = (steps - step) / max(decay, 1)
    return max(0.0, min(1.0, up, down))

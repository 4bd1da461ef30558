"""Checkpoints with torch.distributed.checkpoint: written by any number of ranks, read by any other."""

import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_state_dict,
    set_state_dict,
)
from torch.distributed.checkpoint.state_dict_loader import load as read_tensors
from torch.distributed.checkpoint.state_dict_saver import save as write_tensors

from ..errors import UsageError
from ..storage.folder import fsync

_OPTIONS = StateDictOptions(flatten_optimizer_state_dict=True)
"""Flat names, so that what is saved depends on neither groups nor their order."""


def save(
    folder: Path,
    model: nn.Module,
    optimisers: list[torch.optim.Optimizer],
    state: dict[str, Any],
    keep: int,
) -> Path:
    """Write `folder`/step-NNNNNNNN whole or not at all, and remove all but the newest `keep`.

    Args:
        folder: where checkpoints are.
        model: sharded or not.
        optimisers: those of the model.
        state: what else is needed to go on, as JSON; `step` names the checkpoint.
        keep: how many stay.
    """
    path = folder / f"step-{state['step']:08}"
    temporary = path.with_name(f".{path.name}")
    first = not dist.is_initialized() or dist.get_rank() == 0
    if first:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
    _wait()
    weights, moments = get_state_dict(model, optimisers, options=_OPTIONS)
    with _alone_or_not():
        write_tensors({"model": weights, "optimisers": moments}, checkpoint_id=temporary)
    if first:
        (temporary / "state.json").write_text(json.dumps(state, indent=1), "utf-8")
        fsync(temporary / "state.json")
        shutil.rmtree(path, ignore_errors=True)
        temporary.replace(path)
        for old in list_checkpoints(folder)[:-keep]:
            shutil.rmtree(old)
    _wait()
    return path


def list_checkpoints(folder: Path) -> list[Path]:
    """List the checkpoints that are whole, the newest last."""
    return sorted(folder.glob("step-*"))


def read_state(path: Path) -> dict[str, Any]:
    """Read what `save` was given as `state`.

    Raises:
        UsageError: this is no checkpoint.
    """
    try:
        state: dict[str, Any] = json.loads((path / "state.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path}: expected a checkpoint such as MODEL/checkpoints/step-00000100, found: {error}"
        ) from None
    return state


def load(path: Path, model: nn.Module, optimisers: list[torch.optim.Optimizer]) -> None:
    """Put a checkpoint's tensors into model and optimisers, however they are sharded.

    Raises:
        UsageError: the checkpoint is of another model, or damaged.
    """
    weights, moments = get_state_dict(model, optimisers, options=_OPTIONS)
    content: dict[str, Any] = {"model": weights, "optimisers": moments}
    try:
        with _alone_or_not():
            read_tensors(content, checkpoint_id=path)
    except (CheckpointException, OSError, RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise UsageError(
            f"{path}: cannot be taken up by this model: {reason}. Train with the shape and the "
            "optimiser that it was saved with, or name another folder"
        ) from None
    set_state_dict(
        model,
        optimisers,
        model_state_dict=content["model"],
        optim_state_dict=content["optimisers"],
        options=_OPTIONS,
    )


@contextmanager
def _alone_or_not() -> Iterator[None]:
    """Let a single process save without a group of processes, which torch warns of."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "torch.distributed is disabled, unavailable", UserWarning)
        yield


def _wait() -> None:
    if dist.is_initialized():
        dist.barrier()

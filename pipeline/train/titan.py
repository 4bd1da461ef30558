"""torchtitan's side of a hand-off: our sizes as a Qwen3 of its own, and our loader as its data.

`handoff` writes a module of two lines that calls `register`, and a configuration that imports it
(`experimental.custom_import`). Written for torchtitan 0.2, which OpenEuroLLM trains with.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchtitan.components.dataloader import BaseDataLoader
from torchtitan.models.qwen3 import Qwen3ModelArgs, get_train_spec
from torchtitan.protocols.train_spec import register_train_spec

from .loader import Loader
from .plan import new_loader, shape_of
from .settings import read_settings
from .tokens import Corpus

NAME = "eurocorpus"
"""Of the model and of its flavour, in torchtitan's configuration."""


class Batches(BaseDataLoader):
    """The loader's samples in order, shared out to ranks; goes on at any number of them."""

    def __init__(self, loader: Loader, rows: int, rank: int, world: int) -> None:
        """Begin with the first sample; `rows` windows a batch and rank."""
        self._loader, self._rows, self._rank, self._world = loader, rows, rank, world
        self._sample = 0

    def __iter__(self) -> Iterator[tuple[dict[str, Tensor], Tensor]]:
        """Give inputs and targets for ever, int64[rows, length] each."""
        while True:
            first, count = self._sample, self._rows * self._world
            self._sample += count
            batch = self._loader.batch(first, count, self._rank, self._world)
            tokens = torch.from_numpy(batch.tokens)
            yield {"input": tokens[:, :-1].contiguous()}, tokens[:, 1:].contiguous()

    def state_dict(self) -> dict[str, Any]:
        """Give the loader's state, which is the same on all ranks."""
        return {"loader": json.dumps(self._loader.state(self._sample))}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up a state.

        Raises:
            UsageError: corpus, mixture, seed or length are others than they were.
        """
        if state_dict:
            self._sample = self._loader.resume(json.loads(state_dict["loader"]))


def register(file: Path) -> None:
    """Make the model and the data of a file of settings known to torchtitan as `eurocorpus`."""
    settings = read_settings(file)
    corpus = Corpus.open(Path(settings.tokens))
    shape = shape_of(settings, corpus.vocabulary)

    def build(dp_world_size: int, dp_rank: int, tokenizer: Any, job_config: Any) -> Batches:
        loader = new_loader(settings, corpus)
        return Batches(loader, job_config.training.local_batch_size, dp_rank, dp_world_size)

    spec = get_train_spec()
    spec.model_args = {
        NAME: Qwen3ModelArgs(
            vocab_size=shape.vocabulary, dim=shape.hidden, n_layers=shape.layers, n_heads=shape.heads,
            n_kv_heads=shape.kv_heads, head_dim=shape.head_dim, hidden_dim=shape.feed_forward,
            qk_norm=True, norm_eps=shape.norm_eps, rope_theta=shape.rope_theta,
            max_seq_len=settings.length, enable_weight_tying=shape.tied, eos_id=corpus.eos,
            attn_type="flex", attn_mask_type="block_causal",
        )
    }  # fmt: skip
    spec.build_dataloader_fn = build
    register_train_spec(NAME, spec)

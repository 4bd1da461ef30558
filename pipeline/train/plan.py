"""What a pretraining will take, from its settings and the manifest alone: nothing is trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from . import sampling
from .loader import Loader, Stage
from .settings import Training
from .tokens import Corpus

PEAK_FLOPS = {
    "H100": 989e12, "H200": 989e12, "GH200": 989e12, "A100": 312e12, "MI250X": 191.5e12, "MI300": 1307e12,
}  # fmt: skip
"""Dense bfloat16 of one device by the makers' data sheets; of MI250X, one of the two dies."""
EXPECTED_MFU = 0.4
"""What the hours are told for: 35 to 48 % are reported for H100 (torchtitan, Megatron-LM)."""
TOKENS_A_PARAMETER = 20
"""Hoffmann et al. 2022 (arXiv 2203.15556)."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a decoder, with Qwen3's defaults for the rest."""

    vocabulary: int
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    feed_forward: int
    tied: bool = True
    """Whether the output head is the embedding."""
    rope_theta: float = 10_000.0
    norm_eps: float = 1e-6

    @property
    def embedding(self) -> int:
        """Parameters of the embedding, and of the head where it is another matrix."""
        return self.vocabulary * self.hidden * (1 if self.tied else 2)

    @property
    def body(self) -> int:
        """All other parameters."""
        attention = 2 * self.hidden * (self.heads + self.kv_heads) * self.head_dim
        norms = 2 * self.hidden + 2 * self.head_dim
        feed_forward = 3 * self.hidden * self.feed_forward
        return self.layers * (attention + feed_forward + norms) + self.hidden

    @property
    def parameters(self) -> int:
        """All parameters."""
        return self.body + self.embedding

    def flops(self, length: int) -> int:
        """Give the FLOPs of one token, forward and backward.

        Six a parameter that is multiplied with (the look-up of the embedding is none), and
        12 * layers * heads * head_dim * length for attention, as PaLM's appendix B counts.
        """
        head = self.vocabulary * self.hidden
        attention = 12 * self.layers * self.heads * self.head_dim * length
        return 6 * (self.body + head) + attention


def shape_of(settings: Training, vocabulary: int) -> Shape:
    """Give the sizes that settings describe, for a vocabulary."""
    return Shape(
        vocabulary,
        settings.layers,
        settings.hidden,
        settings.heads,
        settings.kv_heads,
        settings.head_dim,
        settings.feed_forward,
        settings.tied,
    )


def count_steps(settings: Training, vocabulary: int) -> int:
    """Give the steps that settings ask for, at least one."""
    if settings.steps:
        return settings.steps
    budget = settings.budget or TOKENS_A_PARAMETER * shape_of(settings, vocabulary).parameters
    return max(budget // settings.batch_tokens, 1)


def too_small(settings: Training, corpus: Corpus) -> list[str]:
    """Name the languages that have no full window, which a rule leaves out."""
    return [code for code, size in corpus.sizes().items() if size <= settings.length]


def new_loader(settings: Training, corpus: Corpus) -> Loader:
    """Give the loader of a training.

    Raises:
        UsageError: weights are given to languages that have no full window, or none has one.
    """
    left_out = set(too_small(settings, corpus))
    sizes = {code: size for code, size in corpus.sizes().items() if code not in left_out}
    if not sizes:
        raise UsageError(
            f"{corpus.folder}: no language has a window of {settings.length:,} tokens; "
            "choose a shorter one with --set length=…"
        )
    total = count_steps(settings, corpus.vocabulary) * settings.batch_tokens
    stages, begin = [], 0
    for mixture in settings.mixture:
        end = mixture.until or total
        weights = mixture.weights or sampling.weights(
            sizes, mixture.rule, budget=max(end - begin, 1)
        )
        until = mixture.until and mixture.until // settings.length
        stages.append(Stage(until, weights))
        begin = end
    return Loader(corpus, length=settings.length, weights=stages, seed=settings.seed)


def plan(settings: Training) -> dict[str, Any]:
    """Tell parameters, FLOPs, tokens, hours on an H100, and the epochs of each language."""
    corpus = Corpus.open(Path(settings.tokens))
    shape = shape_of(settings, corpus.vocabulary)
    steps = count_steps(settings, corpus.vocabulary)
    tokens = steps * settings.batch_tokens
    flops = tokens * shape.flops(settings.length)
    languages: Mapping[str, Any] = new_loader(settings, corpus).epochs(steps * settings.batch)
    return {
        "preset": settings.preset,
        "parameters": shape.parameters,
        "embedding": shape.embedding,
        "steps": steps,
        "tokens": tokens,
        "tokens_a_parameter": round(tokens / shape.parameters, 2),
        "flops": flops,
        "mfu": EXPECTED_MFU,
        "h100_hours": flops / (PEAK_FLOPS["H100"] * EXPECTED_MFU) / 3600,
        "checkpoint_bytes": 4 * shape.parameters * (2 if settings.optimiser == "muon" else 3),
        "languages": languages,
        "left_out": too_small(settings, corpus),
    }

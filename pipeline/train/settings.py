"""What a pretraining is told: its keys, their defaults, and the sizes that presets give."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from ..errors import UsageError
from ..section import Section

Positive = Annotated[int, Field(ge=1)]


@cache
def presets() -> dict[str, dict[str, Any]]:
    """Read the presets: name -> sizes and what goes with them."""
    return tomllib.loads(Path(__file__).with_name("presets.toml").read_text("utf-8"))


class Mixture(Section):
    """Weights of languages up to some point of the training."""

    until: Positive | None = None
    """Tokens after which the next mixture begins; none for the last one."""
    weights: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    """Weight of each language; without, `rule` decides."""
    rule: str = "unimax:4"
    """proportional, uniform, alpha:A or unimax:EPOCHS, over the tokens there are."""


class Training(Section):
    """One pretraining."""

    tokens: str
    """The folder of token files that `eurocorpus tokenize` wrote."""
    output: str
    """The folder to train in: checkpoints, metrics, pictures, and at the end the model."""
    preset: str = "1M"
    """Where the sizes below come from that are not given: one of `presets.toml`."""
    steps: Positive | None = None
    """Steps of the optimiser; or give `budget`. By default as many as see 20 tokens a parameter."""
    budget: Positive | None = None
    """Tokens to train on, rounded down to whole steps."""
    session_steps: Positive | None = None
    """Steps to take before it saves and stops as on a signal, to go on another time."""
    mixture: tuple[Mixture, ...] = (Mixture(),)
    """Which languages, in what shares; several follow one another."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Decides initial weights and the order of the data."""

    layers: Positive = 1
    """Layers of the decoder."""
    hidden: Positive = 1
    """Width of the residual stream."""
    heads: Positive = 1
    """Query heads."""
    kv_heads: Positive = 1
    """Key and value heads."""
    head_dim: Positive = 1
    """Width of a head; even."""
    feed_forward: Positive = 1
    """Width inside the feed-forward part."""
    tied: bool = True
    """Whether the output head is the embedding."""
    length: Positive = 1
    """Tokens in a window."""

    batch_tokens: Positive = 1
    """Tokens a step, over all ranks: gradients are accumulated until it has them."""
    micro_batch: Positive = 1
    """Windows that one rank passes at a time."""
    optimiser: Literal["muon", "adamw"] = "muon"
    """Muon (with AdamW for embedding and norms), or AdamW alone."""
    learning_rate: Annotated[float, Field(gt=0)] = 1.0
    """At its highest."""
    outer_rate: Annotated[float, Field(gt=0)] = 1.0
    """Learning rate of embedding, head and norms, in learning rates."""
    warmup: Annotated[float, Field(ge=0, le=1)] = 0.02
    """Share of the steps in which the learning rate rises."""
    decay: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Share of the steps in which it falls to nothing, at the end (WSD)."""
    clip: Annotated[float, Field(gt=0)] = 1.0
    """Largest norm of the gradient."""
    z_loss: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the squared log of the softmax's denominator, against logits that drift."""
    start: str | None = None
    """A checkpoint to begin from, as when the decay of a longer run is tried out early."""

    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Of the computation; weights and optimiser are float32. `auto` is bfloat16 on CUDA only."""
    compile: Literal["auto", "yes", "no"] = "auto"
    """torch.compile; `auto` is on CUDA only, since compiling takes minutes on a CPU."""
    threads: Positive | None = None
    """Threads of a rank on a CPU; a model of the size 1M is fastest with one."""
    recompute: bool = False
    """Whether activations are computed again in the backward pass: slower, with less memory."""

    evaluate_every: Positive | None = None
    """Steps between evaluations; by default a tenth of all."""
    heldout: dict[str, str] = Field(default_factory=dict)
    """Folders of other held-out texts by language to evaluate on as well, each with a name."""
    evaluate_tokens: Positive = 200_000
    """Tokens of each language to evaluate on at most."""
    save_every: Positive | None = None
    """Steps between checkpoints; by default a tenth of all."""
    keep: Positive = 2
    """Checkpoints to keep."""
    log_every: Positive = 10
    """Steps between looks at the losses, and at signals, on CUDA; on a CPU every step."""

    @model_validator(mode="before")
    @classmethod
    def _from_preset(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        name = str(given.get("preset", "1M"))
        if name not in presets():
            raise ValueError(f"preset {name!r}: expected one of {', '.join(presets())}")
        return presets()[name] | given | {"preset": name}

    @model_validator(mode="after")
    def _fitting(self) -> "Training":
        if self.head_dim % 2:
            raise ValueError(f"head_dim: expected an even number, found {self.head_dim}")
        if self.heads % self.kv_heads:
            raise ValueError(
                f"heads ({self.heads}) must be a multiple of kv_heads ({self.kv_heads})"
            )
        if self.batch_tokens % self.length:
            raise ValueError(
                f"batch_tokens ({self.batch_tokens}) must be a multiple of length ({self.length})"
            )
        if self.warmup + self.decay > 1:
            raise ValueError("warmup and decay together are more than the whole training")
        if self.steps and self.budget:
            raise ValueError("give `steps` or `budget`, not both")
        return self

    @property
    def batch(self) -> int:
        """Windows a step."""
        return self.batch_tokens // self.length


def read_settings(file: Path | None, **typed: Any) -> Training:
    """Read a file of settings and put what was typed over it.

    Raises:
        UsageError: the file cannot be read, a key is unknown, or a value is not as it must be.
    """
    content: Any = {}
    if file:
        try:
            content = yaml.safe_load(file.read_text("utf-8"))
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise UsageError(f"{file}: expected a YAML file of settings, found: {error}") from None
        if not isinstance(content, dict):
            raise UsageError(f"{file}: expected `key: value` lines, found {type(content).__name__}")
    try:
        return Training.model_validate(
            content | {name: value for name, value in typed.items() if value is not None}
        )
    except ValidationError as error:
        raise UsageError(_sentence(file, error)) from None


def parse_value(text: str) -> Any:
    """Read a value as YAML would: 3 is a number, [a, b] a list.

    Raises:
        UsageError: it is not YAML.
    """
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise UsageError(f"--set: expected a value such as 3 or [a, b], found {text!r}") from None


def _sentence(file: Path | None, error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = f"no such setting; there are {', '.join(Training.model_fields)}"
    if first["type"] == "missing":
        message = "it must be given"
    return f"{file or 'pretrain'}: " + (f"`{place}`: {message}" if place else message)

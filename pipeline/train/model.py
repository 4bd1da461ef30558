"""The decoder: Qwen3's shape, its parameters named as transformers names them, on torch alone.

RMSNorm before each part, rotary positions, grouped-query attention with normalised queries and keys,
SwiGLU. A document is masked from the others in its window. Rotary attention depends on the distance
of two positions only, so positions need not start again with each document.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from .plan import Shape

IGNORED = -100
"""The target of a position where nothing is to be predicted."""
INIT_STD = 0.02
"""Standard deviation of initial weights, GPT-2's; what writes to the residual is scaled down as there."""


@dataclass(frozen=True, slots=True)
class Documents:
    """Which tokens of a batch may see each other: made once a batch, used by every layer."""

    mask: Tensor | None = None
    """bool[batch, 1, length, length], for SDPA."""
    bounds: Tensor | None = None
    """int32[documents + 1], where documents begin in the batch laid end to end, for varlen attention."""


def see_documents(tokens: Tensor, end: int, varlen: bool) -> Documents:
    """Find the documents of a batch.

    The token between two documents is where the second one begins: all that is known when its first
    word is to be predicted, in training as in `evaluate` and in a prompt.

    Args:
        tokens: int64[batch, length]; a window is never seen by another.
        end: the id of the token between documents.
        varlen: for the varlen kernel (CUDA), else a mask.
    """
    length = tokens.shape[1]
    starts = tokens == end
    starts[:, 0] = True
    if varlen:
        bounds = starts.flatten().nonzero().flatten()
        # Filled up to a power of two with empty documents: few shapes to compile for.
        missing = max(64, 1 << len(bounds).bit_length()) + 1 - len(bounds)
        return Documents(bounds=F.pad(bounds, (0, missing), value=tokens.numel()).to(torch.int32))
    document = starts.cumsum(1)
    causal = torch.ones(length, length, dtype=torch.bool, device=tokens.device).tril()
    return Documents(mask=((document[:, :, None] == document[:, None, :]) & causal)[:, None])


def rotation(shape: Shape, length: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Give cosine and sine of each position: float32[length, head_dim]."""
    half = torch.arange(0, shape.head_dim, 2, device=device, dtype=torch.float32)
    angles = torch.arange(length, device=device, dtype=torch.float32)[:, None] / (
        shape.rope_theta ** (half / shape.head_dim)
    )
    angles = torch.cat((angles, angles), -1)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn queries or keys [batch, length, heads, head_dim] by their positions."""
    low, high = x.chunk(2, -1)
    turned = torch.cat((-high, low), -1)
    return x * cos[:, None].to(x.dtype) + turned * sin[:, None].to(x.dtype)


class Linear(nn.Linear):
    """A matrix without bias that computes in the type of what comes in; its weight stays float32."""

    def __init__(self, inputs: int, outputs: int) -> None:
        """Leave the weight to `Decoder.initialise`."""
        super().__init__(inputs, outputs, bias=False)

    def forward(self, input: Tensor) -> Tensor:
        """Multiply."""
        return F.linear(input, self.weight.to(input.dtype))


class Norm(nn.RMSNorm):
    """RMSNorm in the type of what comes in."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last dimension."""
        return F.rms_norm(x, self.normalized_shape, self.weight.to(x.dtype), self.eps)


class Attention(nn.Module):
    """Grouped-query attention inside documents."""

    def __init__(self, shape: Shape) -> None:
        """Build the projections."""
        super().__init__()
        self.shape = shape
        wide, narrow = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
        self.q_proj = Linear(shape.hidden, wide)
        self.k_proj = Linear(shape.hidden, narrow)
        self.v_proj = Linear(shape.hidden, narrow)
        self.o_proj = Linear(wide, shape.hidden)
        self.q_norm = Norm(shape.head_dim, shape.norm_eps)
        self.k_norm = Norm(shape.head_dim, shape.norm_eps)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, documents: Documents) -> Tensor:
        """Attend: [batch, length, hidden] to the same."""
        split = (*x.shape[:2], -1, self.shape.head_dim)
        q = rotate(self.q_norm(self.q_proj(x).view(split)), cos, sin)
        k = rotate(self.k_norm(self.k_proj(x).view(split)), cos, sin)
        v = self.v_proj(x).view(split)
        if documents.bounds is not None:
            seen = attend_varlen(q, k, v, documents.bounds)
        else:
            seen = attend_masked(q, k, v, documents.mask)
        out: Tensor = self.o_proj(seen.flatten(2))
        return out


def attend_masked(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Attend where `mask` allows, or causally without one: [batch, length, heads, head_dim]."""
    q, k, v = (part.transpose(1, 2) for part in (q, k, v))
    seen = F.scaled_dot_product_attention(
        q, k, v.to(q.dtype), mask, is_causal=mask is None, enable_gqa=True
    )
    return seen.transpose(1, 2)


def attend_varlen(q: Tensor, k: Tensor, v: Tensor, bounds: Tensor) -> Tensor:
    """Do the same with the flash kernel for documents laid end to end (CUDA, 16-bit only)."""
    from torch.nn.attention.varlen import varlen_attn

    batch, length, heads, size = q.shape
    flat_q, flat_k, flat_v = (part.flatten(0, 1).to(torch.bfloat16) for part in (q, k, v))
    seen = varlen_attn(
        flat_q, flat_k, flat_v, bounds, bounds, length, length,
        window_size=(-1, 0), enable_gqa=heads != k.shape[2],
    )  # fmt: skip
    assert isinstance(seen, Tensor)
    return seen.view(batch, length, heads, size).to(q.dtype)


class FeedForward(nn.Module):
    """SwiGLU."""

    def __init__(self, shape: Shape) -> None:
        """Build the projections."""
        super().__init__()
        self.gate_proj = Linear(shape.hidden, shape.feed_forward)
        self.up_proj = Linear(shape.hidden, shape.feed_forward)
        self.down_proj = Linear(shape.feed_forward, shape.hidden)

    def forward(self, x: Tensor) -> Tensor:
        """Transform each position: [batch, length, hidden] to the same."""
        down: Tensor = self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
        return down


class Block(nn.Module):
    """A layer: attention, then feed-forward, each added to what came in."""

    def __init__(self, shape: Shape) -> None:
        """Build both parts."""
        super().__init__()
        self.input_layernorm = Norm(shape.hidden, shape.norm_eps)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = Norm(shape.hidden, shape.norm_eps)
        self.mlp = FeedForward(shape)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, documents: Documents) -> Tensor:
        """Pass a layer: [batch, length, hidden] to the same."""
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, documents)
        added: Tensor = x + self.mlp(self.post_attention_layernorm(x))
        return added


class Trunk(nn.Module):
    """Embedding, layers and the last norm."""

    def __init__(self, shape: Shape) -> None:
        """Build the layers."""
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.hidden)
        self.layers = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.hidden, shape.norm_eps)


class Decoder(nn.Module):
    """Tokens in, logits out."""

    def __init__(self, shape: Shape) -> None:
        """Build the layers; `initialise` gives them weights."""
        super().__init__()
        self.shape, self.recompute = shape, False
        self.model = Trunk(shape)
        self.lm_head = Linear(shape.hidden, shape.vocabulary)
        if shape.tied:
            self.lm_head.weight = self.model.embed_tokens.weight

    @torch.no_grad()
    def initialise(self, seed: int) -> None:
        """Draw the weights from a generator on the CPU: the same on every device and world size."""
        draw = torch.Generator().manual_seed(seed)
        for name, weight in self.named_parameters():
            if weight.ndim < 2:
                weight.fill_(1.0)
                continue
            into_residual = name.endswith(("o_proj.weight", "down_proj.weight"))
            std = INIT_STD / (2 * self.shape.layers) ** 0.5 if into_residual else INIT_STD
            weight.copy_(torch.randn(weight.shape, generator=draw) * std)

    def forward(
        self,
        tokens: Tensor,
        documents: Documents,
        targets: Tensor | None = None,
        *,
        precision: torch.dtype = torch.float32,
        z_loss: float = 0.0,
    ) -> Tensor:
        """Give the logits [batch, length, vocabulary], or the loss of each target.

        Args:
            tokens: int64[batch, length].
            documents: from `see_documents`; `Documents()` is one document a window.
            targets: int64[batch, length], `IGNORED` where there is nothing to predict.
            precision: of the computation; losses are float32 at any.
            z_loss: weight of the squared log of the softmax's denominator (PaLM, section 5).

        Returns:
            Logits; with targets, float32[batch, length] of nats.
        """
        x = self.model.embed_tokens(tokens).to(precision)
        cos, sin = rotation(self.shape, tokens.shape[1], tokens.device)
        for layer in self.model.layers:
            if self.recompute:
                x = checkpoint(layer, x, cos, sin, documents, use_reentrant=False)
            else:
                x = layer(x, cos, sin, documents)
        x = self.model.norm(x)
        if targets is None:
            logits: Tensor = self.lm_head(x)
            return logits
        return self.losses(x, targets, z_loss)

    def losses(self, x: Tensor, targets: Tensor, z_loss: float) -> Tensor:
        """Give the cross-entropy of each target in nats, 0 where there is none."""
        logits = self.lm_head(x).flatten(0, 1).float()
        losses = F.cross_entropy(logits, targets.flatten(), reduction="none", ignore_index=IGNORED)
        if z_loss:
            losses = losses + z_loss * logits.logsumexp(-1).square()
        return losses.view(targets.shape)

"""The trained model as transformers loads it: `AutoModelForCausalLM.from_pretrained(folder)`.

The decoder is Qwen3's and its weights bear Qwen3's names, so an export is a copy.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from .model import Decoder
from .plan import Shape
from .settings import Training
from .tokens import Corpus


def gather_weights(model: nn.Module) -> dict[str, Tensor]:
    """Give all weights on the CPU of the first rank, {} on others; all ranks take part."""
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    weights = get_model_state_dict(model, options=options)
    return {name: weight for name, weight in weights.items() if isinstance(weight, Tensor)}


def export(
    folder: Path,
    weights: Mapping[str, Tensor],
    shape: Shape,
    settings: Training,
    corpus: Corpus,
    result: Mapping[str, Any],
) -> None:
    """Write weights, configuration, tokenizer and model card.

    Args:
        folder: to be written, over what is there.
        weights: from `gather_weights`.
        shape: of the decoder.
        settings: how it was trained.
        corpus: what it was trained on; its tokenizer goes along.
        result: `step`, `loss` and `bits_per_byte` for the card.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kept = {
        name: weight.contiguous() for name, weight in weights.items()
        if not (shape.tied and name == "lm_head.weight")
    }  # fmt: skip
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    corpus.write_tokenizer(folder, settings.length)
    for name, content in (
        ("config.json", _config(shape, settings, corpus.eos)),
        ("generation_config.json", {"bos_token_id": corpus.eos, "eos_token_id": corpus.eos}),
    ):
        (folder / name).write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    (folder / "README.md").write_text(_card(shape, settings, corpus, result), "utf-8")


def _config(shape: Shape, settings: Training, end: int) -> dict[str, Any]:
    return {
        "architectures": ["Qwen3ForCausalLM"],
        "model_type": "qwen3",
        "vocab_size": shape.vocabulary,
        "num_hidden_layers": shape.layers,
        "hidden_size": shape.hidden,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_dim,
        "intermediate_size": shape.feed_forward,
        "hidden_act": "silu",
        "rms_norm_eps": shape.norm_eps,
        "rope_theta": shape.rope_theta,
        "rope_parameters": {"rope_type": "default", "rope_theta": shape.rope_theta},
        "max_position_embeddings": settings.length,
        "tie_word_embeddings": shape.tied,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "use_sliding_window": False,
        "bos_token_id": end,
        "eos_token_id": end,
        "torch_dtype": "float32",
        "use_cache": True,
    }


def _card(shape: Shape, settings: Training, corpus: Corpus, result: Mapping[str, Any]) -> str:
    """Write the model card: what it is, what it was trained on, and what is not known of it."""
    languages = sorted(corpus.languages)
    codes = "\n".join(f"- {code.partition('_')[0]}" for code in languages)
    trained = result["step"] * settings.batch_tokens
    rows = "\n".join(
        f"| {code} | {bits:.4f} |" for code, bits in sorted(result["bits_per_byte"].items())
    )
    return f"""---
library_name: transformers
pipeline_tag: text-generation
language:
{codes}
---

# A language model of {shape.parameters:,} parameters

Pretrained from nothing with eurocorpus on {trained:,} tokens in {result["step"]:,} steps; the corpus
has {sum(row.tokens for row in corpus.languages.values()):,} tokens in {len(languages)}
language{"s" if len(languages) > 1 else ""}. It completes text and follows no instructions. It was trained
on text from the web and may repeat what stands there, wrong or offensive as it may be; nothing was done
to align it, and nothing but the figures below was measured.

- Shape: Qwen3's: {shape.layers} layers, width {shape.hidden}, {shape.heads} query and {shape.kv_heads}
  key-value heads of {shape.head_dim}, feed-forward {shape.feed_forward}, vocabulary {shape.vocabulary:,}
- Window: {settings.length:,} tokens, documents masked from one another; each begins with the token
  `{corpus.eos_text}`, so begin a prompt with it
- Optimiser: {settings.optimiser}, learning rate {settings.learning_rate:g}, {settings.batch_tokens:,} tokens a step,
  seed {settings.seed}
- Token files: manifest sha256 `{corpus.digest}`

| language | bits per byte, held-out documents of the same corpus |
| --- | --- |
{rows}

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(FOLDER)
model = AutoModelForCausalLM.from_pretrained(FOLDER)
prompt = tokenizer(tokenizer.bos_token + "Once", return_tensors="pt", return_token_type_ids=False)
print(tokenizer.decode(model.generate(**prompt, max_new_tokens=50)[0]))
```
"""


def load_exported(folder: Path) -> Decoder:
    """Load an export into our own decoder, on the CPU."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    shape = Shape(
        config["vocab_size"], config["num_hidden_layers"], config["hidden_size"],
        config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"],
        config["intermediate_size"], config["tie_word_embeddings"], config["rope_theta"],
        config["rms_norm_eps"],
    )  # fmt: skip
    with torch.device("meta"):
        model = Decoder(shape)
    weights = load_file(folder / "model.safetensors")
    if shape.tied:
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    model.load_state_dict(weights, assign=True)
    return model.eval()


@torch.no_grad()
def complete(model: Decoder, ids: list[int], count: int, seed: int, end: int) -> list[int]:
    """Draw up to `count` tokens after `ids`, from the 40 likeliest at temperature 0.8."""
    from .model import Documents

    draw = torch.Generator().manual_seed(seed)
    for _ in range(count):
        logits = model(torch.tensor([ids]), Documents())[0, -1] / 0.8
        best = logits.topk(min(40, len(logits)))
        chosen = torch.multinomial(best.values.softmax(0), 1, generator=draw)
        ids = [*ids, int(best.indices[chosen])]
        if ids[-1] == end:
            break
    return ids

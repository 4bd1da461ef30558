"""Configurations with which other trainers train the same model on the same token files.

Shapes, schedule and mixture are the settings'; the files are read as they lie (`tokens.py`). Names of
keys are those of Megatron-LM's arguments (as OpenEuroLLM's oellm-autoexp passes them), of torchtitan
0.3 and of nanotron, as far as known without them: none of the three is run here.
"""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .plan import Shape, count_steps, new_loader, shape_of
from .settings import Training
from .tokens import Corpus


def write_configurations(settings: Training, folder: Path) -> list[Path]:
    """Write configurations for Megatron-LM, torchtitan and nanotron.

    Where the settings have several mixtures the shares are those of the whole training, since none of
    the three changes them on the way.

    Returns:
        `megatron/data_blend.txt`, `megatron/arguments.txt`, `megatron/arguments.yaml`,
        `torchtitan.toml` and `nanotron.yaml` in `folder`.

    Raises:
        UsageError: the token files are not there.
    """
    corpus = Corpus.open(Path(settings.tokens))
    shape, steps = shape_of(settings, corpus.vocabulary), count_steps(settings, corpus.vocabulary)
    planned = new_loader(settings, corpus).count(steps * settings.batch)
    weights = {code: count / sum(planned.values()) for code, count in planned.items() if count}
    blend = data_blend(corpus, weights)
    arguments = _megatron(settings, corpus, shape, steps)
    contents = {
        "megatron/data_blend.txt": " ".join(blend) + "\n",
        "megatron/arguments.txt": _flags(arguments),
        "megatron/arguments.yaml": yaml.safe_dump(
            arguments | {"data_path": blend}, sort_keys=False
        ),
        "torchtitan.toml": _torchtitan(settings, corpus, shape, steps, weights),
        "nanotron.yaml": yaml.safe_dump(
            _nanotron(settings, corpus, shape, steps, weights), sort_keys=False
        ),
    }
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return [folder / name for name in contents]


def data_blend(corpus: Corpus, weights: Mapping[str, float]) -> list[str]:
    """Give Megatron-LM's `--data-path`: weight and prefix of each file, in turn.

    A language's weight is shared among its files as their tokens are.
    """
    words = []
    for code, weight in weights.items():
        payload = corpus.payload(code)
        for part in payload.parts:
            words += [
                f"{weight * part.tokens / payload.tokens:.8f}",
                str((corpus.folder / part.name).resolve()),
            ]
    return words


def _megatron(settings: Training, corpus: Corpus, shape: Shape, steps: int) -> dict[str, Any]:
    return {
        "num_layers": shape.layers,
        "hidden_size": shape.hidden,
        "ffn_hidden_size": shape.feed_forward,
        "num_attention_heads": shape.heads,
        "group_query_attention": True,
        "num_query_groups": shape.kv_heads,
        "kv_channels": shape.head_dim,
        "qk_layernorm": True,
        "normalization": "RMSNorm",
        "norm_epsilon": shape.norm_eps,
        "swiglu": True,
        "disable_bias_linear": True,
        "position_embedding_type": "rope",
        "rotary_base": int(shape.rope_theta),
        "untie_embeddings_and_output_weights": not shape.tied,
        "attention_dropout": 0.0,
        "hidden_dropout": 0.0,
        "init_method_std": 0.02,
        "seq_length": settings.length,
        "max_position_embeddings": settings.length,
        "reset_position_ids": True,
        "reset_attention_mask": True,
        "eod_mask_loss": False,
        "tokenizer_type": "HuggingFaceTokenizer",
        "tokenizer_model": str(corpus.tokenizer.resolve()),
        "split": "100,0,0",
        "micro_batch_size": settings.micro_batch,
        "global_batch_size": settings.batch,
        "train_iters": steps,
        "lr": settings.learning_rate,
        "min_lr": 0.0,
        "lr_decay_style": "WSD",
        "lr_wsd_decay_style": "linear",
        "lr_decay_iters": steps,
        "lr_warmup_iters": round(settings.warmup * steps),
        "lr_wsd_decay_iters": round(settings.decay * steps),
        "weight_decay": 0.1,
        "adam_beta1": 0.9,
        "adam_beta2": 0.95,
        "clip_grad": settings.clip,
        "bf16": True,
        "seed": settings.seed + 1,  # Megatron-LM refuses 0
    }


def _flags(arguments: Mapping[str, Any]) -> str:
    """Write arguments as words of a command line; what is false is left out."""
    lines = []
    for name, value in arguments.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            lines.append(flag)
        elif value is not False:
            lines.append(f"{flag} {shlex.quote(str(value))}")
    return " \\\n".join(lines) + "\n"


def _torchtitan(
    settings: Training, corpus: Corpus, shape: Shape, steps: int, weights: Mapping[str, float]
) -> str:
    """Write torchtitan's sections; the model's sizes go into a Qwen3 flavour of that name."""
    flavour = {
        "vocab_size": shape.vocabulary, "dim": shape.hidden, "n_layers": shape.layers,
        "n_heads": shape.heads, "n_kv_heads": shape.kv_heads, "head_dim": shape.head_dim,
        "hidden_dim": shape.feed_forward, "qk_norm": True, "rope_theta": shape.rope_theta,
        "norm_eps": shape.norm_eps, "max_seq_len": settings.length,
        "enable_weight_tying": shape.tied,
    }  # fmt: skip
    sections: dict[str, dict[str, Any]] = {
        "model": {"name": "qwen3", "flavor": "eurocorpus", "hf_assets_path": str(corpus.folder.resolve())},
        "optimizer": {"name": "AdamW", "lr": settings.learning_rate, "beta1": 0.9, "beta2": 0.95,
                      "weight_decay": 0.1},
        "lr_scheduler": {"warmup_steps": round(settings.warmup * steps), "decay_ratio": settings.decay,
                         "decay_type": "linear", "min_lr_factor": 0.0},
        "training": {"local_batch_size": settings.micro_batch, "global_batch_size": settings.batch,
                     "seq_len": settings.length, "max_norm": settings.clip, "steps": steps,
                     "seed": settings.seed, "dataset": "eurocorpus"},
        "compile": {"enable": True},
        "activation_checkpoint": {"mode": "full" if settings.recompute else "none"},
    }  # fmt: skip
    data = {
        code: {"weight": round(weight, 8), "end": corpus.eos, "dtype": corpus.dtype,
               "files": [str((corpus.folder / f"{part.name}.bin").resolve())
                         for part in corpus.payload(code).parts]}
        for code, weight in weights.items()
    }  # fmt: skip
    lines = [
        "# torchtitan reads memory-mapped tokens through a data set of one's own (its README on data):",
        "# register `eurocorpus` over the files of [eurocorpus.data], and the flavour of [eurocorpus.flavor]",
        "# in torchtitan/models/qwen3. Both tables are for that code; torchtitan itself skips them.",
    ]
    named = sections | {"eurocorpus.flavor": flavour}
    named |= {f"eurocorpus.data.{code}": row for code, row in data.items()}
    for name, values in named.items():
        lines += [
            "",
            f"[{name}]",
            *(f"{key} = {json.dumps(value)}" for key, value in values.items()),
        ]
    return "\n".join(lines) + "\n"


def _nanotron(
    settings: Training, corpus: Corpus, shape: Shape, steps: int, weights: Mapping[str, float]
) -> dict[str, Any]:
    """Give nanotron's configuration: a Nanoset a language, read from the `.ds` links."""
    warmup, decay = round(settings.warmup * steps), round(settings.decay * steps)
    return {
        "general": {"project": "eurocorpus", "run": settings.preset, "seed": settings.seed},
        "data_stages": [{
            "name": "pretraining", "start_training_step": 1,
            "data": {"seed": settings.seed, "num_loading_workers": 1, "dataset": {
                "dataset_folder": {str((corpus.folder / code).resolve()): round(weight, 8)
                                   for code, weight in weights.items()},
            }},
        }],
        "model": {
            "ddp_bucket_cap_mb": 25, "dtype": "bfloat16", "init_method": {"std": 0.02},
            "make_vocab_size_divisible_by": 1,
            "model_config": {
                "is_qwen2_config": True, "vocab_size": shape.vocabulary,
                "num_hidden_layers": shape.layers, "hidden_size": shape.hidden,
                "intermediate_size": shape.feed_forward, "num_attention_heads": shape.heads,
                "num_key_value_heads": shape.kv_heads, "hidden_act": "silu",
                "max_position_embeddings": settings.length, "rms_norm_eps": shape.norm_eps,
                "rope_theta": shape.rope_theta, "tie_word_embeddings": shape.tied,
                "bos_token_id": corpus.eos, "eos_token_id": corpus.eos,
            },
        },
        "optimizer": {
            "accumulate_grad_in_fp32": True, "clip_grad": settings.clip, "weight_decay": 0.1, "zero_stage": 0,
            "learning_rate_scheduler": {
                "learning_rate": settings.learning_rate, "lr_warmup_steps": warmup,
                "lr_warmup_style": "linear", "lr_decay_style": "linear",
                "lr_decay_starting_step": steps - decay, "lr_decay_steps": max(decay, 1), "min_decay_lr": 0,
            },
            "optimizer_factory": {"name": "adamW", "adam_beta1": 0.9, "adam_beta2": 0.95,
                                  "adam_eps": 1.0e-8, "torch_adam_is_fused": True},
        },
        "parallelism": {"dp": 1, "tp": 1, "pp": 1, "pp_engine": "1f1b", "tp_mode": "REDUCE_SCATTER",
                        "tp_linear_async_communication": True},
        "tokenizer": {"tokenizer_name_or_path": str(corpus.folder.resolve())},
        "tokens": {"sequence_length": settings.length, "micro_batch_size": settings.micro_batch,
                   "batch_accumulation_per_replica": max(settings.batch // settings.micro_batch, 1),
                   "train_steps": steps, "val_check_interval": -1},
    }  # fmt: skip

"""Configurations with which other trainers train the same model on the same token files.

Shapes, schedule and mixture are the settings'; the files are read as they lie (`tokens.py`). Names of
keys are those of Megatron-LM's arguments (as OpenEuroLLM's oellm-autoexp passes them), of torchtitan
0.2 (as OpenEuroLLM's titan-oellm takes it; 0.3 is configured in Python) and of nanotron's `config.py`.
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
        What was written into `folder`: a `tokenizer/` that transformers loads, `megatron/` with
        `data_blend.txt`, `arguments.txt` and `arguments.yaml`, `torchtitan/` with `train.toml` and a
        module that it imports, and `nanotron/config.yaml` with links to the files it reads.

    Raises:
        UsageError: the token files are not there.
    """
    corpus, folder = Corpus.open(Path(settings.tokens)), folder.resolve()
    shape, steps = shape_of(settings, corpus.vocabulary), count_steps(settings, corpus.vocabulary)
    planned = new_loader(settings, corpus).count(steps * settings.batch)
    weights = {code: count / sum(planned.values()) for code, count in planned.items() if count}
    blend = data_blend(corpus, weights)
    tokenizer = folder / "tokenizer"
    corpus.write_tokenizer(tokenizer, settings.length)
    arguments = _megatron(settings, tokenizer, shape, steps)
    nanosets = {_link_training_files(corpus, code, folder / "nanotron"): weight
                for code, weight in weights.items()}  # fmt: skip
    absolute = settings.model_copy(update={"tokens": str(corpus.folder.resolve())})
    contents = {
        "megatron/data_blend.txt": " ".join(blend) + "\n",
        "megatron/arguments.txt": _flags(arguments),
        "megatron/arguments.yaml": _yaml(arguments | {"data_path": blend}),
        "torchtitan/train.toml": _torchtitan(settings, tokenizer, steps),
        "torchtitan/settings.yaml": _yaml(absolute.model_dump(mode="json", exclude_none=True)),
        "torchtitan/eurocorpus_torchtitan.py": _TITAN_MODULE,
        "nanotron/config.yaml": _yaml(
            _nanotron(settings, corpus, shape, steps, nanosets, tokenizer)
        ),
    }
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return [folder / name for name in contents]


def _yaml(content: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(dict(content), sort_keys=False)
    return text


def _link_training_files(corpus: Corpus, code: str, folder: Path) -> Path:
    """Link a language's files into a folder without those held out: nanotron takes every `.ds` of one."""
    links = folder / code
    links.mkdir(parents=True, exist_ok=True)
    for part in corpus.payload(code).parts:
        source = (corpus.folder / part.name).resolve()
        for suffix, target in ((".ds", ".bin"), (".ds.index", ".ds.index")):
            link = links / f"{source.name}{suffix}"
            link.unlink(missing_ok=True)
            link.symlink_to(source.with_name(f"{source.name}{target}"))
    return links


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


def _megatron(settings: Training, tokenizer: Path, shape: Shape, steps: int) -> dict[str, Any]:
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
        "tokenizer_model": str(tokenizer),
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


_TITAN_MODULE = '''"""Makes torchtitan know the model and the data of `settings.yaml`; eurocorpus must be installed."""

from pathlib import Path

from eurocorpus.pipeline.train.titan import register

register(Path(__file__).with_name("settings.yaml"))
'''


def _torchtitan(settings: Training, tokenizer: Path, steps: int) -> str:
    """Write torchtitan's sections; sizes and data come from the module that it imports."""
    sections: dict[str, dict[str, Any]] = {
        "experimental": {"custom_import": "eurocorpus_torchtitan"},
        "model": {"name": "eurocorpus", "flavor": "eurocorpus", "hf_assets_path": str(tokenizer)},
        "optimizer": {"name": "AdamW", "lr": settings.learning_rate, "beta1": 0.9, "beta2": 0.95,
                      "weight_decay": 0.1},
        "lr_scheduler": {"warmup_steps": round(settings.warmup * steps), "decay_ratio": settings.decay,
                         "decay_type": "linear", "min_lr_factor": 0.0},
        "training": {"local_batch_size": settings.micro_batch, "global_batch_size": settings.batch,
                     "seq_len": settings.length, "max_norm": settings.clip, "steps": steps},
        "debug": {"seed": settings.seed},
        "compile": {"enable": True},
        "activation_checkpoint": {"mode": "full" if settings.recompute else "none"},
    }  # fmt: skip
    lines = ["# PYTHONPATH=<this folder> ./run_train.sh --job.config_file <this file>"]
    for name, values in sections.items():
        lines += [
            "",
            f"[{name}]",
            *(f"{key} = {json.dumps(value)}" for key, value in values.items()),
        ]
    return "\n".join(lines) + "\n"


def _nanotron(
    settings: Training,
    corpus: Corpus,
    shape: Shape,
    steps: int,
    nanosets: Mapping[Path, float],
    tokenizer: Path,
) -> dict[str, Any]:
    """Give nanotron's configuration: a Nanoset a language. Its Qwen has no norms of queries and keys."""
    warmup, decay = round(settings.warmup * steps), round(settings.decay * steps)
    return {
        "checkpoints": {"checkpoints_path": "checkpoints", "checkpoint_interval": max(steps // 10, 1)},
        "logging": {"log_level": "info", "iteration_step_info_interval": 10},
        "general": {"project": "eurocorpus", "run": settings.preset, "seed": settings.seed},
        "data_stages": [{
            "name": "pretraining", "start_training_step": 1,
            "data": {"seed": settings.seed, "num_loading_workers": 1, "dataset": {
                "dataset_folder": [str(path) for path in nanosets],
                "dataset_weights": [round(weight, 8) for weight in nanosets.values()],
                "tokenizer_name": str(tokenizer), "vocab_size": shape.vocabulary,
                "token_size_in_bytes": 2 if corpus.dtype == "uint16" else 4,
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
                "rope_theta": float(shape.rope_theta), "tie_word_embeddings": shape.tied,
                "bos_token_id": corpus.eos, "eos_token_id": corpus.eos,
            },
        },
        "optimizer": {
            "accumulate_grad_in_fp32": True, "clip_grad": settings.clip, "weight_decay": 0.1, "zero_stage": 0,
            "learning_rate_scheduler": {
                "learning_rate": settings.learning_rate, "lr_warmup_steps": warmup,
                "lr_warmup_style": "linear", "lr_decay_style": "linear",
                "lr_decay_starting_step": steps - decay, "lr_decay_steps": max(decay, 1), "min_decay_lr": 0.0,
            },
            "optimizer_factory": {"name": "adamW", "adam_beta1": 0.9, "adam_beta2": 0.95,
                                  "adam_eps": 1.0e-8, "torch_adam_is_fused": True},
        },
        "parallelism": {"dp": 1, "tp": 1, "pp": 1, "pp_engine": "1f1b", "tp_mode": "REDUCE_SCATTER",
                        "tp_linear_async_communication": True},
        "tokenizer": {"tokenizer_name_or_path": str(tokenizer)},
        "tokens": {"sequence_length": settings.length, "micro_batch_size": settings.micro_batch,
                   "batch_accumulation_per_replica": max(settings.batch // settings.micro_batch, 1),
                   "train_steps": steps, "val_check_interval": -1},
    }  # fmt: skip

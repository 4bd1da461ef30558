"""Configurations for other trainers name the same files, shares and sizes."""

import importlib
import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from topics import make_texts, write_texts

from eurocorpus.pipeline.train.handoff import data_blend, write_configurations
from eurocorpus.pipeline.train.plan import new_loader
from eurocorpus.pipeline.train.settings import read_settings
from eurocorpus.pipeline.train.tokenize import Settings, tokenize
from eurocorpus.pipeline.train.tokenizer import train_tokenizer
from eurocorpus.pipeline.train.tokens import Corpus


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("handoff")
    corpus = write_texts(
        folder / "texts", {"mlt_Latn": make_texts(60, 0), "gle_Latn": make_texts(30, 1)}
    )
    train_tokenizer(corpus, folder / "tokenizer", vocabulary=300)
    tokenize(
        corpus, folder / "tokens", folder / "tokenizer" / "tokenizer.json",
        settings=Settings(validation=0, part_tokens=3000), engine="local", workers=1,
    )  # fmt: skip
    return folder / "tokens"


def test_the_blend_shares_a_weight_among_the_files_of_a_language(tokens: Path) -> None:
    corpus = Corpus.open(tokens)
    words = data_blend(corpus, {"mlt_Latn": 0.75, "gle_Latn": 0.25})
    shares, prefixes = list(map(float, words[::2])), words[1::2]
    assert len(corpus.payload("mlt_Latn").parts) > 1
    for code, weight in (("mlt_Latn", 0.75), ("gle_Latn", 0.25)):
        own = [share for share, prefix in zip(shares, prefixes, strict=True) if code in prefix]
        assert sum(own) == pytest.approx(weight, abs=1e-6)
    assert all(
        Path(f"{prefix}.idx").exists() and Path(f"{prefix}.bin").exists() for prefix in prefixes
    )


def test_all_three_say_the_same(tokens: Path, tmp_path: Path) -> None:
    settings = read_settings(
        None, tokens=str(tokens), output="o", preset="150M", length=64, batch_tokens=1024, steps=50,
        micro_batch=4, mixture=[{"weights": {"mlt_Latn": 3, "gle_Latn": 1}}],
    )  # fmt: skip
    write_configurations(settings, tmp_path)
    megatron = yaml.safe_load((tmp_path / "megatron" / "arguments.yaml").read_text("utf-8"))
    titan = tomllib.loads((tmp_path / "torchtitan" / "train.toml").read_text("utf-8"))
    nanotron = yaml.safe_load((tmp_path / "nanotron" / "config.yaml").read_text("utf-8"))
    again = read_settings(tmp_path / "torchtitan" / "settings.yaml")
    assert again.model_copy(update={"tokens": settings.tokens}) == settings
    assert megatron["hidden_size"] == again.hidden == 1024
    assert nanotron["model"]["model_config"]["hidden_size"] == 1024
    assert (
        megatron["train_iters"]
        == titan["training"]["steps"]
        == nanotron["tokens"]["train_steps"]
        == 50
    )
    assert megatron["lr_wsd_decay_iters"] == 10
    dataset = nanotron["data_stages"][0]["data"]["dataset"]
    assert sorted(dataset["dataset_weights"]) == [0.25, 0.75]
    corpus = Corpus.open(tokens)
    for folder in map(Path, dataset["dataset_folder"]):
        linked = sorted(path for path in folder.glob("*.ds"))  # what nanotron reads
        parts = corpus.payload(folder.name).parts
        assert [path.stat().st_size for path in linked] == [2 * part.tokens for part in parts]
        assert all(path.with_name(f"{path.name}.index").exists() for path in linked)
    flags = (tmp_path / "megatron" / "arguments.txt").read_text("utf-8")
    assert "--swiglu \\\n" in flags
    assert "--eod-mask-loss" not in flags
    assert (tmp_path / "megatron" / "data_blend.txt").read_text("utf-8").split() == megatron[
        "data_path"
    ]


def test_the_tokenizer_is_one_that_transformers_loads(tokens: Path, tmp_path: Path) -> None:
    """Megatron-LM, torchtitan and nanotron each give the folder to it or to something like it."""
    from transformers import AutoTokenizer

    settings = read_settings(None, tokens=str(tokens), output="o", length=64, steps=5)
    write_configurations(settings, tmp_path)
    megatron = yaml.safe_load((tmp_path / "megatron" / "arguments.yaml").read_text("utf-8"))
    tokenizer = AutoTokenizer.from_pretrained(megatron["tokenizer_model"])
    assert tokenizer.eos_token_id == Corpus.open(tokens).eos


def test_torchtitan_takes_the_configuration(
    tokens: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own reader refuses keys that it does not know; batches are the loader's at any number of ranks."""
    pytest.importorskip("torchtitan", reason="torchtitan 0.2 is not installed")
    from torchtitan.config import ConfigManager
    from torchtitan.protocols.train_spec import get_train_spec

    settings = read_settings(
        None, tokens=str(tokens), output="o", preset="150M", length=64, batch_tokens=1024, steps=50,
        micro_batch=4,
    )  # fmt: skip
    write_configurations(settings, tmp_path)
    file = tmp_path / "torchtitan" / "train.toml"
    config = ConfigManager().parse_args(["--job.config_file", str(file)])
    monkeypatch.syspath_prepend(str(file.parent))
    importlib.import_module(config.experimental.custom_import)
    spec = get_train_spec(config.model.name)
    sizes = spec.model_args[config.model.flavor]
    assert (sizes.dim, sizes.n_layers) == (1024, 13)
    spec.build_tokenizer_fn(config)

    def begin(rank: int, world: int) -> Any:
        return spec.build_dataloader_fn(
            dp_world_size=world, dp_rank=rank, tokenizer=None, job_config=config
        )

    corpus = Corpus.open(tokens)
    expected = new_loader(settings, corpus).batch(0, 16).tokens
    one = begin(0, 1)
    batches = iter(one)
    first = [next(batches)[0]["input"] for _ in range(2)]
    two = [begin(rank, 2) for rank in range(2)]
    for part in two:
        part.load_state_dict(one.state_dict())
    rest = [next(iter(part))[1] for part in two]
    assert torch.cat(first).tolist() == expected[:8, :-1].tolist()
    assert torch.stack(rest, 1).flatten(0, 1).tolist() == expected[8:, 1:].tolist()

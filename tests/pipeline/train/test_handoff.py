"""Configurations for other trainers name the same files, shares and sizes."""

import tomllib
from pathlib import Path

import pytest
import yaml
from topics import make_texts, write_texts

from eurocorpus.pipeline.train.handoff import data_blend, write_configurations
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
    titan = tomllib.loads((tmp_path / "torchtitan.toml").read_text("utf-8"))
    nanotron = yaml.safe_load((tmp_path / "nanotron.yaml").read_text("utf-8"))
    assert megatron["hidden_size"] == titan["eurocorpus"]["flavor"]["dim"] == 1024
    assert nanotron["model"]["model_config"]["hidden_size"] == 1024
    assert (
        megatron["train_iters"]
        == titan["training"]["steps"]
        == nanotron["tokens"]["train_steps"]
        == 50
    )
    assert megatron["lr_wsd_decay_iters"] == 10
    folders = nanotron["data_stages"][0]["data"]["dataset"]["dataset_folder"]
    assert sorted(folders.values()) == [0.25, 0.75]
    assert all(list(Path(folder).glob("*.ds.index")) for folder in folders)
    for row in titan["eurocorpus"]["data"].values():
        assert all(Path(file).exists() for file in row["files"])
    flags = (tmp_path / "megatron" / "arguments.txt").read_text("utf-8")
    assert "--swiglu \\\n" in flags
    assert "--eod-mask-loss" not in flags
    assert (tmp_path / "megatron" / "data_blend.txt").read_text("utf-8").split() == megatron[
        "data_path"
    ]

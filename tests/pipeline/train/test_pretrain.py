"""Pretraining: it learns, it stops and goes on exactly, and what it exports is what it trained."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from runs import command, eurocorpus
from topics import make_texts, write_texts

from eurocorpus.pipeline.errors import RunError, UsageError
from eurocorpus.pipeline.train.checkpoint import list_checkpoints
from eurocorpus.pipeline.train.evaluate import HeldOut, document_nats, held_out
from eurocorpus.pipeline.train.export import load_exported
from eurocorpus.pipeline.train.launch import launch
from eurocorpus.pipeline.train.metrics import read_metrics
from eurocorpus.pipeline.train.model import Decoder, Documents
from eurocorpus.pipeline.train.ngram import NGram
from eurocorpus.pipeline.train.plan import plan, shape_of
from eurocorpus.pipeline.train.pretrain import pretrain
from eurocorpus.pipeline.train.settings import Training, presets, read_settings
from eurocorpus.pipeline.train.tokenize import Settings, tokenize
from eurocorpus.pipeline.train.tokenizer import train_tokenizer
from eurocorpus.pipeline.train.tokens import Corpus

TINY = {
    "layers": 2, "hidden": 32, "heads": 2, "kv_heads": 1, "head_dim": 16, "feed_forward": 64,
    "length": 64, "batch_tokens": 256, "micro_batch": 2, "learning_rate": 0.01,
    "evaluate_tokens": 500, "evaluate_every": 1000, "save_every": 1000,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Token files of two made-up languages."""
    folder = tmp_path_factory.mktemp("topics")
    texts = {"mlt_Latn": make_texts(1500, 0), "gle_Latn": make_texts(700, 1)}
    corpus = write_texts(folder / "texts", texts)
    train_tokenizer(corpus, folder / "tokenizer", vocabulary=512)
    tokenize(
        corpus, folder / "tokens", folder / "tokenizer" / "tokenizer.json",
        settings=Settings(validation=0.02), engine="local", workers=1,
    )  # fmt: skip
    return folder / "tokens"


@pytest.fixture
def new_settings(tokens: Path, tmp_path: Path) -> Callable[..., Training]:
    def new(**given: Any) -> Training:
        standard = {"tokens": str(tokens), "output": str(tmp_path / "model"), **TINY}
        return read_settings(None, **standard | given)

    return new


def silent(line: str) -> None:
    """Say nothing."""


def losses(folder: str | Path) -> list[float]:
    return [line["loss"] for line in read_metrics(Path(folder) / "metrics.jsonl") if "loss" in line]


def test_it_learns_more_than_a_unigram_and_a_4_gram_know(
    new_settings: Callable[..., Training], tokens: Path
) -> None:
    """Both are told all tokens that the model sees; the model needs about 15 CPU-seconds."""
    settings = new_settings(
        preset="0.4M", steps=100, hidden=64, heads=4, kv_heads=2, feed_forward=128, length=128,
        batch_tokens=1024, micro_batch=8, evaluate_tokens=4000, mixture=[{"weights": {"mlt_Latn": 1}}],
    )  # fmt: skip
    found = pretrain(settings, silent)["bits_per_byte"]["mlt_Latn"]
    corpus = Corpus.open(tokens)
    payload, text = corpus.payload("mlt_Latn"), held_out(corpus, 4000)["mlt_Latn"]
    seen = HeldOut.of(((payload.document(i)[:-1], 0) for i in range(len(payload))), corpus.eos)
    one, four = (
        sum(model.nats(ids).sum() for ids in text.documents()) / log(2) / text.bytes.sum()
        for model in (NGram(n, corpus.vocabulary, seen.documents()) for n in (1, 4))
    )
    assert found < four < one, (found, four, one)


def test_stopped_and_resumed_with_one_two_and_one_rank_it_loses_nothing(
    new_settings: Callable[..., Training], tmp_path: Path
) -> None:
    """Every loss is the same to 1e-6 as in a run that nothing stopped."""
    whole = new_settings(steps=12, output=str(tmp_path / "whole"))
    pretrain(whole, silent)
    cut = new_settings(steps=12, output=str(tmp_path / "cut"), session_steps=4)
    for processes in (1, 2, 1):
        result = launch(cut, "torchrun", processes, silent)
    assert result["finished"]
    assert len(losses(cut.output)) == 12
    for a, b in zip(losses(whole.output), losses(cut.output), strict=True):
        assert abs(a - b) < 1e-6
    names = [path.name for path in list_checkpoints(Path(cut.output) / "checkpoints")]
    assert names == ["step-00000008", "step-00000012"]
    first, second = (load_exported(Path(f) / "hf") for f in (whole.output, cut.output))
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=0)


def test_a_signal_saves_and_ends_well(
    new_settings: Callable[..., Training], tmp_path: Path
) -> None:
    """Both ranks stop after the same step, and the command goes on from there."""
    settings = new_settings(steps=1_000_000)
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump(settings.model_dump(mode="json")), "utf-8")
    process = subprocess.Popen(
        command("pretrain", file, "--processes", 2), stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 240
    while not losses(settings.output) and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.2)
    process.send_signal(signal.SIGUSR1)
    _, said = process.communicate(timeout=240)
    assert process.returncode == 0, said
    step = len(losses(settings.output))
    assert f"Stopped at step {step:,} as asked" in said
    [path] = list_checkpoints(Path(settings.output) / "checkpoints")
    assert path.name == f"step-{step:08}"
    again = settings.model_copy(update={"session_steps": 1})
    assert pretrain(again, silent)["step"] == step + 1


def test_transformers_computes_the_same_logits(
    new_settings: Callable[..., Training], tokens: Path
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = pretrain(new_settings(steps=3, tied=False), silent)["model"]
    corpus = Corpus.open(tokens)
    ids = corpus.payload("gle_Latn").read(0, 60).astype("int64")[None]
    theirs, ours = AutoModelForCausalLM.from_pretrained(folder), load_exported(Path(folder))
    with torch.no_grad():
        a, b = theirs(torch.from_numpy(ids)).logits, ours(torch.from_numpy(ids), Documents())
    assert type(theirs).__name__ == "Qwen3ForCausalLM"
    torch.testing.assert_close(a, b, atol=1e-5, rtol=0)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.decode(tokenizer("kalo nen")["input_ids"]) == "kalo nen"
    assert tokenizer.eos_token_id == theirs.config.eos_token_id == corpus.eos
    prompt = tokenizer(
        tokenizer.bos_token + "kalo", return_tensors="pt", return_token_type_ids=False
    )
    assert theirs.generate(**prompt, max_new_tokens=4).shape[1] > prompt["input_ids"].shape[1]
    card = (Path(folder) / "README.md").read_text("utf-8")
    assert "| gle_Latn |" in card
    assert corpus.digest in card


def test_nats_of_documents_do_not_depend_on_rows(tokens: Path) -> None:
    corpus = Corpus.open(tokens)
    model = Decoder(
        shape_of(read_settings(None, tokens="t", output="o", **TINY), corpus.vocabulary)
    )
    model.initialise(0)
    text = held_out(corpus, 600)["gle_Latn"]
    one, other = (
        document_nats(model, text, length=512, rows=rows, between=corpus.eos) for rows in (1, 3)
    )
    np.testing.assert_allclose(one, other, rtol=1e-5)
    assert (one > 0).all()
    assert one.sum() / log(2) / text.bytes.sum() == pytest.approx(
        log(corpus.vocabulary) / log(2) * (len(text.stream) - len(one)) / text.bytes.sum(), rel=0.02
    )  # a model that knows nothing


def test_the_plan_is_what_is_done(new_settings: Callable[..., Training]) -> None:
    settings = new_settings(budget=3 * 256 + 100, mixture=[{"rule": "uniform"}])
    planned = plan(settings)
    assert planned["steps"] == 3
    assert planned["tokens"] == 3 * 256
    assert {code: row["samples"] for code, row in planned["languages"].items()} == {
        "gle_Latn": 6, "mlt_Latn": 6,
    }  # fmt: skip
    result = pretrain(settings, silent)
    assert result["steps"] == 3
    assert set(result["bits_per_byte"]) == {"gle_Latn", "mlt_Latn"}
    folder = Path(settings.output)
    assert (folder / "loss.svg").read_text("utf-8").startswith("<svg")
    assert json.loads((folder / "summary.json").read_text("utf-8")) == result


@pytest.mark.parametrize("name", presets())
def test_presets_have_the_size_of_their_name(name: str) -> None:
    settings = read_settings(None, tokens="t", output="o", preset=name)
    body = shape_of(settings, 64_000).body
    wanted = float(name[:-1]) * {"M": 1e6, "B": 1e9}[name[-1]]
    assert 0.75 < body / wanted < 1.1


def test_another_model_or_corpus_is_not_taken_up(new_settings: Callable[..., Training]) -> None:
    pretrain(new_settings(steps=2), silent)
    with pytest.raises(UsageError, match=r"hidden 32 \(now 64\)"):
        pretrain(new_settings(steps=4, hidden=64), silent)
    with pytest.raises(UsageError, match="seed was 0, is 1"):
        pretrain(new_settings(steps=4, seed=1), silent)


def test_a_checkpoint_can_begin_another_training(
    new_settings: Callable[..., Training], tmp_path: Path
) -> None:
    """As when the decay is tried out early."""
    pretrain(new_settings(steps=8, session_steps=4, decay=0.0), silent)
    start = tmp_path / "model" / "checkpoints" / "step-00000004"
    short = new_settings(steps=6, decay=0.5, output=str(tmp_path / "short"), start=str(start))
    assert pretrain(short, silent)["step"] == 6
    assert [line["step"] for line in read_metrics(tmp_path / "short" / "metrics.jsonl")][:2] == [
        5,
        6,
    ]


def test_a_loss_that_is_not_finite_ends_it(new_settings: Callable[..., Training]) -> None:
    with pytest.raises(RunError, match="lower `learning_rate`"):
        pretrain(new_settings(steps=30, learning_rate=1e30, warmup=0.0), silent)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"preset": "2M"}, "expected one of 0.4M, 1M"),
        ({"laers": 3}, "no such setting; there are tokens"),
        ({"heads": 3, "kv_heads": 2}, "must be a multiple of kv_heads"),
        ({"batch_tokens": 1000}, "must be a multiple of length"),
        ({"steps": 3, "budget": 9}, "not both"),
        ({"steps": "x"}, "`steps`"),
        ({"learning_rate": -1}, "`learning_rate`"),
    ],
)
def test_wrong_settings_are_refused_in_a_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read_settings(None, tokens="t", output="o", **{**TINY, **given})


def test_wrong_files_are_refused_in_a_sentence(tmp_path: Path) -> None:
    for content, sentence in (("[", "expected a YAML file"), ("3", "lines, found int")):
        file = tmp_path / "settings.yaml"
        file.write_text(content, "utf-8")
        with pytest.raises(UsageError, match=sentence):
            read_settings(file)
    result = eurocorpus("pretrain", tmp_path / "nowhere")
    assert result.returncode == 2
    assert "expected a YAML file of settings or the folder of a run" in result.stderr

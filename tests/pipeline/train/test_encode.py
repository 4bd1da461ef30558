import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.train.encode import (
    HARD,
    as_bytes,
    choose_encoder,
    difference,
    open_encoder,
    read_tokenizer,
)

LETTERS = "aàbċdeéfgħh iłmnñoøprßstuvzżαβγδдщ 中🙂"


def other_tokenizer(path: Path, splitter: Any, normalizer: Any = None, end: str = "</s>") -> Path:
    """Train a tokenizer of another make."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = splitter, decoders.ByteLevel()
    if normalizer:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=[end], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    texts = ["the theatre there and then, don't", "għal għalhekk", "ab bc cd ab bc ab"] * 9
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.save(str(path))
    return path


@given(st.text() | st.text(LETTERS, max_size=400) | st.text(" \n\r\t\u00a0a1!'’-", max_size=80))
@settings(deadline=None, max_examples=300)
def test_tiktoken_gives_the_same_ids_for_any_text(tokenizer: Path, text: str) -> None:
    fast, reference = open_encoder(tokenizer, "tiktoken"), open_encoder(tokenizer, "tokenizers")
    assert difference(fast, reference, [text]) is None
    spelled = as_bytes(tokenizer)
    assert spelled is not None
    assert b"".join(spelled[number] for number in reference([text])[0].tolist()) == text.encode()


@pytest.mark.parametrize("kind", ["tokenizers", "tiktoken"])
def test_text_that_spells_a_special_token_is_text(tokenizer: Path, kind: str) -> None:
    flat, lengths = open_encoder(tokenizer, kind)(["a<|endoftext|>b", "", "<|pad|>"])
    assert read_tokenizer(tokenizer).eos_id not in flat.tolist()
    assert min(flat.tolist()) > 3
    assert lengths.tolist()[1] == 0
    assert lengths.sum() == len(flat)


def test_gigatoken_is_held_against_the_others(tokenizer: Path) -> None:
    pytest.importorskip("gigatoken")
    reference = open_encoder(tokenizer, "tokenizers")
    assert difference(open_encoder(tokenizer, "gigatoken"), reference, HARD) is None


def test_an_encoder_that_is_not_installed_is_named(tokenizer: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gigatoken", None)
    open_encoder.cache_clear()
    with pytest.raises(UsageError, match="pip install gigatoken"):
        choose_encoder(tokenizer, "gigatoken", {})
    with pytest.raises(UsageError, match="expected auto, tokenizers"):
        choose_encoder(tokenizer, "quick", {})


def test_gpt2_tokenizers_are_fast_too(tmp_path: Path) -> None:
    path = other_tokenizer(tmp_path / "t.json", pre_tokenizers.ByteLevel(add_prefix_space=False))
    assert choose_encoder(path, "auto", {"eng_Latn": ["It's the theatre."]}) == ("tiktoken", None)
    assert read_tokenizer(path).eos == "</s>"


def test_what_tiktoken_cannot_express_goes_the_slow_way(tmp_path: Path) -> None:
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    path = other_tokenizer(tmp_path / "t.json", splitter, normalizers.Lowercase())
    kind, why = choose_encoder(path, "auto", {})
    assert kind == "tokenizers"
    assert why is not None
    assert "changes the text" in why
    with pytest.raises(UsageError, match="changes the text"):
        choose_encoder(path, "tiktoken", {})


def test_an_encoder_that_differs_is_refused_and_the_text_is_shown(tmp_path: Path) -> None:
    """Merges in another order than the ids: tiktoken cannot know of it."""
    split = pre_tokenizers.Split(Regex(r"\S+|\s+"), "isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    path = other_tokenizer(tmp_path / "t.json", pre_tokenizers.Sequence([split, byte_level]))
    content = json.loads(path.read_text("utf-8"))
    content["model"]["merges"].reverse()
    path.write_text(json.dumps(content), "utf-8")
    samples = {"eng_Latn": ["the abc"]}
    with pytest.raises(
        UsageError, match=r"tiktoken gives other ids .* eng_Latn: token \d+ of 'the abc"
    ):
        choose_encoder(path, "tiktoken", samples)
    kind, why = choose_encoder(path, "auto", samples)
    assert kind == "tokenizers"
    assert why is not None


def test_the_end_of_documents_must_have_a_token(tmp_path: Path) -> None:
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    path = other_tokenizer(tmp_path / "t.json", splitter, end="<finis>")
    with pytest.raises(UsageError, match="Name it with --eos"):
        read_tokenizer(path)
    assert read_tokenizer(path, "<finis>").eos_id == 0
    with pytest.raises(UsageError, match="one of <end>; found none"):
        read_tokenizer(path, "<end>")


@pytest.mark.parametrize("content", ["", "{}", "no tokenizer"])
def test_a_file_that_is_no_tokenizer_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content, "utf-8")
    with pytest.raises(UsageError, match=r"expected a tokenizer\.json"):
        read_tokenizer(path)
    with pytest.raises(UsageError, match=r"expected a tokenizer\.json"):
        read_tokenizer(tmp_path / "missing.json")

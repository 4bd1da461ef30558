"""A small corpus in four languages, a tokenizer of it, and its token files."""

from pathlib import Path

import pytest
from train_texts import LANGUAGES, story

from eurocorpus.pipeline.train.tokenize import Settings, tokenize
from eurocorpus.pipeline.train.tokenizer import train_tokenizer
from eurocorpus.pipeline.train.tokens import Corpus


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file a language, a paragraph a line."""
    folder = tmp_path_factory.mktemp("texts")
    for language in LANGUAGES:
        (folder / f"{language}.txt").write_text("\n".join(story(language)) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="session")
def parallel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The article that the sample web has in every language."""
    folder = tmp_path_factory.mktemp("parallel")
    for language in LANGUAGES:
        (folder / f"{language}.txt").write_text("\n".join(story(language, "bees")) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="session")
def tokenizer(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `tokenizer.json` of 600 ids."""
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(texts, folder, vocabulary=600, sample_bytes=100_000)
    return folder / "tokenizer.json"


@pytest.fixture(scope="session")
def corpus(texts: Path, tokenizer: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The token files of the small corpus, in parts of about 600 tokens."""
    out = tmp_path_factory.mktemp("tokens")
    settings = Settings(validation=0.1, part_tokens=600)
    return tokenize(texts, out, tokenizer, settings=settings, workers=1)

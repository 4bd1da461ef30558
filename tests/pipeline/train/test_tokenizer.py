import json
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs import eurocorpus
from train_texts import LANGUAGES, story

from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.train import parity
from eurocorpus.pipeline.train.encode import load_tokenizer
from eurocorpus.pipeline.train.parity import MAX_LOSS
from eurocorpus.pipeline.train.tokenizer import SPECIAL, train_tokenizer
from eurocorpus.pipeline.train.tokenizer_figures import gini, long_runs, measure, vocabulary_shares
from eurocorpus.pipeline.train.tokenizer_gates import check, dead_tokens
from eurocorpus.pipeline.train.tokenizer_report import failed, report_tokenizers
from eurocorpus.pipeline.train.tokenizer_sample import Pool


def gates(path: Path, texts: dict[str, list[str]], **others: Any) -> dict[str, str]:
    """The gates that a tokenizer does not pass, and why."""
    arguments: dict[str, Any] = {
        "wanted": list(texts),
        "trained": dict.fromkeys(texts, 1.0),
    } | others
    return {g.name: g.found for g in check(path, texts, **arguments) if not g.passed}


def articles_of(*languages: str) -> dict[str, list[str]]:
    return {language: story(language) for language in languages}


def edit(path: Path, out: Path, change: Any) -> Path:
    content = json.loads(path.read_text("utf-8"))
    change(content)
    out.write_text(json.dumps(content), "utf-8")
    return out


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=8).filter(any))
def test_gini_is_the_mean_difference_over_twice_the_mean(values: list[float]) -> None:
    pairs = [abs(a - b) for a in values for b in values]
    mean = sum(values) / len(values)
    assert gini(values) == pytest.approx(sum(pairs) / len(pairs) / 2 / mean, abs=1e-9)


def test_the_same_texts_give_the_same_tokenizer(
    texts: Path, tokenizer: Path, tmp_path: Path
) -> None:
    again = train_tokenizer(texts, tmp_path, vocabulary=600, sample_bytes=100_000)
    assert (tmp_path / "tokenizer.json").read_bytes() == tokenizer.read_bytes()
    written = json.loads((tmp_path / "training.json").read_text("utf-8"))
    assert written == again.to_json()
    assert again.vocabulary == 600
    assert set(again.weights) == set(LANGUAGES)
    loaded = load_tokenizer(tokenizer)
    assert [loaded.token_to_id(name) for name in SPECIAL] == list(range(len(SPECIAL)))


def test_a_language_that_is_wanted_must_be_there(texts: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no text in kat_Geor; there are ell_Grek, eng_Latn"):
        train_tokenizer(texts, tmp_path, languages=["eng_Latn", "kat_Geor"])
    empty = tmp_path / "in"
    shutil.copytree(texts, empty)
    (empty / "deu_Latn.txt").write_text("\n\n", "utf-8")
    with pytest.raises(UsageError, match="expected texts in deu_Latn, found none"):
        train_tokenizer(empty, tmp_path / "out", vocabulary=600)
    small = train_tokenizer(
        texts, tmp_path / "out", vocabulary=600, languages=["eng_Latn"], sample_bytes=9000
    )
    assert small.weights == {"eng_Latn": 1.0}


def test_arguments_without_sense_are_refused(texts: Path, parallel: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--vocab-size: expected at least 260"):
        train_tokenizer(texts, tmp_path, vocabulary=100)
    with pytest.raises(UsageError, match="--sample-bytes"):
        train_tokenizer(texts, tmp_path, sample_bytes=0)
    with pytest.raises(UsageError, match="sampling 'fair'"):
        train_tokenizer(texts, tmp_path, sampling="fair")
    some = tmp_path / "some"
    some.mkdir()
    shutil.copy(parallel / "eng_Latn.txt", some)
    with pytest.raises(UsageError, match="found none in ell_Grek, fra_Latn, mlt_Latn"):
        train_tokenizer(texts, tmp_path, sampling="parity", parallel=some)
    assert not (tmp_path / "tokenizer.json").exists()


@given(st.lists(st.text(max_size=30), min_size=1), st.floats(0, 5))
def test_a_pool_gives_about_what_is_asked_for(texts: list[str], ratio: float) -> None:
    pool = Pool([text for text in texts if text] or ["x"], 0)
    pool = Pool(pool.texts, sum(len(text.encode()) for text in pool.texts))
    taken = sum(len(text.encode()) for text in pool.take(ratio * pool.bytes))
    longest = max(len(text.encode()) for text in pool.texts)
    assert abs(taken - ratio * pool.bytes) <= longest / 2 + 1


def test_parity_halves_the_inequality_and_keeps_the_compression(
    texts: Path, parallel: Path, tmp_path: Path
) -> None:
    """Of a corpus that is nearly all English."""
    skewed = tmp_path / "in"
    shutil.copytree(texts, skewed)
    english = (skewed / "eng_Latn.txt").read_text("utf-8")
    (skewed / "eng_Latn.txt").write_text(english * 6, "utf-8")
    training = train_tokenizer(
        skewed,
        tmp_path / "fair",
        vocabulary=700,
        sample_bytes=60_000,
        sampling="parity",
        parallel=parallel,
    )
    chosen = min((r for r in training.rounds if r.loss <= MAX_LOSS), key=lambda one: one.gini)
    assert training.weights == chosen.weights
    assert chosen.gini < training.rounds[0].gini
    assert training.rounds[0].loss == 0
    assert len(training.rounds) <= parity.ROUNDS


def test_figures_are_counted_by_hand(tokenizer: Path) -> None:
    loaded = load_tokenizer(tokenizer)
    texts = {"eng_Latn": ["The bees, the bees.", "Honey"], "ell_Grek": ["Μέλι και νερό"]}
    found = measure(loaded, texts, 600)["eng_Latn"]
    ids = [loaded.encode(text, add_special_tokens=False).ids for text in texts["eng_Latn"]]
    words = ["The", "bees,", "the", "bees.", "Honey"]
    split = [w for w in words if len(loaded.encode(f" {w}", add_special_tokens=False).ids) > 1]
    assert (found.bytes, found.characters, found.words) == (24, 24, 5)
    assert found.tokens == len(ids[0]) + len(ids[1])
    assert found.used == len({*ids[0], *ids[1]})
    assert found.continued == pytest.approx(len(split) / 5)


def test_shares_of_the_vocabulary_make_one() -> None:
    import numpy as np

    shares = vocabulary_shares({"a": np.array([0, 3, 1, 0]), "b": np.array([0, 0, 5, 5])})
    both = 0.25 / (0.25 + 0.5)  # of the id that both use, by how frequent it is in each
    assert shares == pytest.approx({"a": (1 + both) / 3, "b": (1 - both + 1) / 3})
    assert vocabulary_shares({}) == {}


def test_long_runs_are_counted() -> None:
    spelled = [
        b"=" * 17,
        b" " * 16,
        b"\n" * 20,
        b"a" * 30,
        b"_" * 17,
        "…".encode() * 17,
        b"\x80" * 40,
    ]
    assert long_runs(dict(enumerate(spelled))) == 4


def test_a_good_tokenizer_passes_all_gates(tokenizer: Path) -> None:
    assert gates(tokenizer, articles_of(*LANGUAGES)) == {}


def test_a_language_left_out_fails_the_gate(tokenizer: Path) -> None:
    """As Georgian once was, by a list in somebody's code."""
    found = gates(tokenizer, articles_of("eng_Latn"), wanted=["eng_Latn", "kat_Geor"])
    assert found == {"languages": "not in the report: kat_Geor; not trained on: kat_Geor"}


def test_lost_text_fails_the_gate(tokenizer: Path, tmp_path: Path) -> None:
    texts = articles_of("eng_Latn")

    def lose_a_byte(content: dict[str, Any]) -> None:
        del content["model"]["vocab"]["å"]
        merges = content["model"]["merges"]
        content["model"]["merges"] = [m for m in merges if "å" not in "".join(m)]

    def change_text(content: dict[str, Any]) -> None:
        content["normalizer"] = {"type": "Lowercase"}

    broken = edit(tokenizer, tmp_path / "a.json", lose_a_byte)
    assert gates(broken, texts)["lossless"] == "no id for 1 of 256 bytes, such as 0xe5"
    lower = edit(tokenizer, tmp_path / "b.json", change_text)
    assert "texts do not come back, such as" in gates(lower, texts)["lossless"]


def test_dead_vocabulary_fails_the_gate(tokenizer: Path, tmp_path: Path) -> None:
    def add(content: dict[str, Any]) -> None:
        content["model"]["vocab"]["qzqz"] = 600

    broken = edit(tokenizer, tmp_path / "t.json", add)
    assert dead_tokens(tokenizer, load_tokenizer(tokenizer), {}) == []
    assert dead_tokens(broken, load_tokenizer(broken), {}) == [b"qzqz"]
    assert gates(broken, articles_of("eng_Latn")) == {
        "no dead vocabulary": "1 ids are given for no text: b'qzqz'"
    }


class Tags(HTMLParser):
    """Collects what is in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


def test_the_report_sets_any_tokenizer_beside_ours(
    texts: Path, parallel: Path, tokenizer: Path, tmp_path: Path
) -> None:
    foreign = tmp_path / "<foreign>.json"
    shutil.copy(tokenizer, foreign)
    content = report_tokenizers(texts, [tokenizer, foreign], tmp_path / "out", parallel=parallel)
    assert json.loads((tmp_path / "out" / "report.json").read_text("utf-8")) == content
    ours, other = content["tokenizers"]
    assert failed(content) == []
    assert set(ours["languages"]) == set(ours["premium"]) == set(LANGUAGES)
    assert ours["languages"] == other["languages"]
    assert ours["premium"]["eng_Latn"] == 1
    assert ours["gini"] == round(gini(list(ours["premium"].values())), 4)
    assert sum(row["vocabulary_share"] for row in ours["languages"].values()) == pytest.approx(
        1, abs=1e-3
    )
    assert (ours["sampling"], other["sampling"]) == ("alpha:0.3", None)
    html = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert "<foreign>" not in html
    tags = Tags()
    tags.feed(html)
    assert tags.seen.count("svg") == 2 * 3 * len(LANGUAGES)
    assert "what it was trained on is not known" in html


def test_the_commands_train_and_report(texts: Path, parallel: Path, tmp_path: Path) -> None:
    shutil.copytree(texts, tmp_path / "in")
    train = eurocorpus(
        "tokenizer", "train", tmp_path / "in", "--vocab-size", 600, "--sample-bytes", "50kB",
        "--sampling", "unimax:4",
    )  # fmt: skip
    assert train.returncode == 0, train.stderr
    assert "600 ids in" in train.stdout
    report = eurocorpus("tokenizer", "report", tmp_path / "in", "--parallel", parallel)
    assert report.returncode == 0, report.stderr
    assert "passed" in report.stdout
    wanted = eurocorpus("tokenizer", "report", tmp_path / "in", "--languages", "eng_Latn,kat_Geor")
    assert wanted.returncode == 1
    assert "languages: not in the report: kat_Geor" in wanted.stderr
    for arguments, expected in (
        (("train", tmp_path / "in", "--sample-bytes", "many"), "expected a size such as 200MB"),
        (
            ("report", tmp_path / "in", "--tokenizer", tmp_path / "none.json"),
            "expected a tokenizer.json",
        ),
        (("report", tmp_path / "nothing"), "expected the folder of a run"),
        (
            ("report", tmp_path / "in", "--parallel", tmp_path),
            "expected files such as ces_Latn.txt",
        ),
    ):
        result = eurocorpus("tokenizer", *arguments)
        assert result.returncode == 2
        assert expected in result.stderr
        assert "Traceback" not in result.stderr

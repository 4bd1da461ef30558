from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.train.loader import PERIOD, Loader, Stage, chairmen, shares
from eurocorpus.pipeline.train.tokens import Corpus

WEIGHTS = {"ell_Grek": 0.5, "eng_Latn": 3, "fra_Latn": 1, "mlt_Latn": 0.01}
POSITIVE = st.lists(st.integers(1, 150), min_size=1, max_size=12)


@given(POSITIVE)
def test_at_every_place_each_has_come_as_often_as_it_should_to_less_than_one(
    parts: list[int],
) -> None:
    order = np.array(chairmen(parts))
    came = np.cumsum(order[:, None] == np.arange(len(parts)), axis=0)
    should = np.outer(np.arange(1, len(order) + 1), parts) / sum(parts)
    assert np.abs(came - should).max() < 1
    assert came[-1].tolist() == parts


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0.1, 1000), min_size=1))
def test_shares_are_the_nearest_parts_of_a_period(weights: dict[str, float]) -> None:
    parts = shares(weights)
    total = sum(weights.values())
    assert sum(parts.values()) == PERIOD
    assert all(abs(parts[code] - weights[code] / total * PERIOD) < 1 for code in weights)


@pytest.mark.parametrize(
    "weights",
    [{}, {"a": 0}, {"a": -1, "b": 2}, {"a": float("nan")}, {"a": float("inf")}, {"a": 1, "b": 1e9}],
)
def test_weights_that_say_nothing_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="weights"):
        shares(weights)


@given(st.integers(0, 5000), st.integers(1, 40), st.integers(1, 9), st.integers(0, 3))
@settings(deadline=None)
def test_batches_are_the_same_at_any_world_size(
    corpus: Corpus, first: int, count: int, world: int, seed: int
) -> None:
    loader = Loader(corpus, length=16, weights=WEIGHTS, seed=seed)
    whole = loader.batch(first, count)
    parts = [loader.batch(first, count, rank, world) for rank in range(world)]
    rows = np.concatenate([part.tokens for part in parts])
    languages = [language for part in parts for language in part.languages]
    order = np.argsort([index for rank in range(world) for index in range(rank, count, world)])
    assert rows[order].tolist() == whole.tokens.tolist()
    assert [languages[at] for at in order] == whole.languages


@given(st.integers(0, 1 << 40))
@settings(deadline=None)
def test_a_sample_is_a_function_of_its_number(corpus: Corpus, index: int) -> None:
    one = Loader(corpus, length=16, weights=WEIGHTS, seed=3).sample(index)
    warm = Loader(corpus, length=16, weights=WEIGHTS, seed=3)
    warm.sample(index + 1), warm.sample(0)
    again = warm.sample(index)
    assert one.tokens.tolist() == again.tokens.tolist()
    assert (one.language, one.epoch, one.window) == (again.language, again.epoch, again.window)


@given(st.integers(0, 3 * PERIOD), st.integers(0, 3 * PERIOD))
@settings(deadline=None)
def test_counts_are_those_of_the_samples(corpus: Corpus, one: int, other: int) -> None:
    """Of any run of samples; `locate` counts what it says it counts."""
    loader = Loader(corpus, length=16, weights=WEIGHTS)
    first, stop = min(one, other), min(max(one, other), min(one, other) + 300)
    before = Counter(loader.count(first))
    for index in range(first, stop):
        language, number = loader.locate(index)
        assert number == before[language]
        before[language] += 1
    assert dict(before) == loader.count(stop)


@given(st.integers(0, 10 * PERIOD))
@settings(deadline=None)
def test_the_mixture_is_exact(corpus: Corpus, samples: int) -> None:
    counts = Loader(corpus, length=16, weights=WEIGHTS).count(samples)
    parts = shares(WEIGHTS)
    assert sum(counts.values()) == samples
    assert all(abs(counts[code] - samples * parts[code] / PERIOD) < 1 for code in counts)


def test_no_window_comes_twice_in_an_epoch_and_all_come(corpus: Corpus) -> None:
    loader = Loader(corpus, length=16, weights={"mlt_Latn": 1}, seed=7)
    windows = (corpus.payload("mlt_Latn").tokens - 1) // 16
    orders = []
    for epoch in range(3):
        samples = [loader.sample(epoch * windows + n) for n in range(windows)]
        assert {sample.epoch for sample in samples} == {epoch}
        assert sorted(sample.window for sample in samples) == list(range(windows))
        orders.append([sample.window for sample in samples])
    assert orders[0] != orders[1] != orders[2]


def test_windows_are_what_lies_there_over_the_ends_of_parts(corpus: Corpus) -> None:
    payload = corpus.payload("eng_Latn")
    assert len(payload.parts) > 2
    raw = np.concatenate(
        [np.fromfile(corpus.folder / f"{part.name}.bin", "<u2") for part in payload.parts]
    )
    loader = Loader(corpus, length=16, weights={"eng_Latn": 1})
    for index in range((payload.tokens - 1) // 16):
        sample = loader.sample(index)
        at = sample.window * 16
        assert sample.tokens.tolist() == raw[at : at + 17].tolist()


def test_documents_are_numbered_in_each_row(corpus: Corpus) -> None:
    batch = Loader(corpus, length=64, weights=WEIGHTS).batch(0, 20)
    for tokens, documents in zip(batch.tokens.tolist(), batch.documents.tolist(), strict=True):
        number = 0
        for token, document in zip(tokens, documents, strict=True):
            assert document == number
            number += token == corpus.eos


def test_stages_change_the_weights_and_go_on_in_each_language(corpus: Corpus) -> None:
    stages = [
        Stage(100, {"eng_Latn": 1, "fra_Latn": 1}),
        Stage(140, {"fra_Latn": 3, "mlt_Latn": 1}),
    ]
    loader = Loader(corpus, length=16, weights=stages)
    assert loader.count(100) == {"eng_Latn": 50, "fra_Latn": 50, "mlt_Latn": 0}
    assert loader.count(140) == {"eng_Latn": 50, "fra_Latn": 80, "mlt_Latn": 10}
    places = [loader.locate(index) for index in range(140)]
    assert [number for language, number in places if language == "fra_Latn"] == list(range(80))
    with pytest.raises(IndexError):
        loader.sample(140)


@pytest.mark.parametrize("ends", [[], [None, 10], [10, 10], [10, 5], [0], [20, 10, None]])
def test_stages_out_of_order_are_refused(corpus: Corpus, ends: list[int | None]) -> None:
    with pytest.raises(UsageError, match="stages"):
        Loader(corpus, length=16, weights=[Stage(end, WEIGHTS) for end in ends])


def test_epochs_are_planned(corpus: Corpus) -> None:
    loader = Loader(corpus, length=16, weights={"eng_Latn": 1, "mlt_Latn": 1})
    windows = (corpus.payload("mlt_Latn").tokens - 1) // 16
    plan = loader.epochs(4 * windows)["mlt_Latn"]
    assert plan == {"samples": 2 * windows, "tokens": 32 * windows, "epochs": 2.0}
    assert loader.sample(4 * windows - 1).epoch == 1


def test_the_state_is_one_number_and_knows_what_it_is_of(corpus: Corpus) -> None:
    loader = Loader(corpus, length=16, weights=WEIGHTS)
    state = loader.state(77)
    assert Loader(corpus, length=16, weights=WEIGHTS).resume(state) == 77
    changed = replace(corpus, digest="another")
    for other, what in (
        (Loader(changed, length=16, weights=WEIGHTS), "corpus"),
        (Loader(corpus, length=16, weights=WEIGHTS, seed=1), "seed"),
        (Loader(corpus, length=32, weights=WEIGHTS), "length"),
        (Loader(corpus, length=16, weights=WEIGHTS | {"mlt_Latn": 1}), "weights"),
    ):
        with pytest.raises(UsageError, match=f"another {what}"):
            other.resume(state)


def test_a_language_too_small_or_unknown_is_named(corpus: Corpus) -> None:
    with pytest.raises(UsageError, match="fewer than one sample of 1,000,000 needs"):
        Loader(corpus, length=1_000_000, weights={"mlt_Latn": 1})
    with pytest.raises(UsageError, match="no train tokens of 'tlh_Latn'"):
        Loader(corpus, length=16, weights={"tlh_Latn": 1})
    with pytest.raises(UsageError, match="length"):
        Loader(corpus, length=0, weights=WEIGHTS)

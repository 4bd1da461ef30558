"""Parity: the share of each language in the training text, until all pay alike for the same content.

An ordinary BPE is trained again and again; after each round a language that pays more than the mean gets
more text, one that pays less gets less. When that costs more compression than it may, the weights are
sought between the last round that did not and the one that did. What a language pays is its tokens for a parallel text or,
without one, its tokens for a character. Special trainers ("parity-aware BPE") reach the same parity and
lose more compression: 7.8 to 10.7 % against 6.6 % (measured; docs/reference/tokenizer.md).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .tokenizer_figures import Parallel, gini
from .tokenizer_sample import Pool

ROUNDS = 9
MAX_LOSS = 0.08
"""The most compression that parity may cost."""
_STEP = 2.0
"""Weights change with this power of what a language pays over the mean."""
_GAIN = 0.01
"""A round that lowers the Gini by less than this share of it is the last."""
_MEASURED = 200_000
"""Characters of each language that are encoded in a round."""


@dataclass(frozen=True, slots=True)
class Round:
    """One tokenizer of the loop: weights, what it costs, and how unevenly.

    `loss` is how many more tokens the corpus takes, as it is, than with proportional weights.
    """

    weights: dict[str, float]
    gini: float
    loss: float


def balance(
    learn: Callable[[Mapping[str, float]], Any],
    natural: Mapping[str, float],
    parallel: Parallel | None,
    pools: Mapping[str, Pool],
    tell: Callable[[str], None] = lambda line: None,
) -> tuple[Round, list[Round]]:
    """Search for weights of least Gini among those that lose no more than `MAX_LOSS`.

    Args:
        learn: trains a tokenizer with weights.
        natural: the weights of the corpus as it is, which round 0 is trained with.
        parallel: the same content in each language; None takes characters a token instead.
        pools: texts of each language.
        tell: takes a line after each round.

    Returns:
        the round that was chosen, and all of them.

    """
    texts = _beginnings(pools)
    reference = learn(natural)
    shares, beyond = dict(natural), None
    rounds: list[Round] = []
    best: Round | None = None
    for number in range(ROUNDS):
        tokenizer = learn(shares) if number else reference
        paid = _paid(tokenizer, parallel, texts)
        loss = _lost(tokenizer, reference, natural, texts)
        rounds.append(Round(shares, gini(list(paid.values())), loss))
        tell(f"round {number}: Gini {rounds[-1].gini:.4f}, compression -{loss:.1%}")
        if loss > MAX_LOSS:
            beyond = shares
        elif best is None or rounds[-1].gini < best.gini * (1 - _GAIN):
            best = rounds[-1]
        else:
            break
        assert best is not None, "round 0 loses nothing"
        shares = _between(best.weights, beyond) if beyond else _reweight(shares, paid)
    return min((r for r in rounds if r.loss <= MAX_LOSS), key=lambda one: one.gini), rounds


def measure_loss(
    tokenizer: Any, reference: Any, natural: Mapping[str, float], pools: Mapping[str, Pool]
) -> float:
    """Tell what share of `reference`'s compression a tokenizer loses on a corpus of natural weights."""
    return _lost(tokenizer, reference, natural, _beginnings(pools))


def _lost(
    tokenizer: Any, reference: Any, natural: Mapping[str, float], texts: Mapping[str, list[str]]
) -> float:
    return 1 - _corpus_tokens(reference, natural, texts) / _corpus_tokens(tokenizer, natural, texts)


def _corpus_tokens(
    tokenizer: Any, natural: Mapping[str, float], texts: Mapping[str, list[str]]
) -> float:
    """Give tokens a byte of the corpus as it is."""
    return sum(
        share * _tokens(tokenizer, texts[code]) / sum(len(text.encode()) for text in texts[code])
        for code, share in natural.items()
    )


def _paid(
    tokenizer: Any, parallel: Parallel | None, texts: Mapping[str, list[str]]
) -> dict[str, float]:
    """Give what each language pays: tokens for the same content, or tokens a character."""
    if parallel:
        return {code: float(_tokens(tokenizer, parallel[code])) for code in texts}
    return {code: _tokens(tokenizer, part) / sum(map(len, part)) for code, part in texts.items()}


def _beginnings(pools: Mapping[str, Pool]) -> dict[str, list[str]]:
    return {code: _beginning(pool.texts) for code, pool in pools.items()}


def _beginning(texts: list[str]) -> list[str]:
    taken, size = [], 0
    for text in texts:
        taken.append(text)
        size += len(text)
        if size >= _MEASURED:
            break
    return taken


def _tokens(tokenizer: Any, texts: list[str]) -> int:
    return sum(map(len, tokenizer.encode_batch_fast(texts, add_special_tokens=False)))


def _reweight(shares: Mapping[str, float], paid: Mapping[str, float]) -> dict[str, float]:
    mean = sum(paid.values()) / len(paid)
    return _normalise(
        {code: share * (paid[code] / mean) ** _STEP for code, share in shares.items()}
    )


def _between(shares: Mapping[str, float], others: Mapping[str, float]) -> dict[str, float]:
    return _normalise({code: (share * others[code]) ** 0.5 for code, share in shares.items()})


def _normalise(shares: Mapping[str, float]) -> dict[str, float]:
    total = sum(shares.values())
    return {code: share / total for code, share in shares.items()}

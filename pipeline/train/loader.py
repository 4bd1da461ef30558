"""The loader: training sample i is a pure function of the token files, the weights, the seed and i.

Which language sample i is of is read from a schedule of 65,536 places, in which at every place each
language has come as often as its weight asks, to less than one sample (R. Tijdeman, "The chairman
assignment problem", Discrete Mathematics 32, 1980). Which window of the language it is follows from how
often the language came before, by a keyed permutation that is another one in each epoch. So the state
of a loader is i, and neither batch size nor the number of processes changes what comes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import heappop, heappush
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .permutation import permute
from .tokens import Corpus, Payload

PERIOD = 1 << 16
"""After so many samples the schedule begins again; weights are rounded to parts of it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Weights up to sample `until`, which is not one of them; None is for ever."""

    until: int | None
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sample:
    """One window of one language: `tokens` is int32[length + 1]."""

    tokens: NDArray[np.int32]
    language: str
    epoch: int
    window: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples as rows, [rows, length + 1].

    `documents` numbers the documents inside a row from 0; an EOS belongs to the document it ends.
    """

    tokens: NDArray[np.int64]
    documents: NDArray[np.int32]
    languages: list[str]


class Loader:
    """Samples of `length` tokens and the one after, from a corpus, in a mixture."""

    def __init__(
        self,
        corpus: Corpus,
        *,
        length: int,
        weights: Mapping[str, float] | Sequence[Stage],
        seed: int = 0,
    ) -> None:
        """Plan the mixture; nothing is read yet.

        Args:
            corpus: the token files.
            length: tokens of input in a sample.
            weights: of each language, in any unit; or stages with weights of their own.
            seed: another one gives another order.

        Raises:
            UsageError: weights or length are not as they must be for this corpus.

        """
        stages = [Stage(None, weights)] if isinstance(weights, Mapping) else list(weights)
        _check_stages(stages, length)
        self.corpus, self.length, self.seed = corpus, length, seed
        self.stages = [Stage(stage.until, shares(stage.weights)) for stage in stages]
        names = sorted({code for stage in self.stages for code in stage.weights})
        self._payloads = {code: corpus.payload(code) for code in names}
        self._windows = {code: self._count_windows(code) for code in names}
        self._schedules = [_Schedule.of(tuple(stage.weights.items())) for stage in self.stages]
        self._begins = [0, *(stage.until or 0 for stage in self.stages[:-1])]

    def _count_windows(self, language: str) -> int:
        payload: Payload = self._payloads[language]
        windows = (payload.tokens - 1) // self.length
        if windows < 1:
            raise UsageError(
                f"{language} has {payload.tokens:,} tokens, fewer than one sample of "
                f"{self.length:,} needs; give it the weight 0, or choose a shorter length"
            )
        return windows

    def sample(self, index: int) -> Sample:
        """Read sample number `index`, from 0."""
        language, number = self.locate(index)
        epoch, place = divmod(number, self._windows[language])
        window = permute(place, self._windows[language], f"{self.seed}/{language}/{epoch}")
        tokens = self._payloads[language].read(window * self.length, self.length + 1)
        return Sample(tokens.astype(np.int32), language, epoch, window)

    def locate(self, index: int) -> tuple[str, int]:
        """Tell the language of a sample, and how many samples of that language come before it.

        Raises:
            IndexError: there is no such sample.

        """
        last = self.stages[-1].until
        if index < 0 or (last is not None and index >= last):
            raise IndexError(f"sample {index} of {last if last is not None else 'all'}")
        at = max(k for k, begin in enumerate(self._begins) if begin <= index)
        language = self._schedules[at].language(index - self._begins[at])
        return language, self.count(index)[language]

    def count(self, samples: int) -> dict[str, int]:
        """Count the samples of each language among the first `samples`."""
        counts = dict.fromkeys(self._payloads, 0)
        for begin, stage, schedule in zip(self._begins, self.stages, self._schedules, strict=True):
            stop = samples if stage.until is None else min(stage.until, samples)
            for language, number in schedule.count(max(stop - begin, 0)).items():
                counts[language] += number
        return counts

    def batch(self, first: int, count: int, rank: int = 0, world: int = 1) -> Batch:
        """Read every `world`-th of the samples `first` to `first + count`, from number `rank` on."""
        samples = [self.sample(index) for index in range(first + rank, first + count, world)]
        tokens = np.empty((len(samples), self.length + 1), np.int64)
        for row, sample in enumerate(samples):
            tokens[row] = sample.tokens
        ended = np.cumsum(tokens == self.corpus.eos, axis=1, dtype=np.int32)
        documents = np.zeros_like(ended)
        documents[:, 1:] = ended[:, :-1]
        return Batch(tokens, documents, [sample.language for sample in samples])

    def epochs(self, samples: int) -> dict[str, dict[str, float]]:
        """Plan: `samples`, `tokens` and `epochs` of each language among the first `samples`."""
        return {
            language: {
                "samples": count,
                "tokens": count * self.length,
                "epochs": count / self._windows[language],
            }
            for language, count in self.count(samples).items()
        }

    @property
    def fingerprint(self) -> str:
        """A hash of all that decides what sample i is, but for i."""
        return hashlib.sha256(json.dumps(self._identity(), sort_keys=True).encode()).hexdigest()[
            :32
        ]

    def _identity(self) -> dict[str, Any]:
        return {
            "corpus": self.corpus.digest,
            "length": self.length,
            "seed": self.seed,
            "weights": [[stage.until, dict(stage.weights)] for stage in self.stages],
        }

    def state(self, index: int) -> dict[str, Any]:
        """Give what a checkpoint keeps: the next sample, and what it is a sample of."""
        return {"sample": index, "fingerprint": self.fingerprint} | self._identity()

    def resume(self, state: Mapping[str, Any]) -> int:
        """Take up a checkpoint's state; return the next sample.

        Raises:
            UsageError: corpus, weights, seed or length are others than they were.

        """
        if state["fingerprint"] != self.fingerprint:
            now = self._identity()
            changed = [name for name in now if state.get(name) != now[name]]
            raise UsageError(
                f"the checkpoint was trained with another {' and '.join(changed) or 'loader'}: "
                + "; ".join(f"{name} was {state.get(name)}, is {now[name]}" for name in changed)
                + ". Go on with what it was trained with, or begin anew"
            )
        return int(state["sample"])


def _check_stages(stages: list[Stage], length: int) -> None:
    if length < 1:
        raise UsageError(f"length of a sample: expected at least 1 token, found {length}")
    ends = [stage.until for stage in stages]
    rising = [0 if end is None else end for end in ends[:-1]]
    last = [] if not ends or ends[-1] is None else [ends[-1]]
    steps = [0, *rising, *last]
    if not stages or any(b <= a for a, b in pairwise(steps)):
        raise UsageError(
            f"stages of weights: expected rising ends, and none (for ever) at most for the last; found {ends}"
        )


def shares(weights: Mapping[str, float]) -> dict[str, int]:
    """Round weights to whole parts of 65,536, by largest remainder; those of 0 are left out.

    Raises:
        UsageError: a weight is no finite number from 0 on, is too small to come even once, or all are 0.

    >>> shares({"a": 2, "b": 1, "c": 0})
    {'a': 43691, 'b': 21845}
    """
    positive = {code: float(weight) for code, weight in sorted(weights.items()) if weight != 0}
    if not positive or not all(0 < weight < np.inf for weight in positive.values()):
        raise UsageError(
            f"weights: expected numbers from 0 on, one above 0 at least; found {dict(weights)}"
        )
    total = sum(positive.values())
    exact = {code: weight / total * PERIOD for code, weight in positive.items()}
    parts = {code: int(value) for code, value in exact.items()}
    by_remainder = sorted(exact, key=lambda code: (parts[code] - exact[code], code))
    for code in by_remainder[: PERIOD - sum(parts.values())]:
        parts[code] += 1
    if rare := [code for code, part in parts.items() if part == 0]:
        raise UsageError(
            f"weights: {', '.join(rare)} would come less than once in {PERIOD:,} samples; "
            "give a larger weight, or 0"
        )
    return parts


@dataclass(frozen=True, eq=False, slots=True)
class _Schedule:
    """A mixture laid out over one period: the language of each place, and counts up to it."""

    names: tuple[str, ...]
    parts: NDArray[np.int64]
    order: NDArray[np.int16]
    counts: NDArray[np.int32]
    """[PERIOD, languages]: how often each came before a place."""

    @staticmethod
    @lru_cache(maxsize=16)
    def of(weights: tuple[tuple[str, int], ...]) -> "_Schedule":
        """Lay out parts of a period."""
        parts = np.array([part for _, part in weights], np.int64)
        order = np.array(chairmen(parts.tolist()), np.int16)
        came = order[:, None] == np.arange(len(parts))
        counts = np.cumsum(came, axis=0, dtype=np.int32) - came
        return _Schedule(tuple(code for code, _ in weights), parts, order, counts.astype(np.int32))

    def language(self, place: int) -> str:
        """Tell the language of a place, in any period."""
        return self.names[int(self.order[place % PERIOD])]

    def count(self, places: int) -> dict[str, int]:
        """Count each language in the first `places`."""
        periods, rest = divmod(places, PERIOD)
        numbers = periods * self.parts + self.counts[rest]
        return dict(zip(self.names, numbers.tolist(), strict=True))


def chairmen(parts: Sequence[int]) -> list[int]:
    """Lay out `parts` (whole numbers that add up to n) over n places as evenly as can be.

    The m-th turn of one with the share w may come once w * places > m - 1, and must have come when
    w * places = m. Of those whose turn may come, the one comes whose turn must come first. Every count
    then stays within less than one of w * places (Tijdeman 1980).
    """
    total = sum(parts)
    turns = [0] * len(parts)
    waiting = [(0, -(-total // part), who) for who, part in enumerate(parts)]
    ready: list[tuple[int, int]] = []
    order = []
    for place in range(total):
        while waiting and waiting[0][0] <= place:
            _, must, who = heappop(waiting)
            heappush(ready, (must, who))
        _, who = heappop(ready)
        order.append(who)
        turns[who] += 1
        if turns[who] < parts[who]:
            may = turns[who] * total // parts[who]
            heappush(waiting, (may, -(-(turns[who] + 1) * total // parts[who]), who))
    return order

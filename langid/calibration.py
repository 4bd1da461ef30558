"""Calibration: what an engine's scores are worth on texts whose languages are known, and the least to trust."""

from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .codes import EU_LANGUAGES

BETA = 0.1
"""Precision weighs a hundred times as much as recall: what is left out is found elsewhere."""
PRECISION = 0.9
GRID = np.round(np.arange(0.30, 0.901, 0.01), 2)
"""Thresholds that are tried; FineWeb-2 keeps its own between 0.3 and 0.9 too (arXiv:2506.20920)."""
_BINS = 10

BIN = pa.struct([("score", pa.float64()), ("right", pa.float64()), ("answers", pa.int64())])
SCHEMA = pa.schema(
    [
        ("language", pa.string()),
        ("texts", pa.int64()),
        ("answers", pa.int64()),
        ("least_score", pa.float64()),
        ("accepted", pa.int64()),
        ("precision", pa.float64()),
        ("recall", pa.float64()),
        ("error", pa.float64()),
        ("bins", pa.list_(BIN)),
    ]
)


def least_scores(
    gold: pa.Array,
    answers: pa.Table,
    *,
    beta: float = BETA,
    precision: float = PRECISION,
    languages: Collection[str] = EU_LANGUAGES,
) -> dict[str, float]:
    """Choose for each language the least score at which its answers are to be believed.

    Args:
        gold: string, the language of each text.
        answers: what `identify` says of the texts, in the same order.
        beta: of F-beta (van Rijsbergen 1979), which is to be highest.
        precision: share of right answers that a threshold must reach.
        languages: codes to choose for; one of which there is no text is left out.

    Of the thresholds in `GRID` that reach `precision` the one with the highest F-beta, of equals
    the lowest; where none does, the one with the highest precision, again the lowest.

    Raises:
        ValueError: there are not as many answers as texts.

    """
    chosen = {}
    for code, scores, right, texts in _by_language(gold, answers, languages):
        accepted, correct = _at_least(scores, GRID), _at_least(scores[right], GRID)
        exact = correct / np.maximum(accepted, 1)
        found = correct / texts
        f_beta = (1 + beta**2) * exact * found / np.maximum(beta**2 * exact + found, 1e-12)
        reached = exact >= precision
        value = np.where(reached, f_beta, -1) if reached.any() else exact
        chosen[code] = float(GRID[np.argmax(value)])
    return chosen


def measure(
    gold: pa.Array,
    answers: pa.Table,
    least: Mapping[str, float],
    *,
    languages: Collection[str] = EU_LANGUAGES,
) -> pa.Table:
    """Measure the answers of each language, those of at least its score in `least` being accepted.

    Columns as in `SCHEMA`: `texts` in the language, `answers` that name it, of which `accepted` are
    believed; their `precision` and `recall` (null where there are none); `error`, the expected
    calibration error of all answers over `bins` of equal width (Guo et al. 2017, arXiv:1706.04599).
    A bin has its mean score, the share of right answers, and their number.

    Raises:
        ValueError: there are not as many answers as texts.

    """
    rows = []
    for code, scores, right, texts in _by_language(gold, answers, languages):
        limit = least.get(code, least.get("*", 0.0))
        believed = scores >= limit
        correct = int((right & believed).sum())
        bins = _bins(scores, right)
        rows.append(
            {
                "language": code,
                "texts": texts,
                "answers": len(scores),
                "least_score": limit,
                "accepted": int(believed.sum()),
                "precision": correct / believed.sum() if believed.any() else None,
                "recall": correct / texts,
                "error": _error(bins),
                "bins": bins,
            }
        )
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _by_language(
    gold: pa.Array, answers: pa.Table, languages: Collection[str]
) -> list[tuple[str, NDArray[np.float64], NDArray[np.bool_], int]]:
    """Give for each language its answers' scores, which of them are right, and how many texts it has."""
    if len(gold) != len(answers):
        raise ValueError(f"expected an answer for each of {len(gold)} texts, found {len(answers)}")
    known = np.array(gold.to_pylist(), object)
    said = np.array(answers["language"].to_pylist(), object)
    # A score as it is printed: 0.7 as float32 lies below 0.7.
    scores = np.round(answers["score"].to_numpy().astype(np.float64), 6)
    return [
        (code, scores[said == code], known[said == code] == code, int(sum(known == code)))
        for code in sorted(languages)
        if (known == code).any()
    ]


def _at_least(scores: NDArray[np.float64], limits: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count the scores that reach each limit."""
    return len(scores) - np.searchsorted(np.sort(scores), limits, "left")


def _bins(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> list[dict[str, float]]:
    """Give mean score, share of right answers and their number for each tenth of the scores."""
    places = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    return [
        {
            "score": float(scores[places == place].mean()),
            "right": float(right[places == place].mean()),
            "answers": int((places == place).sum()),
        }
        for place in np.unique(places)
    ]


def _error(bins: list[dict[str, float]]) -> float:
    total = sum(row["answers"] for row in bins)
    return sum(abs(row["score"] - row["right"]) * row["answers"] for row in bins) / max(total, 1)

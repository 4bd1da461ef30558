"""WDS, the score of HPLT's web-docs-scorer: how much a page is running text (arXiv 2503.10267).

As coded there, not as its README prints it: seven penalties P are joined as the product of P ** e,
e = 3 * P ** -2.9 over the sum of all P ** -2.9, and one below 0.1 makes the score 0. Two things are
not HPLT's, and docs/reference/signals.md says how far apart the scores are: a line is in the
language if most of its letters are in its script, and informativeness is judged by `compression`.
"""

import tomllib
from functools import cache
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .batch import Batch
from .characters import COUNTED, DIGIT, LETTER, SCRIPTS, WDS_PUNCTUATION, WDS_SINGULAR, WDS_WORD
from .hashing import find_homes, mask_for, most, seek
from .mix import word_mix

_LETTERS, _DIGITS, _WORD = (COUNTED.index(kind) for kind in (LETTER, DIGIT, WDS_WORD))
_PUNCTUATION, _SINGULAR = (COUNTED.index(kind) for kind in (WDS_PUNCTUATION, WDS_SINGULAR))

# Characters of a short line, of a long and a very long one; scores begin to fall at the desired
# percentages. All are for Spanish, and scaled by the medians of the languages.
_SHORT, _LONG, _VERY_LONG = 24, 250, 1000
_SPANISH = (1.3, 2.4, 0.3)
# Penalty by percentage of digits, characters that stand alone, and punctuation.
_DIGIT_SCORES = ((1.0, 30.0), (1.0, 0.0))
_SINGULAR_SCORES = ((1.0, 2.0, 6.0, 10.0), (1.0, 0.7, 0.5, 0.0))
_PUNCTUATION_SCORES = ((0.3, 0.5, 0.9, 2.5, 25.0), (0.0, 0.5, 1.0, 1.0, 0.0))
_SPARSE = 0.5  # a long line with a lower percentage of punctuation lacks it
_SPARSE_SCORES = ((0.05, 0.2, 0.4), (1.0, 0.6, 0.0))  # by the share of letters in such lines
_NUMERIC_SCORES = ((50.0, 500.0), (1.0, 0.0))  # by digits in lines with more than one in ten
_URL_SCORES = ((3.0, 10.0), (1.0, 0.0))  # by URLs for a hundred short lines' letters
_VARIATION_SCORES = ((0.0, 0.6), (0.5, 1.0))  # by the deviation of lines' lengths over their mean
# By percentage points between what repeated words save and what they save in a text of its size:
# 12 log10(characters) - 23, fitted to 3,942 kept pages in 46 languages. HPLT's tolerances of 10, 15
# and 20 are for zstd, which varies less: by 5.5 points where this one varies by 7.5.
_SAVING = (12.0, -23.0)
_SAVING_SCORES = ((14.0, 21.0, 28.0), (1.0, 0.7, 0.0))


@cache
def _medians() -> dict[str, tuple[float, ...]]:
    raw = tomllib.loads((Path(__file__).parent / "wds.toml").read_text("utf-8"))
    found = {code: tuple(values) for code, values in raw.items()}
    for script in {code[-4:] for code in raw} | {""}:
        own = [values for code, values in raw.items() if code.endswith(script)]
        found[script] = tuple(np.mean(own, axis=0).tolist())
    return found


@cache
def medians(code: str) -> tuple[float, ...]:
    """Give a language's digits, punctuation and lone characters for 100 letters, as ratios to Spanish."""
    known = _medians()
    own = known.get(code) or known.get(code[-4:]) or known[""]
    return tuple(value / spanish for value, spanish in zip(own, _SPANISH, strict=True))


def wds(batch: Batch) -> NDArray[np.float64]:
    """Score each document from 0, no running text, to 1."""
    lines, (counts, _) = batch.lines, batch.line_counts
    script = SCRIPTS.get(batch.language.code[-4:], LETTER)
    saving = 100 * (1 - word_mix(batch)[:, 3])
    documents = np.column_stack([np.diff(batch.ends), batch.symbol_counts[:, 3], saving])
    sizes = np.column_stack([counts, lines.stops - lines.starts]).astype(np.float64)
    out = np.zeros(len(batch.rows))
    own = COUNTED.index(script)
    _wds(sizes, batch.line_hashes, lines.ends, documents, own, medians(batch.language.code), out)
    return out


@njit(cache=True, nogil=True)
def _wds(lines, hashes, ends, documents, own, ratios, out):  # type: ignore[no-untyped-def]
    size = most(ends)
    slots, homes = np.empty(mask_for(size) + 1, np.uint32), np.empty(size, np.uint32)
    long_hashes, penalties = np.empty(size, np.uint64), np.empty(7)
    digits, punctuation, singular = ratios
    for document in range(len(out)):
        first, last = ends[document], ends[document + 1]
        part = lines[first:last]
        letters = part[:, _WORD].sum()
        if letters == 0:
            continue
        characters, urls, saving = documents[document]
        short, long = round(_SHORT / punctuation), round(_LONG / punctuation)
        expected = _SAVING[0] * np.log10(characters) + _SAVING[1]
        penalties[0] = _between(urls / (letters / (100 * short)), _URL_SCORES, 1.0)
        penalties[1] = _punctuation(part, letters, 3 * short, punctuation)
        penalties[2] = _between(_percent(part, letters, _SINGULAR), _SINGULAR_SCORES, singular)
        penalties[3] = _between(_percent(part, letters, _DIGITS), _DIGIT_SCORES, digits)
        penalties[3] *= _between(_in_numeric_lines(part), _NUMERIC_SCORES, 1.0)
        kept = _long_lines(part, hashes[first:last], short, long_hashes)
        penalties[4] = _share_of_different(long_hashes[:kept], slots, homes)
        penalties[5] = _between(abs(saving - expected), _SAVING_SCORES, 1.0)
        penalties[6] = _variation(part, long)
        out[document] = _basic(part, own, short, long, punctuation) * _joined(penalties)


@njit(cache=True, nogil=True)
def _between(value, points, scale):  # type: ignore[no-untyped-def]
    """Interpolate a score between points whose places are scaled; it is flat beyond them."""
    places, scores = points
    if value <= places[0] * scale:
        return scores[0]
    for k in range(1, len(places)):
        if value < places[k] * scale:
            share = (value - places[k - 1] * scale) / ((places[k] - places[k - 1]) * scale)
            return scores[k - 1] + share * (scores[k] - scores[k - 1])
    return scores[-1]


@njit(cache=True, nogil=True)
def _percent(part, letters, kind):  # type: ignore[no-untyped-def]
    return round(100 * part[:, kind].sum() / letters, 1)


@njit(cache=True, nogil=True)
def _punctuation(part, letters, least, scale):  # type: ignore[no-untyped-def]
    """Score the punctuation of the text; long lines without make it worse."""
    score = _between(_percent(part, letters, _PUNCTUATION), _PUNCTUATION_SCORES, scale)
    if score < 0.3:
        return score
    sparse = 0.0
    for line in range(len(part)):
        word = part[line, _WORD]
        if word > least and round(100 * part[line, _PUNCTUATION] / word, 1) < _SPARSE * scale:
            sparse += word
    return min(score, _between(sparse / letters, _SPARSE_SCORES, 1.0))


@njit(cache=True, nogil=True)
def _in_numeric_lines(part):  # type: ignore[no-untyped-def]
    """Count digits in lines that have more than one for ten letters."""
    total = 0.0
    for line in range(len(part)):
        if part[line, _DIGITS] > 0.1 * part[line, _WORD]:
            total += part[line, _DIGITS]
    return total


@njit(cache=True, nogil=True)
def _long_lines(part, hashes, short, out):  # type: ignore[no-untyped-def]
    """Copy the hashes of lines that are not short; give their number."""
    kept = 0
    for line in range(len(part)):
        if part[line, -1] >= short:
            out[kept] = hashes[line]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _share_of_different(hashes, slots, homes):  # type: ignore[no-untyped-def]
    mask, different = mask_for(len(hashes)), 0
    find_homes(hashes, len(hashes), mask, homes)
    slots[: mask + 1] = 0
    for k in range(len(hashes)):
        slot = seek(slots, mask, homes, hashes, k)
        different += slots[slot] == 0
        slots[slot] = k + 1
    return different / len(hashes) if len(hashes) else 1.0


@njit(cache=True, nogil=True)
def _variation(part, long):  # type: ignore[no-untyped-def]
    """Score how much the lengths of five lines or more vary; long ones count as equally long."""
    if len(part) < 5:
        return 1.0
    total, squares = 0.0, 0.0
    for line in range(len(part)):
        length = min(part[line, _WORD], long)
        total += length
        squares += length * length
    mean = total / len(part)
    deviation = np.sqrt(max(squares / len(part) - mean * mean, 0.0))
    return _between(deviation / mean, _VARIATION_SCORES, 1.0)


@njit(cache=True, nogil=True)
def _basic(part, own, short, long, scale):  # type: ignore[no-untyped-def]
    """Add up what is good: letters in the language, long lines, very long lines."""
    very_long = round(_VERY_LONG / scale)
    right, wrong, many, great, greatness = 0.0, 0.0, 0, 0, 0.0
    for line in range(len(part)):
        word = part[line, _WORD]
        if 2 * part[line, own] < part[line, _LETTERS]:
            wrong += word
        elif word > short:
            right += word
            many += word > long
            share = (min(word, very_long) - long) / (very_long - long)
            if share > 0.5:
                great += 1
                greatness += (share - 0.5) / 0.5
    language = right / (right + wrong) if right else 0.0
    return 0.8 * language + min(many, 10) / 100 + 0.1 * greatness / max(great, 1)


@njit(cache=True, nogil=True)
def _joined(penalties):  # type: ignore[no-untyped-def]
    if penalties.min() < 0.1:
        return 0.0
    weights = penalties**-2.9
    return np.prod(penalties ** (3 * weights / weights.sum()))

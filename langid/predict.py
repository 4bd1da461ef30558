"""Prediction with a fastText model: a kernel over Arrow buffers, without an object for a word.

It gives what fastText's own `predict` gives (Joulin et al. 2016, arXiv:1607.01759): the mean of the
rows of a text's words and character n-grams, then a softmax, or the way through a tree, to labels.
"""

import math
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .model import Floats, Model

_FNV_START, _FNV_PRIME = np.uint32(2166136261), np.uint32(16777619)
_LEAST = 1e-5  # fastText adds it to each probability, before its logarithm
_BEFORE, _AFTER = ord("<"), ord(">")


def predict(
    model: Model, lines: pa.LargeStringArray, *, most: int, lowest: float
) -> tuple[npt.NDArray[np.int32], Floats]:
    """Give the labels of lines, the best first: numbers and scores, lines x `most`.

    What scores less than `lowest` is left out; the number is -1 there, the score 0.
    """
    scores = fasttext_scores(model, lines)
    return best(scores, most, lowest + _LEAST if model.loss == "tree" else lowest)


def fasttext_scores(model: Model, lines: pa.LargeStringArray) -> Floats:
    """Give each label's score for each line: float32, lines x labels.

    A line is white-space separated words without a newline.
    """
    offsets = np.frombuffer(lines.buffers()[1], np.int64)[lines.offset :][: len(lines) + 1]
    data = lines.buffers()[2]
    text = np.frombuffer(data or b"", np.uint8)
    hidden: Floats = _hidden(
        text,
        offsets,
        np.frombuffer(model.words, np.uint8),
        model.word_starts,
        model.word_slots,
        (model.shortest, model.longest, np.uint32(model.buckets)),
        model.kept,
        model.rows,
    )
    if model.loss == "tree":
        scores: Floats = _tree_scores(
            hidden, model.outputs, model.path_starts, model.path_nodes, model.path_turns
        )
        return scores
    return _flat_scores(hidden @ model.outputs.T, model.loss)


def _flat_scores(logits: Floats, loss: str) -> Floats:
    if loss == "sigmoid":
        scores: Floats = (1 / (1 + np.exp(-logits)) + _LEAST).astype(np.float32)
    else:
        powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=0))
        scores = (powers / powers.sum(axis=1, keepdims=True) + _LEAST).astype(np.float32)
    return scores


def best(scores: Floats, most: int, lowest: float) -> tuple[npt.NDArray[np.int32], Floats]:
    """Give the `most` highest scores of each row and their columns; below `lowest`, -1 and 0."""
    order: npt.NDArray[np.int32]
    found: Floats
    order, found = _best(scores, min(most, scores.shape[1]), lowest)
    return order, found


@numba.njit(cache=True, nogil=True)
def _best(scores: Any, most: int, lowest: float) -> Any:
    """Sort each row's highest scores in, one by one; of equal ones the first column comes first."""
    order = np.full((len(scores), most), -1, np.int32)
    found = np.zeros((len(scores), most), np.float32)
    for row in range(len(scores)):
        for column in range(scores.shape[1]):
            score = scores[row, column]
            if score < lowest or score <= found[row, most - 1]:
                continue
            at = most - 1
            while at and found[row, at - 1] < score:
                found[row, at], order[row, at] = found[row, at - 1], order[row, at - 1]
                at -= 1
            found[row, at], order[row, at] = score, column
    return order, found


@numba.njit(cache=True, nogil=True, inline="always")
def next_hash(value: Any, byte: Any) -> Any:
    """Take one more byte into a hash; fastText takes it as signed."""
    signed = np.uint32(byte) if byte < 128 else np.uint32(byte) | np.uint32(0xFFFFFF00)
    return np.uint32((value ^ signed) * _FNV_PRIME)


@numba.njit(cache=True, nogil=True)
def _same(text: Any, start: int, beginning: Any) -> bool:
    """Whether the bytes from `start` on are those of `beginning`; the text is long enough."""
    same = 0
    while same < len(beginning) and text[start + same] == beginning[same]:
        same += 1
    return same == len(beginning)


@numba.njit(cache=True, nogil=True)
def _find(text: Any, start: int, end: int, value: Any, words: Any, starts: Any, slots: Any) -> Any:
    """Find a word in the dictionary by its bytes and their hash; -1 if it is not there."""
    mask = len(slots) - 1
    slot = np.int64(value) & mask
    while slots[slot] >= 0:
        word = slots[slot]
        at = starts[word]
        size = starts[word + 1] - at
        if size == end - start:
            same = 0
            while same < size and words[at + same] == text[start + same]:
                same += 1
            if same == size:
                return word
        slot = (slot + 1) & mask
    return -1


@numba.njit(cache=True, nogil=True, inline="always")
def _add_row(rows: Any, row: Any, total: Any) -> int:
    """Add a row to `total`; return how many rows that were."""
    for column in range(len(total)):
        total[column] += rows[row, column]
    return 1


@numba.njit(cache=True, nogil=True)
def _add_ngrams(
    word: Any, size: int, sizes: Any, kept: Any, first_row: int, rows: Any, total: Any
) -> int:
    """Add the rows of a word's character n-grams to `total`; return how many there were.

    The word stands between `<` and `>`, which are no n-grams by themselves.
    """
    shortest, longest, buckets = sizes
    added = 0
    for start in range(size):
        if word[start] & 0xC0 == 0x80:
            continue
        value = _FNV_START
        at = start
        characters = 0
        while at < size and characters < longest:
            value = next_hash(value, word[at])
            at += 1
            while at < size and word[at] & 0xC0 == 0x80:
                value = next_hash(value, word[at])
                at += 1
            characters += 1
            if characters < shortest or (characters == 1 and (start == 0 or at == size)):
                continue
            row = np.int64(value % buckets)
            if len(kept):
                row = kept[row]
                if row < 0:
                    continue
            added += _add_row(rows, first_row + row, total)
    return added


@numba.njit(cache=True, nogil=True)
def _hidden(
    text: Any,
    offsets: Any,
    words: Any,
    starts: Any,
    slots: Any,
    sizes: Any,
    kept: Any,
    rows: Any,
) -> Any:
    """Give each line's vector: the mean of the rows of its words, n-grams and its end."""
    first_row = len(starts) - 1
    result = np.zeros((len(offsets) - 1, rows.shape[1]), np.float32)
    end_mark = np.array([60, 47, 115, 62], np.uint8)  # </s>
    label = np.array([95, 95, 108, 97, 98, 101, 108, 95, 95], np.uint8)  # __label__: not a word
    end_hash = _FNV_START
    for byte in end_mark:
        end_hash = next_hash(end_hash, byte)
    end_word = _find(end_mark, 0, 4, end_hash, words, starts, slots)
    longest = 0
    for line in range(len(offsets) - 1):
        longest = max(longest, offsets[line + 1] - offsets[line])
    word = np.empty(longest + 2, np.uint8)
    for line in range(len(offsets) - 1):
        total = result[line]
        added = 0
        at = offsets[line]
        while at < offsets[line + 1]:
            if text[at] == 32 or 9 <= text[at] <= 13 or text[at] == 0:
                at += 1
                continue
            start = at
            value = _FNV_START
            word[0] = _BEFORE
            while at < offsets[line + 1] and not (
                text[at] == 32 or 9 <= text[at] <= 13 or text[at] == 0
            ):
                value = next_hash(value, text[at])
                word[1 + at - start] = text[at]
                at += 1
            size = at - start
            if size >= len(label) and _same(text, start, label):
                continue
            word[1 + size] = _AFTER
            known = _find(text, start, at, value, words, starts, slots)
            if known >= 0 and known == end_word:
                break
            if known >= 0:
                added += _add_row(rows, known, total)
            added += _add_ngrams(word, size + 2, sizes, kept, first_row, rows, total)
        if end_word >= 0:
            added += _add_row(rows, end_word, total)
        if added:
            for column in range(len(total)):
                total[column] *= np.float32(1.0 / added)
    return result


@numba.njit(cache=True, nogil=True)
def _tree_scores(hidden: Any, outputs: Any, starts: Any, nodes: Any, turns: Any) -> Any:
    """Multiply the probabilities of the turns to each label; fastText adds 1e-5 to each."""
    labels = len(starts) - 1
    scores = np.empty((len(hidden), labels), np.float32)
    log_right = np.empty(len(outputs))
    log_left = np.empty(len(outputs))
    for line in range(len(hidden)):
        for node in range(labels - 1):
            product = np.float32(0)
            for column in range(hidden.shape[1]):
                product += outputs[node, column] * hidden[line, column]
            right = 1 / (1 + math.exp(-product))
            log_right[node] = math.log(right + _LEAST)
            log_left[node] = math.log(1 - right + _LEAST)
        for label in range(labels):
            score = 0.0
            for step in range(starts[label], starts[label + 1]):
                score += log_right[nodes[step]] if turns[step] else log_left[nodes[step]]
            scores[line, label] = math.exp(score)
    return scores

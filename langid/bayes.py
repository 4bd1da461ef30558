"""py3langid's model: naive Bayes over what a byte automaton finds, run in a kernel on Arrow buffers.

The automaton steps through the UTF-8 bytes of a text; each state may stand for a feature, a byte
n-gram that tells languages apart. A label's score is its prior plus ln(1 + count) times the
feature's weight for it, divided by the square root of the text's bytes so that long texts are not
always certain (py3langid 0.4, BSD-3-Clause; Lui and Baldwin 2012, https://aclanthology.org/P12-3005).
"""

import io
import lzma
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .model import Floats, ModelError

_LOGARITHMS = np.log1p(np.arange(256, dtype=np.float32))
"""ln(1 + n): seldom is a feature found more often."""
_ARRAYS = ("ptc", "pc", "classes", "nextmove", "nextmove_row", "out_feat")


@dataclass(frozen=True, slots=True)
class Bayes:
    """A model, as arrays.

    States that lead to the same states share a row, in which a text begins at `start`. `moves`
    (uint16, rows x 256) holds the row after each byte, `features` (int32, rows x 256) the feature
    found with it, -1 for none. `weights` (float32, features x columns) and `priors` (float32) are
    logarithms of probabilities. Several columns may be one label: `label_columns` gives a
    column's label.
    """

    labels: tuple[str, ...]
    label_columns: npt.NDArray[np.int64]
    start: int
    moves: npt.NDArray[np.uint16]
    features: npt.NDArray[np.int32]
    weights: Floats
    priors: Floats


def read_bayes(path: Path) -> Bayes:
    """Read py3langid's `model.npz.xz`.

    Raises:
        ModelError: the file is something else.
        OSError: it cannot be opened.

    """
    try:
        with lzma.open(path) as file, np.load(io.BytesIO(file.read())) as data:
            arrays = {name: data[name] for name in _ARRAYS}
    except (lzma.LZMAError, EOFError, KeyError, ValueError) as error:
        raise ModelError(f"{path}: expected the model of py3langid 0.4, found {error}") from error
    columns = arrays["classes"].tolist()
    labels = tuple(dict.fromkeys(columns))
    states, rows = arrays["nextmove"].reshape(-1, 256), arrays["nextmove_row"]
    return Bayes(
        labels=labels,
        label_columns=np.array([labels.index(name) for name in columns]),
        start=int(rows[0]),
        moves=rows[states],
        features=arrays["out_feat"][states],
        weights=arrays["ptc"].astype(np.float32),
        priors=arrays["pc"],
    )


def bayes_scores(model: Bayes, texts: pa.LargeStringArray) -> Floats:
    """Give each label's probability for each text: float32, texts x labels.

    A text in which there is no feature, an empty one for instance, has the same for all.
    """
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset :][: len(texts) + 1]
    columns: Floats = _scores(
        np.frombuffer(texts.buffers()[2] or b"", np.uint8),
        offsets,
        (model.start, model.moves, model.features),
        model.weights,
        model.priors,
    )
    columns /= np.sqrt(np.maximum(np.diff(offsets), 1))[:, None].astype(np.float32)
    np.exp(columns - columns.max(axis=1, keepdims=True, initial=-np.inf), out=columns)
    columns /= columns.sum(axis=1, keepdims=True)
    scores = np.zeros((len(columns), len(model.labels)), np.float32)
    for column, label in enumerate(model.label_columns):
        scores[:, label] += columns[:, column]
    return scores


@numba.njit(cache=True, nogil=True)
def _scores(text: Any, offsets: Any, automaton: Any, weights: Any, priors: Any) -> Any:
    """Sum up the weights of what each text holds: float32, texts x columns."""
    result = np.zeros((len(offsets) - 1, len(priors)), np.float32)
    counts = np.zeros(len(weights), np.int32)
    found = np.empty(len(weights), np.int32)
    total = np.empty(len(priors), np.float32)
    for number in range(len(result)):
        kinds = _find(text, offsets[number], offsets[number + 1], automaton, counts, found)
        total[:] = 0
        for feature in found[:kinds]:
            count = counts[feature]
            counts[feature] = 0
            factor = _LOGARITHMS[min(count, len(_LOGARITHMS) - 1)]
            if count >= len(_LOGARITHMS):
                factor = np.float32(np.log1p(np.float32(count)))
            for column in range(len(total)):
                total[column] += factor * weights[feature, column]
        if kinds:
            result[number] = total + priors
    return result


@numba.njit(cache=True, nogil=True, inline="always")
def _find(text: Any, at: Any, end: Any, automaton: Any, counts: Any, found: Any) -> Any:
    """Step through a text's bytes and count the features; give how many kinds were `found`."""
    row, moves, features = automaton
    kinds = 0
    for byte in text[at:end]:
        feature = features[row, byte]
        row = moves[row, byte]
        if feature >= 0:
            if counts[feature] == 0:
                found[kinds] = feature
                kinds += 1
            counts[feature] += 1
    return kinds

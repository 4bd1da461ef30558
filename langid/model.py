"""fastText's supervised models, as they lie in a file: dictionary, input rows, output rows, tree.

The format is that of fastText 0.9 (version 12), dense (`.bin`) or quantised (`.ftz`). Matrices of a
dense model are mapped, not read: workers on one machine share one copy of them.
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

_MAGIC, _VERSION = 793712314, 12
_LOSSES: dict[int, Literal["tree", "softmax", "sigmoid"]] = {
    1: "tree",
    3: "softmax",
    4: "sigmoid",
}
_SUPERVISED = 3
_LABEL_PREFIX = b"__label__"

Floats = npt.NDArray[np.float32]


class ModelError(ValueError):
    """The file is not a fastText model that `predict` can use."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model: all that `predict` needs, as arrays.

    `rows` (float32, rows x dimensions) holds a vector for each word, then one for each bucket of
    character n-grams. `kept` tells, of a pruned model, a bucket's row: its number among the rows
    after the words', or -1; it is empty where every bucket has its own. `path_nodes` and
    `path_turns` lead, for a tree, from the root to each label (ragged, by `path_starts`).
    """

    labels: tuple[str, ...]
    words: bytes
    word_starts: npt.NDArray[np.int64]
    word_slots: npt.NDArray[np.int32]
    shortest: int
    longest: int
    buckets: int
    kept: npt.NDArray[np.int32]
    rows: Floats
    outputs: Floats
    loss: Literal["tree", "softmax", "sigmoid"]
    path_starts: npt.NDArray[np.int64]
    path_nodes: npt.NDArray[np.int32]
    path_turns: npt.NDArray[np.int8]


def read_model(path: Path) -> Model:
    """Read a supervised model.

    Raises:
        ModelError: the file is another kind of model, or none.
        OSError: it cannot be opened.

    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return _Reader(path, data).model()
        except (struct.error, ValueError) as error:
            if isinstance(error, ModelError):
                raise
            raise ModelError(f"{path}: expected a fastText model, found it cut short") from error


class _Reader:
    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self._path = path
        self._data = data
        self._at = 0

    def model(self) -> Model:
        """Read the parts in the order in which they lie in the file."""
        if self._numbers("ii") != (_MAGIC, _VERSION):
            raise ModelError(
                f"{self._path}: expected a fastText model of version {_VERSION}, found another "
                "kind of file; name a .bin or .ftz that fastText trained"
            )
        (_, _, _, _, _, word_ngrams, loss, kind, buckets, shortest, longest, _) = self._numbers(
            "12i"
        )
        self._numbers("d")
        if kind != _SUPERVISED or loss not in _LOSSES or word_ngrams > 1:
            raise ModelError(
                f"{self._path}: expected a supervised model without word n-grams, found model "
                f"{kind}, loss {loss}, wordNgrams {word_ngrams}"
            )
        words, labels, counts, pruned = self._dictionary()
        kept = self._kept(pruned, buckets)
        rows = self._quantised() if self._numbers("?")[0] else self._dense()
        if self._numbers("?")[0]:
            raise ModelError(f"{self._path}: expected a dense output matrix, found a quantised one")
        starts, nodes, turns = _paths(counts) if _LOSSES[loss] == "tree" else _paths([])
        word_starts = np.cumsum([0, *map(len, words)], dtype=np.int64)
        return Model(
            labels=tuple(labels),
            words=b"".join(words),
            word_starts=word_starts,
            word_slots=_slots(words),
            shortest=shortest,
            longest=longest,
            buckets=buckets,
            kept=kept,
            rows=rows,
            outputs=self._dense(),
            loss=_LOSSES[loss],
            path_starts=starts,
            path_nodes=nodes,
            path_turns=turns,
        )

    def _numbers(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self._data, self._at)
        self._at += struct.calcsize("<" + form)
        return values

    def _array(self, kind: str, count: int) -> npt.NDArray[Any]:
        array = np.memmap(self._path, kind, "r", self._at, (count,))
        self._at += array.nbytes
        return np.asarray(array)

    def _dictionary(self) -> tuple[list[bytes], list[str], list[int], int]:
        """Read the words, the labels, how often each label was seen, and the number of buckets kept."""
        size, word_count, _, _, pruned = self._numbers("3i2q")
        entries, counts = [], []
        for _ in range(size):
            end = self._data.find(b"\0", self._at)
            entries.append(self._data[self._at : end])
            self._at = end + 1
            counts.append(self._numbers("qb")[0])
        labels = [
            entry.removeprefix(_LABEL_PREFIX).decode("utf-8", "replace")
            for entry in entries[word_count:]
        ]
        return entries[:word_count], labels, counts[word_count:], pruned

    def _kept(self, pruned: int, buckets: int) -> npt.NDArray[np.int32]:
        if pruned < 0:
            return np.empty(0, np.int32)
        pairs = np.array(self._array("<i4", 2 * pruned)).reshape(-1, 2)
        kept = np.full(buckets, -1, np.int32)
        kept[pairs[:, 0]] = pairs[:, 1]
        return kept

    def _dense(self) -> Floats:
        rows, columns = self._numbers("qq")
        matrix: Floats = self._array("<f4", rows * columns).reshape(rows, columns)
        return matrix

    def _quantised(self) -> Floats:
        """Unpack product-quantised rows (Jegou et al. 2011): a centroid for each part, and a norm."""
        (with_norms,) = self._numbers("?")
        count, dimensions = self._numbers("qq")
        (code_count,) = self._numbers("i")
        codes = self._array("u1", code_count).reshape(count, -1)
        centroids, width = self._centroids()
        vectors = np.empty((count, dimensions), np.float32)
        for part in range(codes.shape[1]):
            start = part * 256 * width
            columns = slice(part * width, min((part + 1) * width, dimensions))
            size = columns.stop - columns.start
            table = centroids[start : start + 256 * size].reshape(256, size)
            vectors[:, columns] = table[codes[:, part]]
        if with_norms:
            norm_codes = self._array("u1", count)
            norms, _ = self._centroids()
            vectors *= norms[norm_codes][:, None]
        vectors.flags.writeable = False  # as a mapped matrix is: one compiled kernel for both
        return vectors

    def _centroids(self) -> tuple[Floats, int]:
        dimensions, _, width, _ = self._numbers("4i")
        return self._array("<f4", dimensions * 256), width


def hash_bytes(word: bytes) -> int:
    """Give fastText's hash: 32-bit FNV-1a over signed bytes."""
    value = 2166136261
    for byte in word:
        value = ((value ^ (byte | (0xFFFFFF00 if byte > 127 else 0))) * 16777619) & 0xFFFFFFFF
    return value


def _slots(words: list[bytes]) -> npt.NDArray[np.int32]:
    """Lay the words into a hash table with linear probing, at most half full; -1 is free."""
    size = 1 << max(4, (2 * len(words)).bit_length())
    slots = np.full(size, -1, np.int32)
    for number, word in enumerate(words):
        slot = hash_bytes(word) & (size - 1)
        while slots[slot] >= 0:
            slot = (slot + 1) & (size - 1)
        slots[slot] = number
    return slots


def _paths(
    counts: list[int],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int8]]:
    """Build the Huffman tree of labels as fastText does, and list the way to each of them.

    Labels come with descending counts. A step is an inner node's output row and a turn: 1 right.
    """
    labels = len(counts)
    nodes = max(2 * labels - 1, 0)
    weight = [*counts, *([10**15] * (nodes - labels))]
    parent, right = [-1] * nodes, [False] * nodes
    leaf, inner = labels - 1, labels
    for node in range(labels, nodes):
        children = []
        for _ in range(2):
            if leaf >= 0 and weight[leaf] < weight[inner]:
                children.append(leaf)
                leaf -= 1
            else:
                children.append(inner)
                inner += 1
        weight[node] = sum(weight[child] for child in children)
        for child in children:
            parent[child] = node
        right[children[1]] = True
    steps = [_way(label, parent, right, labels) for label in range(labels)]
    flat = [step for way in steps for step in way]
    return (
        np.cumsum([0, *map(len, steps)], dtype=np.int64),
        np.array([node for node, _ in flat], np.int32),
        np.array([turn for _, turn in flat], np.int8),
    )


def _way(label: int, parent: list[int], right: list[bool], labels: int) -> list[tuple[int, int]]:
    way = []
    node = label
    while parent[node] >= 0:
        way.append((parent[node] - labels, int(right[node])))
        node = parent[node]
    return way[::-1]

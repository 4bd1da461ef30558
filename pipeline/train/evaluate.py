"""Bits per byte of each language on held-out text, against the bytes of the text before tokenization."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from math import log
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray

from ..errors import UsageError
from .encode import open_encoder
from .model import IGNORED, Decoder, see_documents
from .texts import by_language, find_shards, read_texts
from .tokens import Corpus

CONTEXT = 0.25
"""Share of a window that is only read: without, the first tokens of each would be guessed from nothing."""


@dataclass(frozen=True, eq=False, slots=True)
class HeldOut:
    """Documents of one language as one stream: each begins with the token between documents."""

    stream: NDArray[np.int64]
    document: NDArray[np.int64]
    """The number of the document that each token is of."""
    bytes: NDArray[np.int64]
    """Of UTF-8 text, by document."""

    @classmethod
    def of(cls, documents: Iterable[tuple[NDArray[np.integer], int]], between: int) -> "HeldOut":
        """Lay documents (ids without the token between, bytes) end to end."""
        pieces, sizes = [], []
        for ids, size in documents:
            pieces.append(np.concatenate(([between], ids)).astype(np.int64))
            sizes.append(size)
        lengths = [len(piece) for piece in pieces]
        return cls(
            np.concatenate([np.zeros(0, np.int64), *pieces]),
            np.repeat(np.arange(len(pieces)), lengths),
            np.array(sizes, np.int64),
        )

    def documents(self) -> list[NDArray[np.int64]]:
        """Give the ids of each document, the token between them first."""
        return np.split(self.stream, np.flatnonzero(np.diff(self.document)) + 1)


def held_out(corpus: Corpus, limit: int) -> dict[str, HeldOut]:
    """Give the validation documents of each language, the first ones that have `limit` tokens."""
    found = {}
    for language in corpus.languages:
        payload = corpus.payload(language, "validation")
        if len(payload):
            count = max(int(np.searchsorted(payload.document_ends, limit, "right")), 1)
            found[language] = HeldOut.of(
                ((payload.document(i)[:-1], payload.document_bytes(i)) for i in range(count)),
                corpus.eos,
            )
    return found


def held_out_elsewhere(
    folders: Mapping[str, str], corpus: Corpus, limit: int
) -> dict[str, HeldOut]:
    """Give the texts of other folders, as `name/language`, each up to `limit` tokens.

    Languages that the corpus has not are left out.

    Raises:
        UsageError: a folder has no texts, or none in a language of the corpus.
    """
    encode = open_encoder(corpus.tokenizer, "tokenizers") if folders else None
    found: dict[str, HeldOut] = {}
    for name, folder in folders.items():
        shards = by_language(find_shards(Path(folder)))
        for language in sorted(set(shards) & set(corpus.languages)):
            assert encode is not None
            documents: list[tuple[NDArray[np.integer], int]] = []
            for text in chain.from_iterable(
                texts for shard in shards[language] for _, texts in read_texts(shard)
            ):
                if sum(len(ids) for ids, _ in documents) >= limit:
                    break
                if text:
                    documents.append((encode([text])[0], len(text.encode())))
            found[f"{name}/{language}"] = HeldOut.of(documents, corpus.eos)
        if not any(key.startswith(f"{name}/") for key in found):
            raise UsageError(
                f"{folder}: expected held-out texts in one of {', '.join(corpus.languages)}; "
                f"found {', '.join(shards)}"
            )
    return found


@torch.no_grad()
def document_nats(
    model: Decoder,
    text: HeldOut,
    *,
    length: int,
    rows: int,
    between: int,
    precision: torch.dtype = torch.float32,
) -> NDArray[np.float64]:
    """Give the nats that the model needs for each document, float64[documents].

    The token between documents is not predicted: no byte of the text is in it. A document that is cut
    by the end of a window goes on in the next one after a quarter of a window that came before. All ranks
    share the work.

    Args:
        model: what is evaluated, on its device.
        text: held-out documents.
        length: tokens in a window.
        rows: windows that a rank passes at a time.
        between: the token between documents.
        precision: of the computation.
    """
    rank, world = (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)
    inputs, targets, document = _windows(text, length, rows * world, between)
    device = next(model.parameters()).device
    nats = torch.zeros(len(text.bytes), dtype=torch.float64, device=device)
    model.eval()
    for first in range(rank * rows, len(inputs), rows * world):
        part = slice(first, first + rows)
        tokens = torch.from_numpy(inputs[part]).to(device)
        seen = see_documents(tokens, between, device.type == "cuda")
        losses = model(
            tokens, seen, torch.from_numpy(targets[part]).to(device), precision=precision
        )
        owner = torch.from_numpy(document[part]).to(device)
        nats.index_add_(0, owner.flatten(), losses.flatten().double())
    model.train()
    if world > 1:
        dist.all_reduce(nats)
    result: NDArray[np.float64] = nats.cpu().numpy()
    return result


def _windows(
    text: HeldOut, length: int, multiple: int, between: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut a stream into inputs, targets and the targets' documents, in a multiple of so many rows.

    A window begins with the last `CONTEXT` of the one before, which are not predicted again.
    """
    context = int(length * CONTEXT)
    stride = length - context
    rows = -(-max(len(text.stream) - 1 - context, 1) // (stride * multiple)) * multiple
    missing = rows * stride + context + 1 - len(text.stream)
    stream = np.pad(text.stream, (0, missing), constant_values=between)
    document = np.pad(text.document, (0, missing))
    place = np.arange(rows)[:, None] * stride + np.arange(length)
    targets = stream[place + 1]
    targets[targets == between] = IGNORED
    targets[1:, :context] = IGNORED
    return stream[place], targets, document[place + 1]


def bits_per_byte(nats: NDArray[np.float64], text: HeldOut) -> float:
    """Turn nats of documents into bits per byte of all of them."""
    return float(nats.sum() / log(2) / text.bytes.sum())

"""Texts to train a tokenizer on: a sample of each language, as large as its share asks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, repeat

import pyarrow.parquet as pq
from xxhash import xxh3_64_intdigest

from ..errors import UsageError
from .texts import Shard, by_language, read_texts

_PIECES = 64
"""From about so many places of a language's shards its sample is taken."""


@dataclass(frozen=True, slots=True)
class Pool:
    """The texts that there are of a language to sample from, and their bytes in UTF-8."""

    texts: list[str]
    bytes: int

    def take(self, size: float) -> Iterator[str]:
        """Give texts of about `size` bytes, from the beginning; they repeat where there are too few.

        The last text is given whole or not at all, whichever comes nearer.
        """
        whole, rest = divmod(round(size), self.bytes)
        for texts in repeat(self.texts, int(whole)):
            yield from texts
        for text in self.texts:
            length = len(text.encode())
            if rest < length / 2:
                return
            yield text
            rest -= length


def language_bytes(shards: list[Shard]) -> dict[str, int]:
    """Tell about how many bytes of text each language has, from the footers of Parquet files."""
    return {
        language: sum(_text_bytes(shard) for shard in found)
        for language, found in by_language(shards).items()
    }


def _text_bytes(shard: Shard) -> int:
    if shard.path.suffix != ".parquet":
        return shard.bytes
    metadata = pq.read_metadata(shard.path)
    columns = [
        metadata.row_group(group).column(index)
        for group in range(metadata.num_row_groups)
        for index in range(metadata.num_columns)
    ]
    return sum(c.total_uncompressed_size for c in columns if c.path_in_schema == "text")


def draw(shards: list[Shard], wanted: Mapping[str, float], seed: int) -> dict[str, Pool]:
    """Draw texts of about so many bytes of each language, from all over its shards.

    Raises:
        UsageError: a language has no text at all.

    """
    pools = {}
    for language, found in by_language(shards).items():
        if language in wanted:
            texts = _draw_language(found, wanted[language], seed)
            pools[language] = Pool(texts, sum(len(text.encode()) for text in texts))
    if empty := sorted(code for code in wanted if code not in pools or not pools[code].bytes):
        raise UsageError(
            f"expected texts in {', '.join(empty)}, found none; a tokenizer that has not seen a "
            "language is bad at it, so name only languages that the corpus has"
        )
    return pools


def _draw_language(shards: list[Shard], wanted: float, seed: int) -> list[str]:
    """Take a piece of as many shards as there are; what is still wanted then comes from all in turn."""
    order = sorted(shards, key=lambda shard: xxh3_64_intdigest(shard.name.encode(), seed))
    drawn: list[str] = []
    waiting = [_texts(shard) for shard in order]
    portion = wanted / max(min(len(order), _PIECES), 1)
    while wanted > 0 and waiting:
        going = []
        for texts in waiting:
            taken = list(_up_to(texts, min(portion, wanted)))
            drawn += taken
            wanted -= sum(len(text.encode()) for text in taken)
            if wanted <= 0:
                break
            if taken:
                going.append(texts)
        waiting = going
    return drawn


def _texts(shard: Shard) -> Iterator[str]:
    for _, texts in read_texts(shard):
        yield from (text for text in texts if text)


def _up_to(texts: Iterator[str], size: float) -> Iterator[str]:
    """Give texts until `size` bytes are reached, one at least."""
    for text in texts:
        yield text
        size -= len(text.encode())
        if size <= 0:
            return


def first_texts(shards: list[Shard], number: int) -> list[str]:
    """Give the first texts of the first shard, for checks."""
    return list(islice(_texts(shards[0]), number))

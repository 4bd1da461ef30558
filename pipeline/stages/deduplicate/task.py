"""How the deduplication of one language is cut: blocks of inputs, partitions of keys, steps in waves.

Documents come in blocks (consecutive inputs), keys in partitions (by hash). A step works on one
block or on one partition, and leaves one file: rows for each partition, or rows sorted by document.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...storage.exchange import read_partition, read_range
from ...storage.folder import RunFolder
from ...storage.parquet import iterate_language, iterate_rows

Rows = npt.NDArray[np.int64]
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio


@dataclass(frozen=True, slots=True)
class Part:
    """What one input, or one shard of a release, holds of a language."""

    name: str
    rows: int
    digest: str
    """Which documents they are."""
    shard: str = ""
    """Of a release: the shard whose keys these are."""
    has_text: bool = True
    """Whether the texts are there, to be compared."""

    def to_json(self) -> dict[str, Any]:
        """Give the fields in order."""
        return {"name": self.name, "rows": self.rows, "digest": self.digest,
                "shard": self.shard, "has_text": self.has_text}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive parts whose documents are counted from `first` on."""

    number: int
    first: int
    parts: tuple[Part, ...]
    release: str = ""
    path: str = ""
    """Of a release that was published before: its name, and its folder."""

    @property
    def stop(self) -> int:
        """The number after the last document."""
        return self.first + sum(part.rows for part in self.parts)

    def to_json(self) -> dict[str, Any]:
        """Give what `dataclasses.asdict` would, which takes ten times as long for a million parts."""
        parts = [part.to_json() for part in self.parts]
        return {"number": self.number, "first": self.first, "parts": parts,
                "release": self.release, "path": self.path}  # fmt: skip

    @classmethod
    def of(cls, content: dict[str, Any]) -> "Block":
        """Read what `to_json` gave."""
        return cls(**content | {"parts": tuple(Part(**part) for part in content["parts"])})


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what is done, and to which partition or block (or which pair of forests)."""

    name: str
    number: int
    block: Block | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """The deduplication of one language, as every step of it must know it."""

    run: str
    language: str
    settings: dict[str, Any]
    partitions: int
    blocks: int
    published: int
    """Documents of releases; those of the run are counted from here."""
    documents: int
    """All of them."""
    exchange: str
    """Folder of the files that steps leave for others."""

    @property
    def folder(self) -> RunFolder:
        """The folder of the run."""
        return RunFolder(Path(self.run))

    @property
    def buffer_bytes(self) -> int:
        """What a step may hold while it sorts rows by partition."""
        return int(self.settings["partition_bytes"]) // 8

    def inside(self, exchange: str) -> "Task":
        """Give the same with another folder to exchange files in."""
        return replace(self, exchange=exchange)

    def path(self, step: str, number: int) -> Path:
        """The file that a step leaves."""
        return Path(self.exchange, step, f"{number:05}.parquet")

    def of_blocks(self, step: str) -> list[Path]:
        """The files that a step left for all blocks."""
        return [self.path(step, number) for number in range(self.blocks)]

    def gathered(self, step: str, number: int, schema: pa.Schema) -> Iterator[pa.Table]:
        """Read what a step left for one partition, piece by piece; at least an empty one."""
        yield schema.empty_table()
        for table in read_partition(self.of_blocks(step), number):
            yield table.cast(schema)

    def waves(self, blocks: list[Block]) -> Iterator[list[Step]]:
        """Give the steps that may run at the same time, wave after wave."""
        by_block = {
            name: [Step(name, block.number, block) for block in blocks]
            for name in ("digests", "bands", "texts")
        }
        by_partition = {
            name: [Step(name, number) for number in range(self.partitions)]
            for name in ("exact", "edges", "verify")
        }
        if self.settings["exact"]:
            yield by_block["digests"]
            yield by_partition["exact"]
        if self.settings["near"]:
            yield by_block["bands"]
            yield by_partition["edges"]
            for level in range(1, self.levels + 1):
                yield [Step(f"forests-{level}", n) for n in range(self.forests(level))]
            yield by_block["texts"]
            yield by_partition["verify"]

    @property
    def levels(self) -> int:
        """How often forests are merged in pairs until there is one."""
        return (self.partitions - 1).bit_length()

    def forests(self, level: int) -> int:
        """The number of forests after so many mergers."""
        return -(-self.partitions >> level)

    def forest(self, level: int, number: int) -> Path:
        """One of them."""
        return self.path(f"forests-{level}" if level else "edges", number)

    def verdicts(self, step: str, column: str, block: Block) -> pa.Table:
        """Read the verdicts of `exact` or `verify` whose `doc` or `kept` is in a block."""
        paths = (self.path(step, number) for number in range(self.partitions))
        return pa.concat_tables(read_range(path, column, block.first, block.stop) for path in paths)

    def partition_of(self, hashes: npt.NDArray[np.uint64]) -> Rows:
        """Give the partition of each 64-bit hash, by its upper bits."""
        return ((hashes >> np.uint64(32)) * np.uint64(self.partitions) >> np.uint64(32)).astype(
            np.int64
        )

    def partition_of_labels(self, labels: Rows) -> Rows:
        """Give the partition of each component."""
        return self.partition_of(labels.astype(np.uint64) * _SPREAD)

    def keys(self, block: Block, columns: list[str]) -> Iterator[tuple[int, Part, pa.Table]]:
        """Read the keys of a block: the first document's number, its part, some rows."""
        first = block.first
        for part in block.parts:
            for table in self._keys(block, part, columns):
                yield first, part, table
                first += table.num_rows
        assert first == block.stop, f"{block.stop - first} keys of block {block.number} are missing"

    def _keys(self, block: Block, part: Part, columns: list[str]) -> Iterator[pa.Table]:
        if not block.release:
            path = self.folder.root / self.folder.keys(part.name)
            yield from iterate_language(path, self.language, columns)
            return
        published = [column for column in columns if column != "tier"]
        for table in iterate_rows(Path(block.path, part.name), published):
            yield table.append_column("tier", pa.array(np.zeros(len(table), np.int8)))


def places(block: Block, first: int, part: Part, table: pa.Table) -> pa.Table:
    """Give keys the columns that say which document each is and where it lies."""
    count = table.num_rows
    source = part.shard if block.release else part.name
    return (
        table.append_column("doc", pa.array(np.arange(first, first + count)))
        .append_column("release", pa.repeat(block.release, count))
        .append_column("source", pa.repeat(source, count))
    )

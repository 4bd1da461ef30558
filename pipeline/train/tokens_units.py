"""The two kinds of unit of `tokenize`: encode a shard, and collect a part from encoded shards."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from ..stages.work import Beat, Work
from ..storage.folder import RunFolder
from .encode import open_encoder
from .texts import Shard, read_texts
from .tokens import Tokens, sidecars

HASHES = 1 << 64
"""Hashes of documents are below it."""
_CHUNK = 1 << 22  # tokens that are gathered at a time


def encode(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Encode one shard; write its documents sorted by hash."""
    work = Work.of(spec)
    shard = Shard(**spec["shard"] | {"path": Path(spec["shard"]["path"])})
    dtype = np.dtype(work.depends["dtype"]).newbyteorder("<")
    with work.folder.workspace() as scratch:
        table = _encode_in_order(scratch / "tokens", shard, spec, dtype, beat)
        order = np.argsort(table["hash"], kind="stable")
        tokens = _map(scratch / "tokens", dtype)
        stops = np.cumsum(table["length"])
        with work.output(f"exchange/{shard.name}.bin", lambda: len(order)) as path:
            _write(
                path, _gather([tokens], np.zeros_like(order), stops[order], table["length"][order])
            )
        with work.output(f"exchange/{shard.name}.parquet", lambda: len(order)) as path:
            columns = {name: column[order] for name, column in table.items()}
            pq.write_table(pa.table(columns), path)
    work.counts.kept(shard.name, shard.language, len(order))
    hashes = table["hash"]
    work.facts = {
        "language": shard.language,
        "documents": len(order),
        "tokens": int(table["length"].sum()),
        "bytes": int(table["bytes"].sum()),
        "least": int(hashes.min()) if len(hashes) else HASHES - 1,
    }
    return work.commit()


def _encode_in_order(
    path: Path, shard: Shard, spec: dict[str, Any], dtype: np.dtype[Any], beat: Beat
) -> dict[str, NDArray[Any]]:
    """Write the tokens as they come; return hash, length and bytes of text of each document."""
    encode = open_encoder(Path(spec["tokenizer"]), spec["encoder"])
    depends = spec["depends"]
    hashes: list[int] = []
    lengths, sizes = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    with path.open("wb") as file:
        for ids, texts in read_texts(shard):
            flat, counts = encode(texts)
            ends = np.cumsum(counts)
            file.write(np.insert(flat, ends, depends["eos"]).astype(dtype).tobytes())
            hashes += [xxh3_64_intdigest(name.encode(), depends["seed"]) for name in ids]
            lengths.append(counts + 1)
            sizes.append(np.array([len(text.encode()) for text in texts], np.int64))
            beat(documents=len(hashes))
    return {
        "hash": np.array(hashes, np.uint64),
        "length": np.concatenate(lengths),
        "bytes": np.concatenate(sizes),
    }


def _map(path: Path, dtype: np.dtype[Any]) -> Tokens:
    """Map a file of tokens; one of no bytes cannot be mapped."""
    return np.memmap(path, dtype, "r") if path.stat().st_size else np.empty(0, dtype)


def _gather(
    maps: list[Tokens], which: NDArray[Any], stops: NDArray[Any], lengths: NDArray[Any]
) -> Iterator[Tokens]:
    """Give documents one after another, about `_CHUNK` tokens at a time."""
    chunk: list[Tokens] = []
    size = 0
    for file, stop, length in zip(which.tolist(), stops.tolist(), lengths.tolist(), strict=True):
        chunk.append(maps[file][stop - length : stop])
        size += length
        if size >= _CHUNK:
            yield np.concatenate(chunk)
            chunk, size = [], 0
    if chunk:
        yield np.concatenate(chunk)


def _write(path: Path, chunks: Iterable[Tokens]) -> None:
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk.tobytes())


def collect(spec: dict[str, Any], beat: Beat) -> dict[str, Any]:
    """Write one part: the documents of a range of hashes, from all shards of a language."""
    work = Work.of(spec)
    depends, name = work.depends, spec["unit"]
    language, names = depends["language"], [unit for unit, _ in depends["shards"]]
    table = [_range(work.folder, unit, *depends["range"]) for unit in names]
    which = np.repeat(np.arange(len(names)), [len(part["hash"]) for part in table])
    hashes, stops, lengths, sizes = (
        np.concatenate([part[column] for part in table])
        for column in ("hash", "stop", "length", "bytes")
    )
    order = np.argsort(hashes, kind="stable")
    dtype = np.dtype(depends["dtype"]).newbyteorder("<")
    maps = [_map(work.folder.root / f"exchange/{unit}.bin", dtype) for unit in names]
    files = sidecars(depends["dtype"], lengths[order], sizes[order]) if len(order) else {}
    if files:  # a part without documents is no file: an empty one cannot be mapped
        with work.output(f"{name}.bin", lambda: len(order)) as path:
            _write(path, _gather(maps, which[order], stops[order], lengths[order]))
    for suffix, content in files.items():
        with work.output(f"{name}{suffix}", lambda: len(order)) as path:
            path.write_bytes(content)
    for number, unit in enumerate(names):
        work.counts.kept(unit, language, int((which == number).sum()))
    work.facts = {
        "language": language,
        "split": depends["split"],
        "documents": len(order),
        "tokens": int(lengths.sum()),
        "bytes": int(sizes.sum()),
    }
    beat(documents=len(order))
    return work.commit()


def _range(folder: RunFolder, unit: str, start: int, stop: int) -> dict[str, NDArray[Any]]:
    """Read which documents of an encoded shard fall into a range, and where they end in it."""
    table = pq.read_table(folder.root / f"exchange/{unit}.parquet", use_threads=False)
    columns = {name: table[name].to_numpy() for name in table.column_names}
    columns["stop"] = np.cumsum(columns["length"])
    first = np.searchsorted(columns["hash"], np.uint64(start), "left")
    last = (
        len(table) if stop == HASHES else np.searchsorted(columns["hash"], np.uint64(stop), "left")
    )
    return {name: column[first:last] for name, column in columns.items()}

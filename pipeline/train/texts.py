"""The texts of a corpus by language: a run, a release of one, or a folder that someone else made."""

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from ...langid.codes import PY3LANGID_CODES
from ..errors import RunError, UsageError
from ..stages import shards
from ..storage.fingerprint import content_digest
from ..storage.folder import RunFolder
from ..storage.ledger import entries

SUFFIXES = (".parquet", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".txt")
_BATCH = 1000  # documents


@dataclass(frozen=True, slots=True)
class Shard:
    """One file with texts of one language; `documents` is None where no ledger tells how many."""

    name: str
    path: Path
    language: str
    digest: str
    bytes: int
    documents: int | None = None


def find_shards(root: Path) -> list[Shard]:
    """Find the files of a corpus, sorted by name.

    A run's are those of its ledger. Elsewhere a file belongs to the language that its folder is called
    by, or that it is called by itself: `ces_Latn/….parquet`, `mt.txt` (a text a line), `mt.jsonl`.

    Raises:
        UsageError: nothing is there, or the run has not finished.

    """
    folder = RunFolder(root.resolve())
    if is_run(folder):
        found = list(_of_run(folder))
        if not found:
            raise UsageError(
                f"{root}: the run has no shards yet; let `eurocorpus run --config "
                f"{folder.config}` come to its end first"
            )
        return found
    found = list(_of_folder(folder.root)) if folder.root.is_dir() else []
    if not found:
        raise UsageError(
            f"{root}: expected the folder of a run, of a release, or one with files such as "
            f"ces_Latn/part.parquet or mt.txt ({', '.join(SUFFIXES)}); found none"
        )
    return found


def is_run(folder: RunFolder) -> bool:
    """Whether a folder is a run's; a release holds the run's configuration too, but no ledger."""
    return folder.config.exists() and (folder.root / "ledger").is_dir()


def _of_run(folder: RunFolder) -> Iterator[Shard]:
    for entry in entries(folder, shards.STAGE):
        shard = entry.outputs[0]
        path = folder.root / shard.path
        if not path.exists() or path.stat().st_size != shard.bytes:
            raise UsageError(
                f"{path}: expected the shard of {shard.bytes:,} bytes that the ledger names; "
                "type the run again, it makes what is missing"
            )
        name = f"{entry.facts['language']}/{path.stem}"
        yield Shard(name, path, entry.facts["language"], shard.sha256, shard.bytes, shard.rows)


def _of_folder(root: Path) -> Iterator[Shard]:
    top = root / "data" if (root / "data").is_dir() else root
    for child in sorted(top.iterdir()):
        files = sorted(child.rglob("*")) if child.is_dir() else [child]
        language = language_of(child.name.partition(".")[0])
        for path in files:
            if path.is_file() and path.name.endswith(SUFFIXES):
                name = path.relative_to(top).as_posix()
                name = name if child.is_dir() else f"{language}/{name}"
                yield Shard(name, path, language, content_digest(path), path.stat().st_size)


def language_of(name: str) -> str:
    """Write a code of two letters as those of the corpus; leave any other name as it is.

    >>> language_of("cs"), language_of("sr-Latn"), language_of("pt-BR"), language_of("ces_Latn")
    ('ces_Latn', 'srp_Latn', 'por_Latn', 'ces_Latn')
    """
    base, _, script = name.partition("-")
    script = script if len(script) == len("Latn") else ""  # or else it is a region
    codes = PY3LANGID_CODES.get({"nb": "no"}.get(base, base), ()) if len(base) == 2 else ()
    return next((code for code in codes if code.endswith(script)), name)


def by_language(found: list[Shard]) -> dict[str, list[Shard]]:
    """Group shards by language, the languages sorted."""
    groups: dict[str, list[Shard]] = {}
    for shard in sorted(found, key=lambda shard: (shard.language, shard.name)):
        groups.setdefault(shard.language, []).append(shard)
    return groups


def read_texts(shard: Shard) -> Iterator[tuple[list[str], list[str]]]:
    """Read a file in batches of ids and texts; where there are no ids, name and number serve.

    Raises:
        RunError: the file does not read, or has no column or key `text`.

    """
    first = 0
    try:
        for ids, texts in _batches(shard.path):
            names = ids or [f"{shard.name}:{first + row}" for row in range(len(texts))]
            yield names, texts
            first += len(texts)
    except (OSError, pa.ArrowException, zstandard.ZstdError, ValueError, KeyError) as error:
        raise RunError(
            f"{shard.path}: expected documents with a `text`, found after {first:,} of them: "
            f"{error!r}"
        ) from error


def _batches(path: Path) -> Iterator[tuple[list[str], list[str]]]:
    if path.suffix == ".parquet":
        yield from _parquet(path)
        return
    with _open(path) as lines:
        batch: list[dict[str, Any]] = []
        for line in lines:
            row = {"text": line.rstrip("\n")} if path.suffix == ".txt" else json.loads(line)
            batch.append(row)
            if len(batch) == _BATCH:
                yield _columns(batch)
                batch = []
        yield _columns(batch)


def _parquet(path: Path) -> Iterator[tuple[list[str], list[str]]]:
    with pq.ParquetFile(path) as file:
        names = [name for name in ("id", "text") if name in file.schema_arrow.names]
        for batch in file.iter_batches(_BATCH, columns=names, use_threads=False):
            ids = [str(name) for name in batch["id"].to_pylist()] if "id" in names else []
            yield ids, [text or "" for text in batch["text"].to_pylist()]


def _columns(rows: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Turn rows into columns; half a surrogate pair, which JSON can spell, becomes a question mark."""
    texts = [row["text"].encode("utf-8", "replace").decode("utf-8") for row in rows]
    return [str(row["id"]) for row in rows] if all("id" in row for row in rows) else [], texts


def _open(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="\n")
    if path.suffix == ".zst":
        return zstandard.open(path, "rt", encoding="utf-8", newline="\n")  # type: ignore[no-any-return]
    return path.open("r", encoding="utf-8", newline="\n")

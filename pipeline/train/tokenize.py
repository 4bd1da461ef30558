"""Shards to token files: encode every shard, then put the documents of each language in a random order.

A document's place is told by a keyed hash of its id, so that it depends neither on the shards nor on
who works on them. First each shard is encoded, its documents sorted by that hash (`exchange/`); then
each part of a language collects the documents of its range of hashes from all of them. Documents of
the smallest hashes are held out for validation. Nothing but token ids is ever moved.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from ..engine import Limits, Unit, execute, open_executor
from ..errors import RunError, UsageError
from ..progress import Progress
from ..stages.work import Beat, Work
from ..storage.fingerprint import code_version, fingerprint, sha256
from ..storage.folder import RunFolder
from ..storage.ledger import Entry, entries, is_committed, read_entry, withdraw
from .encode import TokenizerFile, choose_encoder, open_encoder, read_tokenizer
from .texts import Shard, by_language, find_shards, read_texts
from .tokens import FORMAT, SPLITS, Corpus, Tokens, choose_dtype, link, sidecars

ENCODE, COLLECT = "encode", "collect"
_CODE = ("pipeline/train/encode.py", "pipeline/train/texts.py", "pipeline/train/tokenize.py",
         "pipeline/train/tokens.py")  # fmt: skip
_HASHES = 1 << 64
_CHUNK = 1 << 22  # tokens that are gathered at a time
_SAMPLE = 20  # documents of each language that encoders must agree on


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides the content of token files, beside texts and tokenizer.

    `validation` is the share of documents that is held out; a language with two or more has one.
    `part_tokens` is about how many tokens a part may hold.
    """

    seed: int = 0
    validation: float = 0.005
    part_tokens: int = 1 << 30

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises:
            UsageError: with the option to change.

        """
        if not 0 <= self.validation < 1:
            raise UsageError(f"--validation: expected a share from 0 to 1, found {self.validation}")
        if not 1 <= self.part_tokens <= 1 << 40:
            raise UsageError(f"--part-tokens: expected at least 1, found {self.part_tokens}")
        if not 0 <= self.seed < 1 << 63:
            raise UsageError(f"--seed: expected a whole number from 0 on, found {self.seed}")


def tokenize(
    root: Path,
    out: Path,
    tokenizer: Path,
    *,
    settings: Settings = Settings(),
    encoder: str = "auto",
    eos: str | None = None,
    engine: str = "auto",
    address: str | None = None,
    workers: int | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Corpus:
    """Write the token files of a corpus, or what is missing of them.

    Args:
        root: a run, a release, or a folder of texts by language.
        out: the folder of the token files.
        tokenizer: a `tokenizer.json`.
        settings: order, hold-out and size of parts.
        encoder: `auto`, `tokenizers`, `tiktoken` or `gigatoken`.
        eos: the token that ends a document, where it has an unusual name.
        engine, address, workers: as of `run`.
        tell: takes what the user should know.

    Raises:
        UsageError: a file or setting is not as it must be, or encoders differ.
        RunError: a unit failed, or documents went missing.

    """
    settings.check()
    shards = by_language(find_shards(root))
    file = read_tokenizer(tokenizer.resolve(), eos)
    kind, why = choose_encoder(file.path, encoder, _samples(shards))
    if why:
        tell(f"Encoding with `tokenizers`, which is slower: {why}")
    folder = RunFolder(out.resolve())
    _claim(folder)
    plan = _Plan(folder, file, kind, settings, shards)
    limits = Limits(workers=workers, progress=folder.progress)
    with (
        open_executor(engine, limits, address) as executor,
        Progress(folder.progress) as progress,
    ):

        def work(stage: str, units: list[Unit], is_done: Callable[[Unit], bool]) -> None:
            todo = [unit for unit in units if not is_done(unit)]
            progress.begin(stage, units, todo)
            outcomes = execute(todo, executor, limits, is_done=is_done, on_event=progress.show)
            progress.end()
            undone = [outcome for outcome in outcomes if outcome.status != "done"]
            if undone:
                first = min(undone, key=lambda outcome: outcome.status != "failed")
                raise RunError(
                    f"{stage} {first.unit.name}: {first.error}\n"
                    "What is committed stays. Type the same command to try the rest again."
                )

        work(ENCODE, plan.encoding(), plan.is_encoded)
        collecting = plan.collecting()
        work(COLLECT, collecting, _is_committed)
    _finish(plan, [unit.name for unit in collecting])
    corpus = Corpus.open(folder.root)
    _write_into_summary(root, corpus)
    return corpus


def _samples(shards: dict[str, list[Shard]]) -> dict[str, list[str]]:
    """Take the first documents of each language, cut to what a check needs."""
    return {
        language: [
            text[:20_000]
            for _, texts in islice(read_texts(found[0]), 1)
            for text in texts[:_SAMPLE]
        ]
        for language, found in shards.items()
    }


def _claim(folder: RunFolder) -> None:
    """Refuse a folder that holds something else."""
    names = {path.name for path in folder.root.iterdir()} if folder.root.exists() else set()
    if names - {"tmp", "progress"}:
        if "ledger" not in names or folder.config.exists():
            raise UsageError(
                f"{folder.root}: expected an empty folder or earlier token files, found others; "
                "name another folder with --out"
            )
    folder.sweep()


def _is_committed(unit: Unit) -> bool:
    folder = RunFolder(Path(unit.spec["run"]))
    return is_committed(folder, unit.stage, unit.name, fingerprint(unit.spec["depends"]))


class _Plan:
    """The units of both stages, planned from shards and from what the ledger says of them."""

    def __init__(
        self,
        folder: RunFolder,
        file: TokenizerFile,
        kind: str,
        settings: Settings,
        shards: dict[str, list[Shard]],
    ) -> None:
        self.folder, self.file, self.settings, self.shards = folder, file, settings, shards
        self.dtype = choose_dtype(file.vocabulary)
        self.tokenizer_hash = sha256(file.path)
        self._kind = kind
        self._finished = {language for language in shards if self._is_finished(language)}

    def encoding(self) -> list[Unit]:
        return [self._encode(shard) for found in self.shards.values() for shard in found]

    def _encode(self, shard: Shard) -> Unit:
        return Unit(
            stage=ENCODE,
            name=shard.name,
            function=f"{__name__}:encode",
            spec={
                "run": str(self.folder.root),
                "stage": ENCODE,
                "unit": shard.name,
                "shard": asdict(shard) | {"path": str(shard.path)},
                "tokenizer": str(self.file.path),
                "encoder": self._kind,
                "depends": {
                    "code": code_version(_CODE, ("tokenizers",)),
                    "shard": shard.digest,
                    "tokenizer": self.tokenizer_hash,
                    "eos": self.file.eos_id,
                    "dtype": self.dtype,
                    "seed": self.settings.seed,
                },
            },
            weight=shard.bytes,
        )

    def is_encoded(self, unit: Unit) -> bool:
        """Whether a shard is encoded, or was, and its language is finished since."""
        return unit.spec["shard"]["language"] in self._finished or _is_committed(unit)

    def _is_finished(self, language: str) -> bool:
        """Whether the ledger knows every shard as it is now, and all parts of them are there."""
        for shard in self.shards[language]:
            entry = read_entry(self.folder, ENCODE, shard.name)
            if entry is None or entry.fingerprint != fingerprint(
                self._encode(shard).spec["depends"]
            ):
                return False
        return all(_is_committed(unit) for unit in self._collect(language))

    def collecting(self) -> list[Unit]:
        return [unit for language in self.shards for unit in self._collect(language)]

    def _collect(self, language: str) -> Iterator[Unit]:
        encoded = [self._entry(shard) for shard in self.shards[language]]
        documents = sum(entry.facts["documents"] for entry in encoded)
        tokens = sum(entry.facts["tokens"] for entry in encoded)
        held = min((entry.facts["least"] for entry in encoded), default=0)
        border = self._border(documents, held)
        share = 1 - border / _HASHES
        parts = max(-(-round(tokens * share) // self.settings.part_tokens), 1)
        ranges = [("validation", 0, 1, 0, border)] if border else []
        for number in range(parts):
            start, stop = (border + (_HASHES - border) * n // parts for n in (number, number + 1))
            ranges.append(("train", number, parts, start, stop))
        for split, number, total, start, stop in ranges:
            name = f"{language}/{split}-{number:05}-of-{total:05}"
            yield Unit(
                stage=COLLECT,
                name=name,
                function=f"{__name__}:collect",
                spec={
                    "run": str(self.folder.root),
                    "stage": COLLECT,
                    "unit": name,
                    "depends": {
                        "language": language,
                        "split": split,
                        "dtype": self.dtype,
                        "range": [start, stop],
                        "shards": [[entry.unit, entry.fingerprint] for entry in encoded],
                    },
                },
                weight=max(round(tokens * (stop - start) / _HASHES), 1),
            )

    def _entry(self, shard: Shard) -> Entry:
        entry = read_entry(self.folder, ENCODE, shard.name)
        assert entry is not None, f"{shard.name} was encoded before its parts are planned"
        if shard.documents not in (None, entry.facts["documents"]):
            raise RunError(
                f"{shard.path}: the run's ledger counts {shard.documents:,} documents, but "
                f"{entry.facts['documents']:,} were encoded; type `eurocorpus run` again"
            )
        return entry

    def _border(self, documents: int, least: int) -> int:
        """Below which hash documents are held out: by share, but one at least of two or more."""
        if documents < 2 or not self.settings.validation:
            return 0
        return max(int(self.settings.validation * _HASHES), least + 1)


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
        "least": int(hashes.min()) if len(hashes) else _HASHES - 1,
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
        len(table) if stop == _HASHES else np.searchsorted(columns["hash"], np.uint64(stop), "left")
    )
    return {name: column[first:last] for name, column in columns.items()}


def _finish(plan: _Plan, parts: list[str]) -> None:
    """Write the manifest, once every document is accounted for; remove what it does not name."""
    folder = plan.folder
    wanted = set(parts)
    for entry in entries(folder, COLLECT):
        if entry.unit not in wanted:
            withdraw(folder, entry)
            (folder.root / f"{entry.unit}.ds").unlink(missing_ok=True)
    known = {shard.name for found in plan.shards.values() for shard in found}
    for entry in entries(folder, ENCODE):
        for output in entry.outputs:
            (folder.root / output.path).unlink(missing_ok=True)
        if entry.unit not in known:
            withdraw(folder, entry)
    for path in sorted(folder.root.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    languages = {language: _language(plan, language) for language in plan.shards}
    for row in languages.values():
        for part in (part for split in SPLITS for part in row[split]):
            link(folder.root, part["name"])
    with folder.atomic("tokenizer.json") as path:
        path.write_bytes(plan.file.path.read_bytes())
    content = {
        "format": FORMAT,
        "tokenizer": {
            "file": "tokenizer.json",
            "sha256": plan.tokenizer_hash,
            "vocabulary": plan.file.vocabulary,
            "eos": plan.file.eos,
            "eos_id": plan.file.eos_id,
        },
        "dtype": plan.dtype,
        "seed": plan.settings.seed,
        "validation": plan.settings.validation,
        "languages": languages,
    }
    with folder.atomic("manifest.json") as path:
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _language(plan: _Plan, language: str) -> dict[str, Any]:
    """Give a language's row of the manifest.

    Raises:
        RunError: a document went missing between encoding and collecting.

    """
    parts = [e for e in entries(plan.folder, COLLECT) if e.facts["language"] == language]
    encoded = [read_entry(plan.folder, ENCODE, shard.name) for shard in plan.shards[language]]
    total = {
        name: sum(entry.facts[name] for entry in parts) for name in ("documents", "tokens", "bytes")
    }
    for name, number in total.items():
        expected = sum(entry.facts[name] for entry in encoded if entry)
        if number != expected:
            raise RunError(f"{language}: {expected:,} {name} were encoded, {number:,} collected")
    return total | {
        split: [
            {
                "name": entry.unit,
                **{name: entry.facts[name] for name in ("documents", "tokens", "bytes")},
                "sha256": entry.outputs[0].sha256,
            }
            for entry in parts
            if entry.facts["split"] == split and entry.outputs
        ]
        for split in SPLITS
    }


def _write_into_summary(root: Path, corpus: Corpus) -> None:
    """Add the number of tokens of each language, EOS included, to the figures of a run."""
    folder = RunFolder(root.resolve())
    if not folder.config.exists() or not folder.summary.exists():
        return
    summary = json.loads(folder.summary.read_text("utf-8"))
    counted = {code: found.tokens for code, found in corpus.languages.items()}
    for language, row in summary["languages"].items():
        row["tokens"] = counted.get(language, 0)
    summary["tokens"] = {
        "folder": os.path.relpath(corpus.folder, folder.root),
        "manifest": corpus.digest,
        "tokens": sum(counted.values()),
        "languages": counted,
    }
    with folder.atomic(folder.summary.relative_to(folder.root)) as path:
        path.write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", "utf-8")

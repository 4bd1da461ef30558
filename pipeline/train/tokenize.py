"""Shards to token files: encode every shard, then put the documents of each language in a random order.

A document's place is told by a keyed hash of its id, so that it depends neither on the shards nor on
who works on them. First each shard is encoded, its documents sorted by that hash (`exchange/`); then
each part of a language collects the documents of its range of hashes from all of them. Documents of
the smallest hashes are held out for validation. Nothing but token ids is ever moved.
"""

import json
import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from ..engine import Limits, Unit, execute, open_executor
from ..errors import RunError, UsageError
from ..progress import Progress
from ..storage.fingerprint import sha256
from ..storage.folder import RunFolder
from ..storage.ledger import entries, read_entry, withdraw
from .encode import choose_encoder, read_tokenizer
from .texts import Shard, by_language, find_shards, is_run, read_texts
from .tokens import FORMAT, SPLITS, Corpus, link
from .tokens_plan import COLLECT, ENCODE, Plan, Settings, is_done

__all__ = ["Settings", "tokenize"]
_SAMPLE = 20  # documents of each language that encoders must agree on


def tokenize(
    root: Path,
    out: Path,
    tokenizer: Path,
    *,
    settings: Settings | None = None,
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
        settings: order, hold-out and size of parts; None takes the defaults.
        encoder: `auto`, `tokenizers`, `tiktoken` or `gigatoken`.
        eos: the token that ends a document, where it has an unusual name.
        engine, address, workers: as of `run`.
        tell: takes what the user should know.

    Raises:
        UsageError: a file or setting is not as it must be, or encoders differ.
        RunError: a unit failed, or documents went missing.

    """
    settings = settings or Settings()
    settings.check()
    shards = by_language(find_shards(root))
    file = read_tokenizer(tokenizer.resolve(), eos)
    kind, why = choose_encoder(file.path, encoder, _samples(shards))
    if why:
        tell(f"Encoding with `tokenizers`, which is slower: {why}")
    folder = RunFolder(out.resolve())
    _claim(folder)
    plan = Plan(folder, file, kind, settings, shards)
    limits = Limits(workers=workers, progress=folder.progress)
    with (
        open_executor(engine, limits, address) as executor,
        Progress(folder.progress) as progress,
    ):

        def work(stage: str, units: list[Unit], done: Callable[[Unit], bool]) -> None:
            todo = [unit for unit in units if not done(unit)]
            progress.begin(stage, units, todo)
            outcomes = execute(todo, executor, limits, is_done=done, on_event=progress.show)
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
        work(COLLECT, collecting, is_done)
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


def _finish(plan: Plan, parts: list[str]) -> None:
    """Write the manifest, once every document is accounted for; remove what it does not name."""
    folder = plan.folder
    wanted = set(parts)
    for entry in entries(folder, COLLECT):
        if entry.unit not in wanted:
            withdraw(folder, entry.stage, entry.unit)
            (folder.root / f"{entry.unit}.ds").unlink(missing_ok=True)
    known = {shard.name for found in plan.shards.values() for shard in found}
    for entry in entries(folder, ENCODE):
        for output in entry.outputs:
            (folder.root / output.path).unlink(missing_ok=True)
        if entry.unit not in known:
            withdraw(folder, entry.stage, entry.unit)
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


def _language(plan: Plan, language: str) -> dict[str, Any]:
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
    if not is_run(folder) or not folder.summary.exists():
        return
    summary = json.loads(folder.summary.read_text("utf-8"))
    counted = {code: found.tokens for code, found in corpus.languages.items()}
    digest = sha256(corpus.tokenizer)
    for language, row in summary["languages"].items():
        row["tokens"] = counted.get(language, 0)
    summary["tokens"] = {
        "folder": os.path.relpath(corpus.folder, folder.root),
        "manifest": corpus.digest,
        "tokenizer": {"name": f"tokenizer {digest[:12]}", "sha256": digest},
        "tokens": sum(counted.values()),
        "languages": counted,
    }
    with folder.atomic(folder.summary.relative_to(folder.root)) as path:
        path.write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", "utf-8")

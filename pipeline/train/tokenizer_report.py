"""The report of tokenizers: figures by language, gates, and a page with both, one beside the other."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..storage.fingerprint import sha256
from ..storage.folder import RunFolder
from .encode import as_bytes, load_tokenizer
from .texts import find_shards
from .tokenizer_figures import (
    Figures,
    Parallel,
    gini,
    long_runs,
    measure,
    premiums,
    read_parallel,
)
from .tokenizer_gates import Gate, check
from .tokenizer_page import page
from .tokenizer_sample import draw, language_bytes

ENGLISH = "eng_Latn"


def report_tokenizers(
    root: Path,
    paths: Sequence[Path],
    out: Path,
    *,
    parallel: Path | None = None,
    languages: Iterable[str] = (),
    reference: str = ENGLISH,
    sample_bytes: int = 500_000,
    seed: int = 1,
) -> dict[str, Any]:
    """Measure tokenizers on the texts of a corpus; write `report.json` and `index.html` into `out`.

    Args:
        root: a run, a release, or a folder of texts by language.
        paths: one `tokenizer.json` or more; where `training.json` lies beside one, it is read too.
        out: a folder.
        parallel: a folder with the same text in many languages, `CODE.txt`.
        languages: those that must be there; by default those of the corpus and of the training text.
        reference: the language that premiums are over.
        sample_bytes: how much of each language is read.
        seed: of the sample; that of training is 0.

    Raises:
        UsageError: a file or folder is not as it must be.

    """
    shards = find_shards(root)
    sizes = {code: size for code, size in language_bytes(shards).items() if size}
    named = list(languages)
    known = {code: float(sample_bytes) for code in sizes if not named or code in named}
    texts = {code: pool.texts for code, pool in draw(shards, known, seed).items()}
    same = read_parallel(parallel) if parallel else None
    if same and reference not in same:
        raise UsageError(f"{parallel}: expected a text in {reference}, named by --reference")
    found = [_describe(path, texts, same, named, reference) for path in paths]
    content = {
        "corpus": str(root),
        "parallel": str(parallel) if parallel else None,
        "reference": reference,
        "tokenizers": found,
    }
    folder = RunFolder(out.resolve())
    with folder.atomic("report.json") as path:
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    with folder.atomic("index.html") as path:
        path.write_text(page(content), "utf-8")
    folder.sweep()
    return content


def _describe(
    path: Path,
    texts: Mapping[str, Sequence[str]],
    parallel: Parallel | None,
    named: Sequence[str],
    reference: str,
) -> dict[str, Any]:
    """Measure one tokenizer."""
    tokenizer = load_tokenizer(path)
    training = _training(path)
    vocabulary = max(tokenizer.get_vocab(with_added_tokens=True).values()) + 1
    figures = measure(tokenizer, texts, vocabulary)
    trained = training["weights"] if training else None
    wanted = named or sorted({*texts, *(trained or ())})
    gates = check(path, texts, wanted, trained)
    paid = premiums(tokenizer, parallel, reference) if parallel else {}
    return {
        "name": path.parent.name if path.name == "tokenizer.json" else path.stem,
        "path": str(path),
        "sha256": sha256(path),
        "vocabulary": vocabulary,
        "long_runs": long_runs(as_bytes(path) or {}),
        "sampling": training["sampling"] if training else None,
        "passed": all(gate.passed for gate in gates),
        "gates": [asdict(gate) for gate in gates],
        "languages": {code: _row(row) for code, row in figures.items()},
        "bytes_per_token": sum(row.bytes for row in figures.values())
        / max(sum(row.tokens for row in figures.values()), 1),
        "premium": {code: round(value, 4) for code, value in paid.items()},
        "gini": round(gini(list(paid.values())), 4) if paid else None,
        "worst": max(paid, key=lambda code: paid[code]) if paid else None,
        "rounds": training["rounds"] if training else [],
    }


def _row(figures: Figures) -> dict[str, float]:
    counts = {
        name: value for name, value in asdict(figures).items() if name not in ("continued", "share")
    }
    return counts | {name: round(value, 4) for name, value in figures.rates.items()}


def _training(path: Path) -> dict[str, Any] | None:
    """Read how a tokenizer was made, if that is known of this very file."""
    beside = path.with_name("training.json")
    if path.name != "tokenizer.json" or not beside.exists():
        return None
    content: dict[str, Any] = json.loads(beside.read_text("utf-8"))
    return content if content.get("sha256") == sha256(path) else None


def failed(content: Mapping[str, Any]) -> list[tuple[str, Gate]]:
    """List the gates that a tokenizer of a report did not pass, by the tokenizer's name."""
    return [
        (one["name"], Gate(**gate))
        for one in content["tokenizers"]
        for gate in one["gates"]
        if not gate["passed"]
    ]

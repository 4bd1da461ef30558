"""The report of tokenizers: figures by language, gates, and a page with both, one beside the other."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..report.charts import bar
from ..report.render import render
from ..storage.fingerprint import sha256
from ..storage.folder import RunFolder
from .encode import load_tokenizer
from .texts import find_shards
from .tokenizer_figures import Figures, Parallel, gini, measure, premiums, read_parallel
from .tokenizer_gates import Gate, check
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
        path.write_text(_page(content), "utf-8")
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


def _page(content: dict[str, Any]) -> str:
    found = content["tokenizers"]
    paid = f", parallel text from {content['parallel']}" if content["parallel"] else ""
    return render(
        "tokenizer.html",
        {
            "lead": f"Measured on texts from {content['corpus']}{paid}.",
            "reference": content["reference"],
            "summary": _summary(found),
            "reports": [_section(one, found) for one in found],
            "data_file": "report.json",
            "pages": [],
            "names": {},
            "here": None,
            "compared": False,
        },
    )


def _heads(*titles: str, words: int = 1) -> list[dict[str, Any]]:
    """Head a table whose first columns are words and whose others are figures."""
    return [
        {"title": title, "number": at >= words, "plain": not title}
        for at, title in enumerate(titles)
    ]


def _figure(value: float | None, form: str = "{:.3f}") -> dict[str, Any] | None:
    if value is None:
        return None
    return {"kind": "number", "text": form.format(value), "sort": value, "href": None}


def _drawn(value: float, top: float, kind: str = "bar") -> dict[str, Any]:
    return {
        "kind": "draw",
        "text": bar(value / top if top else 0, kind),
        "sort": value,
        "href": None,
    }


def _summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "heads": _heads("tokenizer", "sampling", "gates", "ids", "bytes a token", "mean fertility",
                        "Gini of the premium", "highest premium", "in", words=3),
        "rows": [
            [
                one["name"],
                one["sampling"] or "not known",
                "passed" if one["passed"] else "failed",
                one["vocabulary"],
                _figure(one["bytes_per_token"]),
                _figure(_mean(row["fertility"] for row in one["languages"].values())),
                _figure(one["gini"], "{:.4f}"),
                _figure(one["premium"].get(one["worst"])),
                one["worst"] or "–",
            ]
            for one in found
        ],
    }  # fmt: skip


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / max(len(numbers), 1)


def _section(one: dict[str, Any], found: list[dict[str, Any]]) -> dict[str, Any]:
    """Make the tables of one tokenizer; bars are as long on every one of them."""
    top_premium = max((p for other in found for p in other["premium"].values()), default=1)
    rows = [row for other in found for row in other["languages"].values()]
    top = {name: max(row[name] for row in rows) for name in ("bytes_per_token", "fertility")}
    premium = sorted(one["premium"].items(), key=lambda item: -item[1])
    return one | {
        "gates": {
            "heads": _heads("gate", "", "found", words=3),
            "rows": [
                [gate["name"], "passed" if gate["passed"] else "FAILED", gate["found"]]
                for gate in one["gates"]
            ],
        },
        "premium": {
            "heads": _heads("language", "premium", ""),
            "rows": [
                [code, _figure(value), _drawn(value, top_premium, "judged" if value > 1.5 else "bar")]
                for code, value in premium
            ],
        } if premium else None,
        "languages": {
            "heads": _heads("language", "bytes a token", "", "characters a token", "fertility", "",
                            "continued words", "share of the vocabulary", "ids used", "tokens"),
            "rows": [
                [
                    code,
                    _figure(row["bytes_per_token"], "{:.2f}"),
                    _drawn(row["bytes_per_token"], top["bytes_per_token"]),
                    _figure(row["characters_per_token"], "{:.2f}"),
                    _figure(row["fertility"], "{:.2f}"),
                    _drawn(row["fertility"], top["fertility"], "judged"),
                    _figure(row["continued_words"], "{:.1%}"),
                    _figure(row["vocabulary_share"], "{:.1%}"),
                    row["used"],
                    row["tokens"],
                ]
                for code, row in one["languages"].items()
            ],
        },
        "rounds": {
            "heads": _heads("round", "Gini", "compression lost"),
            "rows": [
                [str(number), _figure(row["gini"], "{:.4f}"), _figure(row["loss"], "{:.1%}")]
                for number, row in enumerate(one["rounds"])
            ],
        } if one["rounds"] else None,
    }  # fmt: skip


def failed(content: Mapping[str, Any]) -> list[tuple[str, Gate]]:
    """List the gates that a tokenizer of a report did not pass, by the tokenizer's name."""
    return [
        (one["name"], Gate(**gate))
        for one in content["tokenizers"]
        for gate in one["gates"]
        if not gate["passed"]
    ]

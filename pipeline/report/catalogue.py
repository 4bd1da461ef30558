"""Figures in the shapes of OpenEuroLLM's catalogue of training data and of HPLT's analytics tool.

`analytics/xxx_Xxxx.yaml` holds, as theirs do, JSON in strings; `counts/xxx_Xxxx.json` is what their
counting tool writes for a folder of files.
"""

import json
from typing import Any

import yaml

KEYS = {
    "required": ["id", "url", "text", "language", "language_score", "source", "extractor"],
    "optional": ["date", "languages", "rights", "signals", "minhash_cluster_size", "duplicate_of"],
}


def analytics(language: str, figures: dict[str, Any]) -> str:
    """Give the YAML of one language.

    `docs_langs` (share of a document's lines that are in the language), `src_langs` (lines by
    language) and `src_ngrams` come from a sample of `sampled` documents, which `warnings` says; all
    else from every document.
    """
    content = {
        "corpus": language,
        "srclang": language.split("_")[0],
        "docs_total": figures["documents"],
        "docs_segments": _pairs(figures["segment_counts"]),
        "docs_collections": _pairs(figures["sources"]),
        "docs_langs": _pairs(figures["language_mix"]["shares"]),
        "docs_top100_domains": _pairs([row[:2] for row in figures["domains"]]),
        "docs_top100_tld": _pairs(figures["suffixes"]),
        "src_ngrams": json.dumps(
            {n: [[[gram], number] for gram, number in rows]
             for n, rows in figures["ngrams"].items()},
            ensure_ascii=False,
        ),
        "src_langs": _pairs(figures["language_mix"]["languages"]),
        "sentence_pairs": figures["segments"],
        "src_chars": figures["characters"],
        "src_bytes": figures["bytes"],
        "src_tokens": figures["words"],
        "warnings": [f"docs_langs_and_ngrams_from_sample_of_{figures['sampled']}"],
    }  # fmt: skip
    if "wds" in figures:  # theirs goes from 0 to 10
        content["docs_wds"] = _pairs(
            [[round(10 * score, 1), n] for score, n in figures["wds"] if n]
        )
    return yaml.safe_dump(content, allow_unicode=True, sort_keys=True, width=100)


def _pairs(rows: list[list[Any]]) -> str:
    return json.dumps(rows, ensure_ascii=False)


def counts(figures: dict[str, Any], files: int, stored: int, seconds: float) -> dict[str, Any]:
    """Give `counts.json`: `bytes` are those of the files; `tokens` are null where none were counted."""
    return {
        "files": files,
        "bytes": stored,
        "documents": figures["documents"],
        "segments": figures["segments"],
        "tokens": figures.get("tokens"),
        "characters": figures["characters"],
        "time": seconds,
        "errors": 0,
        "tokenizer": figures["tokenizer"],
        "keys": KEYS,
    }

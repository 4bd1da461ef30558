"""A run beside another run, and beside what FineWeb-2 and HPLT have published."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def published() -> dict[str, dict[str, Any]]:
    """Read `published.toml`: names of languages, and figures of the two corpora."""
    return tomllib.loads(Path(__file__).with_name("published.toml").read_text("utf-8"))


def name_of(language: str) -> str:
    """Give a language's English name, or its code where it is no official language.

    >>> name_of("mlt_Latn"), name_of("isl_Latn")
    ('Maltese', 'isl_Latn')
    """
    return str(published()["names"].get(language, language))


def beside_published(figures: dict[str, dict[str, Any]], flow: dict[str, list[int]]) -> list[Any]:
    """Give a row for each language: what is comparable whatever the size of a corpus.

    `removed` is the share that filters removed: of ours, what the judge dropped of the documents it
    saw (duplicates are removed after); of FineWeb-2, after its deduplication. `words` are those of a
    document, mean.
    """
    rows = []
    for language, own in figures.items():
        fineweb, hplt = (published()[name].get(language, {}) for name in ("fineweb2", "hplt3"))
        _, identified, judged, *_ = flow[language]
        rows.append(
            {
                "language": language,
                "documents": own["documents"],
                "words": _ratio(own["words"], own["documents"]),
                "removed": _ratio(identified - judged, identified),
                "fineweb2_documents": fineweb.get("documents"),
                "fineweb2_words": _ratio(fineweb.get("words", 0), fineweb.get("documents", 0)),
                "fineweb2_removed": _ratio(
                    fineweb.get("removed", 0),
                    fineweb.get("removed", 0) + fineweb.get("documents", 0),
                ),
                "hplt3_documents": hplt.get("documents"),
                "hplt3_words": _ratio(hplt.get("words", 0), hplt.get("documents", 0)),
            }
        )
    return rows


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def beside_other(own: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Set two summaries side by side: documents and characters by language, drops by reason."""
    languages = sorted(own["languages"].keys() | other["languages"].keys())
    reasons = sorted(own["dropped"].keys() | other["dropped"].keys())
    return {
        "totals": {
            name: [own[name], other[name]] for name in ("documents_in", "documents")
        },
        "languages": {
            language: {
                name: [
                    summary["languages"].get(language, {}).get(name, 0) for summary in (own, other)
                ]
                for name in ("documents_in", "documents", "characters")
            }
            for language in languages
        },
        "dropped": {
            reason: [summary["dropped"].get(reason, 0) for summary in (own, other)]
            for reason in reasons
        },
    }  # fmt: skip

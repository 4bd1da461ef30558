"""The page of one language: its figures as charts and tables, and samples to look at."""

from itertools import pairwise
from typing import Any

from ..reasons import REASONS
from .charts import histogram, short
from .funnel import funnel
from .overview import reasons_table
from .view import counted, decimal, drawn, percent, size, table, word

_TOP = 30


def language_page(language: str, data: dict[str, Any], name: str) -> dict[str, Any]:
    """Give what the template `language.html` takes.

    `data` is the content of `<language>.json`; a language without documents has no `figures`.
    """
    figures, dropped = data["figures"], data["dropped"]
    came, *_, kept = data["flow"]
    parts = {
        "here": language,
        "name": name,
        "documents": kept,
        "documents_in": came,
        "share": f"{kept / came:.1%}" if came else None,
        "tiles": _tiles(figures),
        "funnel": funnel(data["flow"], data["losses"]),
        "reasons": reasons_table(dropped, came, anchors=True),
        "figures": figures,
        "charts": _charts(figures) if figures else [],
        "threshold": _threshold(data) if any(data["scores"]) else None,
        "tables": _tables(figures, data) if figures else _opt_outs(data),
        "clusters": [_cluster(cluster) for cluster in data["duplicates"].get("clusters", [])],
        "dropped": _dropped(dropped, data["samples"]),
        "dropped_uncertain": "language_uncertain" in dropped,
        "audit": [
            {**item, "notes": [item["date"], f"score {item['score']}",
                               f"{item['characters']:,} characters"]}
            for item in figures.get("audit", [])
        ],
    }  # fmt: skip
    return parts | {"contents": list(_contents(parts))}


def _contents(parts: dict[str, Any]) -> Any:
    """Name the sections that the page has."""
    yield "flow", "From input to shards"
    yield "dropped", "Why dropped"
    if parts["charts"]:
        yield "shape", "Lengths, scores, years"
    if parts["threshold"]:
        yield "threshold", "Language threshold"
    yield from ((part["id"], part["title"]) for part in parts["tables"])
    for key, title in (
        ("clusters", "Clusters"), ("dropped", "Dropped samples"), ("audit", "Kept samples"),
    ):  # fmt: skip
        if parts[key]:
            yield "samples" if key == "dropped" else key, title


def _tiles(figures: dict[str, Any]) -> list[tuple[str, str]]:
    if not figures:
        return []
    tiles = [
        (name, f"{figures[name]:,}") for name in ("documents", "characters", "words", "segments")
    ]
    if "tokens" in figures:
        tiles.append((f"tokens by {figures['tokenizer']}", f"{figures['tokens']:,}"))
    return [
        *tiles,
        ("text", size(figures["bytes"])),
        ("registered domains", f"{figures['registered_domains']:,}"),
        ("captured", " – ".join(sorted(set(figures["dates"]))) or "not known"),
    ]


def _charts(figures: dict[str, Any]) -> list[dict[str, Any]]:
    edges = [edge for edge, _ in figures["lengths"]]
    spans = [f"{a:,} to {b - 1:,}" for a, b in pairwise(edges)] + [f"{edges[-1]:,} and more"]
    lengths = [(short(edge), number) for edge, number in figures["lengths"]]
    scores = [(f"{edge:g}", number) for edge, number in figures["scores"]]
    years = [("?" if year is None else str(year), number) for year, number in figures["years"]]
    segments = _binned(figures["segment_counts"])
    clusters = _binned(figures["cluster_sizes"])
    charts = [
        _chart("Length", "characters", lengths, [(s, n) for s, (_, n) in zip(spans, lengths, strict=True)]),
        _chart("Segments (lines) a document", "segments", segments, segments),
        _chart("Language score of kept documents", "score", scores, scores),
        _chart("Year of capture", "year", years, years),
    ]  # fmt: skip
    for name, caption in (
        ("wds", "Web Docs Score: how much a page reads like one"),
        ("model_score", "Score of the run's model of quality or register"),
    ):
        if name in figures:
            parts = [figures[name][start : start + 5] for start in range(0, 100, 5)]
            bins = [(f"{part[0][0]:g}", sum(number for _, number in part)) for part in parts]
            charts.append(_chart(caption, "score", bins, bins))
    if clusters:
        charts.append(_chart("Size of the cluster a document stands for", "documents in cluster",
                             clusters, clusters))  # fmt: skip
    return charts


def _chart(
    caption: str, x_title: str, bins: list[tuple[str, int]], rows: list[tuple[str, int]]
) -> dict[str, Any]:
    chart = histogram(bins, x_title=x_title, y_title="documents")
    return {"chart": chart, **table((x_title, "#documents"), rows, caption)}


def _binned(pairs: list[list[Any]]) -> list[tuple[str, int]]:
    """Gather counts of whole numbers into bins that double: 1, 2 to 3, 4 to 7, …

    >>> _binned([[1, 5], [2, 1], [3, 1], [9, 4]])
    [('1', 5), ('2', 2), ('4', 0), ('8', 4)]
    """
    known = [(value, number) for value, number in pairs if value]
    if not known:
        return []
    bins = [0] * max(value.bit_length() for value, _ in known)
    for value, number in known:
        bins[value.bit_length() - 1] += number
    return [(str(1 << power), number) for power, number in enumerate(bins)]


def _threshold(data: dict[str, Any]) -> dict[str, Any]:
    """Say how many documents each threshold on the language's score would let through and keep."""
    scores, now = data["scores"], data["min_score"]
    total = sum(scores)
    bins = [(f"{i / 20:g}", sum(scores[5 * i : 5 * i + 5])) for i in range(20)]
    rows = []
    passing = sum(scores[round(now * 100) :])
    for twentieth in range(20):
        through = sum(scores[twentieth * 5 :])
        rows.append(
            (decimal(twentieth / 20, 2), through, percent(through / total), through - passing,
             _kept_change(data, twentieth))
        )  # fmt: skip
    return {
        "total": total,
        "now": f"{now:g}",
        "chart": histogram(
            bins, x_title="score", y_title="documents", marker=(now * 20, f"threshold {now:g}")
        ),
        **table(
            ("#least score", "#would pass it", "#of all", "#against now", "#kept, against now"),
            rows,
        ),
    }


def _kept_change(data: dict[str, Any], twentieth: int) -> int:
    """Give how many documents more or less the corpus would have were the threshold so many twentieths.

    Of those that come in, all that break no other rule, though some may be duplicates.
    """
    kept = [number for _, number in data["figures"].get("scores", [])]
    return int(sum(data["rescued"][twentieth * 5 :]) - sum(kept[:twentieth]))


def _tables(figures: dict[str, Any], data: dict[str, Any]) -> list[dict[str, Any]]:
    total = figures["documents"]
    mix = figures["language_mix"]
    lines = sum(number for _, number in mix["languages"])
    sampled = f"From a sample of {figures['sampled']:,} documents."
    sections = [
        _section("domains", "Domains", f"{figures['registered_domains']:,} registered domains, {figures['hosts']:,} hosts.",
                 _domains(figures), counted("top-level domain or public suffix", figures["suffixes"][:_TOP], total)),
        _section("languages", "Language confusion",
                 "Second-best languages of the kept documents (score above 0.01), and the languages of single lines. " + sampled,
                 counted("second-best language", figures.get("runners_up", [])[:_TOP], total),
                 counted("language of a line", mix["languages"], lines, "lines"),
                 counted("share of a document's lines in the language", mix["shares"],
                         sum(n for _, n in mix["shares"]))),
        _section("duplicates", "Duplicates", "", *_duplicates(data["duplicates"])),
        _section("ngrams", "Frequent n-grams", sampled + " N-grams of three words and more show boilerplate.",
                 _ngrams(figures["ngrams"])),
        _section("sources", "Inputs and extractors", "",
                 counted("input", figures["sources"][:_TOP], total),
                 counted("extractor", figures["extractors"], total)),
        _section("rights", "Rights", "", *_rights(figures, data)),
    ]  # fmt: skip
    if "pii" in figures:
        note = f"{figures['pii_documents']:,} documents hold personal data that was found."
        sections.append(
            _section("pii", "Personal data", note, counted("type", figures["pii"], sum(
                n for _, n in figures["pii"]), "spans"))
        )  # fmt: skip
    if data["contaminated"]:
        ranked = sorted(data["contaminated"].items(), key=lambda item: (-item[1], item[0]))
        overlaps = counted("benchmark", ranked, total)
        sections.append(_section("contamination", "Overlap with benchmarks", "", overlaps))
    if data["removed_lines"]:
        rows = [
            (word(rule), count["lines"], count["characters"])
            for rule, count in sorted(data["removed_lines"].items())
        ]
        lines = table(("rule", "#lines", "#characters"), rows)
        note = "Lines around the text, or repeated, that were taken out of documents."
        sections.append(_section("lines", "Lines taken out", note, lines))
    if data["foreign_lines"]:
        rows = [
            (code, count["lines"], count["characters"])
            for code, count in sorted(data["foreign_lines"].items())
        ]
        lines = table(("language of the line", "#lines", "#characters"), rows)
        note = f"Of all documents that were called {data['language']}, before any was dropped."
        sections.append(_section("foreign", "Lines in other languages", note, lines))
    return [section for section in sections if section["tables"]]


def _section(anchor: str, title: str, note: str, *tables: dict[str, Any]) -> dict[str, Any]:
    return {"id": anchor, "title": title, "note": note, "tables": [t for t in tables if t["rows"]]}


def _domains(figures: dict[str, Any]) -> dict[str, Any]:
    rows = figures["domains"][:_TOP]
    total, text = figures["documents"], figures["bytes"]
    most = max((number for _, number, _ in rows), default=0) or 1
    return table(
        ("registered domain", "#documents", "#of documents", "#of text", "|of the largest"),
        [(word(name), number, percent(number / total), percent(amount / text if text else None),
          drawn(number / most))
         for name, number, amount in rows],
    )  # fmt: skip


def _duplicates(duplicates: dict[str, Any]) -> list[dict[str, Any]]:
    if not duplicates:
        return []
    total = sum(number for _, number in duplicates["kinds"])
    near = sum(number for _, number in duplicates["similarities"])
    return [
        counted("kind of duplicate removed", duplicates["kinds"], total),
        counted("similarity of near-duplicates", duplicates["similarities"], near),
    ]


def _ngrams(ngrams: dict[str, Any]) -> dict[str, Any]:
    return table(
        ("#words", "n-gram", "#occurrences"),
        [(int(n), word(gram), number) for n, rows in ngrams.items() for gram, number in rows],
    )


def _rights(figures: dict[str, Any], data: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        counted("verdict on kept documents", figures.get("rights", []), figures["documents"]),
        counted("signal on kept documents", figures.get("rights_signals", []), figures["documents"]),
        counted("signal of pages dropped as opted_out", data["opt_outs"], data["flow"][0]),
    ]  # fmt: skip


def _opt_outs(data: dict[str, Any]) -> list[dict[str, Any]]:
    opted = counted("signal of pages dropped as opted_out", data["opt_outs"], data["flow"][0])
    return [_section("rights", "Rights", "", opted)] if opted["rows"] else []


def _cluster(cluster: dict[str, Any]) -> dict[str, Any]:
    """Give a cluster as `duplicates.clusters` has it, each document with a note on what became of it."""
    kept = cluster["kept"]
    note = f"kept in {kept['release']}" if kept["release"] else "kept"
    removed = [
        item | {"notes": [f"removed, {item['kind']}, similarity {item['similarity']:.3g}"]}
        for item in cluster["removed"]
    ]
    return {"size": cluster["size"], "kept": kept | {"notes": [note]}, "removed": removed}


def _dropped(dropped: dict[str, int], samples: dict[str, Any]) -> list[dict[str, Any]]:
    ranked = sorted(dropped.items(), key=lambda item: (-item[1], item[0]))
    return [
        {
            "reason": reason,
            "number": number,
            "meaning": REASONS.get(reason, ""),
            "samples": [
                {**item, "notes": [item["value"]] if item["value"] else []}
                for item in samples.get(reason, [])
            ],
        }
        for reason, number in ranked
    ]

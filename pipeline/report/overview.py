"""The overview page: what came in, where it went, what it cost, and how it compares."""

from typing import Any

from ...filters import RULES
from ..reasons import REASONS
from .charts import short
from .compare import beside_published, name_of
from .flow import Flow, total
from .funnel import KINDS, STEPS, funnel
from .view import (
    Cell,
    Styled,
    counted,
    decimal,
    drawn,
    drawn_parts,
    link,
    percent,
    size,
    table,
    word,
)

_JUDGED = frozenset({"language_uncertain", "personal_data", *(rule.name for rule in RULES)})


def overview(
    summary: dict[str, Any],
    flows: dict[str, Flow],
    figures: dict[str, dict[str, Any]],
    pages: list[str],
) -> dict[str, Any]:
    """Give what the template `index.html` takes."""
    flow = {code: one.steps for code, one in flows.items()}
    whole = total(flows.values())
    kept = [code for code in pages if summary["languages"].get(code, {}).get("documents")]
    others = sorted(code for code in flow if code not in pages)
    return {
        "summary": summary,
        "kept_languages": len(kept),
        "tiles": _tiles(summary, figures),
        "funnel": funnel(whole.steps, whole.losses),
        "legend": KINDS,
        "languages": _languages(flow, figures, pages),
        "reasons": reasons_table(summary["dropped"], summary["documents_in"]),
        "other_languages": counted(
            "language", sorted(((c, flow[c][0]) for c in others), key=lambda r: (-r[1], r[0])),
            summary["documents_in"],
        ),
        "other_total": sum(flow[code][0] for code in others),
        "cost": _cost(summary, whole.steps),
        "published": _published(figures, flow),
        "alarms": _alarms(summary.get("alarms", [])),
        "inputs": _inputs(summary["inputs"]),
        "damage": table(
            ("input", "#at byte", "what"),
            [(word(d["input"]), d["offset"], word(d["what"])) for d in summary["inputs"]["damage"][:200]],
        ),
    }  # fmt: skip


def reasons_table(dropped: dict[str, int], documents: int, anchors: bool = False) -> dict[str, Any]:
    """List the reasons, the commonest first, each with its sentence."""
    most = max(dropped.values(), default=0) or 1
    ranked = sorted(dropped.items(), key=lambda item: (-item[1], item[0]))
    return table(
        ("reason", "#documents", "#of all", "|", "because"),
        [
            (link(f"#dropped-{reason}", reason) if anchors else reason, number,
             percent(number / documents if documents else None), drawn(number / most, _kind(reason)),
             word(REASONS.get(reason, "")))
            for reason, number in ranked
        ],
    )  # fmt: skip


def _kind(reason: str) -> str:
    """Name the stage that drops for a reason, as the legend of `KINDS` does."""
    if reason in ("exact_duplicate", "near_duplicate"):
        return "duplicate"
    return "judged" if reason in _JUDGED else "read"


def _tiles(summary: dict[str, Any], figures: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    total = {
        name: sum(row.get(name, 0) for row in figures.values())
        for name in ("characters", "words", "bytes", "segments", "tokens")
    }
    tiles = [(name, f"{total[name]:,}") for name in ("characters", "words", "segments")]
    if total["tokens"]:
        name = next(row["tokenizer"] for row in figures.values() if row.get("tokens"))
        tiles.append((f"tokens by {name}", f"{total['tokens']:,}"))
    cpu = sum(stage["cpu_seconds"] for stage in summary["cost"].values())
    return [
        ("documents", f"{summary['documents']:,}"),
        *tiles,
        ("text", size(total["bytes"])),
        ("input", size(summary["inputs"]["bytes"])),
        ("CPU time", f"{cpu:,.0f} s"),
    ]


def _languages(
    flow: dict[str, list[int]], figures: dict[str, dict[str, Any]], pages: list[str]
) -> dict[str, Any]:
    rows = []
    for code in pages:
        came, identified, judged, unique, _ = flow.get(code, [0] * len(STEPS))
        whole = came or 1
        parts = [unique, came - identified, identified - judged, judged - unique]
        bars = [(number / whole, kind) for number, (kind, _) in zip(parts, KINDS, strict=True)]
        own = figures.get(code, {})
        rows.append(
            (link(f"{code}.html", code), name_of(code), came, unique,
             percent(unique / came if came else None), drawn_parts(bars),
             own.get("characters", 0), own.get("words", 0))
        )  # fmt: skip
    return table(("code", "language", "#in", "#kept", "#share", "|", "#characters", "#words"), rows)


WATTS = 5.0
"""Power of a busy core with its share of the node: a node of 128 cores that draws about 640 W."""


def _cost(summary: dict[str, Any], steps: list[int]) -> dict[str, Any]:
    cost = summary["cost"]
    cpu = sum(stage["cpu_seconds"] for stage in cost.values()) or 1
    read = summary["inputs"]["bytes"]
    rows = []
    for index, (stage, row) in enumerate(cost.items()):
        seconds = row["cpu_seconds"]
        rows.append(
            (stage, row["units"], decimal(seconds), percent(seconds / cpu), drawn(seconds / cpu),
             steps[index], decimal(steps[index] / seconds if seconds else None, 0),
             decimal(read / seconds / 1e6 if seconds else None, 2),
             decimal(seconds * WATTS / 3.6e6 * 1e6 / steps[0] if steps[0] else None, 2),
             size(row["peak_bytes"]))
        )  # fmt: skip
    return table(
        ("stage", "#units", "#CPU seconds", "#share", "|", "#documents", "#documents a CPU second",
         "#MB of input a CPU second", "#kWh for a million documents", "peak memory"),
        rows,
    )  # fmt: skip


def _published(figures: dict[str, dict[str, Any]], flow: dict[str, list[int]]) -> dict[str, Any]:
    return table(
        ("code", "#removed: here", "#FineWeb-2", "#words: here", "#FineWeb-2", "#HPLT 3", "#documents: here", "#FineWeb-2", "#HPLT 3"),
        [
            (link(f"{row['language']}.html", row["language"]),
             percent(row["removed"], 0), percent(row["fineweb2_removed"], 0),
             decimal(row["words"], 0), decimal(row["fineweb2_words"], 0),
             decimal(row["hplt3_words"], 0),
             row["documents"], _rough(row["fineweb2_documents"]), _rough(row["hplt3_documents"]))
            for row in beside_published(figures, flow)
        ],
    )  # fmt: skip


def _rough(number: float | None) -> Cell:
    return None if number is None else Styled(short(number), "number", number)


def _alarms(alarms: list[dict[str, Any]]) -> dict[str, Any]:
    """List the inputs and domains that deduplication all but emptied."""
    return table(
        ("kind", "name", "language", "#documents", "#removed", "#share"),
        [
            (row["kind"], word(row["name"]), row["language"], row["documents"], row["removed"],
             percent(row["removed"] / row["documents"]))
            for row in alarms
        ],
    )  # fmt: skip


def _inputs(inputs: dict[str, Any]) -> dict[str, Any]:
    rows = [("files", inputs["files"]), ("bytes", inputs["bytes"])]
    rows += [(f"records: {kind}", number) for kind, number in inputs["records"].items()]
    return table(
        ("what", "#number"), [*rows, ("places that could not be read", len(inputs["damage"]))]
    )


def comparison(compared: dict[str, Any]) -> dict[str, Any]:
    """Give what the template `compare.html` takes, from `compare.beside_other`."""
    languages = []
    for code, row in compared["languages"].items():
        (here, there), (chars, other_chars) = row["documents"], row["characters"]
        if here or there:
            languages.append(
                (code, here, there, here - there, percent(here / there - 1 if there else None),
                 chars, other_chars, chars - other_chars)
            )  # fmt: skip
    return {
        "languages": table(
            ("code", "#documents here", "#there", "#difference", "#relative", "#characters here",
             "#there", "#difference"),
            languages,
        ),
        "reasons": table(
            ("reason", "#here", "#there", "#difference"),
            [(reason, a, b, a - b) for reason, (a, b) in compared["dropped"].items()],
        ),
    }  # fmt: skip

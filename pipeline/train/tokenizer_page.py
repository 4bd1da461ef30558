"""The page of a tokenizer report: one tokenizer beside the other, then each by itself."""

from typing import Any

from ..report.render import render
from ..report.view import decimal, drawn, percent, table, word

_DEAR = 1.5
"""A language that pays so much more than the reference is drawn in another colour."""


def page(content: dict[str, Any]) -> str:
    """Draw what `report.json` holds."""
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
        },
    )


def _summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    return table(
        ("tokenizer", "sampling", "gates", "#ids", "#bytes a token", "#mean fertility",
         "#Gini of the premium", "#highest premium", "in"),
        [
            (
                word(one["name"]), one["sampling"] or "not known",
                "passed" if one["passed"] else "FAILED", one["vocabulary"],
                decimal(one["bytes_per_token"], 3),
                decimal(sum(r["fertility"] for r in one["languages"].values()) / len(one["languages"]), 3),
                decimal(one["gini"], 4), decimal(one["premium"].get(one["worst"]), 2),
                one["worst"] or "–",
            )
            for one in found
        ],
    )  # fmt: skip


def _section(one: dict[str, Any], found: list[dict[str, Any]]) -> dict[str, Any]:
    """Make the tables of one tokenizer; bars are as long on every one of them."""
    gates = [
        (gate["name"], "passed" if gate["passed"] else "FAILED", word(gate["found"]))
        for gate in one["gates"]
    ]
    rounds = [
        (str(number), decimal(row["gini"], 4), percent(row["loss"]))
        for number, row in enumerate(one["rounds"])
    ]
    return one | {
        "gates": table(("gate", "result", "found"), gates),
        "premium": _premium(one, found) if one["premium"] else None,
        "languages": _languages(one, found),
        "rounds": table(("round", "#Gini", "#compression lost"), rounds) if rounds else None,
    }


def _premium(one: dict[str, Any], found: list[dict[str, Any]]) -> dict[str, Any]:
    top = max(value for other in found for value in other["premium"].values())
    ranked = sorted(one["premium"].items(), key=lambda item: -item[1])
    return table(
        ("language", "#premium", "|of the highest on this page"),
        [
            (code, decimal(value, 3), drawn(value / top, "judged" if value > _DEAR else "bar"))
            for code, value in ranked
        ],
    )


def _languages(one: dict[str, Any], found: list[dict[str, Any]]) -> dict[str, Any]:
    rows = [row for other in found for row in other["languages"].values()]
    top = {name: max(row[name] for row in rows) or 1 for name in ("bytes_per_token", "fertility")}
    return table(
        ("language", "#bytes a token", "|of the most", "#characters a token", "#fertility",
         "|of the highest", "#continued words", "#share of the vocabulary", "#ids used", "#tokens"),
        [
            (
                code,
                decimal(row["bytes_per_token"], 2),
                drawn(row["bytes_per_token"] / top["bytes_per_token"]),
                decimal(row["characters_per_token"], 2),
                decimal(row["fertility"], 2),
                drawn(row["fertility"] / top["fertility"], "judged"),
                percent(row["continued_words"]),
                percent(row["vocabulary_share"]),
                row["used"],
                row["tokens"],
            )
            for code, row in one["languages"].items()
        ],
    )  # fmt: skip

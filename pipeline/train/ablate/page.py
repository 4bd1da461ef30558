"""The page of an ablation: verdicts first, then intervals and curves; figures as data beside it."""

from pathlib import Path
from typing import Any

from ...report.curves import interval_chart, line_chart
from ...report.render import render
from ...report.view import Cell, Styled, decimal, table, word


def write_page(folder: Path, result: dict[str, Any]) -> None:
    """Write `index.html` from what `ablate` found."""
    (folder / "index.html").write_text(render("ablation.html", page(result)), "utf-8")


def page(result: dict[str, Any]) -> dict[str, Any]:
    """Give what the template `ablation.html` takes."""
    rows = [
        (f"{name}: {text}", part)
        for text, parts in {"all texts": result["overall"], **result["texts"]}.items()
        for name, part in parts.items()
    ]
    return {
        "pages": [], "here": None, "names": {}, "compared": False, "data_file": "result.json",
        "tier": result["tier"], "note": result["note"], "baseline": result["baseline"],
        "warnings": result["warnings"],
        "sentences": [_sentence(name, part, result) for name, part in result["overall"].items()],
        "intervals": [
            (title, interval_chart([_interval(label, part[rate]) for label, part in rows],
                                   x_title=f"bits per byte minus those of {result['baseline']}"))
            for rate, title in (("tuned", f"Learning rate {result['learning_rates'][0]:g}"),
                                ("small", f"Learning rate {result['learning_rates'][1]:g}"))
        ],
        "curves": line_chart(list(result["curves"].items()), x_title="tokens",
                             y_title="bits per byte, mean of texts and seeds"),
        "verdicts": table(
            ("text", "recipe", "verdict", "#difference", "#from", "#to", "#at the small rate"),
            [_row(text, name, part)
             for text, parts in {"all texts": result["overall"], **result["texts"]}.items()
             for name, part in parts.items()],
        ),
        "corpora": table(
            ("recipe", "language", "#documents", "#removed: held out", "#epochs", "from"),
            [(name, code, row["documents"], row["removed"], decimal(recipe["epochs"].get(code), 2),
              word(recipe["source"]))
             for name, recipe in result["recipes"].items()
             for code, row in recipe["cleaned"].items()],
        ),
        "seeds": result["seeds"], "runs": result["runs"],
    }  # fmt: skip


def _interval(label: str, part: dict[str, Any]) -> tuple[str, float, float, float, str]:
    return label, part["delta"], part["low"], part["high"], part["verdict"]


def _row(text: str, name: str, part: dict[str, Any]) -> list[Cell]:
    tuned, small = part["tuned"], part["small"]
    return [
        text, name, part["verdict"], _signed(tuned["delta"]), _signed(tuned["low"]),
        _signed(tuned["high"]), _signed(small["delta"]),
    ]  # fmt: skip


def _signed(value: float) -> Cell:
    return Styled(f"{value:+.4f}", "number", round(value, 6))


def _sentence(name: str, part: dict[str, Any], result: dict[str, Any]) -> str:
    tuned = part["tuned"]
    interval = f"{tuned['delta']:+.4f} bits per byte, {tuned['low']:+.4f} to {tuned['high']:+.4f}"
    if part["verdict"] == "not resolved":
        return (
            f"{name} and {result['baseline']} are not resolved ({interval}): this ablation "
            "cannot tell which is better."
        )
    return (
        f"{name} is {part['verdict']} than {result['baseline']} ({interval}); to come as far it "
        f"needs {part['relative_tokens']:.2f} times the tokens."
    )

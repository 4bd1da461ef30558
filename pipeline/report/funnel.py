"""The funnel from input to shards: a drawing of how many documents each stage let through, and why not more."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from .view import drawn, percent, table, word

STEPS = (
    ("came in", "records of web pages, and rows of tables"),
    ("have text in a wanted language", "read, not reserved, extracted, language identified"),
    ("are good enough", "language certain, no quality rule broken"),
    ("are the only ones of their kind", "no exact or near duplicate of a kept document"),
    ("are in the shards", "the corpus"),
)
KINDS = (
    ("kept", "kept"),
    ("read", "no page, no text or no right"),
    ("judged", "low quality or uncertain language"),
    ("duplicate", "duplicate"),
)
_LOST = ("read", "judged", "duplicate", "duplicate")
"""What the documents that each stage dropped are drawn as."""

_WIDTH, _LEFT, _TRUNK, _BRANCH = 360, 4, 100, 122
_NODE, _LINE, _GAP = 16, 14, 12
_NAMED = 4
"""Reasons named beside a branch; the others are summed."""


def funnel(steps: Sequence[int], losses: Sequence[Mapping[str, int]]) -> dict[str, Any]:
    """Draw documents flowing from one stage to the next, and give the same as a table.

    `steps` are the documents that came in and those that each stage let through; `losses` what each
    stage dropped, by reason.
    """
    first = steps[0] or 1
    rows = []
    for index, number in enumerate(steps):
        title, meaning = STEPS[index]
        lost = steps[index - 1] - number if index else 0
        rows.append(
            (title, drawn(number / first, "kept"), number, percent(number / first),
             -lost if lost else 0, word(meaning))
        )  # fmt: skip
    heads = ("documents that", "|", "#number", "#of all", "#change", "which are")
    return {"chart": _draw(steps, losses), **table(heads, rows)}


def _draw(steps: Sequence[int], losses: Sequence[Mapping[str, int]]) -> Markup:
    scale = _TRUNK / (steps[0] or 1)
    parts, y = [], 0.0
    for index, number in enumerate(steps):
        parts.append(_node(y, number * scale, number, STEPS[index][0]))
        y += _NODE
        if index + 1 < len(steps):
            left = steps[index + 1]
            drawing, high = _stage(y, scale, number, left, losses[index], _LOST[index], steps[0])
            parts.append(drawing)
            y += high
    return Markup(
        '<svg class="flow" viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDTH, y + 2, "Documents from input to shards", Markup("").join(parts))


def _node(y: float, wide: float, number: int, title: str) -> Markup:
    """Draw the documents that reach a stage, and say how many there are."""
    shape = '<rect class="kept" x="{}" y="{:.1f}" width="{:.1f}" height="{}"/>'
    said = '<text class="count" x="{:.1f}" y="{:.1f}">{:,} <tspan class="soft">{}</tspan></text>'
    return Markup(shape + said).format(
        _LEFT, y, max(wide, 1 if number else 0), _NODE, _LEFT + wide + 8, y + 12, number, title
    )


def _stage(
    y: float, scale: float, came: int, left: int, dropped: Mapping[str, int], kind: str, first: int
) -> tuple[Markup, float]:
    """Draw what goes straight on, and the branch of what is dropped; give its height as well."""
    lost = came - left
    trunk = Markup('<rect class="kept straight" x="{}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>')
    if not lost:
        return trunk.format(_LEFT, y, left * scale, _GAP), _GAP
    wide = max(lost * scale, 1.5)
    lines = _reasons(dropped)
    high = _GAP + max(wide, _LINE * (len(lines) + 1)) + _GAP
    top, inner, outer = y + _GAP, _LEFT + left * scale, _LEFT + left * scale + wide
    branch = Markup(
        '<path class="{0}" d="M{1:.1f},{3:.1f} Q{1:.1f},{4:.1f} {6},{4:.1f} V{5:.1f}'
        ' Q{2:.1f},{5:.1f} {2:.1f},{3:.1f} Z"/>'
    ).format(kind, outer, inner, y, top, top + wide, _BRANCH)
    said = Markup(
        '<text class="count" x="{0}" y="{1:.1f}">−{2:,} <tspan class="soft">{3:.1f} % of all</tspan></text>'
    ).format(_BRANCH + 6, top + 9, lost, 100 * lost / (first or 1))
    named = Markup("").join(
        Markup('<text class="soft" x="{}" y="{:.1f}">{:,} {}</text>').format(
            _BRANCH + 6, top + 9 + _LINE * (index + 1), number, reason
        )
        for index, (reason, number) in enumerate(lines)
    )
    return trunk.format(_LEFT, y, left * scale, high) + branch + said + named, high


def _reasons(dropped: Mapping[str, int]) -> list[tuple[str, int]]:
    """Give the commonest reasons; the rest is one line.

    >>> _reasons({"a": 1, "b": 5, "c": 1, "d": 3, "e": 2})
    [('b', 5), ('d', 3), ('e', 2), ('a', 1), ('c', 1)]
    >>> _reasons({"a": 1, "b": 5, "c": 1, "d": 3, "e": 2, "f": 9})
    [('f', 9), ('b', 5), ('d', 3), ('e', 2), ('for 2 other reasons', 2)]
    """
    ranked = sorted(dropped.items(), key=lambda item: (-item[1], item[0]))
    rest = ranked[_NAMED:]
    if len(rest) < 2:
        return ranked
    return [*ranked[:_NAMED], (f"for {len(rest)} other reasons", sum(n for _, n in rest))]

"""Curves and intervals as SVG, for figures that are measured over and over while something goes on."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, log10, sqrt

from markupsafe import Markup

from .charts import short

_WIDTH, _HEIGHT = 480, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 24, 42
_ROW = 22
_MOST_POINTS = 400
"""A curve of more points is thinned by means: more cannot be told apart at this width."""

Curve = tuple[str, Sequence[tuple[float, float]]]

_STYLE = """:root { --ground: #fff; --ink: #1c2430; --soft: #5b6675; --line: #d9dee5; --marker: #c0392b; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181d; --ink: #e3e8ee; --soft: #9aa6b4; --line: #323a45; --marker: #ff7b6b; } }
svg { background: var(--ground); } text { fill: var(--soft); font: 11px system-ui, "Noto Sans", sans-serif; }
text.title { fill: var(--ink); } .grid { stroke: var(--line); } .marker { stroke: var(--marker); stroke-width: 1.5; }"""


def colour(index: int, count: int) -> str:
    """Give one of `count` colours that can be told apart, on light ground and on dark."""
    return f"hsl({round(210 + 360 * index / max(count, 1)) % 360} 62% 50%)"


def line_chart(curves: Sequence[Curve], *, x_title: str, y_title: str) -> Markup:
    """Draw curves of finite points on labelled axes, with their names where there are several."""
    points = [point for _, curve in curves for point in curve]
    x_ticks = _ticks(min((x for x, _ in points), default=0), max((x for x, _ in points), default=1))
    y_ticks = _ticks(min((y for _, y in points), default=0), max((y for _, y in points), default=1))
    rows = ceil(len(curves) / 4) if len(curves) > 1 else 0
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + wide * (x - x_ticks[0]) / (x_ticks[-1] - x_ticks[0]),
            _TOP + high * (1 - (y - y_ticks[0]) / (y_ticks[-1] - y_ticks[0])),
        )

    parts = [_text(2, 12, y_title, "start", "title")]
    for tick in y_ticks:
        _, y = place(x_ticks[0], tick)
        parts += [
            _line("grid", _LEFT, _WIDTH - _RIGHT, y, y),
            _text(_LEFT - 5, y + 4, short(tick), "end"),
        ]
    for tick in x_ticks:
        x, _ = place(tick, y_ticks[0])
        anchor = "end" if tick == x_ticks[-1] else "middle"
        parts.append(_text(x, _TOP + high + 14, short(tick), anchor))
    parts.append(_text(_LEFT + wide / 2, _HEIGHT - 6, x_title, "middle", "title"))
    for index, (name, curve) in enumerate(curves):
        drawn = " ".join("{:.1f},{:.1f}".format(*place(*point)) for point in _thin(curve))
        parts.append(
            Markup('<polyline fill="none" stroke="{}" stroke-width="1.5" points="{}"><title>{}</title>'
                   "</polyline>").format(colour(index, len(curves)), drawn, name)
        )  # fmt: skip
        if rows:
            x, y = _LEFT + (index % 4) * wide / 4, _HEIGHT + 12 + (index // 4) * 15
            parts += [
                _dot(x + 4, y - 4, colour(index, len(curves))),
                _text(x + 12, y, name, "start"),
            ]
    return _svg(_HEIGHT + 15 * rows, f"{y_title} by {x_title}", parts)


Interval = tuple[str, float, float, float, str]
"""A label, the middle, the lower and the upper end, and the kind: better, worse or anything else."""

_KINDS = {"better": "#1a7f5a", "worse": "#c0392b"}


def interval_chart(rows: Sequence[Interval], *, x_title: str) -> Markup:
    """Draw intervals one below another, with a line at zero."""
    ends = [value for _, middle, low, high, _ in rows for value in (middle, low, high)]
    ticks = _ticks(min([0.0, *ends]), max([0.0, *ends]))
    left = 150
    wide = _WIDTH - left - _RIGHT

    def place(value: float) -> float:
        return left + wide * (value - ticks[0]) / (ticks[-1] - ticks[0])

    bottom = _TOP + _ROW * len(rows)
    parts = []
    for tick in ticks:
        x = place(tick)
        parts += [
            _line("grid", x, x, _TOP - 6, bottom),
            _text(x, bottom + 14, short(tick), "middle"),
        ]
    parts.append(_line("marker", place(0), place(0), _TOP - 6, bottom))
    for index, (label, middle, low, high, kind) in enumerate(rows):
        y = _TOP + _ROW * index + _ROW / 2
        ink = _KINDS.get(kind, "#8a94a1")
        parts += [
            _text(left - 8, y + 4, label, "end"),
            Markup('<line stroke="{}" stroke-width="3" x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}">'
                   "<title>{}: {:+.4f} ({:+.4f} to {:+.4f}), {}</title></line>").format(
                ink, place(low), place(high), y, y, label, middle, low, high, kind),
            _dot(place(middle), y, ink),
        ]  # fmt: skip
    parts.append(_text(left + wide / 2, bottom + 32, x_title, "middle", "title"))
    return _svg(bottom + 40, x_title, parts)


_CELL, _BOX, _RELIABILITY_WIDTH = 120, 88, 720
"""Small charts of reliability: the room of each, the box in it, the width of all."""


def reliability_charts(rows: Sequence[tuple[str, Sequence[Mapping[str, float]]]]) -> Markup:
    """Draw a box for each label: share of right answers over score, a dot a bin, the ideal a line.

    A bin has `score`, `right` and `answers`; the area of its dot is its share of all answers.
    """
    parts = []
    across = _RELIABILITY_WIDTH // _CELL
    for index, (label, bins) in enumerate(rows):
        left, top = _CELL * (index % across) + 14, (_CELL + 8) * (index // across) + 18
        total = sum(cell["answers"] for cell in bins) or 1
        parts += [
            _text(left, top - 5, label, "start", "title"),
            Markup('<path class="grid" fill="none" d="M{0} {1}v{2}h{2}v-{2}zm0 {2}l{2}-{2}"/>').format(
                left, top, _BOX),
            *(
                Markup('<circle fill="{}" fill-opacity="0.7" cx="{:.1f}" cy="{:.1f}" r="{:.1f}">'
                       "<title>{:,} answers: mean score {:.2f}, {:.1%} right</title></circle>").format(
                    colour(0, 1), left + _BOX * cell["score"], top + _BOX * (1 - cell["right"]),
                    2 + 10 * sqrt(cell["answers"] / total),
                    cell["answers"], cell["score"], cell["right"])
                for cell in bins
            ),
        ]  # fmt: skip
    high = (_CELL + 8) * ceil(len(rows) / across)
    return Markup(
        '<svg class="chart wide" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(_RELIABILITY_WIDTH, high, "share of right answers over score", Markup("").join(parts))


def standalone(svg: Markup) -> str:
    """Give a chart as a file of its own, which brings its style."""
    head, _, rest = str(svg).partition(">")
    style = f"<style>{_STYLE}</style>"
    return f'{head} xmlns="http://www.w3.org/2000/svg">{style}{rest}\n'


def _thin(curve: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Average neighbours, so that at most `_MOST_POINTS` are left."""
    every = ceil(len(curve) / _MOST_POINTS)
    groups = [curve[start : start + every] for start in range(0, len(curve), max(every, 1))]
    return [
        (sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group))
        for group in groups
    ]


def _ticks(low: float, high: float) -> list[float]:
    """Choose four to ten round values around an interval.

    >>> _ticks(0, 9), _ticks(2.31, 2.52)
    ([0.0, 2.0, 4.0, 6.0, 8.0, 10.0], [2.3, 2.35, 2.4, 2.45, 2.5, 2.55])
    """
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** floor(log10(span / 5))
    step = next(power * f for f in (1, 2, 5, 10) if span <= 5.001 * power * f)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(step * tick, 10) for tick in range(first, max(last, first + 1) + 1)]


def _svg(high: float, label: str, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {:.0f}" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDTH, high, label, Markup("").join(parts))


def _line(kind: str, x1: float, x2: float, y1: float, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>').format(
        kind, x1, x2, y1, y2
    )


def _dot(x: float, y: float, ink: str) -> Markup:
    return Markup('<circle fill="{}" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(ink, x, y)


def _text(x: float, y: float, content: str, anchor: str, kind: str = "tick") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, content
    )

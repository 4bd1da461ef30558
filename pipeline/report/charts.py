"""Charts as SVG and HTML, drawn by small functions; colours come from the page's style sheet.

Bars lie in the rows of a table, so that a picture has its figures beside it and can be read at any
width; histograms are SVG of a fixed width of 360 units, which a telephone shows one to one. All
text is escaped.
"""

from collections.abc import Sequence
from math import ceil, floor, log10

from markupsafe import Markup

_WIDTH, _HEIGHT = 360, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 8, 22, 42
_WIDEST = 48
"""A column is no wider, so that a single year does not fill the picture."""


def short(number: float) -> str:
    """Write a number in at most five characters.

    >>> [short(n) for n in (0, 7, 950, 1234, 999_950, 25_300_000, 16.1e9)]
    ['0', '7', '950', '1.2k', '1M', '25M', '16G']
    """
    for suffix, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(number) >= size * 0.9995:
            value = number / size
            return (
                f"{value:.1f}".removesuffix(".0") + suffix
                if value < 9.95
                else f"{value:.0f}{suffix}"
            )
    return f"{number:.3g}"


def bar(share: float, kind: str = "bar") -> Markup:
    """Draw a horizontal bar that takes `share` (0 to 1) of its cell's width."""
    return stacked_bar([(share, kind)])


def stacked_bar(parts: Sequence[tuple[float, str]]) -> Markup:
    """Draw parts of a bar one after another; each is its share of the width and its CSS class."""
    drawn, at = [], 0.0
    for share, kind in parts:
        width = 100 * min(max(share, 0.0), 1.0)
        drawn.append(
            Markup('<rect class="{}" x="{:.2f}" y="0" width="{:.2f}" height="10"/>').format(
                kind, at, width
            )
        )
        at += width
    return Markup(
        '<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
    ).format(Markup("").join(drawn))


def histogram(
    bins: Sequence[tuple[str, float]],
    *,
    x_title: str,
    y_title: str,
    marker: tuple[float, str] | None = None,
) -> Markup:
    """Draw columns, each with the label of its left edge, on labelled axes.

    `marker` is a position among the bins (0 to their number) and what it marks.
    """
    top = max((value for _, value in bins), default=0) or 1
    step = _nice_step(top)
    highest = step * ceil(top / step)
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    column = min(wide / max(len(bins), 1), _WIDEST)
    parts = [_y_axis(step, highest, high, y_title)]
    every = max(ceil(len(bins) * 34 / wide), 1)
    for index, (label, value) in enumerate(bins):
        x, tall = _LEFT + index * column, high * value / highest
        parts.append(
            Markup('<rect class="column" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">'
                   "<title>{}: {:,}</title></rect>").format(
                x + 0.5, _TOP + high - tall, max(column - 1, 0.5), tall, label, value)
        )  # fmt: skip
        if index % every == 0:
            parts.append(_text(x, _TOP + high + 14, label, "middle" if index else "start"))
    parts.append(_text(_LEFT + wide / 2, _HEIGHT - 6, x_title, "middle", "title"))
    if marker:
        parts.append(_marker(_LEFT + marker[0] * column, high, marker[1]))
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDTH, _HEIGHT, f"{y_title} by {x_title}", Markup("").join(parts))


def _nice_step(top: float) -> float:
    """Choose 1, 2 or 5 times a power of ten, so that there are at most five ticks; at least 1."""
    power: float = 10 ** floor(log10(top))
    return max(next(power * f for f in (0.2, 0.5, 1, 2, 5) if top <= 5 * power * f), 1)


def _y_axis(step: float, highest: float, high: float, title: str) -> Markup:
    parts = [_text(2, 12, title, "start", "title")]
    for tick in range(round(highest / step) + 1):
        y = _TOP + high - high * tick * step / highest
        parts.append(
            Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
                _LEFT, _WIDTH - _RIGHT, y, y
            )
        )
        parts.append(_text(_LEFT - 5, y + 4, short(tick * step), "end"))
    return Markup("").join(parts)


def _marker(x: float, high: float, label: str) -> Markup:
    anchor, shift = ("end", -4) if x > _WIDTH * 0.6 else ("start", 4)
    line = Markup('<line class="marker" x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}"/>').format(
        x, x, _TOP - 4, _TOP + high
    )
    return line + _text(x + shift, _TOP + 6, label, anchor, "marked")


def _text(x: float, y: float, content: str, anchor: str, kind: str = "tick") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, content
    )

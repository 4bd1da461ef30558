"""The parts that pages are made of: tables with bars in them, and numbers as people write them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .charts import bar, stacked_bar


@dataclass(frozen=True, slots=True)
class Styled:
    """A cell that is more than a word or a number; `sort` is the number that it is sorted by."""

    text: str
    kind: str = ""
    sort: float | None = None
    href: str = ""


Cell = str | int | Styled | None
"""None is "not known"; text is escaped unless it is markup of ours."""


def heads(*titles: str) -> list[dict[str, Any]]:
    """Name the columns: `#` before a title marks numbers, `|` a column of drawings.

    >>> heads("language", "#documents", "|kept")[1:]
    [{'title': 'documents', 'number': True, 'plain': False}, {'title': 'kept', 'number': False, 'plain': True}]
    """
    return [
        {"title": title.lstrip("#|"), "number": title[0] == "#", "plain": title[0] == "|"}
        for title in titles
    ]


def table(
    titles: Sequence[str], rows: Iterable[Sequence[Cell]], caption: str = ""
) -> dict[str, Any]:
    """Give a table as templates take it."""
    return {"heads": heads(*titles), "rows": [list(row) for row in rows], "caption": caption}


def drawn(share: float, kind: str = "bar") -> Cell:
    """Give a cell with a bar that takes `share` of its width."""
    return Styled(bar(share, kind), "draw")


def drawn_parts(parts: Sequence[tuple[float, str]]) -> Cell:
    """Give a cell with a bar of several parts."""
    return Styled(stacked_bar(parts), "draw")


def percent(share: float | None, digits: int = 1) -> Cell:
    """Give a cell with a share as a percentage, which sorts as a number.

    >>> percent(0.12345), percent(None)
    (Styled(text='12.3 %', kind='number', sort=0.12345, href=''), None)
    """
    if share is None:
        return None
    return Styled(f"{100 * share:.{digits}f} %", "number", round(share, 6))


def decimal(value: float | None, digits: int = 1) -> Cell:
    """Give a cell with a number of so many decimals."""
    if value is None:
        return None
    return Styled(f"{value:,.{digits}f}", "number", round(value, 6))


def link(target: str, text: str) -> Cell:
    """Give a cell that leads to another page of the report, or to a place on this one."""
    return Styled(text, href=target)


def word(text: str) -> Cell:
    """Give a cell with text that may be long and come from the web."""
    return Styled(text, "word")


def counted(
    title: str, rows: Iterable[Sequence[Any]], total: float, unit: str = "documents"
) -> Any:
    """Give a table of values with their numbers and bars, the largest bar filling its cell."""
    rows = list(rows)
    most = max((row[1] for row in rows), default=0) or 1
    return table(
        (title, "#" + unit, "#share", "|of the largest"),
        [
            (word(str(row[0])), row[1], percent(row[1] / total if total else None),
             drawn(row[1] / most))
            for row in rows
        ],
    )  # fmt: skip


def size(number: float) -> str:
    """Write bytes as people do.

    >>> size(999), size(59_471_935)
    ('999 B', '59.5 MB')
    """
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if number < 1000 or unit == "TB":
            return f"{number:,.0f} B" if unit == "B" else f"{number:,.1f} {unit}"
        number /= 1000
    raise AssertionError("the last unit takes everything")

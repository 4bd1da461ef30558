"""Samples that depend on nothing but the documents: those with the least ids, which are hashes."""

from typing import Any

import polars as pl


class Least:
    """Keeps the rows with the least ids, `size` of each group, of frames that come one by one."""

    def __init__(self, size: int, by: tuple[str, ...] = ()) -> None:
        """Group by the columns `by`; frames must have a column `id`."""
        self._size = size
        self._by = by
        self._rows: pl.DataFrame | None = None

    def add(self, frame: pl.DataFrame) -> None:
        """Take rows into account; they must have the columns of those before."""
        if self._rows is not None:
            frame = pl.concat([self._rows, frame])
        keys = [name for name in frame.columns if name in ("id", "source", "url")]
        frame = frame.sort([*self._by, *sorted(keys)])
        if self._by:
            least = frame.group_by(self._by, maintain_order=True).head(self._size)
            self._rows = least.select(frame.columns)
        else:
            self._rows = frame.head(self._size)

    def rows(self) -> list[dict[str, Any]]:
        """Give the rows kept, sorted by group and id."""
        return [] if self._rows is None else self._rows.to_dicts()

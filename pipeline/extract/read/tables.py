"""Tables of text: Parquet, and JSON lines, plain or compressed."""

import difflib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from xxhash import xxh3_128_digest

from ...errors import UsageError
from .capture import Capture, Damage, Limits
from .charset import clean
from .record import parse_date
from .window import Window, codec, damage

_BATCH = 256
_STEP = 1 << 16
_EXTRA = (
    "id",
    "language",
    "language_script",
    "language_score",
    "lang",
    "prob",
    "dump",
    "file_path",
    "collection",
    "source",
    "minhash_cluster_size",
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns hold what: the first name that a table has counts.

    The defaults fit FineWeb, FineWeb-2 and HPLT (`u`, `ts`); the text column must be there.
    """

    text: str = "text"
    url: tuple[str, ...] = ("url", "u", "uri")
    date: tuple[str, ...] = ("date", "ts", "timestamp")
    extra: tuple[str, ...] = _EXTRA


def read_parquet(
    path: Path, counts: Counter[str], limits: Limits, columns: Columns
) -> Iterator[Capture | Damage]:
    """The rows of a Parquet file in small batches; a row group that does not read is damage."""
    try:
        file = pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        yield Damage(0, path.stat().st_size, f"no readable Parquet file: {_first_line(error)}")
        return
    with file:
        names = file.schema_arrow.names
        _require(columns.text, names, path)
        wanted = [name for name in names if name in _names(columns)]
        row = 0
        for group in range(file.metadata.num_row_groups):
            end = row + file.metadata.row_group(group).num_rows
            try:
                for batch in file.iter_batches(_BATCH, row_groups=[group], columns=wanted):
                    for cells in batch.to_pylist():
                        row += 1
                        counts["row"] += 1
                        yield _capture(path, row, f"row {row}", cells, limits, columns)
            except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
                what = f"rows {row + 1:,} to {end:,} do not read: {_first_line(error)}"
                yield Damage(0, None, what)
                row = end


def read_jsonl(
    path: Path, counts: Counter[str], limits: Limits, columns: Columns
) -> Iterator[Capture | Damage]:
    """The lines of a JSON lines file; blank ones are passed over, broken ones are `bad_row`."""
    with path.open("rb") as file:
        window = Window(file, codec(file.read(8)))
        seen = False
        number = 0
        for line in _lines(window, 6 * limits.page_bytes + limits.header_bytes):
            if isinstance(line, Damage):
                yield line
                continue
            number += 1
            if line is not None and not line.strip():
                continue
            counts["row"] += 1
            cells, problem = _parse(line)
            if cells is not None and not seen:
                _require(columns.text, cells, path)
                seen = True
            if cells is None:
                yield _bad(path, number, f"line {number}: {problem}", line or b"")
            else:
                yield _capture(path, number, f"line {number}", cells, limits, columns)


def _lines(window: Window, limit: int) -> Iterator[bytes | Damage | None]:
    """Lines without their newline; null for one of more than `limit` bytes."""
    while True:
        while window.fill(1):
            yield _line(window, limit)
        gap = window.next_run()
        if gap is None:
            return
        yield damage(gap)


def _line(window: Window, limit: int) -> bytes | None:
    start, too_long = 0, False
    while (end := window.data.find(b"\n", start)) < 0 and not window.over:
        start = len(window.data)
        if start > limit:
            window.drop(start)
            start, too_long = 0, True
        window.fill(start + _STEP)
    line = bytes(window.data if end < 0 else window.data[:end])
    window.drop(len(line) + 1)
    return None if too_long or len(line) > limit else line


def _parse(line: bytes | None) -> tuple[dict[str, Any] | None, str]:
    """The object of a line, or null and why there is none."""
    if line is None:
        return None, "the line is too long"
    try:
        cells = json.loads(line)
    except (ValueError, RecursionError) as error:
        return None, _first_line(error)
    if not isinstance(cells, dict):
        return None, f"expected an object, found {type(cells).__name__}"
    return cells, ""


def _capture(
    path: Path, row: int, where: str, cells: dict[str, Any], limits: Limits, columns: Columns
) -> Capture:
    """One row as a capture."""
    text = cells.get(columns.text)
    if not isinstance(text, str):
        found = "nothing" if text is None else type(text).__name__
        return _bad(path, row, f"{where}: {columns.text} holds {found}, expected text", b"", cells)
    text = clean(text)
    data = text.encode()
    problem = detail = ""
    if len(data) > limits.page_bytes:
        problem, detail = "page_too_large", f"{len(data):,} bytes"
    elif not text or text.isspace():
        problem, detail = "empty_body", f"{len(data)} bytes"
    return Capture(
        record_id=f"{path.name}#{row}",
        url=_string(_pick(cells, columns.url)),
        date=_date(_pick(cells, columns.date)),
        status=200,
        content_type="text/plain; charset=utf-8",
        headers=(),
        body=b"",
        text=None if problem else text,
        digest=xxh3_128_digest(data),
        problem=problem,
        detail=detail,
        extra={name: cells[name] for name in columns.extra if cells.get(name) is not None},
    )


def _bad(
    path: Path, row: int, detail: str, data: bytes, cells: Mapping[str, Any] | None = None
) -> Capture:
    """A row without text."""
    url = _string(_pick(cells or {}, Columns().url))
    name = f"{path.name}#{row}"
    digest = xxh3_128_digest(data or name.encode())
    return Capture(name, url, None, 0, "", (), b"", None, digest, "bad_row", detail)


def _require(text: str, names: Iterable[str], path: Path) -> None:
    """Refuse a table without the text column."""
    found = list(names)
    if text in found:
        return
    near = difflib.get_close_matches(text, found, n=1, cutoff=0.5)
    hint = f"; the nearest is {near[0]!r}" if near else ""
    raise UsageError(
        f"{path}: expected a text column {text!r}, found the columns "
        f"{', '.join(map(repr, found)) or 'none'}{hint}. Name the column that holds the text."
    )


def _names(columns: Columns) -> set[str]:
    return {columns.text, *columns.url, *columns.date, *columns.extra}


def _pick(cells: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """The first value that is there."""
    return next((cells[name] for name in names if cells.get(name) is not None), None)


def _string(value: Any) -> str:
    return clean(value) if isinstance(value, str) else ""


def _date(value: Any) -> datetime | None:
    """A timestamp, an ISO 8601 string, digits as in ARC, or seconds since 1970."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, str):
        return parse_date(value)
    try:
        return datetime.fromtimestamp(value, UTC) if isinstance(value, int) else None
    except (ValueError, OverflowError, OSError):
        return None


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__

"""Snapshots of robots.txt files and their like, as folders, Parquet files or web archives."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .errors import UsageError
from .extract.read import Capture, read
from .extract.rights import FILES, host_of
from .extract.rights.tdmrep import MAX_BYTES
from .stages.evidence import evidence

_ARCHIVES = (".warc", ".warc.gz", ".arc", ".arc.gz", ".warc.lz4")
_BODIES = ("body", "robots", "robots_txt", "content", "text")
_TIMES = ("time", "date", "fetched_at")


def read_snapshot(path: Path) -> Iterator[dict[str, Any]]:
    """Read a snapshot as rows of `storage.schema.EVIDENCE`.

    A folder has `HOST/robots.txt`, `HOST/ai.txt`, `HOST/tdmrep.json` (or below `.well-known/`), or
    `HOST.txt` for a robots.txt; archives in it are read as well. A Parquet file has a column `host`
    or `url`, one of `body`, `robots`, `robots_txt`, `content`, `text`, and perhaps `kind` (robots,
    tdmrep, aitxt), `status`, and `time`, `date` or `fetched_at`.

    Raises:
        UsageError: there is no such file or folder, or nothing of the kind in it.

    """
    if not path.exists():
        raise UsageError(
            f"--robots {path}: expected a folder, Parquet file or WARC, found nothing there"
        )
    found = False
    for row in _rows(path):
        found = True
        yield row
    if not found:
        raise UsageError(
            f"--robots {path}: expected robots.txt files, as HOST/robots.txt or HOST.txt in a folder, "
            "rows of a Parquet file with columns host and body, or records of a WARC; found none"
        )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_dir():
        for file in sorted(file for file in path.rglob("*") if file.is_file()):
            if file.name.lower().endswith(_ARCHIVES):
                yield from _archive(file)
            elif file.suffix == ".parquet":
                yield from _table(file)
            elif (row := _file(file, file.relative_to(path))) is not None:
                yield row
    elif path.suffix == ".parquet":
        yield from _table(path)
    else:
        yield from _archive(path)


def _archive(path: Path) -> Iterator[dict[str, Any]]:
    for item in read(path):
        if isinstance(item, Capture) and (row := evidence(item)) is not None:
            yield row


def _file(file: Path, name: Path) -> dict[str, Any] | None:
    """Take one file of a folder, if its name is one of those that count."""
    kinds = {Path(path).name: kind for path, kind in FILES.items()}
    if len(name.parts) > 1 and name.name in kinds:
        return _row(name.parts[0], kinds[name.name], file.read_bytes())
    if len(name.parts) == 1 and name.suffix == ".txt" and name.name not in kinds:
        return _row(name.stem, "robots", file.read_bytes())
    return None


def _row(
    host: str, kind: str, body: bytes, *, status: int = 200, time: datetime | None = None
) -> dict[str, Any] | None:
    """Make a row; a host may be written as a URL."""
    named = host_of(host if "://" in host else f"http://{host}")
    if not named:
        return None
    return {
        "host": named, "kind": kind, "url": f"http://{named}/", "time": time, "status": status,
        "location": "", "body": body[:MAX_BYTES],
    }  # fmt: skip


def _table(path: Path) -> Iterator[dict[str, Any]]:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"--robots {path}: expected a Parquet file, found: {error}") from None
    with file:
        names = file.schema_arrow.names
        host = next((name for name in ("host", "url") if name in names), None)
        body = next((name for name in _BODIES if name in names), None)
        if host is None or body is None:
            raise UsageError(
                f"--robots {path}: expected columns host (or url) and body, found {', '.join(names)}"
            )
        columns = [n for n in (host, body, "kind", "status", *_TIMES) if n in names]
        for batch in file.iter_batches(1000, columns=columns, use_threads=False):
            for cells in batch.to_pylist():
                if (row := _cells(cells, host, body)) is not None:
                    yield row


def _cells(cells: dict[str, Any], host: str, body: str) -> dict[str, Any] | None:
    content = cells[body]
    content = content.encode() if isinstance(content, str) else content
    kind = cells.get("kind") or "robots"
    if not cells[host] or content is None or kind not in FILES.values():
        return None
    status = cells.get("status")
    time = next((cells[name] for name in _TIMES if isinstance(cells.get(name), datetime)), None)
    if time is not None and time.tzinfo is None:
        time = time.replace(tzinfo=UTC)
    return _row(
        str(cells[host]), kind, content, status=200 if status is None else int(status), time=time
    )

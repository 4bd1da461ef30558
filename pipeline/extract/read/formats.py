"""Which reader a file needs: by its first bytes, and by its name where those do not say."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ...errors import UsageError
from .arc import ArcGrammar
from .capture import Capture, Damage, Limits
from .tables import Columns, read_jsonl, read_parquet
from .warc import read_archive
from .window import Window, codec

KINDS = ("warc", "wet", "arc", "parquet", "jsonl")
"""WAT is read as WARC: its records are counted, and none is a document."""

_SUFFIXES = {
    ".warc": "warc",
    ".wat": "warc",
    ".wet": "wet",
    ".arc": "arc",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
_HEAD = 9000


class Reading:
    """The captures and the damage of one input file, to be iterated once; see `read`."""

    def __init__(self, path: Path, limits: Limits, columns: Columns) -> None:
        """Find the file's kind; nothing is read before the iteration."""
        self.path, self.kind = path, detect(path)
        self.counts: Counter[str] = Counter()
        """Records by WARC type in lower case (or `arc_header`, `untyped`, `row`), as read
        so far. Types that are no documents are counted here and not given."""
        if self.kind == "parquet":
            self._items = read_parquet(path, self.counts, limits, columns)
        elif self.kind == "jsonl":
            self._items = read_jsonl(path, self.counts, limits, columns)
        else:
            self._items = read_archive(path, self.counts, limits, arc=self.kind == "arc")

    def __iter__(self) -> Iterator[Capture | Damage]:
        """The file's captures and damage, in its order."""
        return self._items


def read(
    path: str | Path, *, limits: Limits | None = None, columns: Columns | None = None
) -> Reading:
    """Read an input file of any of the `KINDS` as captures and damage, in the file's order.

    Every response, resource, conversion and revisit record and every row gives one capture.
    Streams: memory is bounded by `limits`, whatever the file declares. Raises `UsageError`
    for a file of no known kind and for a table without the text column.
    """
    return Reading(Path(path), limits or Limits(), columns or Columns())


def detect(path: str | Path) -> str:
    """The kind of a file, one of `KINDS`.

    Raises `UsageError` if neither the first bytes nor the name tell.
    """
    path = Path(path)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing"
        raise UsageError(f"{path}: expected a file to read, found {found}")
    with path.open("rb") as file:
        head = _head(file)
    # The inner suffix names the kind: x.warc.wet.gz is WET, x.warc.gz is WARC.
    kinds = [_SUFFIXES[end] for end in map(str.lower, path.suffixes) if end in _SUFFIXES]
    named = kinds[-1] if kinds else ""
    shown = _shown(head)
    if shown == "warc" and named == "wet":
        return "wet"
    if shown or named:
        return shown or named
    raise UsageError(
        f"{path}: expected WARC, WET, ARC, Parquet or JSON lines (plain, .gz or .zst; WARC also "
        f".lz4), found {bytes(head[:24])!r}. Give a file of one of these kinds, or one "
        "with such a name."
    )


def _head(file: BinaryIO) -> bytearray:
    """The first bytes of a file, decompressed where that works."""
    raw = file.read(8)
    window = Window(file, codec(raw))
    window.fill(_HEAD)
    return window.data[:_HEAD] or bytearray(raw)


def _shown(head: bytearray) -> str:
    """The kind that the first bytes show, or an empty string."""
    if head.startswith(b"PAR1"):
        return "parquet"
    start = head.lstrip(b"\r\n\t \xef\xbb\xbf")
    if start.startswith(b"WARC/"):
        return "warc"
    if ArcGrammar().begins(start, 0):
        return "arc"
    return "jsonl" if start.startswith(b"{") else ""

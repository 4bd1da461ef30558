"""The careful reader: records from a damaged archive, and what lies between them.

It trusts a Content-Length only if the next record, the end of a gzip member or the end of
the file follows it. Where it does not, the record ends at the next thing that begins like a
record, and carries a problem: its bytes are reported, not used. A record's header found
inside a record whose length is right is content and left alone.

Every record of the file is either given as a `Record` or stands for itself as `Damage`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from .capture import Damage, Limits
from .record import Record
from .window import Fault, Window, damage

_NEWLINE = 10
_BLANKS = re.compile(rb"[\r\n]*")
_PEEK = 64
_LOOKAHEAD = 8192
_STEP = 1 << 16

Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Head:
    """A record's header: its type, its fields, its declared length, its own size in bytes."""

    type: str
    headers: Headers
    declared: int | None
    """Null where Content-Length is missing or no number."""
    size: int


class Grammar(Protocol):
    """How the records of WARC or ARC files begin."""

    name: str

    def begins(self, data: bytearray, at: int) -> bool:
        """Whether a record's first line may begin here; `data` may end inside it."""
        ...

    def search(self, data: bytearray, start: int, *, inside: bool = True) -> int:
        """The next place where a record surely begins, or -1; inside a record, of a line."""
        ...

    def head(self, data: bytearray) -> Head | None:
        """The header at the start of `data`; null if it is none."""
        ...


class WarcGrammar:
    """WARC/0.17 to 1.1, lenient in line ends, white space and the case of names."""

    name = "WARC"
    _first = re.compile(rb"WARC/\d\.\d+[ \t\r]*\n")
    _start = re.compile(rb"WARC/\d\.\d+[ \t\r]*\n(?=(?i:WARC-|Content-))")
    _blank = re.compile(rb"\n\r*\n")
    _type = re.compile(rb"\nWARC-Type[ \t]*:", re.IGNORECASE)
    _again = re.compile(rb"\nWARC/\d\.\d+[ \t\r]*\n")

    def begins(self, data: bytearray, at: int) -> bool:
        """Whether `WARC/` and a digit stand here, or what is left of them."""
        head = bytes(data[at : at + 6])
        return head[:5] == b"WARC/"[: len(head)] and (len(head) < 6 or head[5:].isdigit())

    def search(self, data: bytearray, start: int, *, inside: bool = True) -> int:
        """The next version line with named fields below it, WARC-Type among them."""
        for match in self._start.finditer(data, start):
            if inside and data[max(match.start() - 1, 0)] != _NEWLINE:
                continue
            blank = self._blank.search(data, match.end() - 1, match.end() + _LOOKAHEAD)
            end = blank.start() + 1 if blank else match.end() + _LOOKAHEAD
            if self._type.search(data, match.end() - 1, end):
                return match.start()
        return -1

    def head(self, data: bytearray) -> Head | None:
        """Version line, named fields, and the blank line that ends them."""
        first = self._first.match(data)
        blank = self._blank.search(data, first.end() - 1) if first else None
        if first is None or blank is None or self._again.search(data, 1, blank.start()):
            return None
        headers = _fields(bytes(data[first.end() : blank.start()]))
        length = headers.get("content-length", "")
        declared = int(length) if length.isascii() and length.isdigit() else None
        return Head(headers.get("warc-type", "").lower(), headers, declared, blank.end())


def _fields(lines: bytes) -> Headers:
    """Named fields, names in lower case; the first of a name counts."""
    headers: Headers = {}
    last = ""
    for line in lines.decode("utf-8", "replace").split("\n"):
        if line[:1] in (" ", "\t") and last:
            headers[last] = f"{headers[last]} {line.strip()}".strip()
            continue
        name, colon, value = line.partition(":")
        last = name.strip().lower() if colon else ""
        if last and last not in headers:
            headers[last] = value.strip()
    return headers


def records(window: Window, grammar: Grammar, limits: Limits) -> Iterator[Record | Damage]:
    """All records from the window's place on, run by run, and the damage between them."""
    reader = _Reader(window, grammar, limits)
    while True:
        while (item := reader.next()) is not None:
            yield item
        gap = window.next_run()
        if gap is None:
            return
        if (lost := reader.untold(gap)) is not None:
            yield lost


class _Reader:
    """Reads one record or one stretch of damage at a time from the window's run."""

    def __init__(self, window: Window, grammar: Grammar, limits: Limits) -> None:
        self.window, self.grammar, self.limits = window, grammar, limits
        self._shared = False  # whether a gzip member has been seen to hold several records
        # The last thing given: the member it is in, whether it begins that member, and the
        # record's type if it is a record without a problem.
        self._last: tuple[int, bool, str] = (-1, False, "")

    def untold(self, gap: Fault) -> Damage | None:
        """What is still to be reported of the bytes between two runs."""
        member, alone, kind = self._last
        if gap.offset != member:
            return damage(gap)
        if alone and kind:
            return replace(damage(gap), record=kind)
        return None if alone or not (gap.damaged or kind) else damage(gap)

    def next(self) -> Record | Damage | None:
        window = self.window
        self._skip_newlines()
        if not window.fill(1):
            return None
        window.fill(_LOOKAHEAD)
        if self.grammar.begins(window.data, 0) and (head := self._head()):
            return self._record(head)
        return self._damage()

    def _skip_newlines(self) -> None:
        window = self.window
        while window.fill(1) and (blank := _blanks(window.data, 0)):
            window.drop(blank)

    def _head(self) -> Head | None:
        window, size = self.window, _LOOKAHEAD
        while True:
            window.fill(size)
            head = self.grammar.head(window.data)
            if head is not None or size >= self.limits.header_bytes or window.over:
                return head
            size *= 2

    def _damage(self) -> Damage:
        """Skip to the next record of the run, or to its end."""
        window = self.window
        offset, begin = window.offset(), bytes(window.data[:40])
        size, zero = 0, True
        while (at := self._next_start(1, inside=False)) < 0 and not window.over:
            step = max(len(window.data) - _LOOKAHEAD, 1)
            zero = zero and not window.data[:step].strip(b"\0")
            window.drop(step)
            size += step
            window.fill(_STEP + _LOOKAHEAD)
        rest = len(window.data) if at < 0 else at
        zero = zero and not window.data[:rest].strip(b"\0")
        window.drop(rest)
        self._last = offset, True, ""
        what = "zero padding" if zero else f"no {self.grammar.name} record: {begin!r}"
        return Damage(offset, size + rest if window.exact else None, what)

    def _next_start(self, start: int, *, inside: bool = True) -> int:
        """Where the next record begins in the window, from `start` on, or -1.

        In a gzip file with a member for each record, the start of a member in view counts
        and nothing before it, so that a page which quotes a record is not taken for one.
        """
        window = self.window
        marks = (at for at in window.marks() if at >= start)
        mark = next((at for at in marks if self.grammar.begins(window.data, at)), -1)
        if mark >= 0 and not self._shared:
            return mark
        text = self.grammar.search(window.data, start, inside=inside)
        return text if mark < 0 or 0 <= text < mark else mark

    def _record(self, head: Head) -> Record:
        window = self.window
        offset = window.offset()
        alone = window.at_member()
        self._shared = self._shared or not alone
        window.drop(head.size)
        block, length, problem, detail = self._block(head.declared)
        if not problem and (why := self._member_fault(offset)):
            problem, detail = "damaged_record", why
        self._last = offset, alone, "" if problem else head.type or "untyped"
        return Record(head.type, head.headers, block, length, offset, problem, detail)

    def _member_fault(self, offset: int) -> str:
        """Why the gzip member at `offset` is damaged, if it is known by now to be."""
        fault = self.window.fault
        return fault.why if fault and fault.damaged and fault.offset == offset else ""

    def _block(self, declared: int | None) -> tuple[bytes, int, str, str]:
        """The content of the record that `data` begins with: bytes, length, problem, detail."""
        window = self.window
        if declared is not None and declared > self.limits.block_bytes:
            return self._long_block(declared)
        window.fill((declared or 0) + _PEEK)
        if declared is not None and not self._swallowed(declared) and self._ends(declared):
            return self._take(declared), declared, "", ""
        return self._cut(declared)

    def _take(self, size: int) -> bytes:
        block = bytes(self.window.data[:size])
        self.window.drop(size)
        return block

    def _swallowed(self, size: int) -> bool:
        """Whether another member's record begins within the next `size` bytes."""
        window = self.window
        return any(
            mark < size and self.grammar.begins(window.data, mark) for mark in window.marks()
        )

    def _ends(self, at: int) -> bool:
        """Whether a record may end at `at`: what follows is a record, a member, or nothing."""
        window = self.window
        data = window.data
        if len(data) < at:
            return False
        after = at + _blanks(data, at)
        if after >= len(data) or any(at <= mark <= after for mark in window.marks()):
            return True
        if self.grammar.begins(data, after):
            return True
        # The separator is right: what follows it is damage, and reported as such.
        return data.startswith((b"\r\n\r\n", b"\n\n"), at)

    def _cut(self, declared: int | None) -> tuple[bytes, int, str, str]:
        """The content of a record whose length is wrong: to the next record, or the run's end."""
        window = self.window
        limit = self.limits.block_bytes
        at = 0 if self.grammar.begins(window.data, 0) else self._next_start(0)
        while at < 0 and not window.over and len(window.data) < limit:
            start = max(len(window.data) - _LOOKAHEAD, 0)
            window.fill(len(window.data) + _STEP)
            at = self._next_start(start)
        end = len(window.data) if at < 0 else at
        found = _without_separator(window.data, end) if at >= 0 else end
        block = self._take(end)[:found]
        return block, found, *self._wrong(declared, found, at < 0)

    def _wrong(self, declared: int | None, found: int, at_end: bool) -> tuple[str, str]:
        """The problem of a record whose declared length is not what was found."""
        if declared is None:
            return "bad_length", f"no Content-Length, found {found:,} bytes"
        detail = f"expected {declared:,} bytes, found {found:,}"
        if not at_end or found >= declared:
            return "bad_length", detail
        fault = self.window.fault
        if fault and fault.damaged:
            return "damaged_record", f"{fault.why}; {detail}"
        return "truncated_record", detail

    def _long_block(self, declared: int) -> tuple[bytes, int, str, str]:
        """The first bytes of a record too large to hold, the rest skipped.

        The first thing in it that begins like a record ends it, as looking at what follows
        its declared end would mean to read it twice.
        """
        window = self.window
        window.fill(_STEP + _LOOKAHEAD)
        block = bytes(window.data[:_STEP])
        found = 0
        while found < declared:
            left = declared - found
            at = self._next_start(0)
            if 0 <= at < left:
                window.drop(at)
                return block[: found + at], found + at, *self._wrong(declared, found + at, False)
            if not window.over:
                step = min(left, max(len(window.data) - _LOOKAHEAD, 1))
            elif len(window.data) < left:
                found += len(window.data)
                window.drop(len(window.data))
                return block[:found], found, *self._wrong(declared, found, True)
            else:
                step = left
            window.drop(step)
            found += step
            window.fill(_STEP + _LOOKAHEAD)
        window.fill(_PEEK)
        if self._ends(0):
            return block, declared, "", ""
        return block, declared, "bad_length", f"expected {declared:,} bytes, more follow"


def _without_separator(data: bytearray, end: int) -> int:
    """The end of content whose next record begins at `end`."""
    for separator in (b"\r\n\r\n", b"\n\n"):
        if data.endswith(separator, 0, end):
            return end - len(separator)
    return end


def _blanks(data: bytearray, at: int) -> int:
    """How many newline bytes `data` has from `at` on."""
    blank = _BLANKS.match(data, at)
    return blank.end() - at if blank else 0

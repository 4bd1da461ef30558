"""A window that slides over the decoded bytes of an archive file, past damaged places.

The file is seen as runs: stretches of bytes that decode without a fault. A plain file is
one run. In a gzip file a run goes from member to member until one is damaged or something
that is no member follows; the next run begins at the next gzip signature.
"""

import zlib
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from fastwarc.stream_io import Lz4Reader, ZstdReader

from .capture import Damage

_PIECE = 1 << 16
_FEED = 1 << 12  # zlib gives nothing of the input in which it finds an error, so it gets little
_GZIP = b"\x1f\x8b\x08"
_SIGNATURES = ((_GZIP, "gzip"), (b"\x04\x22\x4d\x18", "lz4"), (b"\x28\xb5\x2f\xfd", "zstd"))

Piece = tuple[int, bytes]
"""Where in the file a gzip member begins (or -1: no new member), and decoded bytes."""


class Fault(Exception):
    """Why a run ends: where, where to look for the next one, and a reason."""

    def __init__(self, offset: int, resume: int, why: str, *, damaged: bool = True) -> None:
        """Keep what `Window.next_run` and reports need."""
        super().__init__(why)
        self.offset, self.resume, self.why = offset, resume, why
        self.damaged = damaged
        """False if the file merely ends too soon."""


def refuses(error: BaseException) -> bool:
    """Whether an exception is FastWARC's way to refuse bytes.

    OSError and ValueError are; a damaged lz4 file makes it panic, which derives from
    BaseException and cannot be imported.
    """
    return isinstance(error, (OSError, ValueError)) or type(error).__name__ == "PanicException"


def codec(head: bytes) -> str:
    """The compression that a file's first bytes show: gzip, lz4, zstd, or plain.

    A zstd WARC may begin with a skippable frame that holds the dictionary.
    """
    if head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F:
        return "zstd"
    return next((name for magic, name in _SIGNATURES if head.startswith(magic)), "plain")


class Window:
    """The bytes in front of a parser: `data`, filled on demand and dropped when read.

    Memory is what the caller asks for with `fill`, and one piece of 64 KiB.
    """

    def __init__(self, file: BinaryIO, codec: str, start: int = 0) -> None:
        """See `file`, compressed as `codec` says, from the byte `start` on."""
        self.data = bytearray()
        self.over = False
        """No more bytes in this run than `data` holds."""
        self.fault: Fault | None = None
        """Why the run ended; null at the end of the file."""
        self.exact = codec == "plain"
        """Whether offsets are those of `data` itself, not of the member that holds it."""
        self._file, self._codec = file, codec
        self._size = file.seek(0, 2)
        self._begin(start)

    def _begin(self, start: int) -> None:
        self.data.clear()
        self.over, self.fault = False, None
        self._start, self._dropped = start, 0
        self._marks: deque[tuple[int, int]] = deque()
        self._member, self._at_start = start, -1
        runs = {"plain": _plain, "gzip": _members}
        if self._codec in runs:
            self._pieces = runs[self._codec](self._file, start)
        else:
            self._pieces = _stream(self._file, start, self._codec)

    def fill(self, size: int) -> bool:
        """Have at least `size` bytes in `data`; false if the run ends sooner."""
        while len(self.data) < size and not self.over:
            try:
                piece = next(self._pieces, None)
            except Fault as fault:
                piece, self.fault = None, fault
            if piece is None:
                self.over = True
                break
            if piece[0] >= 0:
                self._marks.append((self._dropped + len(self.data), piece[0]))
                self._settle()
            self.data += piece[1]
        return len(self.data) >= size

    def drop(self, size: int) -> None:
        """Let the window go on by `size` bytes."""
        del self.data[:size]
        self._dropped += size
        self._settle()

    def _settle(self) -> None:
        """Move the marks that `data` has reached out of its way."""
        while self._marks and self._marks[0][0] <= self._dropped:
            self._at_start, self._member = self._marks.popleft()

    def offset(self) -> int:
        """Where in the file `data` begins: exact for plain files, else its member."""
        return self._start + self._dropped if self.exact else self._member

    def at_member(self) -> bool:
        """Whether a gzip member begins where `data` does."""
        return self._codec == "gzip" and self._at_start == self._dropped

    def marks(self) -> Iterator[int]:
        """The places in `data`, after its first byte, where gzip members begin."""
        return (at - self._dropped for at, _ in self._marks)

    def next_run(self) -> Fault | None:
        """Go to the next run; give the fault and where the run resumes, or null at the end."""
        fault = self.fault
        if fault is None:
            return None
        fault.resume = self._find_member(fault.resume) if self._codec == "gzip" else self._size
        if fault.resume == self._size and _is_zero(self._file, fault.offset):
            fault.why = "zero padding"
        self._begin(fault.resume)
        return fault

    def _find_member(self, start: int) -> int:
        """The next place from `start` on that may be a gzip header, or the file's size."""
        self._file.seek(start)
        tail = b""
        while piece := self._file.read(_PIECE):
            piece = tail + piece
            at = piece.find(_GZIP)
            while at >= 0:
                # The upper three flag bits are reserved and zero (RFC 1952).
                if at + 3 >= len(piece) or piece[at + 3] < 0x20:
                    return start + at
                at = piece.find(_GZIP, at + 1)
            start += len(piece) - min(3, len(piece))
            tail = piece[-3:]
        return self._size


def damage(fault: Fault) -> Damage:
    """The bytes between a run and the next as damage."""
    return Damage(fault.offset, fault.resume - fault.offset, fault.why)


def _is_zero(file: BinaryIO, start: int) -> bool:
    file.seek(start)
    while piece := file.read(_PIECE):
        if piece.strip(b"\0"):
            return False
    return True


def _plain(file: BinaryIO, start: int) -> Iterator[Piece]:
    file.seek(start)
    while piece := file.read(_PIECE):
        yield -1, piece


def _stream(file: BinaryIO, start: int, codec: str) -> Iterator[Piece]:
    """lz4 and zstd through FastWARC's readers; a fault loses the rest of the file."""
    file.seek(start)
    if not file.read(1):
        return  # FastWARC takes no bytes for an incomplete frame
    file.seek(start)
    reader = Lz4Reader(file) if codec == "lz4" else ZstdReader(file)
    try:
        while piece := reader.read(_PIECE):
            yield -1, piece
    except BaseException as error:
        if not refuses(error):
            raise
        at = start + (reader.frame_start_position() or 0)
        raise Fault(at, at, f"{codec}: {error}") from None


def _members(file: BinaryIO, start: int) -> Iterator[Piece]:
    """The members of a gzip file in pieces of bounded size, CRC and length checked."""
    file.seek(start)
    offset, left = start, b""
    while True:
        left = left or file.read(_FEED)
        while len(left) < len(_GZIP) and (more := file.read(_FEED)):
            left += more
        if not left:
            return
        if not left.startswith(_GZIP):
            raise Fault(offset, offset, "no gzip member begins here")
        stream, mark, used = zlib.decompressobj(31), offset, len(left)
        while not stream.eof:
            try:
                piece = stream.decompress(left, _PIECE)
            except zlib.error as error:
                raise Fault(offset, offset + 1, f"gzip: {error}") from None
            if piece:
                yield mark, piece
                mark = -1
            left = stream.unconsumed_tail
            if not left and not stream.eof:
                left = file.read(_FEED)
                used += len(left)
                if not left and not piece:
                    raise Fault(offset, offset + 1, "the file ends here", damaged=False)
        left = stream.unused_data
        offset += used - len(left)

"""Throw mutated pages at the tokeniser for as long as wanted: `python fuzz.py [EXECUTIONS [SEED [CORPUS]]]`.

The kernel is compiled, so that a coverage-guided fuzzer sees no edges in it; what one keeps may
seed this driver. Mutations splice tags, quotes and bytes into seeds. Each run sits between guard
pages that may not be touched, so that a read outside the buffer ends the process.
"""
# ruff: noqa: SIM905  (name lists read best as text)

import ctypes
import mmap
import random
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eurocorpus.pipeline.extract.fast import keywords
from eurocorpus.pipeline.extract.fast.layout import PARENT, TAG
from eurocorpus.pipeline.extract.fast.tokenise import _pass

TOKENS = [
    t.encode()
    for t in (
        "< > </ /> & &# &#x ; = \" ' <!-- --> --!> <![CDATA[ ]]> <!doctype <? <p> </p> <li> <td> <tr> "
        "<table> </table> <a href=x> </a> <b> </b> <br> <pre> </pre> <script> </script> <svg> </svg> "
        "<title> </title> <noscript> <select> <template> <style> <textarea> <h1> </h2> <dl><dt><dd> "
        "<body> <html lang=en> <form> hidden style=display:none aria-hidden=true class=nav id=content "
        "<meta name=a content=b> <time datetime=2024-01-01> <xmp> </xmp> &amp; &notit; &#128; \0 \r\n"
    ).split(" ")
] + [b" ", "\u00ad".encode(), "漢字".encode(), "é".encode(), b"\xff", b"\xc3", b"\xe2\x80", b"\xee"]
PAGE = mmap.PAGESIZE


class Guarded:
    """A buffer whose end touches a page that must not be read."""

    def __init__(self, room: int) -> None:
        self.room = -(-room // PAGE) * PAGE
        self.memory = mmap.mmap(-1, self.room + PAGE)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        libc = ctypes.CDLL(None, use_errno=True)
        protect = libc.mprotect(ctypes.c_void_p(self.address + self.room), PAGE, 0)
        assert protect == 0

    def place(self, data: bytes, *, writeable: bool = False) -> NDArray[np.uint8]:
        """Copy data to the very end of the buffer; the kernel for pages takes what is read-only."""
        ctypes.memmove(self.address + self.room - len(data), data, len(data))
        view = (ctypes.c_uint8 * len(data)).from_address(self.address + self.room - len(data))
        placed: NDArray[np.uint8] = np.ctypeslib.as_array(view)
        placed.flags.writeable = writeable
        return placed


def mutate(draw: random.Random, seed: bytes) -> bytes:
    """Splice tokens in, cut pieces out, flip bytes."""
    data = bytearray(seed)
    for _ in range(draw.randrange(1, 8)):
        at = draw.randrange(len(data) + 1)
        kind = draw.random()
        if kind < 0.6:
            data[at:at] = draw.choice(TOKENS)
        elif kind < 0.8:
            del data[at : at + draw.randrange(12)]
        elif data:
            data[min(at, len(data) - 1)] = draw.randrange(256)
    return bytes(data[:400])


def page_pieces(folder: Path) -> list[bytes]:
    """Cut the pages of a folder into pieces of 300 bytes."""
    pages = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    return [page[at : at + 300] for page in pages for at in range(0, len(page), 300)]


class Pool:
    """The inputs to mutate: the seeds for ever, and whatever made the tokeniser do something new.

    New is a tag under a parent and after a tag that no input had together before.
    A pool that takes any mutant drifts: after a million most of them lie in one open <textarea>.
    """

    def __init__(self, draw: random.Random, seeds: list[bytes]) -> None:
        self._draw = draw
        self._seeds = seeds
        self._found: list[bytes] = []
        self._seen: set[tuple[int, ...]] = set()

    def choose(self) -> bytes:
        """Take one; every third is a seed."""
        fresh = not self._found or self._draw.random() < 1 / 3
        return self._draw.choice(self._seeds if fresh else self._found)

    def offer(self, data: bytes, nodes: NDArray[np.int32]) -> None:
        """Keep an input whose elements stand as none did before."""
        tags = nodes[:, TAG]
        found = set(
            zip(
                *(column.tolist() for column in (tags[1:], tags[:-1], tags[nodes[1:, PARENT]])),
                strict=True,
            )
        )
        if not found <= self._seen:
            self._seen |= found
            self._found.append(data)

    def __len__(self) -> int:
        """Count what was found."""
        return len(self._found)


def main(executions: int, seed: int = 1, corpus: Path | None = None) -> None:
    """Run, and print the rate now and then."""
    draw = random.Random(seed)
    room = Guarded(4096)
    outside = Guarded(4096)
    blocks, nodes = np.zeros((500, 9), np.int32), np.zeros((500, 9), np.int32)
    events = np.zeros((512, 3), np.int32)
    seeds = [b"<p>seed</p>", b"<table><tr><td>a<td>b</table>", b"<a href='x'>y</a> &amp; z"]
    pool = Pool(draw, seeds + (page_pieces(corpus) if corpus else []))
    begin = time.monotonic()
    for count in range(1, executions + 1):
        data = mutate(draw, pool.choose())
        tags = data.count(b"<")
        text = outside.place(b"\0" * (2 * len(data) + 64), writeable=True)
        status, used, found, elements, _ = _pass(
            room.place(data), text, blocks[: tags + 2], nodes[: tags + 2], events,
            100, 10**6, keywords.NEXT, keywords.BITS,
        )  # fmt: skip
        assert status in (0, 2), data
        assert used <= 2 * len(data) + 64, data
        assert found <= tags + 1, data
        assert elements <= tags + 1, data
        pool.offer(data, nodes[:elements])
        if count % 500_000 == 0:
            rate = count / (time.monotonic() - begin)
            print(f"{count:,} executions, {rate:,.0f}/s, {len(pool):,} found", flush=True)


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 100_000,
        int(sys.argv[2]) if len(sys.argv) > 2 else 1,
        Path(sys.argv[3]) if len(sys.argv) > 3 else None,
    )

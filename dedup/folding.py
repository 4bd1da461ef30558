"""Case folding and character classes by table, for kernels that walk UTF-8 bytes."""

import re
import unicodedata
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from .texts import normal_form

_proxy: Any = cgutils.create_struct_proxy

# Scripts written without spaces between words: one character is one token, as for a word.
# Line-break classes SA and ID of UAX #14: Thai, Lao, Myanmar, Khmer, Tai; Han, kana, bopomofo, Yi.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u3005-\u3007\u3021-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\ua4cf\ua9e0-\ua9ff\uaa60-\uaadf\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U00033fff"
)
# Everything assigned lies below this, but for tags and variation selectors, which fold to themselves.
_END = 0x34000

# A cell of the table: six bytes of folded UTF-8, the first lowest (0: the character's own bytes);
# their width in bits; flags. BREAK: a word ends behind the first byte (only U+0130, "i" and a mark).
WIDTH_SHIFT = 48
WORD, SINGLE, SPACE, UNSTABLE, BREAK = 1 << 56, 1 << 57, 1 << 58, 1 << 59, 1 << 60
NEAR = 0x800  # characters of one or two bytes have their cells in one table


_VARIED_END = "\U00032400"
"""From here on no character has another case, combines or decomposes; three quarters of all are here."""


class Tables(NamedTuple):
    """What a kernel needs to fold: cells of the first 2048 characters, and pages for the rest."""

    near: NDArray[np.uint64]
    pages: NDArray[np.uint16]
    cells: NDArray[np.uint64]


@cache
def tables() -> Tables:
    """Build the tables from the running Python's Unicode database (a fifth of a second, once)."""
    cells = np.zeros(_END, np.uint64)
    everything = "".join(map(chr, range(0xD800))) + "".join(map(chr, range(0xE000, _END)))
    _mark(cells, re.findall(r"\w", everything), WORD)
    _mark(cells, re.findall(r"\s", everything), SPACE)
    unspaced = re.findall(f"[{UNSPACED}]", everything)
    singles = [c for c in unspaced if c.isalnum() or unicodedata.category(c)[0] == "M"]
    _mark(cells, singles, SINGLE)
    for character in singles:
        cells[ord(character)] &= np.uint64(~WORD & (2**64 - 1))
    varied = everything[: everything.index(_VARIED_END)]
    for character in varied:
        if character.casefold() != character:
            _set_folding(cells, character)
    _mark(cells, _unstable(varied), UNSTABLE)
    return _paged(cells)


def _mark(cells: NDArray[np.uint64], characters: list[str], flag: int) -> None:
    places = np.array([ord(c) for c in characters], np.int64)
    cells[places] |= np.uint64(flag)


def _set_folding(cells: NDArray[np.uint64], character: str) -> None:
    """Store what a character folds to; what is not one word stays for `normal_form`."""
    folded = normal_form(character)
    if character == "\u0130":
        cells[ord(character)] |= np.uint64(BREAK)
    elif not folded.isalnum() or len(folded.encode()) > 6:
        cells[ord(character)] |= np.uint64(UNSTABLE)
        return
    cells[ord(character)] |= np.uint64(_packed(folded))


def _packed(text: str) -> int:
    """Pack the UTF-8 of a few characters, and its width."""
    encoded = text.encode()
    return int.from_bytes(encoded, "little") | len(encoded) * 8 << WIDTH_SHIFT


def _unstable(characters: str) -> list[str]:
    """List what may change in NFC, or change its neighbours there (NFC_QC No or Maybe, UAX #15)."""
    found = set(map(chr, [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]))  # Hangul jamo V, T
    for c in characters:
        if unicodedata.combining(c):
            found.add(c)
        parts = unicodedata.decomposition(c)
        if parts and parts[0] != "<":
            found.update(chr(int(part, 16)) for part in parts.split()[1:])
            if unicodedata.normalize("NFC", c) != c:
                found.add(c)
    return sorted(found)


def _paged(cells: NDArray[np.uint64]) -> Tables:
    """Share equal pages of 256 characters: what a text uses stays in a first-level cache."""
    near = cells[:NEAR].copy()
    for code in range(NEAR):
        if not near[code] & np.uint64(0xFF):
            near[code] |= np.uint64(_packed(chr(code)))
    numbers: dict[bytes, int] = {bytes(8 * 256): 0}
    pages = np.zeros(0x1100, np.uint16)
    for page, row in enumerate(cells.reshape(-1, 256)):
        pages[page] = numbers.setdefault(row.tobytes(), len(numbers))
    made = Tables(near, pages, np.frombuffer(b"".join(numbers), np.uint64).copy())
    for array in made:
        array.flags.writeable = False
    return made


@njit(cache=True, nogil=True)
def decode(data, at, stop):  # type: ignore[no-untyped-def]
    """Read one character of two bytes or more: its code point (-1: not UTF-8) and its length."""
    lead = np.int64(data[at])
    if lead < 0xE0:
        if lead >= 0xC2 and at + 1 < stop and data[at + 1] & 0xC0 == 0x80:
            return ((lead & 0x1F) << 6) | (np.int64(data[at + 1]) & 0x3F), 2
        return np.int64(-1), 1
    size = 3 if lead < 0xF0 else 4
    if lead > 0xF4 or at + size > stop:
        return np.int64(-1), 1
    code = lead & (0x0F if size == 3 else 0x07)
    for k in range(1, size):
        if data[at + k] & 0xC0 != 0x80:
            return np.int64(-1), 1
        code = (code << 6) | (np.int64(data[at + k]) & 0x3F)
    return (code, size) if code <= 0x10FFFF else (np.int64(-1), 1)


def _load(typing, data, at):  # type: ignore[no-untyped-def]
    """Read the eight bytes data[at:at + 8] as one little-endian number; unchecked."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        array = _proxy(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(array.data, [arguments[1]])
        place = builder.bitcast(place, ir.IntType(64).as_pointer())
        return builder.load(place, align=1)

    return types.uint64(data, types.intp), generate


load: Any = intrinsic(_load)


def _store(typing, data, at, value):  # type: ignore[no-untyped-def]
    """Write a number as eight little-endian bytes to data[at:at + 8]; unchecked."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        array = _proxy(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(array.data, [arguments[1]])
        place = builder.bitcast(place, ir.IntType(64).as_pointer())
        builder.store(arguments[2], place, align=1)
        return context.get_dummy_value()

    return types.void(data, types.intp, types.uint64), generate


store: Any = intrinsic(_store)

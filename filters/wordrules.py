"""A language's orthography as one array of numbers, which the tokeniser's kernel reads.

Numba counts references at each call for each array that it is given: 5 ns, as much as a whole
letter costs. So the rules are one array, and a character's code and kind one number.
"""

from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from . import orthography as kind
from .orthography import Orthography, orthography
from .wordlists import FACES_AT_END, faces, units

# A character is its code point and, above it, its kind.
SHIFT = 21
CODE = (1 << SHIFT) - 1
ANY = 0xFFFFFFFF << SHIFT

# The array of rules: masks and numbers at these places, then what they point to.
PREFIX, SUFFIX, AFTER_DIGIT, BEFORE_DOT, ELISION, CAPITALS, UNBOUND, ALPHABETIC = range(8)
LONGEST_OPENING, LONGEST_CLOSING, LONGEST_JOINED, LONGEST_EXCEPTION = range(8, 12)
INFIXES, INFIX_ROWS, KEYS, MASK, LASTS, CUTS = range(12, 18)
HEADER, ROW = 18, 5

# A fact about a string: the kinds that may stand before it (32 bits), where its cuts begin (26),
# and what it is (4).
KINDS, CUT_SHIFT, CUT, ROLE_SHIFT = 0xFFFFFFFF, 32, (1 << 26) - 1, 58
OPENING, CLOSING, JOINED, EXCEPTION = 1, 2, 4, 8

_BASE, _MIX = -7046029254386353131, -49064778989728563  # odd, no pattern in their bits


@cache
def rules(code: str) -> NDArray[np.int64]:
    """Give a language's rules for the kernel."""
    own = orthography(code)
    strings = _strings(own)
    alphabetic = any(
        word.replace("|", "").isalpha() for word in own.exceptions if word not in faces()
    )
    masks = [own.prefix, own.suffix, own.after_digit, own.before_dot, own.elision]
    header = [mask << SHIFT for mask in masks] + [own.capitals, not own.bound, alphabetic]
    header += [max(map(len, words), default=0) for words in strings]
    infixes = [
        (
            row.before << SHIFT or ANY,
            row.middle << SHIFT,
            row.after << SHIFT,
            row.shortest,
            row.longest,
        )
        for row in own.infixes
    ]
    keys, facts, lasts, cuts = _table(strings)
    places = np.cumsum([HEADER, len(infixes) * ROW, 2 * len(keys), len(lasts)]).tolist()
    header += [places[0], len(infixes), places[1], len(keys) - 1, places[2], places[3]]
    return np.array(
        [*header, *(cell for row in infixes for cell in row), *keys, *facts, *lasts, *cuts]
    )


def _strings(own: Orthography) -> tuple[dict[str, int], ...]:
    """Give openings, closings, joined parts and exceptions, each with what may stand before it."""
    needed = own.closing_after or KINDS
    closings = {word: needed if word[-1].isalpha() else KINDS for word in own.closings}
    closings |= dict.fromkeys(units() if own.units else (), kind.DIGIT)
    closings |= dict.fromkeys(FACES_AT_END, KINDS)
    joined = {case(word): 0 for word in own.joined for case in (str, str.title, str.upper)}
    return dict.fromkeys(own.openings, 0), closings, joined, dict.fromkeys(own.exceptions, 0)


def _table(
    strings: tuple[dict[str, int], ...],
) -> tuple[list[int], list[int], list[int], list[int]]:
    """Put strings, with `|` where they are cut, into an open-addressed table.

    Returns:
        Hashes; facts; what strings end in a character, by the low byte of its code; where
        exceptions are cut, each list ended by 0.
    """
    words = sorted({word for some in strings for word in some})
    size = 8
    while size < 2 * len(words):
        size *= 2
    keys, facts, lasts, cuts = [0] * size, [0] * size, [0] * 256, [0]
    for word in words:
        parts = word.split("|")
        codes = np.array([ord(character) for character in "".join(parts)])
        key = int(hash_codes(codes, 0, len(codes)))
        slot = int(place(key)) % size
        while keys[slot]:
            slot = (slot + 1) % size
        roles = sum(1 << role for role, some in enumerate(strings) if word in some)
        before = max(some.get(word, 0) for some in strings)
        keys[slot], facts[slot] = key, before | len(cuts) << CUT_SHIFT | roles << ROLE_SHIFT
        lasts[int(codes[-1]) & 0xFF] |= roles
        cuts += [sum(map(len, parts[: k + 1])) for k in range(len(parts) - 1)] + [0]
    return keys, facts, lasts, cuts


@njit(cache=True, nogil=True)
def hash_codes(here, start, stop):  # type: ignore[no-untyped-def]
    """Hash the codes of characters; never 0."""
    value = 0
    for k in range(start, stop):
        value = value * _BASE + (here[k] & CODE) + 1
    return value if value else 1


@njit(cache=True, nogil=True)
def place(key):  # type: ignore[no-untyped-def]
    """Give the slot where the search for a hash begins, before the table's mask."""
    return ((key ^ (key >> 31)) * _MIX >> 32) & 0xFFFFFFFF

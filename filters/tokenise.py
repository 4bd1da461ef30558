"""Words as spaCy's blank pipelines find them, without an object a word.

White space parts a text into chunks. Affixes come off a chunk from both ends, one at a time, until
none is left; what remains is a word if it is an exception or an address on the web, else it is
split at its infixes. `orthography` has each language's rules.

Numba counts references at each call for each array that it is given: 5 ns, as much as a whole
letter costs. So the rules are one array, and a character's code and kind one number.
"""

from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from . import orthography as kind
from .batch import Batch, Spans
from .characters import LETTER, SPACE
from .orthography import FACES, FACES_AT_END, Orthography, kinds, orthography

_LETTER, _SPACE = np.uint32(LETTER), np.uint32(SPACE)

# A character is its code point and, above it, its kind.
_SHIFT = 21
_CODE = (1 << _SHIFT) - 1
_DIGIT, _DOT, _PLUS = kind.DIGIT << _SHIFT, kind.DOT << _SHIFT, kind.PLUS << _SHIFT
_UPPER, _LOWER, _ALPHA = kind.UPPER << _SHIFT, kind.LOWER << _SHIFT, kind.LETTER << _SHIFT
_HYPHEN, _HYPHENS = kind.HYPHEN << _SHIFT, kind.HYPHENS << _SHIFT
_MARKS = (kind.APOSTROPHE | kind.CURLY) << _SHIFT
_BOUND = _MARKS | (kind.HYPHEN | kind.DASH | kind.BRACKET) << _SHIFT
_ALONE = (kind.ELLIPSIS | kind.ICON | kind.DEGREE) << _SHIFT
_ANY = 0xFFFFFFFF << _SHIFT

# The array of rules: masks and numbers at these places, then what they point to.
_PREFIX, _SUFFIX, _AFTER_DIGIT, _BEFORE_DOT, _ELISION, _CAPITALS, _UNBOUND, _ALPHABETIC = range(8)
_LONGEST_OPENING, _LONGEST_CLOSING, _LONGEST_JOINED, _LONGEST_EXCEPTION = range(8, 12)
_INFIXES, _INFIX_ROWS, _KEYS, _MASK, _LASTS, _CUTS = range(12, 18)
_HEADER, _ROW = 18, 5

# A fact about a string: the kinds that may stand before it (32 bits), where its cuts begin (26),
# and what it is (4).
_KINDS, _CUT_SHIFT, _CUT, _ROLE_SHIFT = 0xFFFFFFFF, 32, (1 << 26) - 1, 58
_OPENING, _CLOSING, _JOINED, _EXCEPTION = 1, 2, 4, 8

_BASE, _MIX = -7046029254386353131, -49064778989728563  # odd, no pattern in their bits
_UNITS = [
    "km",
    "km²",
    "km³",
    "m",
    "m²",
    "m³",
    "dm",
    "dm²",
    "dm³",
    "cm",
    "cm²",
    "cm³",
    "mm",
    "mm²",
    "mm³",
    "ha",
    "µm",
    "nm",
    "yd",
    "in",
    "ft",
    "kg",
    "g",
    "mg",
    "µg",
    "t",
    "lb",
    "oz",
    "m/s",
    "km/h",
    "kmh",
    "mph",
    "hPa",
    "Pa",
    "mbar",
    "mb",
    "MB",
    "kb",
    "KB",
    "gb",
    "GB",
    "tb",
    "TB",
    "T",
    "G",
    "M",
    "K",
    "км",
    "км²",
    "км³",
    "м",
    "м²",
    "м³",
    "дм",
    "дм²",
    "дм³",
    "см",
    "см²",
    "см³",
    "мм",
    "мм²",
    "мм³",
    "нм",
    "кг",
    "г",
    "мг",
    "м/с",
    "км/ч",
    "кПа",
    "Па",
    "мбар",
    "Кб",
    "КБ",
    "кб",
    "Мб",
    "МБ",
    "мб",
    "Гб",
    "ГБ",
    "гб",
    "Тб",
    "ТБ",
    "тб",
]


def spacy_like_words(batch: Batch) -> Spans:
    """Split as datatrove's word tokeniser of the language does, nearly."""
    own = rules(batch.language.code)
    return Spans(*_tokenise(batch.codes, batch.flags, batch.ends, kinds(), own))


@cache
def rules(code: str) -> NDArray[np.int64]:
    """Give a language's rules for the kernel."""
    own = orthography(code)
    strings = _strings(own)
    alphabetic = any(
        word.replace("|", "").isalpha() for word in own.exceptions if word not in FACES
    )
    masks = [own.prefix, own.suffix, own.after_digit, own.before_dot, own.elision]
    header = [mask << _SHIFT for mask in masks] + [own.capitals, not own.bound, alphabetic]
    header += [max(map(len, words), default=0) for words in strings]
    infixes = [
        (
            row.before << _SHIFT or _ANY,
            row.middle << _SHIFT,
            row.after << _SHIFT,
            row.shortest,
            row.longest,
        )
        for row in own.infixes
    ]
    keys, facts, lasts, cuts = _table(strings)
    places = np.cumsum([_HEADER, len(infixes) * _ROW, 2 * len(keys), len(lasts)]).tolist()
    header += [places[0], len(infixes), places[1], len(keys) - 1, places[2], places[3]]
    return np.array(
        [*header, *(cell for row in infixes for cell in row), *keys, *facts, *lasts, *cuts]
    )


def _strings(own: Orthography) -> tuple[dict[str, int], ...]:
    """Give openings, closings, joined parts and exceptions, each with what may stand before it."""
    needed = own.closing_after or _KINDS
    closings = {word: needed if word[-1].isalpha() else _KINDS for word in own.closings}
    closings |= dict.fromkeys(_UNITS if own.units else (), kind.DIGIT)
    closings |= dict.fromkeys(FACES_AT_END, _KINDS)
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
        key = int(_hash(codes, 0, len(codes)))
        slot = int(_place(key)) % size
        while keys[slot]:
            slot = (slot + 1) % size
        roles = sum(1 << role for role, some in enumerate(strings) if word in some)
        before = max(some.get(word, 0) for some in strings)
        keys[slot], facts[slot] = key, before | len(cuts) << _CUT_SHIFT | roles << _ROLE_SHIFT
        lasts[int(codes[-1]) & 0xFF] |= roles
        cuts += [sum(map(len, parts[: k + 1])) for k in range(len(parts) - 1)] + [0]
    return keys, facts, lasts, cuts


@njit(cache=True, nogil=True)
def _tokenise(codes, flags, ends, table, rules):  # type: ignore[no-untyped-def]
    starts, stops = np.empty(len(codes), np.int64), np.empty(len(codes), np.int64)
    here, stack = np.empty(len(codes), np.int64), np.empty(len(codes), np.int64)
    word_ends = np.zeros(len(ends), np.int64)
    excepts = rules[_ALPHABETIC] != 0
    word = 0
    for document in range(len(ends) - 1):
        k, end = ends[document], ends[document + 1]
        while k < end:
            if flags[k] & _SPACE:
                k += 1
                continue
            first, plain = k, _LETTER
            while k < end and not flags[k] & _SPACE:
                plain &= flags[k]
                k += 1
            last = word
            if plain and not (
                excepts and rules[rules[_LASTS] + (codes[k - 1] & 0xFF)] & _EXCEPTION
            ):
                stops[word] = k
                word += 1
            else:
                for at in range(first, k):
                    code = np.int64(codes[at])
                    here[at] = code | (np.int64(table[code]) << _SHIFT if code < len(table) else 0)
                word = _chunk(here, first, k, rules, stack, stops, last)
            for at in range(last, word):  # words of a chunk leave no gap
                starts[at] = first
                first = stops[at]
        word_ends[document + 1] = word
    return starts[:word].copy(), stops[:word].copy(), word_ends


@njit(cache=True, nogil=True)
def _chunk(here, start, stop, rules, stack, stops, word):  # type: ignore[no-untyped-def]
    """Take affixes off a chunk, then split what remains; give the number of words so far."""
    high, odd, bound = 0, 0, 0
    for k in range(start, stop):
        bound |= here[k]
        odd += here[k] & _ALPHA == 0
    bound &= ~_CODE
    if odd == 1 and _is_usual(here, start, stop, rules, bound):
        stops[word], stops[word + 1] = stop - 1, stop
        return word + 2
    while start < stop and odd:  # letters alone have no affixes
        if _fact(here, start, stop, rules, _EXCEPTION, rules[_LONGEST_EXCEPTION]):
            break
        prefix = _prefix(here, start, stop, rules, bound)
        excepted = prefix and _fact(
            here, start + prefix, stop, rules, _EXCEPTION, rules[_LONGEST_EXCEPTION]
        )
        suffix = 0
        if not excepted and start + prefix < stop:
            suffix = _suffix(here, start + prefix, stop, rules, bound)
            if suffix and _fact(
                here, start, stop - suffix, rules, _EXCEPTION, rules[_LONGEST_EXCEPTION]
            ):
                prefix, excepted = 0, 1
        for _ in range(prefix):
            odd -= here[start] & _ALPHA == 0
            start += 1
        if prefix:
            stops[word] = start
            word += 1
        if suffix:
            stack[high] = stop
            high += 1
        for _ in range(suffix):
            stop -= 1
            odd -= here[stop] & _ALPHA == 0
        if excepted or not (prefix or suffix):
            break
    if start < stop:
        word = _rest(here, start, stop, rules, stops, word, odd)
    while high:
        high -= 1
        stops[word] = stack[high]
        word += 1
    return word


@njit(cache=True, nogil=True)
def _is_usual(here, start, stop, rules, bound):  # type: ignore[no-untyped-def]
    """Say at little cost whether a chunk is letters and a mark that comes off the end: `word,`."""
    mark = here[stop - 1]
    roles = rules[rules[_LASTS] + (mark & 0xFF)]
    if stop - start > 1:
        roles |= rules[rules[_LASTS] + (here[stop - 2] & 0xFF)] & _EXCEPTION
    return (
        stop - start > 1 and mark & rules[_SUFFIX] and not (mark & _DOT or bound & _BOUND or roles)
    )


@njit(cache=True, nogil=True)
def _rest(here, start, stop, rules, stops, word, odd):  # type: ignore[no-untyped-def]
    """Add what affixes leave: one word, an exception's words, or split at infixes."""
    fact = _fact(here, start, stop, rules, _EXCEPTION, rules[_LONGEST_EXCEPTION])
    if (
        odd
        and not fact
        and not _joined(here, start, stop, rules)
        and not _address(here, start, stop)
    ):
        return _inside(here, start, stop, rules, stops, word)
    cut = rules[_CUTS] + ((fact >> _CUT_SHIFT) & _CUT)
    while rules[cut]:
        stops[word] = start + rules[cut]
        word += 1
        cut += 1
    stops[word] = stop
    return word + 1


@njit(cache=True, nogil=True)
def _hash(here, start, stop):  # type: ignore[no-untyped-def]
    value = 0
    for k in range(start, stop):
        value = value * _BASE + (here[k] & _CODE) + 1
    return value if value else 1


@njit(cache=True, nogil=True)
def _place(key):  # type: ignore[no-untyped-def]
    return ((key ^ (key >> 31)) * _MIX >> 32) & 0xFFFFFFFF


@njit(cache=True, nogil=True)
def _fact(here, start, stop, rules, role, longest):  # type: ignore[no-untyped-def]
    """Find the fact about a span that is an opening, closing, joined part or exception, or 0."""
    if stop - start > longest or start >= stop:
        return 0
    if not rules[rules[_LASTS] + (here[stop - 1] & 0xFF)] & role:
        return 0
    key = _hash(here, start, stop)
    keys, mask = rules[_KEYS], rules[_MASK]
    slot = _place(key) & mask
    while rules[keys + slot] != 0 and rules[keys + slot] != key:
        slot = (slot + 1) & mask
    fact = rules[keys + mask + 1 + slot]
    return fact if (fact >> _ROLE_SHIFT) & role else 0


@njit(cache=True, nogil=True)
def _run(here, start, stop, mask):  # type: ignore[no-untyped-def]
    """Count characters of a kind from a place on."""
    k = start
    while k < stop and here[k] & mask:
        k += 1
    return k - start


@njit(cache=True, nogil=True)
def _prefix(here, start, stop, rules, bound):  # type: ignore[no-untyped-def]
    """Give the length of what is split off the front."""
    if bound & _BOUND and rules[_LONGEST_OPENING]:
        for length in range(2, min(rules[_LONGEST_OPENING], stop - start) + 1):
            free = rules[_UNBOUND] or (start + length < stop and here[start + length] & _ALPHA)
            if free and _fact(here, start, start + length, rules, _OPENING, length):
                return length
    if here[start] & _DOT:
        dots = _run(here, start, stop, _DOT)
        begins = rules[_PREFIX] & _DOT and start + 1 < stop and here[start + 1] & _ALPHA
        return dots if dots > 1 or begins else 0
    if here[start] & _PLUS and start + 1 < stop and here[start + 1] & _DIGIT:
        return 0
    return 1 if here[start] & rules[_PREFIX] else 0


@njit(cache=True, nogil=True)
def _suffix(here, start, stop, rules, bound):  # type: ignore[no-untyped-def]
    """Give the length of what is split off the end."""
    last = here[stop - 1]
    if bound & (_BOUND | _DIGIT) and rules[rules[_LASTS] + (last & 0xFF)] & _CLOSING:
        for length in range(min(rules[_LONGEST_CLOSING], stop - start), 0, -1):
            before = here[stop - length - 1] if stop - length > start else 0
            fact = _fact(here, stop - length, stop, rules, _CLOSING, length)
            needed = (fact & _KINDS) << _SHIFT
            if fact and (needed == _ANY or needed & before):
                return length
    before = here[stop - 2] if stop - 2 >= start else 0
    if last & _DOT:
        return _final_dots(here, start, stop, rules)
    return 1 if last & rules[_SUFFIX] or (last & rules[_AFTER_DIGIT] and before & _DIGIT) else 0


@njit(cache=True, nogil=True)
def _final_dots(here, start, stop, rules):  # type: ignore[no-untyped-def]
    """Give how many of the full stops at the end are split off."""
    before = here[stop - 2] if stop - 2 >= start else 0
    if before & _DOT:
        dots = 2
        while stop - dots > start and here[stop - dots - 1] & _DOT:
            dots += 1
        return dots
    if before & rules[_BEFORE_DOT] or rules[_SUFFIX] & _DOT:
        return 1
    capitals = 0
    while capitals < 2 and stop - 2 - capitals >= start and here[stop - 2 - capitals] & _UPPER:
        capitals += 1
    return 1 if rules[_CAPITALS] and capitals >= rules[_CAPITALS] else 0


@njit(cache=True, nogil=True)
def _inside(here, start, stop, rules, stops, word):  # type: ignore[no-untyped-def]
    """Split a span at its infixes. One that stands first belongs to what follows it."""
    first, k = start, start
    while k < stop:
        plain = here[k] & (_ALPHA | _DIGIT)
        length = 0 if plain else _infix(here, start, k, stop, rules)
        if length == 0 and not (plain and rules[_ELISION] and _elided(here, start, k, rules)):
            k += 1
            continue
        if k > first:
            stops[word] = k
            word += 1
            if length:
                stops[word] = k + length
                word += 1
            first = k + length
        k += max(length, 1)
    if first < stop:
        stops[word] = stop
        word += 1
    return word


@njit(cache=True, nogil=True)
def _infix(here, start, k, stop, rules):  # type: ignore[no-untyped-def]
    """Give the length of the infix that stands at a place, or 0."""
    at = here[k]
    if at & _ALONE:
        return 1
    if at & _DOT and k + 1 < stop and here[k + 1] & _DOT:
        return _run(here, k, stop, _DOT)
    before = here[k - 1] if k > start else 0
    for row in range(rules[_INFIX_ROWS]):
        cell = rules[_INFIXES] + row * _ROW
        needed, after = rules[cell], rules[cell + 2]
        if not (at & rules[cell + 1] and (needed == _ANY or before & needed)):
            continue
        length = _run(here, k, stop, at & ~_CODE) if at & _HYPHENS and after else 1
        if length < rules[cell + 3] or length > rules[cell + 4]:
            continue
        if after == 0 or (k + length < stop and here[k + length] & after):
            return length
    return 0


@njit(cache=True, nogil=True)
def _elided(here, start, k, rules):  # type: ignore[no-untyped-def]
    """Say whether a letter and an apostrophe before a place end a word."""
    elides = (
        k - 2 >= start
        and here[k] & rules[_ELISION]
        and here[k - 1] & _MARKS
        and here[k - 2] & _ALPHA
    )
    return elides != 0


@njit(cache=True, nogil=True)
def _joined(here, start, stop, rules):  # type: ignore[no-untyped-def]
    """Say whether a span's first part keeps its hyphen, and letters follow."""
    longest = rules[_LONGEST_JOINED]
    if not longest:
        return False
    part = start + _run(here, start, min(stop, start + longest + 1), _ALPHA)
    if (
        part + 1 >= stop
        or not here[part] & _HYPHEN
        or not _fact(here, start, part, rules, _JOINED, longest)
    ):
        return False
    return _run(here, part, stop, _ALPHA | _MARKS | _HYPHEN) == stop - part


@njit(cache=True, nogil=True)
def _address(here, start, stop):  # type: ignore[no-untyped-def]
    """Say whether a span is a web or e-mail address, or names a host (`example.com`)."""
    dots = 0
    for k in range(start + 1, stop - 2):
        dots |= here[k] & _DOT
    if not dots:
        return False
    if _host(here, start, stop):
        return True
    k = start
    while k < stop and (
        here[k] & (_ALPHA | _DIGIT | _DOT | _PLUS | _HYPHEN) or here[k] & _CODE == 95
    ):
        k += 1
    if (
        k - start >= 2
        and k + 3 < stop
        and here[k] & _CODE == 58
        and here[k + 1] & here[k + 2] & _CODE == 47
    ):
        if _host(here, k + 3, stop):
            return True
    first, last = -1, -1
    for k in range(start + 1, stop):
        if here[k] & _CODE == 64:
            first = k if first < 0 else first
            last = k
    return first >= 0 and (_host(here, first + 1, stop) or _host(here, last + 1, stop))


@njit(cache=True, nogil=True)
def _host(here, start, stop):  # type: ignore[no-untyped-def]
    """Say whether a span is a host name, with a port, a path or a query or without."""
    end, label, labels = start, start, 0
    while end < stop and not _ends_host(here[end] & _CODE):
        code = here[end] & _CODE
        if code == 46:
            if (
                end == label
                or _joins_label(here[end - 1] & _CODE)
                or _joins_label(here[label] & _CODE)
            ):
                return False
            labels += 1
            label = end + 1
        elif not (
            here[end] & _DIGIT or _joins_label(code) or 65 <= code <= 90 or 97 <= code <= 122
        ):
            if code < 0xA1 or code > 0xFFFF:
                return False
        end += 1
    letters = _run(here, label, end, _LOWER)
    numeric = labels == 3 and end > label and _run(here, start, end, _DIGIT | _DOT) == end - start
    if not numeric and (labels == 0 or letters < 2 or letters != end - label):
        return False
    if end < stop and here[end] & _CODE == 58:
        digits = _run(here, end + 1, stop, _DIGIT)
        end += 1 + digits
        return 2 <= digits <= 5 and (end == stop or _ends_host(here[end] & _CODE))
    return True


@njit(cache=True, nogil=True)
def _ends_host(code):  # type: ignore[no-untyped-def]
    return code == 47 or code == 58 or code == 63 or code == 35  # / : ? #


@njit(cache=True, nogil=True)
def _joins_label(code):  # type: ignore[no-untyped-def]
    return code == 45 or code == 95  # - _

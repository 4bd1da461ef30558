"""Words as spaCy's blank pipelines find them, without an object a word.

White space parts a text into chunks. Affixes come off a chunk from both ends, one at a time, until
none is left; what remains is a word if it is an exception or an address on the web, else it is
split at its infixes. `orthography` has each language's rules; `wordrules` makes an array of them.
"""

import numpy as np
from numba import njit

from . import orthography as kind
from .addresses import is_address, run_of
from .batch import Batch, Spans
from .characters import LETTER, SPACE
from .orthography import kinds
from .wordrules import (
    AFTER_DIGIT,
    ALPHABETIC,
    ANY,
    BEFORE_DOT,
    CAPITALS,
    CLOSING,
    CODE,
    CUT,
    CUT_SHIFT,
    CUTS,
    ELISION,
    EXCEPTION,
    INFIX_ROWS,
    INFIXES,
    JOINED,
    KEYS,
    KINDS,
    LASTS,
    LONGEST_CLOSING,
    LONGEST_EXCEPTION,
    LONGEST_JOINED,
    LONGEST_OPENING,
    MASK,
    OPENING,
    PREFIX,
    ROLE_SHIFT,
    ROW,
    SHIFT,
    SUFFIX,
    UNBOUND,
    hash_codes,
    place,
    rules,
)

_LETTER, _SPACE = np.uint32(LETTER), np.uint32(SPACE)
_DIGIT, _DOT, _PLUS = kind.DIGIT << SHIFT, kind.DOT << SHIFT, kind.PLUS << SHIFT
_UPPER, _ALPHA = kind.UPPER << SHIFT, kind.LETTER << SHIFT
_HYPHEN, _HYPHENS = kind.HYPHEN << SHIFT, kind.HYPHENS << SHIFT
_MARKS = (kind.APOSTROPHE | kind.CURLY) << SHIFT
_BOUND = _MARKS | (kind.HYPHEN | kind.DASH | kind.BRACKET) << SHIFT
_ALONE = (kind.ELLIPSIS | kind.ICON | kind.DEGREE) << SHIFT


def spacy_like_words(batch: Batch) -> Spans:
    """Split as datatrove's word tokeniser of the language does, nearly."""
    own = rules(batch.language.code)
    return Spans(*_tokenise(batch.codes, batch.flags, batch.ends, kinds(), own))


@njit(cache=True, nogil=True)
def _tokenise(codes, flags, ends, table, rules):  # type: ignore[no-untyped-def]
    starts, stops = np.empty(len(codes), np.int64), np.empty(len(codes), np.int64)
    here, stack = np.empty(len(codes), np.int64), np.empty(len(codes), np.int64)
    word_ends = np.zeros(len(ends), np.int64)
    excepts = rules[ALPHABETIC] != 0
    word = 0
    for document in range(len(ends) - 1):
        k, end = ends[document], ends[document + 1]
        while k < end:
            if flags[k] & _SPACE:
                k += 1
                continue
            first = k
            while k < end and flags[k] & _LETTER:
                k += 1
            plain = k == end or flags[k] & _SPACE
            if plain and not (excepts and rules[rules[LASTS] + (codes[k - 1] & 0xFF)] & EXCEPTION):
                starts[word], stops[word] = first, k
                word += 1
                continue
            while k < end and not flags[k] & _SPACE:
                k += 1
            for at in range(first, k):
                code = np.int64(codes[at])
                here[at] = code | (np.int64(table[code]) << SHIFT if code < len(table) else 0)
            last = word
            word = _chunk(here, first, k, rules, stack, stops, word)
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
    bound &= ~CODE
    if odd == 1 and _is_usual(here, start, stop, rules, bound):
        stops[word], stops[word + 1] = stop - 1, stop
        return word + 2
    while start < stop and odd:  # letters alone have no affixes
        if _fact(here, start, stop, rules, EXCEPTION, rules[LONGEST_EXCEPTION]):
            break
        prefix = _prefix(here, start, stop, rules, bound)
        excepted = prefix and _fact(
            here, start + prefix, stop, rules, EXCEPTION, rules[LONGEST_EXCEPTION]
        )
        suffix = 0
        if not excepted and start + prefix < stop:
            suffix = _suffix(here, start + prefix, stop, rules, bound)
            if suffix and _fact(
                here, start, stop - suffix, rules, EXCEPTION, rules[LONGEST_EXCEPTION]
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
    roles = rules[rules[LASTS] + (mark & 0xFF)]
    if stop - start > 1:
        roles |= rules[rules[LASTS] + (here[stop - 2] & 0xFF)] & EXCEPTION
    return (
        stop - start > 1 and mark & rules[SUFFIX] and not (mark & _DOT or bound & _BOUND or roles)
    )


@njit(cache=True, nogil=True)
def _rest(here, start, stop, rules, stops, word, odd):  # type: ignore[no-untyped-def]
    """Add what affixes leave: one word, an exception's words, or split at infixes."""
    fact = _fact(here, start, stop, rules, EXCEPTION, rules[LONGEST_EXCEPTION])
    if (
        odd
        and not fact
        and not _joined(here, start, stop, rules)
        and not is_address(here, start, stop)
    ):
        return _inside(here, start, stop, rules, stops, word)
    cut = rules[CUTS] + ((fact >> CUT_SHIFT) & CUT)
    while rules[cut]:
        stops[word] = start + rules[cut]
        word += 1
        cut += 1
    stops[word] = stop
    return word + 1


@njit(cache=True, nogil=True)
def _fact(here, start, stop, rules, role, longest):  # type: ignore[no-untyped-def]
    """Find the fact about a span that is an opening, closing, joined part or exception, or 0."""
    if stop - start > longest or start >= stop:
        return 0
    if not rules[rules[LASTS] + (here[stop - 1] & 0xFF)] & role:
        return 0
    key = hash_codes(here, start, stop)
    keys, mask = rules[KEYS], rules[MASK]
    slot = place(key) & mask
    while rules[keys + slot] != 0 and rules[keys + slot] != key:
        slot = (slot + 1) & mask
    fact = rules[keys + mask + 1 + slot]
    return fact if (fact >> ROLE_SHIFT) & role else 0


@njit(cache=True, nogil=True)
def _prefix(here, start, stop, rules, bound):  # type: ignore[no-untyped-def]
    """Give the length of what is split off the front."""
    if bound & _BOUND and rules[LONGEST_OPENING]:
        for length in range(2, min(rules[LONGEST_OPENING], stop - start) + 1):
            free = rules[UNBOUND] or (start + length < stop and here[start + length] & _ALPHA)
            if free and _fact(here, start, start + length, rules, OPENING, length):
                return length
    if here[start] & _DOT:
        dots = run_of(here, start, stop, _DOT)
        begins = rules[PREFIX] & _DOT and start + 1 < stop and here[start + 1] & _ALPHA
        return dots if dots > 1 or begins else 0
    if here[start] & _PLUS and start + 1 < stop and here[start + 1] & _DIGIT:
        return 0
    return 1 if here[start] & rules[PREFIX] else 0


@njit(cache=True, nogil=True)
def _suffix(here, start, stop, rules, bound):  # type: ignore[no-untyped-def]
    """Give the length of what is split off the end."""
    last = here[stop - 1]
    if bound & (_BOUND | _DIGIT) and rules[rules[LASTS] + (last & 0xFF)] & CLOSING:
        for length in range(min(rules[LONGEST_CLOSING], stop - start), 0, -1):
            before = here[stop - length - 1] if stop - length > start else 0
            fact = _fact(here, stop - length, stop, rules, CLOSING, length)
            needed = (fact & KINDS) << SHIFT
            if fact and (needed == ANY or needed & before):
                return length
    before = here[stop - 2] if stop - 2 >= start else 0
    if last & _DOT:
        return _final_dots(here, start, stop, rules)
    return 1 if last & rules[SUFFIX] or (last & rules[AFTER_DIGIT] and before & _DIGIT) else 0


@njit(cache=True, nogil=True)
def _final_dots(here, start, stop, rules):  # type: ignore[no-untyped-def]
    """Give how many of the full stops at the end are split off."""
    before = here[stop - 2] if stop - 2 >= start else 0
    if before & _DOT:
        dots = 2
        while stop - dots > start and here[stop - dots - 1] & _DOT:
            dots += 1
        return dots
    if before & rules[BEFORE_DOT] or rules[SUFFIX] & _DOT:
        return 1
    capitals = 0
    while capitals < 2 and stop - 2 - capitals >= start and here[stop - 2 - capitals] & _UPPER:
        capitals += 1
    return 1 if rules[CAPITALS] and capitals >= rules[CAPITALS] else 0


@njit(cache=True, nogil=True)
def _inside(here, start, stop, rules, stops, word):  # type: ignore[no-untyped-def]
    """Split a span at its infixes. One that stands first belongs to what follows it."""
    first, k = start, start
    while k < stop:
        plain = here[k] & (_ALPHA | _DIGIT)
        length = 0 if plain else _infix(here, start, k, stop, rules)
        if length == 0 and not (plain and rules[ELISION] and _elided(here, start, k, rules)):
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
        return run_of(here, k, stop, _DOT)
    before = here[k - 1] if k > start else 0
    for row in range(rules[INFIX_ROWS]):
        cell = rules[INFIXES] + row * ROW
        needed, after = rules[cell], rules[cell + 2]
        if not (at & rules[cell + 1] and (needed == ANY or before & needed)):
            continue
        length = run_of(here, k, stop, at & ~CODE) if at & _HYPHENS and after else 1
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
        and here[k] & rules[ELISION]
        and here[k - 1] & _MARKS
        and here[k - 2] & _ALPHA
    )
    return elides != 0


@njit(cache=True, nogil=True)
def _joined(here, start, stop, rules):  # type: ignore[no-untyped-def]
    """Say whether a span's first part keeps its hyphen, and letters follow."""
    longest = rules[LONGEST_JOINED]
    if not longest:
        return False
    part = start + run_of(here, start, min(stop, start + longest + 1), _ALPHA)
    if (
        part + 1 >= stop
        or not here[part] & _HYPHEN
        or not _fact(here, start, part, rules, JOINED, longest)
    ):
        return False
    return run_of(here, part, stop, _ALPHA | _MARKS | _HYPHEN) == stop - part

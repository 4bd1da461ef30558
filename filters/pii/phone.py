"""Telephone numbers: valid by the phonenumbers package, and written as one or called one.

An international number (+) needs no more than to be valid. A national one needs a word such as
`Tel.` before it, another telephone number before it, a line of its own beside an e-mail address, or
the trunk prefix 0 and groups: a number of eight or nine digits is valid somewhere nearly always, and
prices, orders and populations are such numbers.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from .places import Place
from .span import Span

_NEAR = 40
_EMAIL_NEAR = 80
_CHAINED = 8  # characters between two telephone numbers: ` oder `, `, `, ` / `
_MIN_DIGITS, _MAX_DIGITS = 7, 20  # 15 by ITU-T E.164, the prefix 00, and an extension
_TRIMS = 3  # groups of digits after a number that may not belong to it
_BREAK = re.compile(r" *(?: [/–—-] |/| {2,}) *")
_DATE = re.compile(
    r"\d{1,2}[./ -]{1,2}\d{1,2}[./ -]{1,2}(?:19|20)\d\d(?!\d)"
    r"|(?<!\d)(?:19|20)\d\d[./-]\d\d?[./-]\d\d?(?!\d)"
    r"|^(?:19|20)\d\d\W+(?:19|20)\d\d$"
    r"|^\d{1,2}[./]\d{1,2}[./]\d\d(?!\d)\W+\d{1,2}[./]\d{1,2}[./]\d\d$"
)
_NO_PHONE = re.compile(
    r"0\.\d+|[1-9]\d{0,2}\.\d+"  # a decimal fraction
    r"|(?!0|(?:\d\d\.){3}\d\d$)\d{1,3}(?:\.\d{1,3}){3}"  # an address of the net
    r"|\d{5}-\d{4}"  # a ZIP code of the United States
    r"|\d{1,5}([ -])\d+\1\d+\1\d"  # an ISBN of ten digits
    r"|\d{4,5}/1001"  # frames a second
    r"|[012]?\d[.:]?[0-5]\d *[–—-] *[012]?\d[.:]?[0-5]\d"  # hours
    r"|[^()]*\([^()]*|[^()]*\)[^()]*"  # half a pair of brackets
)
_GLUED_BEFORE = re.compile(r"(?:[\w=#&?%$€£@*^~\\-]|\w/|\d[.,])\Z")
_GLUED_AFTER = re.compile(r"[\w=]|[.,:]\d")
_PRICE = re.compile(
    r"\W{0,2}(?:€|eur|\$|usd|£|gbp|kč|czk|zł|pln|lei|ron|kr|sek|dkk|ft|huf|лв|bgn|%|km|kg|m²|m2"
    r"|tn|mio|mil)(?!\w)",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"\w@\w")
_OWN_LINE = re.compile(r"(?:\A|[\n|])[ \t]*\Z"), re.compile(r"[ \t]*(?:\Z|[\n|])")


def phones(body: str, before: str, after: str, place: Place) -> Iterator[Span]:
    """Find the numbers among digits that separators part."""
    done = -_CHAINED - 1
    for start, end in _pieces(body):
        if start < done or not _MIN_DIGITS <= sum(map(str.isdigit, body[start:end])) <= _MAX_DIGITS:
            continue
        piece, ahead, behind = body[start:end], before + body[:start], body[end:] + after
        chained = start - done <= _CHAINED
        if _stands_alone(piece, ahead, behind) and _is_called(piece, ahead, behind, place, chained):
            if length := _valid_length(piece, place.countries):
                done = start + length
                yield Span("phone", start, done)


def _pieces(body: str) -> Iterator[tuple[int, int]]:
    """Give what may be one number: between dates the whole, then its parts between breaks."""
    for start, end in _between(_DATE, body, 0, len(body)):
        yield start, end
        parts = list(_between(_BREAK, body, start, end))
        if len(parts) > 1:
            yield from parts


def _between(
    pattern: re.Pattern[str], text: str, start: int, end: int
) -> Iterator[tuple[int, int]]:
    """Give what lies between the matches of a pattern, without the separators at its edges."""
    for match in [*pattern.finditer(text, start, end), None]:
        first, stop = start, match.start() if match else end
        while first < stop and text[first] not in "+(0123456789":
            first += 1
        while first < stop and not text[stop - 1].isdigit():
            stop -= 1
        if text[first:stop].startswith("(") and ")" not in text[first:stop]:
            first += 1
        if first < stop:
            yield first, stop
        start = match.end() if match else end


def _stands_alone(piece: str, ahead: str, behind: str) -> bool:
    """Whether no letter or digit touches it, save a word after it whose line break was lost."""
    if _GLUED_BEFORE.search(ahead[-3:]):
        return False
    lost_break = _is_international(piece) and behind[:1].isupper()
    return lost_break or not _GLUED_AFTER.match(behind)


def _is_international(piece: str) -> bool:
    return piece.lstrip("(").startswith("+")


def _is_called(piece: str, ahead: str, behind: str, place: Place, chained: bool) -> bool:
    """Judge by how it is written and what stands around it whether it is meant as a number."""
    if _is_international(piece):
        return True
    if _NO_PHONE.fullmatch(piece) or _PRICE.match(behind):
        return False
    nearby = ahead[-_NEAR:]
    called, other = place.last("phone", nearby), place.last("other", nearby)
    if called != other:
        return called > other
    if chained or _is_beside_email(ahead, behind):
        return True
    return _looks_national(piece, place.countries[:1])


def _is_beside_email(ahead: str, behind: str) -> bool:
    """Whether it has a line of its own, and an e-mail address stands near."""
    if not (_OWN_LINE[0].search(ahead) and _OWN_LINE[1].match(behind)):
        return False
    return bool(_EMAIL.search(ahead[-_EMAIL_NEAR:] + "\n" + behind[:_EMAIL_NEAR]))


def _looks_national(piece: str, home: tuple[str, ...]) -> bool:
    """Whether it has the trunk prefix 0 and groups, and is valid where the text is at home."""
    groups = re.findall(r"\d+", piece)
    single = sum(len(group) == 1 for group in groups)
    if not groups or groups[0][0] != "0" or len(groups) < 2 or single > 2:
        return False
    return len("".join(groups)) >= 9 and _valid_length(piece, home) > 0


def _valid_length(piece: str, countries: tuple[str, ...]) -> int:
    """Give how much of a piece is a valid number: all, or all but its last groups; else 0."""
    if _is_international(piece) or piece.startswith("00"):
        for _ in range(_TRIMS + 1):
            digits = re.sub(r"\D", "", piece)
            if _is_valid("+" + (digits if "+" in piece else digits[2:]), ""):
                return len(piece)
            piece = re.sub(r"\W*\d+\Z", "", piece)
        return 0
    digits = re.sub(r"\D", "", piece)
    return len(piece) if any(_is_valid_in(country, digits) for country in countries) else 0


def _is_valid_in(country: str, digits: str) -> bool:
    """Whether it is a country's number, with its calling code or without: 420 777 123 456."""
    if _is_valid(digits, country):
        return True
    code = str(phonenumbers.country_code_for_region(country))
    return len(digits) >= 10 and digits.startswith(code) and _is_valid("+" + digits, "")


@lru_cache(1 << 14)
def _is_valid(digits: str, country: str) -> bool:
    try:
        number = phonenumbers.parse(digits, country or None)
    except phonenumbers.NumberParseException:
        return False
    return bool(phonenumbers.is_valid_number(number))

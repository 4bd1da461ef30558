"""Numbers that money moves by: IBAN and payment cards."""

import re
from collections.abc import Iterator
from functools import cache

from stdnum import iban, luhn, numdb
from stdnum.exceptions import ValidationError

from .places import Place
from .span import Span

_SEPARATORS = " \u00a0\u202f\u2009.-"
_GROUPED = re.compile(r"(?<!\d)(?:\d{4}([ \u00a0-])\d{4}\1\d{4}\1\d{4}|\d{4}([ \u00a0-])\d{6}\2\d{4,5})(?!\d)")  # fmt: skip
_PLAIN = re.compile(r"(?<![\d.])\d{14,16}(?!\d)")
_ISSUERS = re.compile(
    r"4\d{15}"  # Visa
    r"|5[1-5]\d{14}|(?:222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"  # Mastercard
    r"|3[47]\d{13}"  # American Express
    r"|3(?:0[0-5]|[689]\d)\d{11}"  # Diners Club
    r"|(?:6011|65\d\d|64[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}"  # Discover, JCB
    r"|(?:50|5[6-8]|6[37])\d{14}"  # Maestro
)


def ibans(body: str) -> Iterator[Span]:
    """Find the IBAN that `body` begins with: registered country, its length and form, mod 97."""
    length = _length(body[:2])
    digits = ""
    for end, character in enumerate(body, 1):
        if character.isascii() and character.isalnum():
            digits += character
        elif character not in _SEPARATORS:
            return
        if len(digits) == length:
            if not body[end : end + 1].isalnum() and _is_iban(digits):
                yield Span("iban", 0, end)
            return


@cache
def _length(country: str) -> int:
    """Give the characters of a country's IBAN by the registry that python-stdnum carries; 0: none."""
    ((_, facts), *_) = numdb.get("iban").info(country)
    return 4 + sum(int(number) for number in re.findall(r"\d+", facts["bban"])) if facts else 0


def _is_iban(digits: str) -> bool:
    try:
        iban.validate(digits, check_country=False)  # the countries' own checks refuse the BE sample
    except ValidationError:
        return False
    return True


def cards(body: str, before: str, place: Place) -> Iterator[Span]:
    """Find card numbers by issuer and Luhn's sum; one that is not grouped needs a word before it."""
    for pattern in (_GROUPED, _PLAIN):
        for match in pattern.finditer(body):
            digits = re.sub(r"\D", "", match[0])
            if not _ISSUERS.fullmatch(digits) or not luhn.is_valid(digits):
                continue
            nearby = (before + body[: match.start()])[-60:]
            if pattern is _GROUPED or place.last("card", nearby) > place.last("other", nearby):
                yield Span("card", match.start(), match.end())

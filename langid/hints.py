"""Hints: the languages that a page's markup and its host speak for, as evidence beside its text.

Both are often wrong, an English page under /hr/ for instance, so a hint changes the odds of what
the text leaves open and no more: it multiplies a language's odds by `exp(WEIGHT)`.
"""

import math
import re
from collections.abc import Collection

from .codes import LANGUAGES, MEMBERS, PY3LANGID_CODES

WEIGHT = 1.5
"""Log-odds: what a model holds for likelier than 0.82 no hint overrules, 0.95 not even two."""

# Top-level domains of one language, as lid.176 labels; of several (.be, .ch, .eu), none.
_DOMAINS = """
al sq | at de | ba bs | bg bg | br pt | cat ca | cz cs | de de | dk da | ee et | es es | eus eu | fi fi | fo fo | fr fr
gal gl | gr el | hr hr | hu hu | ie en | is is | it it | lt lt | lv lv | md ro | mk mk | no no | pl pl | pt pt | ro ro
rs sr | ru ru | se sv | si sl | sk sk | tr tr | ua uk | uk en | me sr | mt mt | nl nl | cymru cy | scot en
"""
_CODES = dict(entry.split() for entry in _DOMAINS.replace("\n", "|").split("|") if entry.strip())
_HOST = re.compile(r"^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)


def hints_of(declared: str, url: str) -> tuple[str, ...]:
    """Give the codes that a page's declared language and its URL's domain speak for.

    A code that both name is there twice; a language written in two scripts has both its codes.

    >>> hints_of("hr-HR", "https://www.example.hr/vijesti")
    ('hrv_Latn', 'hrv_Latn')
    >>> hints_of("", "https://example.rs/"), hints_of("english", "https://example.com/")
    (('srp_Cyrl', 'srp_Latn'), ())
    """
    tag = re.split("[-_,; ]", declared.strip().lower())[0]
    host = _HOST.match(url)
    domain = host[1].rstrip(".").rpartition(".")[2].lower() if host else ""
    return _codes(tag) + _codes(_CODES.get(domain, ""))


def _codes(label: str) -> tuple[str, ...]:
    if len(label) == 3:
        return tuple(code for code in LANGUAGES if code.startswith(label))
    return PY3LANGID_CODES.get({"nb": "no"}.get(label, label), ())


def weigh(guess: list[tuple[str, float]], hints: Collection[str]) -> list[tuple[str, float]]:
    """Multiply the odds of the languages hinted at; scores keep their sum, the best comes first.

    Croatian, Bosnian and Serbian in Latin script count as one here; `lean` tips between them.

    >>> weigh([("nob_Latn", 0.5), ("dan_Latn", 0.4)], ["dan_Latn"])[0][0]
    'dan_Latn'
    >>> weigh([("eng_Latn", 0.98), ("dan_Latn", 0.02)], ["dan_Latn", "dan_Latn"])[0][0]
    'eng_Latn'
    """
    if not guess or not hints:
        return guess
    odds = [(code, score * math.exp(WEIGHT * _times(code, hints))) for code, score in guess]
    scale = sum(score for _, score in guess) / (sum(score for _, score in odds) or 1)
    return sorted(((code, score * scale) for code, score in odds), key=lambda p: (-p[1], p[0]))


def lean(hints: Collection[str]) -> float:
    """Give the log-odds that hints add for Croatian against Bosnian and Serbian."""
    others = max(_count("bos_Latn", hints), _count("srp_Latn", hints))
    return WEIGHT * (_count("hrv_Latn", hints) - others)


def _times(code: str, hints: Collection[str]) -> int:
    """Count the hints at a language; at Croatian, Bosnian and Serbian as one."""
    if code in MEMBERS:
        return max(_count(member, hints) for member in MEMBERS)
    return _count(code, hints)


def _count(code: str, hints: Collection[str]) -> int:
    return sum(hint == code for hint in hints)

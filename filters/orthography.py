"""How each language writes words: what is split off them, as data for the tokeniser's kernel.

The rules follow spaCy 3.8's blank pipelines (MIT), which datatrove tokenises European languages
with and FineWeb-2's thresholds were tuned on. Only rules that move a document's statistics are
here; docs/reference/signals.md says what a word is. Word lists are in `orthography.toml`.
"""

import unicodedata
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from . import wordlists
from .characters import END, members

# Kinds of characters, a bit each.
LOWER, UPPER, DIGIT, APOSTROPHE, CURLY, QUOTE, PUNCTUATION, COMMA = (1 << k for k in range(8))
COLON, BANG, ANGLE, EQUALS, SLASH, PLUS, HYPHEN, DASH = (1 << k for k in range(8, 16))
TILDE, PERCENT, SECTION, CURRENCY, ICON, DEGREE, DOT, ELLIPSIS = (1 << k for k in range(16, 24))
HASH, STAR, CARET, BRACKET, SQUARE, OTHER, GREEK, DOUBLE_QUOTE = (1 << k for k in range(24, 32))

LETTER = LOWER | UPPER
QUOTES = APOSTROPHE | CURLY | QUOTE | DOUBLE_QUOTE | COMMA
PUNCTUATIONS = PUNCTUATION | COMMA | COLON | BANG | ANGLE | HASH | STAR | BRACKET | ELLIPSIS
ICONS = ICON | DEGREE
HYPHENS = HYPHEN | DASH | TILDE

_KINDS = {
    APOSTROPHE: "'",
    CURLY: "’",
    DOUBLE_QUOTE: '"',
    QUOTE: "”“`‘´‚„»«「」『』（）〔〕【】《》〈〉〈〉⟦⟧",
    PUNCTUATION: ";¿؟¡{}_&。？！，、；：～·।،۔؛٪",
    COMMA: ",",
    COLON: ":",
    BANG: "!?",
    ANGLE: "<>",
    EQUALS: "=",
    SLASH: "/",
    PLUS: "+",
    HYPHEN: "-",
    DASH: "–—",
    TILDE: "~",
    PERCENT: "%",
    SECTION: "§",
    CURRENCY: "$£€¥฿₽﷼₴₠-₿",
    DOT: ".",
    ELLIPSIS: "…",
    HASH: "#",
    STAR: "*",
    CARET: "^",
    BRACKET: "()[]",
    SQUARE: "²",
    OTHER: "|",
    DIGIT: "0-9",
}

# Letters that rules look at: Latin by case, and the everyday letters of Greek and Cyrillic.
_LATIN = "a-zA-Zａ-ｚＡ-Ｚ\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01bf\u01c4-\u024f\u1e00-\u1eff"
_GREEK = "α-ωάέίόώήύΑ-ΡΣ-ΩΆΈΊΌΏΉΎ"
_CYRILLIC_LOWER = "ёа-яәөүҗңһіїєґѓѕјљњќѐѝ"
# Scripts without case count as both.
_UNCASED = (
    "\u0591-\u05f4\u0620-\u06ff\u0900-\u0cff\u0d80-\u0dff\u1100-\u137f\u3040-\u9fff\uac00-\ud7af"
)


@cache
def kinds() -> NDArray[np.uint32]:
    """Give the kind of every code point below `END`."""
    table = np.zeros(END, np.uint32)
    for code in [*members(_LATIN), *members(_GREEK), *members(_CYRILLIC_LOWER)]:
        table[code] |= UPPER if unicodedata.category(chr(code)) in ("Lu", "Lt") else LOWER
    table[members(_CYRILLIC_LOWER.upper())] |= np.uint32(UPPER)
    table[members(_GREEK + "ϊΐϋΰΪΫ")] |= np.uint32(GREEK)
    table[members(_UNCASED)] |= np.uint32(LETTER)
    icons = [code for code in range(0xA0, END) if unicodedata.category(chr(code)) == "So"]
    table[icons] |= np.uint32(ICON)
    table[0xB0] = DEGREE
    for bit, characters in _KINDS.items():
        table[members(characters)] |= np.uint32(bit)
    table.flags.writeable = False
    return table


@dataclass(frozen=True)
class Infix:
    """Split `middle` off where it stands between `before` and `after` (0: anything), in runs."""

    before: int
    middle: int
    after: int
    shortest: int = 1
    longest: int = 1


@dataclass(frozen=True)
class Orthography:
    """What is split off a word, by the kind of its characters.

    Attributes:
        prefix, suffix: characters split off the front and the end.
        after_digit: characters split off the end after a digit.
        before_dot: what a final full stop is split off after.
        infixes: what splits a word inside.
        units: whether a unit of measurement is split off a number (`5km`).
        capitals: a final full stop is also split off after so many capitals (0: never).
        elision: what a word may go on with after a letter and an apostrophe that ends a word.
        bound: whether openings need a letter after them.
        closing_after: what must stand before a closing that ends in a letter (0: anything).
        openings, closings: strings split off the front and the end.
        joined: first parts of a word that keep the hyphen after them, in small letters.
        exceptions: strings that are words as they are, or split where `|` is.
    """

    prefix: int
    suffix: int
    after_digit: int
    before_dot: int
    infixes: tuple[Infix, ...]
    units: bool = True
    capitals: int = 2
    elision: int = 0
    bound: bool = True
    closing_after: int = 0
    openings: tuple[str, ...] = ()
    closings: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()


_OPERATORS = Infix(DIGIT, PLUS | HYPHEN | STAR | CARET, DIGIT | HYPHEN)
_OPERATORS_BUT_HYPHEN = Infix(DIGIT, PLUS | STAR | CARET, DIGIT | HYPHEN)
_SENTENCES = Infix(LOWER | QUOTES, DOT, UPPER | QUOTES)
_SENTENCE = Infix(LOWER, DOT, UPPER)
_COMMA = Infix(LETTER, COMMA, LETTER)
_COMMA_BANG = Infix(LETTER, COMMA | BANG, LETTER)
_HYPHENS = Infix(LETTER, HYPHENS, LETTER, longest=3)
_HYPHENS_BUT_ONE = (
    Infix(LETTER, DASH | TILDE, LETTER, longest=2),
    Infix(LETTER, HYPHEN, LETTER, 2, 3),
)
_DOUBLE_HYPHEN = Infix(LETTER, HYPHEN, LETTER, 2, 2)
_RELATION = Infix(LETTER | DIGIT, COLON | ANGLE | EQUALS | SLASH, LETTER)
_RELATION_BUT_SLASH = Infix(LETTER, COLON | ANGLE | EQUALS, LETTER)
_QUOTED = Infix(LETTER, (QUOTES & ~APOSTROPHE) | BRACKET, LETTER)
_QUOTED_OR_HYPHEN = Infix(LETTER, (QUOTES & ~APOSTROPHE) | BRACKET, LETTER | HYPHEN)

_BASE = Orthography(
    prefix=SECTION | PERCENT | EQUALS | DASH | PLUS | PUNCTUATIONS | QUOTES | CURRENCY | ICONS,
    suffix=PUNCTUATIONS | QUOTES | ICONS | DASH,
    after_digit=PLUS | CURRENCY | PERCENT,
    before_dot=DIGIT | LOWER | PERCENT | SQUARE | HYPHEN | PLUS | PUNCTUATIONS | QUOTES | OTHER,
    infixes=(_OPERATORS, _SENTENCES, _COMMA, _HYPHENS, _RELATION),
    closings=("'s", "'S", "’s", "’S"),
    exceptions=(*wordlists.ABBREVIATIONS, *wordlists.faces()),
)

# German, Dutch, Scandinavian: compounds keep their hyphens, brackets split inside a word.
_COMPOUND = replace(
    _BASE,
    infixes=(_SENTENCE, _COMMA_BANG, _RELATION_BUT_SLASH, _QUOTED, _DOUBLE_HYPHEN),
    closings=(),
)
_GERMAN = replace(
    _COMPOUND,
    suffix=(_BASE.suffix & ~DASH) | SLASH,
    before_dot=_BASE.before_dot & ~DIGIT,
    infixes=(
        *_COMPOUND.infixes,
        Infix(LETTER | DIGIT, SLASH, LETTER | DIGIT),
        Infix(DIGIT, HYPHEN, DIGIT),
    ),
)
_DANISH = replace(
    _COMPOUND,
    suffix=_BASE.suffix & ~APOSTROPHE,
    infixes=(_SENTENCE, _COMMA_BANG, _RELATION, _QUOTED, _DOUBLE_HYPHEN),
)
_SWEDISH = replace(
    _DANISH,
    infixes=(
        _SENTENCE,
        _COMMA_BANG,
        Infix(LETTER | DIGIT, ANGLE | EQUALS | SLASH, LETTER),
        Infix(LETTER | DIGIT, COLON, UPPER),
        _QUOTED,
        _DOUBLE_HYPHEN,
    ),
)
_NORWEGIAN = replace(
    _DANISH,
    prefix=_BASE.prefix & ~HASH,
    suffix=_BASE.suffix & ~APOSTROPHE & ~DEGREE,
    before_dot=_BASE.before_dot & ~DIGIT & ~APOSTROPHE,
)
_FINNISH = replace(
    _DANISH,
    infixes=(
        _SENTENCE,
        _COMMA_BANG,
        _QUOTED,
        *_HYPHENS_BUT_ONE,
        Infix(LETTER | DIGIT, ANGLE | EQUALS | SLASH, LETTER),
    ),
)
_DUTCH = replace(
    _COMPOUND,
    after_digit=PLUS | CURRENCY,
    infixes=(
        _SENTENCE,
        _COMMA_BANG,
        Infix(LETTER | DOUBLE_QUOTE, COLON | ANGLE | EQUALS, LETTER),
        _QUOTED,
        _DOUBLE_HYPHEN,
    ),
)
_HUNGARIAN = replace(
    _COMPOUND,
    prefix=PUNCTUATIONS | QUOTES | ICON | DOT,
    suffix=PUNCTUATIONS | QUOTES | ICON | PLUS,
    after_digit=CURRENCY | PLUS,
    before_dot=LOWER
    | PERCENT
    | SQUARE
    | HYPHEN
    | PLUS
    | QUOTES
    | CURRENCY
    | OTHER
    | BRACKET
    | COLON
    | BANG,
    capitals=0,
    infixes=(_SENTENCE, _COMMA_BANG, _RELATION_BUT_SLASH, _DOUBLE_HYPHEN, _QUOTED_OR_HYPHEN),
    closing_after=LOWER,
)
_POLISH = replace(
    _COMPOUND,
    suffix=(_BASE.suffix & ~DASH) | DOT,
    infixes=(
        Infix(0, HYPHENS, 0),
        Infix(LETTER | DIGIT, DOT, DIGIT | UPPER),
        _COMMA_BANG,
        Infix(LETTER, COLON | ANGLE | EQUALS | SLASH, LETTER),
        _QUOTED_OR_HYPHEN,
    ),
    bound=False,
    exceptions=wordlists.faces(),
)
_FRENCH = replace(
    _BASE,
    suffix=PUNCTUATIONS | QUOTES,
    before_dot=DIGIT | LOWER | PERCENT | SQUARE | HYPHEN | PLUS | QUOTES | OTHER | BRACKET | COLON,
    elision=LETTER,
    closings=(),
    closing_after=LETTER,
)
_ITALIAN = replace(
    _BASE,
    infixes=(_OPERATORS, _SENTENCES, _COMMA, replace(_HYPHENS, after=LOWER), _RELATION),
    elision=LETTER | DIGIT | DOUBLE_QUOTE,
)
_SPANISH = replace(
    _BASE,
    after_digit=PLUS | CURRENCY,
    infixes=(
        _OPERATORS_BUT_HYPHEN,
        Infix(LOWER | QUOTES | DASH, DOT, UPPER | QUOTES | DASH),
        _COMMA,
        _RELATION,
    ),
    before_dot=_BASE.before_dot | DASH,
    closings=(),
)
_CATALAN = replace(
    _SPANISH,
    prefix=_BASE.prefix | HYPHEN,
    suffix=_BASE.suffix | HYPHEN,
    infixes=(_OPERATORS, _SENTENCES, _COMMA, _RELATION),
    before_dot=_BASE.before_dot,
    elision=LETTER | DIGIT,
    closing_after=LETTER,
)
_PORTUGUESE = replace(
    _BASE, infixes=(_OPERATORS_BUT_HYPHEN, _SENTENCES, _COMMA, *_HYPHENS_BUT_ONE, _RELATION)
)
_ROMANIAN = replace(
    _BASE,
    suffix=_BASE.suffix & ~DEGREE,
    after_digit=PLUS | CURRENCY,
    units=False,
    infixes=(
        _OPERATORS_BUT_HYPHEN,
        _SENTENCES,
        _COMMA,
        replace(_RELATION, middle=COLON | ANGLE | EQUALS),
    ),
    bound=False,
    closings=(),
)
_SLOVENE = replace(
    _BASE,
    prefix=_BASE.prefix | SLASH | HYPHENS | PLUS,
    suffix=_BASE.suffix | PLUS | SLASH | EQUALS | HYPHENS,
    after_digit=CURRENCY | PERCENT,
    before_dot=_BASE.before_dot & ~DIGIT,
    infixes=(_OPERATORS, _SENTENCES, _COMMA, replace(_HYPHENS, before=LETTER | DIGIT), _RELATION),
    closings=(),
)
_GREEK_WORDS = replace(
    _BASE,
    prefix=_BASE.prefix & ~DASH & ~PLUS,
    suffix=_BASE.suffix & ~DASH,
    after_digit=PLUS | CURRENCY,
    before_dot=DIGIT
    | LOWER
    | SQUARE
    | HYPHEN
    | PLUS
    | QUOTES
    | OTHER
    | GREEK
    | BRACKET
    | COLON
    | BANG,
    infixes=(
        Infix(DIGIT, PLUS | STAR | CARET, DIGIT),
        _SENTENCE,
        _COMMA,
        _HYPHENS_BUT_ONE[0],
        Infix(LETTER, COLON | ANGLE | EQUALS | SLASH, LETTER),
    ),
    closings=(),
)
_LITHUANIAN = replace(  # a final full stop is always split off
    _BASE,
    suffix=_BASE.suffix | DOT,
    infixes=(_OPERATORS_BUT_HYPHEN, _SENTENCES, _COMMA, _HYPHENS, _RELATION),
    exceptions=(),
)
_SERBIAN = replace(
    _BASE,
    suffix=_BASE.suffix & ~DASH,
    before_dot=(_BASE.before_dot & ~DIGIT) | LETTER,
    capitals=0,
    infixes=(_OPERATORS, _SENTENCES, _COMMA, _RELATION),
    closings=(),
)
_LUXEMBOURGISH = replace(
    _BASE,
    infixes=(
        _SENTENCE,
        _COMMA_BANG,
        _RELATION_BUT_SLASH,
        _DOUBLE_HYPHEN,
        Infix(DIGIT, HYPHEN, DIGIT),
    ),
)
_MALTESE = replace(_BASE, suffix=_BASE.suffix & ~APOSTROPHE & ~CURLY)
_ENGLISH = replace(
    _BASE,
    infixes=(_OPERATORS, _SENTENCES, _COMMA, replace(_HYPHENS, before=LETTER | DIGIT), _RELATION),
)

# Rules, and the languages that have them, the first of which names the word lists. The others are
# close to it, and have its tokeniser in datatrove.
_RULES: list[tuple[Orthography, str]] = [
    (_ENGLISH, "eng_Latn fry_Latn"),
    (_GERMAN, "deu_Latn gsw_Latn"),
    (_DANISH, "dan_Latn fao_Latn"),
    (_SWEDISH, "swe_Latn"),
    (_NORWEGIAN, "nob_Latn nno_Latn"),
    (_FINNISH, "fin_Latn"),
    (_DUTCH, "nld_Latn"),
    (_HUNGARIAN, "hun_Latn"),
    (_POLISH, "pol_Latn"),
    (_FRENCH, "fra_Latn fur_Latn roh_Latn"),
    (_ITALIAN, "ita_Latn"),
    (_SPANISH, "spa_Latn ast_Latn cos_Latn oci_Latn srd_Latn"),
    (_CATALAN, "cat_Latn"),
    (_PORTUGUESE, "por_Latn"),
    (_ROMANIAN, "ron_Latn"),
    (_SLOVENE, "slv_Latn"),
    (_GREEK_WORDS, "ell_Grek"),
    (_LITHUANIAN, "lit_Latn"),
    (_SERBIAN, "srp_Cyrl srp_Latn bos_Latn"),
    (_LUXEMBOURGISH, "ltz_Latn"),
    (_MALTESE, "mlt_Latn"),
    (_BASE, "bul_Cyrl"),
    (_BASE, "rus_Cyrl"),
    (_BASE, "gle_Latn"),
]
_BY_LANGUAGE = {code: (own, codes.split()[0]) for own, codes in _RULES for code in codes.split()}


def orthography(code: str) -> Orthography:
    """Give a language's rules; those of most languages, and of unknown ones, are spaCy's base rules."""
    own, name = _BY_LANGUAGE.get(code, (_BASE, ""))
    lists = wordlists.word_lists(name)
    return replace(own, **{key: getattr(own, key) + words for key, words in lists.items()})

"""How each language writes words: what is split off them, as data for the tokeniser's kernel.

The rules follow spaCy 3.8's blank pipelines (MIT), which datatrove tokenises European languages
with and FineWeb-2's thresholds were tuned on. Only rules that move a document's statistics are
here; docs/reference/signals.md says what a word is, in words.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .characters import END, members

# Kinds of characters, a bit each.
LOWER, UPPER, DIGIT, APOSTROPHE, CURLY, QUOTE = 1, 2, 4, 8, 16, 32
PUNCTUATION, COMMA, COLON, BANG, ANGLE, EQUALS = 64, 128, 256, 512, 1024, 2048
SLASH, PLUS, HYPHEN, DASH, TILDE, PERCENT = 1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16, 1 << 17
SECTION, CURRENCY, ICON, DEGREE, DOT, ELLIPSIS = (
    1 << 18,
    1 << 19,
    1 << 20,
    1 << 21,
    1 << 22,
    1 << 23,
)
HASH, STAR, CARET, BRACKET, SQUARE, OTHER = 1 << 24, 1 << 25, 1 << 26, 1 << 27, 1 << 28, 1 << 29
GREEK, DOUBLE_QUOTE = 1 << 30, 1 << 31

LETTER = LOWER | UPPER
QUOTES = APOSTROPHE | CURLY | QUOTE | DOUBLE_QUOTE | COMMA
PUNCTUATIONS = PUNCTUATION | COMMA | COLON | BANG | ANGLE | HASH | STAR | BRACKET | ELLIPSIS
ICONS = ICON | DEGREE
HYPHENS = HYPHEN | DASH | TILDE
_ANY = 0xFFFFFFFF

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
    """Split `middle` off where it stands between `before` and `after` (0: anywhere), in runs."""

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
        units: whether a unit of measurement is split off a number (`5km`).
        before_dot: what a final full stop is split off after.
        capitals: it is also split off after so many capitals (0: never).
        infixes: what splits a word inside.
        elision: what a word may go on with after a letter and an apostrophe that ends a word.
        openings, closings: strings split off the front (before a letter if `bound`) and the end.
        closing_after: what must stand before a closing with a hyphen (0: anything).
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
    openings: tuple[str, ...] = ()
    bound: bool = True
    closings: tuple[str, ...] = ()
    closing_after: int = 0
    joined: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()


_PREFIX = SECTION | PERCENT | EQUALS | DASH | PLUS | PUNCTUATIONS | QUOTES | CURRENCY | ICONS
_SUFFIX = PUNCTUATIONS | QUOTES | ICONS | DASH
_BEFORE_DOT = DIGIT | LOWER | PERCENT | SQUARE | HYPHEN | PLUS | PUNCTUATIONS | QUOTES | OTHER
_GENITIVE = ("'s", "'S", "’s", "’S")
_ABBREVIATIONS = tuple(f"{letter}." for letter in "abcdefghijklmnopqrstuvwxyzäöü")
FACES = (
    ":)", ":-)", ":))", ":(", ":-(", ";)", ";-)", ":D", ":-D", ":P", ":p", ":-P", ":/", ":-/", ":o",
    ":O", ":*", "=)", "=D", "xD", "XD", "<3", "8)", "^_^", "o_O", "C++", "''",
)  # fmt: skip

FACES_AT_END = (":)", ":-)", ";)", ";-)", ":(", ":-(", "):", "=)", "''")
"""Marks that stay together at the end of a word, in every language."""

_OPERATORS = Infix(DIGIT, PLUS | HYPHEN | STAR | CARET, DIGIT | HYPHEN)
_OPERATORS_BUT_HYPHEN = Infix(DIGIT, PLUS | STAR | CARET, DIGIT | HYPHEN)
_SENTENCES = Infix(LOWER | QUOTES, DOT, UPPER | QUOTES)
_SENTENCE = Infix(LOWER, DOT, UPPER)
_COMMA = Infix(LETTER, COMMA, LETTER)
_COMMA_BANG = Infix(LETTER, COMMA | BANG, LETTER)
_HYPHENS = Infix(LETTER, HYPHENS, LETTER, longest=3)
_DOUBLE_HYPHEN = Infix(LETTER, HYPHEN, LETTER, 2, 2)
_RELATION = Infix(LETTER | DIGIT, COLON | ANGLE | EQUALS | SLASH, LETTER)
_QUOTED = Infix(LETTER, (QUOTES & ~APOSTROPHE) | BRACKET, LETTER)

_BASE = Orthography(
    prefix=_PREFIX,
    suffix=_SUFFIX,
    after_digit=PLUS | CURRENCY | PERCENT,
    before_dot=_BEFORE_DOT,
    infixes=(_OPERATORS, _SENTENCES, _COMMA, _HYPHENS, _RELATION),
    closings=_GENITIVE,
    exceptions=_ABBREVIATIONS + FACES,
)

# Scandinavian and German: compounds keep their hyphens, brackets split inside a word.
_COMPOUND = replace(
    _BASE,
    infixes=(
        _SENTENCE,
        _COMMA_BANG,
        Infix(LETTER, COLON | ANGLE | EQUALS, LETTER),
        _QUOTED,
        _DOUBLE_HYPHEN,
    ),
    closings=(),
)


def _with(orthography: Orthography, *words: str) -> Orthography:
    return replace(orthography, exceptions=orthography.exceptions + words)


def _english() -> tuple[str, ...]:
    """List contractions, each with its apostrophe, with a curly one, and capitalised."""
    negated = [
        "ai",
        "are",
        "ca",
        "could",
        "did",
        "does",
        "do",
        "had",
        "has",
        "have",
        "is",
        "might",
        "must",
        "need",
        "ought",
        "sha",
        "should",
        "was",
        "were",
        "wo",
        "would",
    ]
    found = [f"{verb}|n't" for verb in negated]
    found += [f"{verb}|nt" for verb in negated if verb not in ("ca", "wo", "sha", "were", "a")]
    subjects = [
        "i",
        "you",
        "he",
        "she",
        "it",
        "we",
        "they",
        "who",
        "what",
        "when",
        "where",
        "why",
        "how",
        "there",
        "that",
    ]
    found += [f"{word}|'{ending}" for word, ending in product(subjects, ("ll", "d", "ve", "re"))]
    found += [
        "i|'m",
        "can|not",
        "let|'s",
        "gon|na",
        "got|ta",
        "o'clock",
        "ma'am",
        "a.m.",
        "p.m.",
        "e.g.",
        "i.e.",
    ]
    found += [f"{hour}|{half}" for hour, half in product(range(1, 13), ("am", "pm"))]
    found += [word.replace("'", "’") for word in found]
    found += [word[0].upper() + word[1:] for word in found]
    return (
        *found,
        *[
            "Mr.",
            "Mrs.",
            "Ms.",
            "Dr.",
            "St.",
            "Jr.",
            "Inc.",
            "Co.",
            "Corp.",
            "Ltd.",
            "vs.",
            "U.S.",
            "D.C.",
            "Prof.",
            "No.",
            "Jan.",
            "Feb.",
            "Aug.",
            "Sept.",
            "Oct.",
            "Nov.",
            "Dec.",
        ],
    )


def _cased(words: Iterable[str]) -> tuple[str, ...]:
    """Give words as they are, capitalised and in capitals."""
    return tuple(
        sorted({variant for word in words for variant in (word, word.title(), word.upper())})
    )


def _dotted(words: str) -> tuple[str, ...]:
    """Give abbreviations as they are and capitalised."""
    return tuple(
        sorted(
            {variant for word in words.split() for variant in (word, word[0].upper() + word[1:])}
        )
    )


_GERMAN = replace(
    _COMPOUND,
    suffix=(_SUFFIX & ~DASH) | SLASH,
    before_dot=_BEFORE_DOT & ~DIGIT,
    infixes=(
        *_COMPOUND.infixes,
        Infix(LETTER | DIGIT, SLASH, LETTER | DIGIT),
        Infix(DIGIT, HYPHEN, DIGIT),
    ),
    exceptions=_BASE.exceptions
    + _dotted(
        "bzw. ca. d.h. z.B. u.a. etc. usw. vgl. Dr. Nr. Prof. Abs. Art. Bd. inkl. evtl. ggf. sog. St. Str. "
        "Tel. max. min. Mio. Mrd. v.a. o.g. i.d.R. geb. gest. Jan. Feb. Aug. Sept. Okt. Nov. Dez. a.D. v.Chr. "
        "n.Chr. Hrsg. Jh. Std. S. o.ä. u.U. z.T. zzgl. Chr."
    ),
)
_DANISH = replace(
    _COMPOUND,
    suffix=_SUFFIX & ~APOSTROPHE,
    infixes=(_SENTENCE, _COMMA_BANG, _RELATION, _QUOTED, _DOUBLE_HYPHEN),
    exceptions=_BASE.exceptions
    + tuple(f"{day}." for day in range(1, 32))
    + _dotted(
        "bl.a. f.eks. ca. dvs. evt. m.m. m.fl. mht. nr. osv. pga. hhv. kr. kl. tlf. mio. mia. inkl. ekskl. jf. jfr. o.l. o.a. f.x. fx. stk. s. Dr. hr. fr. jan. feb. aug. sept. okt. nov. dec. pr. st. vedr. max. min. iht. red. eks. afd. alm. adm. dir."
    ),
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
    exceptions=_BASE.exceptions
    + _dotted(
        "bl.a. t.ex. ca. dvs. d.v.s. m.m. m.fl. osv. o.s.v. s.k. f.d. p.g.a. fr.o.m. t.o.m. kl. kr. tel. nr. st. resp. ev. inkl. exkl. jan. feb. aug. sept. okt. nov. dec. Dr. max. min. milj. ung. s. sid. fig."
    ),
)
_NORWEGIAN = replace(
    _DANISH,
    prefix=_PREFIX & ~HASH,
    suffix=_SUFFIX & ~APOSTROPHE & ~DEGREE,
    before_dot=_BEFORE_DOT & ~DIGIT & ~APOSTROPHE,
    exceptions=_BASE.exceptions
    + _dotted(
        "bl.a. f.eks. ca. dvs. evt. m.m. m.fl. mht. nr. osv. pga. hhv. kr. kl. tlf. mill. mrd. inkl. jf. o.l. s. dr. hr. jan. feb. aug. sept. okt. nov. des. pr. st. maks. min."
    ),
)
_FINNISH = replace(
    _BASE,
    suffix=_SUFFIX & ~APOSTROPHE,
    infixes=(
        _SENTENCE,
        _COMMA_BANG,
        _QUOTED,
        Infix(LETTER, DASH | TILDE, LETTER, longest=2),
        Infix(LETTER, HYPHEN, LETTER, 2, 3),
        Infix(LETTER | DIGIT, ANGLE | EQUALS | SLASH, LETTER),
    ),
    closings=(),
    exceptions=_BASE.exceptions
    + _dotted(
        "esim. mm. ns. yms. ym. jne. ks. klo. n. nro. s. ts. tms. vrt. em. eli. puh. prof. tri. v. ml. kpl. mrd. milj. Dr."
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
    exceptions=(
        *_BASE.exceptions,
        "'s",
        "'t",
        "'n",
        "'m",
        "'k",
        "'S",
        "'T",
        "’s",
        "’t",
        "’n",
        *_dotted(
            "bijv. bv. ca. d.m.v. o.a. m.b.t. i.p.v. t.a.v. t/m. enz. etc. nr. incl. excl. o.b.v. i.v.m. a.d.h.v. t.o.v. m.a.w. dhr. mevr. Dr. dr. prof. ir. mr. drs. ing. blz. max. min. tel. jl. resp. evt. nl. vgl. jr. sr. St. st. aug. sept. okt. nov. dec. jan. febr. art. afd. vs. z.g. zgn. a.s. b.v. n.v. N.V. B.V. Chr. n.Chr. v.Chr. div. plm. mln. mld."
        ),
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
    infixes=(
        _SENTENCE,
        _COMMA_BANG,
        Infix(LETTER, COLON | ANGLE | EQUALS, LETTER),
        _DOUBLE_HYPHEN,
        Infix(LETTER, (QUOTES & ~APOSTROPHE) | BRACKET, LETTER | HYPHEN),
    ),
    closings=("-e",),
    closing_after=LOWER,
    exceptions=_BASE.exceptions
    + _dotted(
        "pl. stb. kb. ún. dr. ill. ld. vö. szerk. old. sz. db. Ft. Kft. Zrt. Rt. Bt. min. max. kr. Kr.e. Kr.u. i.e. i.sz. u. tel. jan. febr. márc. ápr. máj. jún. júl. aug. szept. okt. nov. dec. évf. ifj. id. özv. Szt. u.n. bp. ker. em. krt. pf. d. e. H. Mr. Mrs. Gt. ui. tv. bek. Ptk. Szjt. Ctv. Kht. Vt. Btk. etc. Inc. Zrt. Nyrt. bt. kft. kht. rt. út. mtsai. pp. vs. zrt."
    ),
)
_POLISH = replace(
    _COMPOUND,
    suffix=(_SUFFIX & ~DASH) | DOT,
    before_dot=_BEFORE_DOT,
    infixes=(
        Infix(0, HYPHENS, 0),
        Infix(LETTER | DIGIT, DOT, DIGIT | UPPER),
        _COMMA_BANG,
        Infix(LETTER, COLON | ANGLE | EQUALS | SLASH, LETTER),
        Infix(LETTER, (QUOTES & ~APOSTROPHE) | BRACKET, LETTER | HYPHEN),
    ),
    openings=("długo-", "krótko-", "jedno-", "dwu-", "trzy-", "cztero-"),
    bound=False,
    exceptions=FACES,
)
_FRENCH = replace(
    _BASE,
    suffix=PUNCTUATIONS | QUOTES,
    before_dot=DIGIT | LOWER | PERCENT | SQUARE | HYPHEN | PLUS | QUOTES | OTHER | BRACKET | COLON,
    elision=LETTER,
    openings=tuple(f"{letter}{mark}" for letter, mark in product("dlnDLN", "'’")),
    closings=tuple(
        f"{hyphen}{word}"
        for hyphen, word in product(
            "-–—‐‑",
            _cased(
                [
                    "ce",
                    "clés",
                    "elle",
                    "en",
                    "il",
                    "ils",
                    "je",
                    "là",
                    "moi",
                    "nous",
                    "on",
                    "t",
                    "vous",
                ]
            ),
        )
        if word == word.lower() or word == word.upper()
    ),
    closing_after=LETTER,
    joined=(
        "aéro",
        "anglo",
        "anti",
        "après",
        "arrière",
        "audio",
        "auto",
        "avant",
        "bien",
        "bio",
        "bloc",
        "bouche",
        "casse",
        "chasse",
        "chauffe",
        "co",
        "compte",
        "contre",
        "court",
        "coup",
        "couvre",
        "cross",
        "cyber",
        "demi",
        "état",
        "états",
        "ex",
        "extra",
        "extrême",
        "franco",
        "garde",
        "gastro",
        "grand",
        "hard",
        "haut",
        "hauts",
        "hyper",
        "infra",
        "inter",
        "jean",
        "là",
        "live",
        "lieu",
        "loin",
        "lance",
        "main",
        "maxi",
        "micro",
        "mi",
        "mini",
        "mono",
        "mot",
        "mots",
        "multi",
        "méta",
        "national",
        "neuro",
        "non",
        "nord",
        "néo",
        "ouest",
        "outre",
        "para",
        "pare",
        "passe",
        "petit",
        "pierre",
        "plein",
        "porte",
        "post",
        "pouce",
        "premier",
        "presse",
        "pro",
        "proto",
        "pré",
        "prêt",
        "pseudo",
        "quasi",
        "quatre",
        "radio",
        "re",
        "ré",
        "rouge",
        "saint",
        "sainte",
        "sans",
        "sauf",
        "semi",
        "sino",
        "sociaux",
        "social",
        "socio",
        "soixante",
        "sous",
        "sud",
        "super",
        "supra",
        "sur",
        "tout",
        "trans",
        "trente",
        "trois",
        "télé",
        "ultra",
        "vice",
        "vidéo",
        "vingt",
        "week",
        "électro",
        "éco",
        "vis",
    ),
    exceptions=_BASE.exceptions
    + _dotted("av. janv. févr. avr. juill. sept. oct. nov. déc. etc. cf. pp. St. Ste. Vol. No. n°")
    + (
        "Dr.",
        "M.",
        "MM.",
        "Mr.",
        "Mme.",
        "Mlle.",
        "aujourd'hui",
        "aujourd’hui",
        "Aujourd'hui",
        "Aujourd’hui",
    )
    + _cased(
        [
            "après-midi",
            "au-delà",
            "au-dessus",
            "ci-dessous",
            "elle-même",
            "lui-même",
            "peut-être",
            "celui-ci",
            "celle-ci",
            "celles-ci",
            "quelques-uns",
            "rendez-vous",
            "jusque-là",
        ]
    ),
)
_ITALIAN = replace(
    _BASE,
    infixes=(_OPERATORS, _SENTENCES, _COMMA, Infix(LETTER, HYPHENS, LOWER, longest=3), _RELATION),
    elision=LETTER | DIGIT | DOUBLE_QUOTE,
    exceptions=(
        *_BASE.exceptions,
        "e-mail",
        "by-pass",
        "week-end",
        "po'",
        "po’",
        "d.C.",
        "a.C.",
        "ecc.",
        "Dr.",
        "Dott.",
        "Sig.",
        "Avv.",
        "Ing.",
        "Prof.",
        "art.",
        "n.",
        "p.",
        "pp.",
        "s.p.a.",
        "S.p.A.",
        "s.r.l.",
        "c.a.",
        "Jr.",
        "L.",
        "T.",
        "P.",
        "all'art.",
    ),
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
    before_dot=_BEFORE_DOT | DASH,
    closings=(),
    exceptions=(
        *_BASE.exceptions,
        "aprox.",
        "dna.",
        "etc.",
        "Av.",
        "Dr.",
        "Dra.",
        "EE.UU.",
        "Gral.",
        "JJ.OO.",
        "Sr.",
        "Sra.",
        "Srta.",
        "St.",
        "Sto.",
        "Ud.",
        "Uds.",
        "p.m.",
        "a.m.",
        "núm.",
        "pág.",
        "P.D.",
        "S.A.",
        "s.a.",
        "Prof.",
        "q.e.p.d.",
        "tel.",
        "vol.",
        "c.u.",
    ),
)
_CATALAN = replace(
    _SPANISH,
    prefix=_PREFIX | HYPHEN,
    suffix=_SUFFIX | HYPHEN,
    infixes=(_OPERATORS, _SENTENCES, _COMMA, _RELATION),
    before_dot=_BEFORE_DOT,
    elision=LETTER | DIGIT,
    closings=(
        "'ls",
        "'l",
        "'ns",
        "'t",
        "'m",
        "'n",
        "-les",
        "-la",
        "-lo",
        "-li",
        "-los",
        "-me",
        "-nos",
        "-te",
        "-vos",
        "-se",
        "-hi",
        "-ne",
        "-ho",
    ),
    closing_after=LETTER,
    exceptions=(
        *_BASE.exceptions,
        "d|el",
        "d|els",
        "a|l",
        "a|ls",
        "p|el",
        "p|els",
        "set.",
        "’n",
        "'n",
        "Sr.",
        "Sra.",
        "Dr.",
        "Dra.",
        "pàg.",
        "aprox.",
        "núm.",
        "vol.",
        "a.m.",
        "p.m.",
    ),
)
_PORTUGUESE = _with(
    replace(
        _BASE,
        infixes=(
            _OPERATORS_BUT_HYPHEN,
            _SENTENCES,
            _COMMA,
            Infix(LETTER, DASH | TILDE, LETTER, longest=2),
            Infix(LETTER, HYPHEN, LETTER, 2, 3),
            _RELATION,
        ),
    ),
    *[
        "Adm.",
        "Art.",
        "art.",
        "Av.",
        "av.",
        "Cia.",
        "Dr.",
        "dr.",
        "Dra.",
        "dra.",
        "etc.",
        "Eng.",
        "Gen.",
        "Inc.",
        "Jr.",
        "km/h",
        "Ltd.",
        "Mr.",
        "p.m.",
        "pág.",
        "pag.",
        "Rep.",
        "Sr.",
        "sr.",
        "Sra.",
        "sra.",
        "tel.",
        "vs.",
        "e-mail",
        "e/ou",
        "e.g.",
        "i.e.",
    ],
)
_ROMANIAN = replace(
    _BASE,
    suffix=_SUFFIX & ~DEGREE,
    after_digit=PLUS | CURRENCY,
    units=False,
    infixes=(
        _OPERATORS_BUT_HYPHEN,
        _SENTENCES,
        _COMMA,
        Infix(LETTER | DIGIT, COLON | ANGLE | EQUALS, LETTER),
    ),
    openings=_cased(
        [
            "a-",
            "c-",
            "ce-",
            "cu-",
            "d-",
            "de-",
            "dintr-",
            "e-",
            "făr-",
            "i-",
            "l-",
            "le-",
            "m-",
            "mi-",
            "n-",
            "ne-",
            "p-",
            "pe-",
            "prim-",
            "printr-",
            "s-",
            "se-",
            "te-",
            "v-",
            "într-",
            "ș-",
            "ş-",
            "și-",
            "şi-",
            "ți-",
            "ţi-",
        ]
    ),
    bound=False,
    closings=_cased(
        [
            "-a",
            "-aceasta",
            "-ai",
            "-al",
            "-ale",
            "-alta",
            "-am",
            "-ar",
            "-astea",
            "-atâta",
            "-au",
            "-aș",
            "-ați",
            "-i",
            "-ilor",
            "-l",
            "-le",
            "-lea",
            "-mea",
            "-meu",
            "-mi",
            "-mă",
            "-n",
            "-ne",
            "-o",
            "-oi",
            "-or",
            "-s",
            "-se",
            "-si",
            "-te",
            "-ul",
            "-ului",
            "-un",
            "-uri",
            "-urile",
            "-urilor",
            "-veți",
            "-vă",
            "-ăștia",
            "-și",
            "-ți",
            "-aş",
            "-aţi",
            "-veţi",
            "-şi",
            "-ţi",
        ]
    ),
    exceptions=_BASE.exceptions
    + _dotted(
        "dl. d-na d-lui d-voastră dvs. etc. nr. art. str. tel. prof. dr. ing. int. jud. mun. sf. pag. alin. lit. cca. ian. feb. febr. apr. aug. sept. oct. nov. dec. a.c. ș.a. d.Hr. î.Hr. într-adevăr"
    ),
)
_SLOVENE = replace(
    _BASE,
    prefix=_PREFIX | SLASH | HYPHENS | PLUS,
    suffix=_SUFFIX | PLUS | SLASH | EQUALS | HYPHENS,
    after_digit=CURRENCY | PERCENT,
    before_dot=_BEFORE_DOT & ~DIGIT,
    infixes=(
        _OPERATORS,
        _SENTENCES,
        _COMMA,
        Infix(LETTER | DIGIT, HYPHENS, LETTER, longest=3),
        _RELATION,
    ),
    closings=(),
    exceptions=(
        *_BASE.exceptions,
        "ipd.",
        "itd.",
        "itn.",
        "npr.",
        "oz.",
        "t.i.",
        "tj.",
        "sv.",
        "dr.",
        "mag.",
        "prof.",
        "ga.",
        "g.",
        "d.o.o.",
        "d.d.",
        "str.",
        "št.",
        "tel.",
        "itd.",
        "l.",
        "čl.",
        "ur.",
        "maks.",
        "min.",
        "mio.",
        "jan.",
        "feb.",
        "avg.",
        "sept.",
        "okt.",
        "nov.",
        "dec.",
        "angl.",
        "lat.",
        "nem.",
        "ang.",
    ),
)
_GREEK_WORDS = replace(
    _BASE,
    prefix=_PREFIX & ~DASH & ~PLUS,
    suffix=_SUFFIX & ~DASH,
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
        Infix(LETTER, DASH | TILDE, LETTER, longest=2),
        Infix(LETTER, COLON | ANGLE | EQUALS | SLASH, LETTER),
    ),
    closings=(),
    exceptions=_BASE.exceptions
    + tuple(f"{number}." for number in range(100))
    + tuple(f"{number:02}." for number in range(10))
    + tuple(f"{digit})" for digit in range(10))
    + tuple(f"{letter}." for letter in "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ")
    + tuple(
        f"{word}{mark}"
        for word, mark in product(
            ["σ", "Σ", "κατ", "καθ", "απ", "Απ", "γι", "Γι", "μ", "επ", "παρ", "υπ", "αντ", "μετ"],
            "'’",
        )
    )
    + (
        "π.χ.",
        "κ.λπ.",
        "κλπ.",
        "κ.ά.",
        "κ.",
        "κα.",
        "δηλ.",
        "μ.μ.",
        "π.μ.",
        "π.Χ.",
        "μ.Χ.",
        "Δρ.",
        "αρ.",
        "τηλ.",
        "βλ.",
        "σελ.",
        "Κ.",
        "κ.α.",
        "κ.ο.κ.",
        "εκατ.",
        "δισ.",
        "στρ.",
        "Αγ.",
    ),
)
_BALTIC = replace(  # Lithuanian: a final full stop is always split off
    _BASE,
    suffix=_SUFFIX | DOT,
    infixes=(_OPERATORS_BUT_HYPHEN, _SENTENCES, _COMMA, _HYPHENS, _RELATION),
    exceptions=(),
)
_SERBIAN = replace(
    _BASE,
    suffix=_SUFFIX & ~DASH,
    before_dot=(_BEFORE_DOT & ~DIGIT) | LETTER,
    capitals=0,
    infixes=(_OPERATORS, _SENTENCES, _COMMA, _RELATION),
    closings=(),
)
_LUXEMBOURGISH = replace(
    _BASE,
    infixes=(
        _SENTENCE, _COMMA_BANG, Infix(LETTER, COLON | ANGLE | EQUALS, LETTER), _DOUBLE_HYPHEN,
        Infix(DIGIT, HYPHEN, DIGIT),
    ),
    openings=("d'", "D'", "d’", "D’"),
)  # fmt: skip
# Maltese: the article and the prepositions joined to it are words that end in a hyphen (`il-dar`:
# il-, dar), as in the treebank MUDT that datatrove's Stanza model was trained on; final
# apostrophes (ta', ma') belong to the word.
_MALTESE = replace(
    _BASE,
    suffix=_SUFFIX & ~APOSTROPHE & ~CURLY,
    openings=_cased(
        f"{start}{article}-"
        for start in ("", "i", "bi", "b", "fi", "f", "ta", "t", "mi", "ma", "sa", "għa", "lej", "bħa", "mil", "bil", "fil", "għal", "tal", "mal", "sal", "lill", "bħal", "minn", "li")
        for article in ("l", "ċ", "d", "n", "r", "s", "t", "x", "z", "ż", "ll", "")
        if start + article
    ),
    exceptions=(*_BASE.exceptions, "ta'", "ma'", "sa'", "fi'", "bi'", "ta’", "ma’", "sa’", "eċċ.", "Dr.", "Sur.", "nru."),
)  # fmt: skip

_BULGARIAN = _with(
    _BASE,
    *[
        "г.",
        "бл.",
        "бул.",
        "вж.",
        "гр.",
        "др.",
        "ул.",
        "кв.",
        "т.е.",
        "т.н.",
        "чл.",
        "ал.",
        "стр.",
        "проф.",
        "доц.",
        "инж.",
        "св.",
        "лв.",
        "тел.",
        "млн.",
        "млрд.",
        "хил.",
        "ок.",
        "напр.",
    ],
)
_RUSSIAN = _with(
    _BASE,
    *[
        "г.",
        "гг.",
        "т.е.",
        "т.д.",
        "т.п.",
        "им.",
        "др.",
        "см.",
        "стр.",
        "руб.",
        "тыс.",
        "млн.",
        "млрд.",
        "ул.",
        "д.",
        "тел.",
        "проф.",
        "акад.",
    ],
)

_BY_LANGUAGE = {
    "eng_Latn fry_Latn": replace(
        _with(_BASE, *_english()),
        infixes=(
            _OPERATORS,
            _SENTENCES,
            _COMMA,
            Infix(LETTER | DIGIT, HYPHENS, LETTER, longest=3),
            _RELATION,
        ),
    ),
    "deu_Latn gsw_Latn": _GERMAN,
    "dan_Latn fao_Latn": _DANISH,
    "swe_Latn": _SWEDISH,
    "nob_Latn nno_Latn": _NORWEGIAN,
    "fin_Latn": _FINNISH,
    "nld_Latn": _DUTCH,
    "hun_Latn": _HUNGARIAN,
    "pol_Latn": _POLISH,
    "fra_Latn fur_Latn roh_Latn": _FRENCH,
    "ita_Latn": _ITALIAN,
    "spa_Latn ast_Latn cos_Latn oci_Latn srd_Latn": _SPANISH,
    "cat_Latn": _CATALAN,
    "por_Latn": _PORTUGUESE,
    "ron_Latn": _ROMANIAN,
    "slv_Latn": _SLOVENE,
    "ell_Grek": _GREEK_WORDS,
    "lit_Latn": _BALTIC,
    "srp_Cyrl srp_Latn bos_Latn": _SERBIAN,
    "ltz_Latn": _LUXEMBOURGISH,
    "mlt_Latn": _MALTESE,
    "bul_Cyrl": _BULGARIAN,
    "rus_Cyrl": _RUSSIAN,
    "gle_Latn": _with(
        _BASE,
        *[
            "m'",
            "b'",
            "d'",
            "B'",
            "D'",
            "M'",
            "srl.",
            "lch.",
            "Uas.",
            "Co.",
            "Ean.",
            "Feab.",
            "Már.",
            "Lún.",
            "Samh.",
            "Noll.",
            "R.Ch.",
            "r.Ch.",
            "M.F.",
            "D.F.",
        ],
    ),
}
_ORTHOGRAPHIES = {code: own for codes, own in _BY_LANGUAGE.items() for code in codes.split()}


def orthography(code: str) -> Orthography:
    """Give a language's rules; those of most languages, and of unknown ones, are spaCy's base rules."""
    return _ORTHOGRAPHIES.get(code, _BASE)

"""What the tokeniser knows of each tag and attribute name: numbers, kinds and scopes.

Names are compared as integers: six bits a character for the first ten characters, which
tells all of HTML's names apart; a longer name is cut (`data-testid` -> `data-testi`).
"""
# ruff: noqa: SIM905  (name lists read best as text)

import numpy as np
from numba import njit

TAGS = """
a abbr address annotation article aside audio b base blockquote body br button canvas caption
center code col colgroup datalist dd del details dialog dir div dl dt em embed fieldset
figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html
i iframe img input ins label legend li link main map mark menu meta nav nobr noembed noframes
noscript object ol optgroup option p param picture pre q rp s search section select small
source span strike strong style sub summary sup svg table tbody td template textarea tfoot th
thead time title tr track tt u ul video wbr xmp script math
""".split()
ID = {name: number for number, name in enumerate(TAGS, 1)}
"""1 … len(TAGS); 0 is every other name."""

VOID, RAW, BLOCK, SKIP, CLOSES_P, SPECIAL, SCOPE, FORMATTING, IMPLIES = (1 << k for k in range(9))
"""Kinds: no content; content is no markup; breaks a line; content is no text; ends an open `p`;
HTML's *special* category; ends the search for an open element; its end tag may be misnested; its start
tag implies end tags."""

_KINDS = {
    VOID: "base br col embed frame hr img input link meta param source track wbr",
    RAW: "iframe noembed script style textarea title xmp",
    BLOCK: "address article aside blockquote body button caption center dd details dialog dir div dl"
    " dt fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html"
    " legend li main menu nav noframes noscript ol p pre search section summary table tbody td"
    " template tfoot th thead tr ul xmp",
    SKIP: "annotation audio canvas datalist map object rp select template video",
    CLOSES_P: "address article aside blockquote center dd details dialog dir div dl dt fieldset"
    " figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li main menu nav ol p pre"
    " search section summary table ul xmp",
    SPECIAL: "address article aside blockquote body button caption center dd details dir div dl dt"
    " fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup html legend"
    " li main menu nav noframes noscript object ol p pre search section select summary table tbody td"
    " template tfoot th thead tr ul",
    SCOPE: "caption html object table td template th",
    FORMATTING: "a b code em font i nobr s small strike strong tt u",
}
KIND = np.zeros(len(TAGS) + 1, np.int64)
for _kind, _names in _KINDS.items():
    for _name in _names.split():
        KIND[ID[_name]] |= _kind | (IMPLIES if _kind == CLOSES_P else 0)
for _name in "button dd dt h1 h2 h3 h4 h5 h6 li tbody td tfoot th thead tr".split():
    KIND[ID[_name]] |= IMPLIES

# Attributes that the tokeniser looks at; several names may share a number.
ATTRIBUTES = {
    "class": 0, "id": 1, "style": 2, "href": 3, "rel": 4, "role": 5, "itemprop": 6, "itemtype": 7,
    "name": 8, "property": 8, "http-equiv": 8, "content": 9, "type": 10, "datetime": 11,
    "lang": 12, "xml:lang": 12, "hidden": 13, "aria-hidden": 14, "data-testid": 15, "data-component": 15,
    "data-qa": 15, "data-type": 15, "data-role": 15, "shadowrootmode": 16, "aria-modal": 17,
}  # fmt: skip
(CLASS, IDENT, STYLE, HREF, REL, ROLE, ITEMPROP, ITEMTYPE, NAME, CONTENT, TYPE, DATETIME, LANG,
 HIDDEN, ARIA_HIDDEN, TESTID, SHADOW, MODAL) = range(18)  # fmt: skip
ATTRIBUTE_COUNT = 18


def _code(byte: int) -> int:
    c = chr(byte).lower()
    if "a" <= c <= "z":
        return ord(c) - 96
    if "0" <= c <= "9":
        return ord(c) - 21
    return {"-": 37, ":": 38, "_": 39}.get(c, 40)


CODE = np.array([_code(b) for b in range(256)], np.uint64)
_MULTIPLIER = 0x9E3779B97F4A7C15
_SHIFT = 54  # 1,024 slots


def packed(name: str) -> int:
    """A name's first ten characters, six bits each."""
    key = 0
    for byte in name.encode()[:10]:
        key = key << 6 | _code(byte)
    return key


def _hashed(numbers: dict[str, int], missing: int) -> tuple[np.ndarray, np.ndarray]:
    keys, values = np.zeros(1024, np.uint64), np.full(1024, missing, np.int64)
    for name, number in numbers.items():
        slot = packed(name) * _MULTIPLIER % 2**64 >> _SHIFT
        while keys[slot] and keys[slot] != packed(name):
            slot = (slot + 1) % 1024
        keys[slot], values[slot] = packed(name), number
    return keys, values


packed_svg = packed("svg")
_TAG_KEYS, _TAG_VALUES = _hashed(ID, 0)
_ATTRIBUTE_KEYS, _ATTRIBUTE_VALUES = _hashed(ATTRIBUTES, -1)


@njit(cache=True, boundscheck=False)
def _find(keys, values, key):  # type: ignore[no-untyped-def]
    slot = np.int64(key * np.uint64(_MULTIPLIER) >> np.uint64(_SHIFT))
    while keys[slot] != key and keys[slot] != 0:
        slot = (slot + 1) & 1023
    return values[slot]


@njit(cache=True, boundscheck=False)
def tag_number(key):  # type: ignore[no-untyped-def]
    """The number of a packed tag name, 0 where it is none of `TAGS`."""
    return _find(_TAG_KEYS, _TAG_VALUES, key)


@njit(cache=True, boundscheck=False)
def attribute_number(key):  # type: ignore[no-untyped-def]
    """The number of a packed attribute name, -1 where nothing looks at it."""
    return _find(_ATTRIBUTE_KEYS, _ATTRIBUTE_VALUES, key)

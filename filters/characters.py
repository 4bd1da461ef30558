"""Classes of characters as one table of bits, for kernels that ask what a character is."""

import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

LETTER = 1 << 0  # categories L*, as str.isalpha
DIGIT = 1 << 1  # category Nd, as str.isdecimal
SPACE = 1 << 2  # as str.isspace
UPPER = 1 << 3  # categories Lu and Lt
LOWER = 1 << 4  # category Ll
PLAIN = 1 << 5  # not in datatrove's set of punctuation and controls
TERMINAL = 1 << 6  # ends a sentence
BREAK = 1 << 7  # ends a line, as str.splitlines
LATIN = 1 << 8
GREEK = 1 << 9
CYRILLIC = 1 << 10
BULLET = 1 << 11  # begins an item of a list
MARKUP = 1 << 12  # begins markup, or parts the cells of a table: < { [ ] & | tab
SYMBOL = 1 << 13  # `Batch.symbol_counts` looks closer: # . … { }, and w and p, as in www and http
# The classes of HPLT's web-docs-scorer; some dashes and quotes are of two.
WDS_WORD, WDS_PUNCTUATION, WDS_SINGULAR = 1 << 14, 1 << 15, 1 << 16

COUNTED = (
    LETTER, DIGIT, SPACE, UPPER, LATIN, GREEK, CYRILLIC, WDS_WORD, WDS_PUNCTUATION, WDS_SINGULAR,
)  # fmt: skip
"""What `Batch.line_counts` counts, a column each."""

SCRIPTS = {"Latn": LATIN, "Grek": GREEK, "Cyrl": CYRILLIC}
"""ISO 15924 code -> the bit of its letters."""

# Everything assigned lies below, but for tags, variation selectors and private use.
END = 0x34000

# Letters of these blocks (Unicode Blocks.txt) count as the script's.
_LATIN = (
    "\u0000-\u02b8\u1e00-\u1eff\u2c60-\u2c7f\ua722-\ua7ff\uab30-\uab6f\ufb00-\ufb06\uff21-\uff5a"
)
_GREEK = "\u0370-\u03ff\u1f00-\u1fff"
_CYRILLIC = "\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f"

# What datatrove 0.10.1 counts as punctuation (utils/text.py, Apache-2.0; after CCNet, MIT), with
# the control characters and the terminal marks below. It is not Unicode's class P: ¿, ¡, ‚, •, §
# and ‘ are missing, and the full-width １ is in. Thresholds were tuned on it.
_PUNCTUATION = (
    "-!/—”:％１〈&(、━\\【#%「」，】；+^]~“《„';’{|∶´[=`*．（–？！：$～«〉,><》)?）。…@_.\"}►»"
    "\x00-\x08\x0b-\x1f\x7f-\x9f"
)

# Sentence_Terminal (Unicode 15.0, PropList.txt) and three Khmer signs, as datatrove 0.10.1.
_TERMINAL = (
    "!.?\u0589\u061d-\u061f\u06d4\u0700-\u0702\u07f9\u0837\u0839\u083d-\u083e\u0964-\u0965"
    "\u104a-\u104b\u1362\u1367-\u1368\u166e\u1735-\u1736\u17d4-\u17d6\u17d9-\u17da\u1803\u1809"
    "\u1944-\u1945\u1aa8-\u1aab\u1b5a-\u1b5b\u1b5e-\u1b5f\u1b7d-\u1b7e\u1c3b-\u1c3c\u1c7e-\u1c7f"
    "\u203c-\u203d\u2047-\u2049\u2e2e\u2e3c\u2e53-\u2e54\u3002\ua4ff\ua60e-\ua60f\ua6f3\ua6f7"
    "\ua876-\ua877\ua8ce-\ua8cf\ua92f\ua9c8-\ua9c9\uaa5d-\uaa5f\uaaf0-\uaaf1\uabeb\ufe52"
    "\ufe56-\ufe57\uff01\uff0e\uff1f\uff61\U00010a56-\U00010a57\U00010f55-\U00010f59"
    "\U00010f86-\U00010f89\U00011047-\U00011048\U000110be-\U000110c1\U00011141-\U00011143"
    "\U000111c5-\U000111c6\U000111cd\U000111de-\U000111df\U00011238-\U00011239"
    "\U0001123b-\U0001123c\U000112a9\U0001144b-\U0001144c\U000115c2-\U000115c3"
    "\U000115c9-\U000115d7\U00011641-\U00011642\U0001173c-\U0001173e\U00011944\U00011946"
    "\U00011a42-\U00011a43\U00011a9b-\U00011a9c\U00011c41-\U00011c42\U00011ef7-\U00011ef8"
    "\U00011f43-\U00011f44\U00016a6e-\U00016a6f\U00016af5\U00016b37-\U00016b38\U00016b44"
    "\U00016e98\U0001bc9f\U0001da88"
)

GREEK_QUESTION_MARKS = ";\u037e"
"""What ends a question in Greek; NFC turns the second into the first."""

_BREAKS = "\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
_BULLETS = "-•‣⁃∙▪▫■□●○◦·➢➤►▸▹◆◇✓✔✗*+–—"

# The ranges that web-docs-scorer counts, those of Indic scripts left out: punctuation, characters
# that stand alone (signs, arrows, emoji, combining marks), and what else is no part of a word.
_WDS_PUNCTUATION = (
    "!\"'-),-.:;?[]`¡´µ·¿\u0589-\u05c7\u0600-\u061f\u066a-\u066d\u06d4-\u06ed\u0700-\u070f"
    "\u1360-\u1368\u1800-\u180a\u1ab0-\u1aff\u1c78-\u1c7f\u1cc0-\u1cc7\u1fbd-\u1fc1\u1fcd-\u1fcf"
    "\u1fdd-\u1fdf\u1fed-\u1fef\u1ffd-\u2027\u3000-\u303f\u4dc0-\u4dff\ua6f0-\ua6f7\ufe10-\ufe6f"
)
_WDS_SINGULAR = (
    "#-&*-+/<->@\\|~¢-³¸-¾×÷\u02b0-\u0385\u0483-\u0489\u0559-\u055f\u2010-\u2d00\u2de0-\u2e52"
    "\u3200-\u33ff\ua670-\ua67f\U00010000-\U0001ffff"
)
_WDS_SPACE = "\x00- \x7f-\xa0"

# Only Lm and Lo besides these; Python's isalpha is all of L.
_BY_CATEGORY = {"Lu": LETTER | UPPER, "Lt": LETTER | UPPER, "Ll": LETTER | LOWER, "Lm": LETTER}
_BY_CATEGORY |= {"Lo": LETTER, "Nd": DIGIT}


@cache
def classes() -> NDArray[np.uint32]:
    """Give the bits of every code point below `END`; what lies above is `PLAIN`.

    Built from the running Python's Unicode database (a tenth of a second, once a process).
    """
    category = unicodedata.category
    bits = [_BY_CATEGORY.get(category(chr(code)), 0) | PLAIN for code in range(END)]
    table = np.array(bits, np.uint32)
    for characters in (_PUNCTUATION, _TERMINAL):
        table[members(characters)] &= np.uint32(~PLAIN & 0xFFFFFFFF)
    for characters, bit in (
        (_TERMINAL, TERMINAL),
        (_BREAKS, BREAK),
        (_BULLETS, BULLET),
        ("<{[]&|\t", MARKUP),
        ("#.…{}wp", SYMBOL),
        (_WDS_PUNCTUATION, WDS_PUNCTUATION),
        (_WDS_SINGULAR, WDS_SINGULAR),
    ):
        table[members(characters)] |= np.uint32(bit)
    other = (table & np.uint32(WDS_PUNCTUATION | WDS_SINGULAR | DIGIT)) != 0
    other[members(_WDS_SPACE)] = True
    table[~other] |= np.uint32(WDS_WORD)
    table[[code for code in range(0x3001) if chr(code).isspace()]] |= np.uint32(SPACE)
    for characters, bit in ((_LATIN, LATIN), (_GREEK, GREEK), (_CYRILLIC, CYRILLIC)):
        block = members(characters)
        table[block[(table[block] & LETTER) != 0]] |= np.uint32(bit)
    table.flags.writeable = False
    return table


def members(characters: str) -> NDArray[np.int64]:
    """List the code points of a set written as characters and ranges; a hyphen comes first.

    >>> members("-a-c;").tolist()
    [45, 97, 98, 99, 59]
    """
    found: list[int] = []
    k = 0
    while k < len(characters):
        is_range = k > 0 and characters[k : k + 1] == "-" and k + 1 < len(characters)
        if is_range:
            found.extend(range(found[-1] + 1, ord(characters[k + 1]) + 1))
        else:
            found.append(ord(characters[k]))
        k += 2 if is_range else 1
    return np.array(found, np.int64)

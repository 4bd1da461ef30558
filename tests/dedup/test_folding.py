"""The tables of case and composition leave out no character that needs them."""

import unicodedata

from eurocorpus.dedup.folding import _VARIED_END


def test_what_lies_beyond_the_end_never_varies() -> None:
    rest = [chr(code) for code in range(ord(_VARIED_END), 0x110000)]
    assert not [c for c in rest if c.casefold() != c]
    assert not [c for c in rest if unicodedata.combining(c) or unicodedata.decomposition(c)]

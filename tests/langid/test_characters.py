"""Every count is what a slow and plain reading of the text gives."""

import re
from itertools import groupby, pairwise

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.langid.characters import Count, count_characters

CHARACTERS = "aAbB`zZjž Žéß09.,;:!?(/_|$\n\t\u00a0{}•»…жЖωΩ的Ã¤â€\ufffd😀𐀀x'"
TEXTS = st.text(st.sampled_from(CHARACTERS), max_size=60) | st.text(st.sampled_from("a.\n x"))
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
WORDS = st.lists(st.sampled_from(["strčprst", "McDonald", "A4", "a" * 41, "ano", "ANO", "Ano"]))


def is_letter(character: str) -> bool:
    return character.isalpha()


def is_capital(character: str) -> bool:
    return character.isupper()


def consonant(character: str) -> bool:
    return character.isascii() and is_letter(character) and character.lower() not in "aeiouy"


def expected(text: str) -> dict[str, int]:
    """Count with Python's own ideas of letters and capitals."""
    letters = [c for c in text if is_letter(c)]
    pieces = "".join(c if is_letter(c) or c in "0123456789" else " " for c in text).split()
    words = [piece for piece in pieces if any(map(is_letter, piece))]
    sizes = [(len([c for c in word if is_letter(c)]), len(word)) for word in words]
    runs = ["".join(run) for is_word, run in groupby(text, is_letter) if is_word]
    folded = ["".join(c for c in word if is_letter(c)).replace("\u0130", "i") for word in words]
    folded = [re.sub("[A-Z]", lambda found: found[0].lower(), word) for word in folded]
    pairs = list(zip(" " + text, text, strict=False))
    fours = ["".join(run) for same, run in groupby(text, consonant) if same]
    signs = sum(c in "{};=<>_\\[]$*+^~|" for c in text)
    calls = sum((b == "(" and a > "9") or (a == b == "/") for a, b in pairs)
    dots, indented = len(re.findall(r"[a-z]\.(?=[a-z])", text)), text.count("\n  ")
    like_bytes = re.findall(
        "[\u00c2-\u00c5\u00ce-\u00d1\u00e2](?=[\u0080-\u00bf€™†‡‰ŠšŒœŽžŸƒˆ˜‹›‚])", text
    )
    spaces = re.findall("[\u00c2-\u00c5\u00ce-\u00d1\u00e2](?=[«»\u00ad\u00a0])", text)
    return {
        "VISIBLE": sum(c > " " and c != "\u00a0" for c in text),
        "LETTERS": len(letters),
        "LATIN": sum(c < "\u0250" for c in letters),
        "CONSONANTS": sum(map(consonant, text)),
        "RARE": sum(c.lower() in "jqvwxzkfbpg" and c.isascii() for c in letters),
        "CAPITALS": sum(map(is_capital, text)),
        "DIGITS": sum(c in "0123456789" for c in text),
        "SIGNS": signs,
        "MARKS": sum(c in ",.!?:" for c in text),
        "SEPARATORS": sum(c in "|•·»›●►" for c in text),
        "SYMBOLS": signs + 3 * calls,
        "LAYOUT": dots + 2 * indented,
        "STOPS": sum(c in ",.!?…" for c in text),
        "LINES": sum(b == "\n" and a != "\n" for a, b in pairs),
        "RUNS": sum(
            max(len(list(run)) - 3, 0)
            for character, run in groupby(text)
            if character > " " and character != "\u00a0"
        ),
        "BROKEN": text.count("\ufffd") + len(like_bytes) - len(spaces),
        "CLUSTERED": sum(len(run) for run in fours if len(run) >= 4),
        "WORDS": len(words),
        "MIXED": sum(size > few and size > 2 for few, size in sizes),
        "LONG": sum(few for few, _ in sizes if few > 40) * any(c < "\u0250" for c in letters),
        "COMMONEST": max(map(folded.count, folded), default=0),
        "TITLES": sum(is_capital(run[0]) and not is_capital(run[1]) for run in runs if run[1:]),
        "TURNS": sum(is_capital(b) and not is_capital(a) for run in runs for a, b in pairwise(run)),
    }


def counts(texts: list[str]) -> list[dict[str, int]]:
    rows = count_characters(pa.array(texts, pa.large_string())).tolist()
    return [{name.name: int(row[name]) for name in Count} for row in rows]


@settings(deadline=None)
@given(TEXTS)
def test_counts_of_characters(text: str) -> None:
    assert counts([text]) == [expected(text)]


@settings(deadline=None)
@given(WORDS, st.sampled_from([" ", "\n", ", ", "."]))
def test_counts_of_words(words: list[str], between: str) -> None:
    text = between.join(words)
    assert counts([text]) == [expected(text)]


@settings(deadline=None)
@given(st.lists(ANY, max_size=4))
def test_each_text_is_counted_by_itself(texts: list[str]) -> None:
    assert counts(["x 1", *texts])[1:] == [counts([text])[0] for text in texts]


def test_letters_are_nearly_those_of_unicode() -> None:
    """In the scripts of Europe all are; a combining mark or a digit of another script counts too."""
    blocks = [*range(33, 0x180), *range(0x391, 0x3C9), *range(0x410, 0x450), *range(0x1E00, 0x1F00)]
    ours = [row["LETTERS"] for row in counts([chr(point) for point in blocks])]
    wrong = [chr(p) for p, n in zip(blocks, ours, strict=True) if n != chr(p).isalpha()]
    assert set(wrong) <= {"\u03a2"}, wrong  # no character at all


def test_what_was_cut_within_a_character_is_read_to_its_end() -> None:
    array = pa.Array.from_buffers(
        pa.large_string(),
        1,
        [None, pa.py_buffer(b"\0" * 8 + (2).to_bytes(8, "little")), pa.py_buffer(b"a\xe2")],
    )
    assert count_characters(array)[0, Count.LETTERS] >= 1

"""Marks are counted as a loop over words would count them."""

import re

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.langid.codes import LANGUAGES
from eurocorpus.langid.marks import called, compile_marks, count_marks, marks

LISTS = {"one": ["gdje", "dje*", "što", "šta*"], "two": ["gdje", "tko", "dijel*", "'s"]}
TABLE = compile_marks(LISTS)
WORDS = st.sampled_from(
    ["gdje", "gdješ", "dje", "djeca", "što", "štap", "tko", "dijelovi", "di", "'s"]
)
TEXTS = st.lists(
    st.lists(WORDS | st.text(max_size=6), max_size=8).map(" ".join).map(str.lower), max_size=4
)


def twin(text: str) -> tuple[list[int], int]:
    """Count with a regular expression and string methods."""
    words = re.findall(rb"[a-z'\x80-\xff]+", text.encode())
    counts = [
        sum(
            any(
                word == entry.encode()
                or (entry.endswith("*") and word.startswith(entry[:-1].encode()))
                for entry in entries
            )
            for word in words
        )
        for entries in LISTS.values()
    ]
    return counts, len(words)


@settings(deadline=None)  # the first call compiles
@given(TEXTS)
def test_counts(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    counts, words = count_marks(TABLE, pa.array(["x", *texts], pa.large_string()).slice(1))
    assert list(zip(counts.tolist(), words.tolist(), strict=True)) == [twin(t) for t in texts]


def test_every_neighbour_says_what_it_is_called_and_no_word_is_in_two_minds() -> None:
    assert set(marks("neighbours").names) == set(called())
    assert {code for hosts in called().values() for code in hosts} <= set(LANGUAGES)
    table = marks("south_slavic")
    names = table.names
    opposites = [(names.index("hrv"), names.index("other")),
                 (names.index("ekavian"), names.index("ijekavian"))]  # fmt: skip
    for kinds in table.kinds.tolist():
        assert not any(kinds >> one & kinds >> two & 1 for one, two in opposites)

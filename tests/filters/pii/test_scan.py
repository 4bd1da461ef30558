"""The pass over the bytes, beside patterns that say the same slowly."""

import re

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eurocorpus.filters.buffers import view
from eurocorpus.filters.pii import scan

GAP = "[ \\-./()\u00a0\u2009\u200b\u202f\u2010-\u2015]"
NUMBER = re.compile(rf"[0-9](?:{GAP}{{0,4}}[0-9])*")
IBAN = re.compile(r"(?<![A-Za-z0-9\u0080-\U0010ffff])[A-Z]{2} ?[0-9]{2}")
CODE = re.compile(r"(?<![A-Za-z0-9\u0080-\U0010ffff])[A-Z]{6}[0-9]{2}")
FINNISH = re.compile(r"[A-Z][0-9]{3}[\x00-\x7f]")


def places(text: str) -> list[tuple[int, str, int]]:
    """Kind, what stands there, and its place in code points."""
    data, offsets = view(pa.array([text], pa.large_string()))
    found = scan.scan(data, offsets).tolist()
    return [
        (kind, bytes(data[start:stop]).decode("utf-8"), point)
        for _, kind, start, stop, point in found
    ]


def numbers(text: str) -> set[int]:
    """Where numbers begin, without the plus and brackets before them."""
    found = set()
    for match in NUMBER.finditer(text):
        digits = len(re.findall("[0-9]", match[0]))
        finnish = re.fullmatch("[0-9]{6}", match[0]) and FINNISH.match(text, match.end())
        if digits >= 7 or (digits >= 4 and match[0].count(".") >= 3) or finnish:
            found.add(match.start())
    return found


ALPHABET = st.text(st.sampled_from("0123456789 ./()-–\u00a0\u202f+AZčΩ😀\n"))


@settings(deadline=None)  # the first call may compile
@given(ALPHABET)
@example("010101A123B")
@example("010101-123é")
@example("1.2.3.4")
def test_numbers(text: str) -> None:
    found = {
        point + len(value) - len(value.lstrip("+("))
        for kind, value, point in places(text)
        if kind == scan.NUMBER
    }
    assert found == numbers(text)


@settings(deadline=None)  # the first call may compile
@given(st.text(st.sampled_from("ABCDEFZa 0123é\n😀")))
@example("ABCDEF12A12B123C")
def test_capitals_and_digits(text: str) -> None:
    found = places(text)
    assert {point for kind, _, point in found if kind == scan.IBAN} == {
        match.start() for match in IBAN.finditer(text)
    }
    codes = {point for kind, _, point in found if kind == scan.CODE}
    assert codes == {
        match.start() for match in CODE.finditer(text) if len(text[match.start() :].encode()) >= 16
    }


@settings(deadline=None)  # the first call may compile
@given(st.text(st.sampled_from("ab@.-_+é1 \n")))
def test_every_address_lies_in_a_place(text: str) -> None:
    found = [(point, point + len(body)) for kind, body, point in places(text) if kind == scan.EMAIL]
    for match in re.finditer(r"[ab1é_.+-]@[ab1é-]+\.", text):
        assert any(start <= match.start() and match.end() <= end for start, end in found), match


@settings(deadline=None)  # the first call may compile
@given(st.text())
def test_places_lie_where_they_say(text: str) -> None:
    for _, value, point in places(text):
        assert text[point : point + len(value)] == value


@pytest.mark.parametrize("text", ["@" * 10_000, ":" * 10_000, "1 " * 10_000, "AB12" * 5_000])
def test_long_runs_of_one_thing_take_no_longer_than_they_should(text: str) -> None:
    assert len(places(text)) <= len(text)


def test_bytes_that_are_no_utf8_do_no_harm() -> None:
    chunk = pa.LargeStringArray.from_buffers(
        1, pa.array([0, 12], pa.int64()).buffers()[1], pa.py_buffer(b"\xff@\xe2.c1234567\xe2")
    )
    data, offsets = view(chunk)
    scan.scan(data, offsets)

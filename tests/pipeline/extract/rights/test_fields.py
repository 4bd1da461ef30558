"""Structured field dictionaries (RFC 9651), which AIPREF's preferences are written in."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.pipeline.extract.rights.fields import dictionary, training_signal, training_usage


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # RFC 9651, 3.2 and its examples
        ('en="Applepie", da=:w4ZibGV0w6ZydGU=:', {"en": '"Applepie"', "da": ":w4ZibGV0w6ZydGU=:"}),
        ("a=?0, b, c; foo=bar", {"a": "?0", "b": "", "c": ""}),
        ("rating=1.5, feelings=(joy sadness)", {"rating": "1.5", "feelings": ""}),
        ("a=(1 2), b=3, c=4;aa=bb, d=(5 6);valid", {"a": "", "b": "3", "c": "4", "d": ""}),
        ("a=1,b=2", {"a": "1", "b": "2"}),
        ("a=1\t,\tb=2", {"a": "1", "b": "2"}),
        ("a=@1659578233", {"a": "@1659578233"}),
        ('a=%"f%c3%bc"', {"a": '%"f%c3%bc"'}),
        ("a=1, a=2", {"a": "2"}),
        ("", {}),
        ("  ", {}),
        # what does not parse
        ("a=1,", None),
        (",a=1", None),
        ("a=1 b=2", None),
        ("A=1", None),
        ("a=", None),
        ("1=a", None),
        ("a=1.", None),
        ("a=1234567890123456", None),
        ('a="ü"', None),
        ('a="x', None),
        ("a=(1 2", None),
        ("a=(1,2)", None),
        ("a=?2", None),
        ("a;=1", None),
        ("a\n=1", None),
    ],
)  # fmt: skip
def test_dictionaries(text: str, expected: dict[str, str] | None) -> None:
    assert dictionary(text) == expected


@settings(deadline=None)
@given(st.text(alphabet='abn y=,;()"\\:?01.-@%*\t', max_size=40) | st.text(max_size=40))
def test_any_text_parses_or_does_not(text: str) -> None:
    assert training_usage(text) in ("", "y", "n")
    assert training_signal(text) in ("", "yes", "no")


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z*][a-z0-9_.*-]{0,8}", fullmatch=True), st.sampled_from(["y", "n", "1", "?1", '"n"'])))  # fmt: skip
def test_what_is_written_is_read(content: dict[str, str]) -> None:
    text = ", ".join(f"{key}={value};p=1" for key, value in content.items())
    assert dictionary(text) == content


def test_a_no_among_content_signals_wins() -> None:
    assert training_signal("AI-Train = No, ai-train=yes") == "no"

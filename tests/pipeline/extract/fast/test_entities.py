import html
from html.entities import html5

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.pipeline.extract.fast.entities import decode_reference


def decode(text: str) -> str:
    """The slow way through a text: one reference at a time."""
    source = np.frombuffer(text.encode(), np.uint8)
    out = np.zeros(2 * len(source) + 8, np.uint8)
    i = o = 0
    while i < len(source):
        p, q = decode_reference(source, i, len(source), out, o) if source[i] == 38 else (i, o)
        if p == i:
            out[o] = source[i]
            p, q = i + 1, o + 1
        i, o = p, q
    return out[:o].tobytes().decode()


def test_every_name_of_html5() -> None:
    for name in html5:
        assert decode(f"a&{name}b") == html.unescape(f"a&{name}b"), name


@pytest.mark.parametrize(
    "text",
    ["&", "&;", "&#", "&#;", "&#x", "&#xg", "&#x41", "&#65;&#65", "&#128;", "&#0;", "&#xD800;",
     "&#x110000;", "&#99999999999999999999;", "&#1;", "&#xFFFF;", "&#13;", "&amp", "&ampx", "&notit;",
     "&notin;", "&NotEqualTilde;", "&acE;", "&am", "&copycat", "&lt&gt", "&AMP;", "&CounterClockwiseContourIntegral;"],
)  # fmt: skip
def test_corners(text: str) -> None:
    assert decode(text) == html.unescape(text)


@settings(deadline=None)  # the first call compiles
@given(st.text(st.sampled_from("&#;xX0123456789abcdefglmnopqrtuvAEM ž"), max_size=30))
def test_same_as_the_standard_library(text: str) -> None:
    assert decode(text) == html.unescape(text)

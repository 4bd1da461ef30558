"""Reservations are found where their protocols put them, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.extract.rights import read_rights

PAGE = b"<!doctype html><html><head><title>x</title>%s</head><body>text</body></html>"


@pytest.mark.parametrize(
    ("headers", "head", "verdict", "signals"),
    [
        ([], b"", "unknown", ()),
        ([("tdm-reservation", "1")], b"", "deny", ("header tdm-reservation=1",)),
        ([("TDM-Reservation", " 0 ")], b"", "allow", ("header tdm-reservation=0",)),
        ([("tdm-reservation", "yes")], b"", "unknown", ()),
        ([], b'<meta name="tdm-reservation" content="1">', "deny", ("meta tdm-reservation=1",)),
        ([], b"<META CONTENT=1 NAME='TDM-Reservation'/>", "deny", ("meta tdm-reservation=1",)),
        # In TDMRep the page's own element supersedes the header.
        ([("tdm-reservation", "1")], b'<meta name="tdm-reservation" content="0">', "allow",
         ("meta tdm-reservation=0",)),
        ([("X-Robots-Tag", "noai, noimageai")], b"", "deny", ("header x-robots-tag=noai",)),
        ([("X-Robots-Tag", "gptbot: noai")], b"", "deny", ("header x-robots-tag=noai",)),
        ([("X-Robots-Tag", "noindex, noimageai")], b"", "unknown", ()),
        ([], b'<meta name="robots" content="index, NoAI">', "deny", ("meta robots=noai",)),
        ([("robots", "noai")], b"", "unknown", ()),
        ([("Content-Usage", "train-ai=n, search=y")], b"", "deny", ("header content-usage train-ai=n",)),
        ([("Content-Usage", "train-ai=y")], b"", "allow", ("header content-usage train-ai=y",)),
        ([("Content-Usage", "Train-AI=n")], b"", "unknown", ()),
        ([("Content-Signal", "search=yes, ai-train=no")], b"", "deny", ("header ai-train=no",)),
        ([("tdm-reservation", "0"), ("x-robots-tag", "noai")], b"", "deny",
         ("header tdm-reservation=0", "header x-robots-tag=noai")),
    ],
)  # fmt: skip
def test_signals(
    headers: list[tuple[str, str]], head: bytes, verdict: str, signals: tuple[str, ...]
) -> None:
    rights = read_rights(headers, PAGE % head)
    assert (rights.verdict, rights.signals) == (verdict, signals)


def test_text_about_an_opt_out_in_the_body_far_down_is_none() -> None:
    body = PAGE % b"" + b" " * 70_000 + b'<meta name="robots" content="noai">'
    assert read_rights([], body).verdict == "unknown"


@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=60))), st.binary(max_size=400))
def test_any_headers_and_bytes_get_a_verdict(headers: list[tuple[str, str]], body: bytes) -> None:
    assert read_rights(headers, b"<meta " + body).verdict in ("allow", "deny", "unknown")

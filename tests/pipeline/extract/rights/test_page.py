"""Reservations are found where their protocols put them, and nothing else is taken for one."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rights_cases import cases

from eurocorpus.pipeline.extract.rights import Signal, decide, page_signals, read_rights

PAGE = b"<!doctype html><html><head><title>x</title>%s</head><body>text %s</body></html>"
URL = "https://a.example/page"


def written(signal: Signal) -> str:
    parts = (signal.protocol, signal.place, signal.value, signal.verdict, signal.scope)
    return " ".join(part for part in parts if part)


@cases("headers_and_markup")
def test_a_response_of_a_specification(case: dict[str, Any]) -> None:
    body = PAGE % (case.get("head", "").encode(), case.get("body", "").encode())
    headers = [(name, value) for name, value in case.get("headers", [])]
    assert sorted(map(written, page_signals(headers, body, URL))) == sorted(case["found"])
    assert read_rights(headers, body, URL).verdict == case["verdict"]


def test_signals_say_when_they_were_seen() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    (signal,) = read_rights([("tdm-reservation", "1")], b"", time=now).signals
    assert signal == Signal("tdmrep", "header", "tdm-reservation=1", "deny", time=now)


def test_utf_16_is_read() -> None:
    page = '<html><head><meta name="robots" content="noai"></head>'
    assert read_rights([], b"\xff\xfe" + page.encode("utf-16-le")).verdict == "deny"


def test_text_about_an_opt_out_far_down_or_in_the_body_is_none() -> None:
    tag = b'<meta name="robots" content="noai">'
    assert read_rights([], b"<html>" + b" " * 70_000 + tag).verdict == "unknown"
    assert read_rights([], PAGE % (b"", tag)).verdict == "unknown"
    assert read_rights([], b"<html><head>" + b" " * 70_000 + tag + b"</head>").verdict == "deny"


def test_a_copy_of_the_licence_counts_once_and_few_of_many() -> None:
    one = b'<a rel=license href="https://a.example/%d">x</a>'
    links = b"".join(one % number for number in range(20)) + one % 0
    assert len(page_signals([], PAGE % (b"", links))) == 5


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=60))), st.binary(max_size=400))
def test_any_headers_and_bytes_get_a_verdict(headers: list[tuple[str, str]], body: bytes) -> None:
    assert read_rights(headers, b"<meta " + body).verdict in ("allow", "deny", "unknown")


NAMES = st.sampled_from(
    ["tdm-reservation", "tdm-policy", "X-Robots-Tag", "Content-Usage", "Content-Signal", "Link"]
)
VALUES = st.text(alphabet='01nyai-train=;,:"<>() noaiml\x00ü', max_size=60)


@settings(deadline=None)
@given(
    st.lists(st.tuples(NAMES, VALUES), max_size=6),
    st.sampled_from(["strict", "own-agent", "annotate"]),
)
def test_headers_of_their_names_give_signals_that_are_lines_without_commas(
    headers: list[tuple[str, str]], policy: str
) -> None:
    for signal in page_signals(headers, b""):
        assert "," not in str(signal)
        assert decide([signal], policy, "ownbot").signals == (signal,)


@pytest.mark.parametrize(
    "hostile",
    [
        b"<meta ",
        b"<script ",
        b"<!--",
        b"<a rel=license ",
        b'<link rel="license" href=',
        b"<style>",
        b"<",
    ],
)
def test_hostile_markup_takes_no_longer_than_it_is(hostile: bytes) -> None:
    body = b"<head>" + hostile * (1_000_000 // len(hostile)) + b"noai license rel=license"
    start = time.process_time()
    read_rights([], body)
    assert time.process_time() - start < 20  # measured: at most 0.6 s; quadratic would be hours

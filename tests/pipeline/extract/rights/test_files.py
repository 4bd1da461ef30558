"""tdmrep.json, ai.txt and RSL documents, as their specifications read them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rights_cases import cases

from eurocorpus.pipeline.extract.rights import aitxt, rsl, tdmrep

RSL = '<rsl xmlns="https://rslstandard.org/rsl">{}</rsl>'


@cases("tdmrep")
def test_a_tdmrep_file(case: dict[str, Any]) -> None:
    rules = tdmrep.rules(case["file"].encode())
    for path, expected in case["paths"].items():
        found = tdmrep.signals(rules, f"https://example.com{path}")
        assert [f"{signal.value} {signal.verdict}" for signal in found] == expected, path


@cases("aitxt")
def test_an_ai_txt(case: dict[str, Any]) -> None:
    for expected, paths in (("deny", case["denied"]), ("free", case["free"])):
        for path in paths:
            found = aitxt.signals(case["file"].encode(), f"https://example.com{path}")
            assert ("deny" if {s.verdict for s in found} & {"deny"} else "free") == expected, path


@cases("rsl")
def test_an_rsl_document(case: dict[str, Any]) -> None:
    for url, verdict in case["verdicts"].items():
        assert rsl.judge(RSL.format(case["document"]).encode(), url) == verdict, url


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"no XML",
        b"<rsl><content url='/'><license><prohibits>all</prohibits></license></content></rsl>",
        b"<!DOCTYPE rsl [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><rsl>&a;</rsl>",
        b"<!DOCTYPE r [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><r>&b;</r>",
    ],
)
def test_what_is_no_rsl_document_says_nothing(document: bytes) -> None:
    assert rsl.judge(document, "https://a.example/") == "unknown"


@settings(deadline=None)
@given(st.binary(max_size=300), st.text(max_size=30))
def test_any_bytes_say_something_or_nothing(body: bytes, url: str) -> None:
    tdmrep.signals(tdmrep.rules(body), url)
    aitxt.signals(b"User-agent: *\nDisallow: " + body, url)
    aitxt.signals(b"Training: conditional\nTraining-Deny: " + body, url)
    assert rsl.judge(body, url) == "unknown"


@settings(deadline=None)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["location", "tdm-reservation", "tdm-policy"]), inner, max_size=3)))  # fmt: skip
def test_any_json_is_read(content: Any) -> None:
    import json

    for rule in tdmrep.rules(json.dumps([content]).encode()):
        assert rule.reservation in ("0", "1")

"""Hosts and registered domains of URLs that people write, and of any text at all."""

from urllib.parse import urlsplit

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.report.domains import NONE, host, registered


def hosts(urls: list[str]) -> list[str]:
    return (
        pl.DataFrame({"url": urls}, schema={"url": pl.String})
        .select(host(pl.col("url")))["url"]
        .to_list()
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.Gov.MT/servizzi?x=http://other.example/", "www.gov.mt"),
        ("http://user:secret@kultura.mt:8080/", "kultura.mt"),
        ("http://[2001:db8::1]:80/x", "[2001:db8::1]"),
        ("https://пример.бг/", "пример.бг"),
        ("https://example.org.", "example.org"),
        ("no url", ""),
        ("", ""),
    ],
)
def test_hosts(url: str, expected: str) -> None:
    assert hosts([url]) == [expected]


@given(
    labels=st.lists(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True), min_size=1, max_size=4),
    path=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20),
)
def test_hosts_are_those_of_the_standard_library(labels: list[str], path: str) -> None:
    url = f"https://{'.'.join(labels)}/{path}"
    assert hosts([url]) == [urlsplit(url).hostname]


@given(st.lists(st.text(), max_size=5))
def test_any_text_has_a_host_and_a_domain(urls: list[str]) -> None:
    for name in hosts(urls):
        domain, suffix = registered(name)
        assert domain
        assert suffix
        assert domain == NONE or name.endswith(domain)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("news.bbc.co.uk", ("bbc.co.uk", "co.uk")),
        ("a.b.gozo.com.mt", ("gozo.com.mt", "com.mt")),
        ("somebody.github.io", ("github.io", "io")),
        ("site.unheard-of", ("site.unheard-of", "unheard-of")),
        ("192.0.2.7", ("192.0.2.7", NONE)),
        ("[2001:db8::1]", ("[2001:db8::1]", NONE)),
        ("localhost", ("localhost", NONE)),
        ("", (NONE, NONE)),
    ],
)
def test_registered_domains(name: str, expected: tuple[str, str]) -> None:
    assert registered(name) == expected

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.crawl.urls import (
    domain_of,
    host_of,
    is_endless,
    normalise,
    origin_of,
    part_of,
    shape_of,
)

PIECES = st.text(st.sampled_from("ab1/.?&=;:@%#[]é \\\n\x00-_~+"), max_size=30)
URLS = st.one_of(
    PIECES,
    st.builds("{}://{}/{}".format, st.sampled_from(["http", "HTTPS", "ftp"]), PIECES, PIECES),
    st.builds("http://a.example/{}".format, PIECES),
)


@given(URLS, st.sampled_from(["", "http://b.example/x/y", "https://[2001:db8::1]:8080/"]))
def test_a_normalised_url_is_its_own_and_can_be_sent(url: str, base: str) -> None:
    found = normalise(url, base)
    if found is not None:
        assert normalise(found) == found
        assert found.isascii()
        parts = urlsplit(found)
        assert parts.scheme in ("http", "https")
        assert parts.hostname
        assert parts.path.startswith("/")
        assert not parts.fragment
        assert not parts.username
        assert not set(found) & set(" \r\n\t\x00")
        assert found.startswith(origin_of(found))
        assert 0 <= part_of(host_of(found), 7) < 7
        assert isinstance(is_endless(found), bool)
        shape_of(found)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://user@host.example/",
        "http://:pw@host.example/",
        "http://host.example:22/",
        "http://host.example:99999/",
        "http:///path",
        "http://[::1/",
        "http://" + "a" * 300 + ".example/",
        "http://a.example/" + "x" * 3000,
        "",
    ],
)
def test_what_is_not_fetched(url: str) -> None:
    assert normalise(url) is None


def test_one_spelling() -> None:
    for url in (
        "http://a.example",
        "HTTP://A.EXAMPLE:80/#top",
        "http://a.example./",
        "http://a.example/./",
        "http://a.example/b/..",
        "//a.example//",
        "/?utm_source=x&PHPSESSID=abc",
        "/;jsessionid=12",
    ):
        assert normalise(url, "http://a.example/x") == "http://a.example/", url
    assert normalise("?b=2&a=1&b=1", "http://a.example/x;y") == "http://a.example/x;y?a=1&b=1&b=2"
    assert normalise("http://a.example/a(b)'c;d,e@f:g") == "http://a.example/a(b)'c;d,e@f:g"


def test_subdomains_of_one_domain_are_of_one_part() -> None:
    for parts in (2, 3, 64):
        assert part_of("www.example.co.uk", parts) == part_of("a.b.example.co.uk", parts)
    assert domain_of("a.github.io") != domain_of("b.github.io")  # the list's private section
    assert len({part_of(f"site{n}.example", 8) for n in range(200)}) == 8

"""Patterns of paths, beside an obvious twin."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.pipeline.extract.rights.paths import matches, normal, path_of


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        # RFC 9309, 2.2.2 and 2.2.3; Google's table of the same rules
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz", True),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar", True),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%E3%83%84", "/foo/bar/ツ", True),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", True),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", True),
        ("/fish", "/fish.html", True),
        ("/fish", "/Fish.asp", False),
        ("/fish*", "/fishheads/yummy.html", True),
        ("/fish/", "/fish", False),
        ("/*.php", "/folder/filename.php?parameters", True),
        ("/*.php$", "/filename.php", True),
        ("/*.php$", "/filename.php?parameters", False),
        ("/fish*.php", "/fishheads/catfish.php?parameters", True),
        ("/a*a$", "/a", False),
        ("$", "/", False),
        ("", "/x", True),
        ("*", "/x", True),
        ("/a%2fb", "/a/b", False),
        ("/a%2fb", "/a%2Fb", True),
    ],
)
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path_of(f"https://a.example{path}")) is expected


@settings(deadline=None)
@given(
    st.text(alphabet="ab*/", max_size=12).map(lambda text: f"/{text}"),
    st.booleans(),
    st.text(alphabet="ab/", max_size=12).map(lambda text: f"/{text}"),
)
def test_as_a_regular_expression_would_match(pattern: str, anchored: bool, path: str) -> None:
    twin = ".*".join(map(re.escape, pattern.split("*"))) + (r"\Z" if anchored else "")
    expected = re.match(twin, path) is not None
    assert matches(pattern + "$" * anchored, path) is expected


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_normal_when_it_is_made_so_twice(text: str) -> None:
    assert normal(normal(text)) == normal(text)
    assert path_of(text).isascii()

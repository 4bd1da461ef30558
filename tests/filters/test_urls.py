"""URL rules: what an entry covers, which list decides, and which words give a URL away."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publicsuffixlist import PublicSuffixList

from eurocorpus.filters import urls
from eurocorpus.filters.urls import (
    UrlList,
    UrlRules,
    compile_rules,
    judge_urls,
    registered_domains,
)


def rules(*entries: str) -> UrlRules:
    return compile_rules([UrlList("list", entries)])


def blocked(url: str, *entries: str) -> bool:
    return judge_urls([url], rules(*entries), words=False)[0].as_py() is not None


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("https://bad.com/", "bad.com"),
        ("https://www.shop.bad.com/a?b#c", "bad.com"),
        ("http://bad.co.uk:8080/", "bad.co.uk"),
        ("http://BAD.com./", "Bad.COM"),
        ("http://münchen.de/", "xn--mnchen-3ya.de"),
        ("http://xn--mnchen-3ya.de/", "münchen.de"),
        ("http://site.org/a/b/page.html", "site.org/a"),
        ("http://www.site.org/a/b", "http://site.org/a/b/"),
        ("http://10.1.2.3/x", "10.1.2.3"),
        ("http://hosts.net/", "0.0.0.0 hosts.net  # a hosts file"),
        ("http://user.blogspot.com/", "user.blogspot.com"),
    ],
)
def test_an_entry_covers(url: str, entry: str) -> None:
    assert blocked(url, entry)


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("https://notbad.com/", "bad.com"),
        ("https://bad.com/", "www.bad.com"),
        ("https://user.blogspot.com/", "blogspot.com"),
        ("https://firm.co.uk/", "co.uk"),
        ("http://site.org/ab", "site.org/a"),
        ("http://site.org/", "site.org/a"),
        ("http://site.org/", "# site.org"),
        ("http://[::1/", "1"),
        ("", "bad.com"),
    ],
)
def test_an_entry_does_not_cover(url: str, entry: str) -> None:
    assert not blocked(url, entry)


def test_the_verdict_names_list_and_entry_and_an_allow_list_wins() -> None:
    lists = [
        UrlList("ut1/adult", ["bad.com"]),
        UrlList("ours", ["good.bad.com", "xxx.eu"], allows=True),
    ]
    compiled = compile_rules(lists)
    assert judge_urls(
        ["http://www.bad.com/", "http://good.bad.com/", "http://xxx.eu", "http://fine.org", None],
        compiled,
    ).to_pylist() == ["ut1/adult: bad.com", None, None, None, None]


LEXICON = tomllib.loads((Path(urls.__file__).parent / "urls.toml").read_text("utf-8"))


def test_words_in_every_official_language() -> None:
    assert len(LEXICON["strong"].keys() & LEXICON["soft"].keys()) == 24 + 1
    for kind in ("strong", "soft"):
        for language, words in LEXICON[kind].items():
            assert words == [word.lower() for word in words], language


@pytest.mark.parametrize(
    "url",
    [
        "http://free-porn-tube.com/", "http://www.порно-сайт.бг/", "http://putas-madrid.es/",
        "http://example.org/sex/nackt/", "http://online-casino-bonus.net/", "http://erotik-sex.at/",
        "http://cheap-replica.com/watches", "http://xn--e1aanmfbffk.xn--90ae/порно/секс",
    ],
)  # fmt: skip
def test_words_give_a_url_away(url: str) -> None:
    verdict = judge_urls([url])[0].as_py()
    assert verdict is not None
    assert verdict.startswith("words: ")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.essex.ac.uk/", "https://sv.wikipedia.org/wiki/Sex_(tal)",
        "https://www.scunthorpe.gov.uk/", "https://www.pornichet.fr/", "https://zdravi.cz/sex-a-vztahy",
        "https://www.geant-casino.fr/", "https://noviny.sk/porno-zakon", "https://specialist.nl/",
        "https://middlesex.mt/", "https://www.adultlearning.ie/", "https://kunst.dk/slut",
    ],
)  # fmt: skip
def test_words_leave_alone(url: str) -> None:
    assert judge_urls([url]).to_pylist() == [None]


SUFFIXES = PublicSuffixList()
HOSTS = st.lists(st.sampled_from(["a", "b", "co", "uk", "com", "de"]), min_size=1, max_size=4)
PATHS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3)


def covers(entry: str, host: str, path: list[str]) -> bool:
    """The rule for one entry, as a person would apply it."""
    name, _, rest = entry.partition("/")
    above = host == name or host.endswith(f".{name}")
    segments = rest.split("/") if rest else []
    owned = SUFFIXES.privatesuffix(name) is not None
    return above and owned and path[: len(segments)] == segments


@settings(deadline=None)  # the first call reads the public-suffix list
@given(HOSTS, PATHS, st.lists(st.tuples(HOSTS, PATHS), max_size=4))
def test_lists_do_what_the_rule_for_one_entry_says(
    host: list[str], path: list[str], listed: list[tuple[list[str], list[str]]]
) -> None:
    entries = ["/".join([".".join(name), *rest]) for name, rest in listed]
    url = f"http://{'.'.join(host)}/{'/'.join(path)}"
    expected = any(covers(entry, ".".join(host), path) for entry in entries)
    assert blocked(url, *entries) == expected


@settings(deadline=None)
@given(st.lists(st.text()), st.lists(st.text()))
def test_any_text_is_judged(texts: list[str], entries: list[str]) -> None:
    assert len(judge_urls(texts, rules(*entries))) == len(texts)
    assert len(judge_urls([f"http://{text}" for text in texts])) == len(texts)


def test_expressions_are_looked_for_in_the_whole_url() -> None:
    lists = [
        UrlList(
            "ut1", [], expressions=["# a comment\n", "(^|[-/])bad[0-9]+\n", "\n", "^ok\\.com/x"]
        ),
        UrlList("ours", [], allows=True, expressions=["/about$"]),
    ]
    compiled = compile_rules(lists)
    urls = ["http://a.com/BAD7", "http://bad7.com/", "http://a.com/bad", "http://ok.com/x?y",
            "http://a.com/bad7/about", "http://b.com/ok.com/x"]  # fmt: skip
    verdicts = judge_urls(urls, compiled, words=False).to_pylist()
    first, second = "ut1: (^|[-/])bad[0-9]+", "ut1: ^ok\\.com/x"
    assert verdicts == [first, first, None, second, None, None]


@pytest.mark.parametrize("pattern", ["(", "[[:alpha:]]+", "*a"])
def test_an_expression_that_is_none_is_named(pattern: str) -> None:
    with pytest.raises(ValueError, match="regular expression as Python has them, found"):
        compile_rules([UrlList("ut1", [], expressions=[pattern])])


def test_registered_domains() -> None:
    urls = ["https://www.a.co.uk/x", "http://b.user.blogspot.com", "http://10.1.2.3:80/", "http://[", "", "https://de/"]  # fmt: skip
    assert registered_domains(urls).to_pylist() == ["a.co.uk", "user.blogspot.com", "10.1.2.3", "", "", "de"]  # fmt: skip

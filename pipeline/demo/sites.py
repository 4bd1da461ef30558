"""Builds the sample web: every page of every site, and the answer that goes with it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby

from . import junk
from .layouts import LAYOUTS, Frame, Link, front
from .page import NO_TEXT, SamplePage
from .texts import TAGS, Article, articles, copies, republished


@dataclass(frozen=True, slots=True)
class Site:
    """A host, how it sends its pages, and what its robots.txt says (empty: it has none)."""

    host: str
    name: str
    robots: str = ""
    gzip: bool = False
    chunked: bool = False


SITES = {
    "news": Site(
        "meridian.example",
        "Meridian",
        "User-agent: *\nDisallow: /intern/\nDisallow: /*?print=\n",
        gzip=True,
    ),
    "post": Site("evening-post.example", "Evening Post", "User-agent: *\nDisallow:\n"),
    "blog": Site("margin-notes.example", "Margin Notes", chunked=True),
    "library": Site(
        "open-shelf.example",
        "Open Shelf",
        "Sitemap: https://open-shelf.example/sitemap.xml\n",
        gzip=True,
        chunked=True,
    ),
    "forum": Site(
        "round-table.example",
        "Round Table",
        "User-agent: OtherBot\nDisallow: /\n\nUser-agent: *\nDisallow: /members/\n",
    ),
    "town": Site("town-hall.example", "Town Hall", "User-agent: *\nDisallow: /intranet/\n"),
    "old": Site("parish-pages.example", "Parish Pages"),
    "tables": Site("old-chronicle.example", "Old Chronicle"),
    "oddments": Site("oddments.example", "Oddments"),
    "moved": Site("www.margin-notes.example", "Margin Notes"),
    "repair": Site("under-repair.example", "Under Repair"),
}
"""Every site of the web by its short name; `moved` is an old address of `blog`."""

# Exact duplicates: a second address for the same bytes.
_ALIASES = {
    ("news", "mlt_Latn", "bees"): "?utm_source=newsletter&utm_medium=email",
    ("town", "lit_Latn", "sildymas"): "?session=8f3a01",
    ("library", "ita_Latn", "erbario"): "/index.html",
    ("forum", "hrv_Latn", "rajcice"): "?page=1",
}
_MOVED = {("bul_Cyrl", "lyutenitsa"), ("por_Latn", "sardinhas")}

# A legacy charset: in the header only, in a meta element only, nowhere.
_LEGACY = {
    ("old", "pol_Latn", "cegielnia"): ("windows-1250", "legacy_charset_header"),
    ("old", "ell_Grek", "gefyri"): ("iso-8859-7", "legacy_charset_meta"),
    ("old", "bul_Cyrl", "vodenitsa"): ("windows-1251", "legacy_charset_undeclared"),
}
_MALFORMED = ("old", "hun_Latn", "komp")
_RESERVATIONS = {
    "robots-meta": '<meta name="robots" content="noai">\n',
    "tdm-meta": '<meta name="tdm-reservation" content="1">\n',
}
_FOREIGN = {"cat_Latn", "nob_Latn", "tur_Latn", "ukr_Cyrl"}
_REDIRECT = "/latest"
_NEAR = 0.8


@cache
def pages() -> tuple[SamplePage, ...]:
    """Give every page, among them those that robots.txt forbids; URLs are unique."""
    everything = (*articles(), *(republished(copy, articles()) for copy in copies()))
    written = [_written(article, everything) for article in everything]
    return (
        *(_clustered(page) for page in written),
        *_aliases(written),
        *_forbidden(written),
        *junk.pages(SITES["oddments"].host),
        _redirect(),
        *_fronts(everything),
        *(_robots(site) for site in SITES.values()),
    )


def _path(article: Article) -> str:
    return f"/{article.tag}/{article.slug}" + (".html" if article.site in ("old", "tables") else "")


def _url(site: str, path: str) -> str:
    return f"https://{SITES[site].host}{path}"


def _written(article: Article, everything: Iterable[Article]) -> SamplePage:
    """Lay out an article, send it as its site does, and say what is particular about it."""
    site = SITES[article.site]
    page = SamplePage(
        url=_url(article.site, _path(article)),
        kind=article.site,
        language=article.language,
        body=b"",
        gzip=site.gzip,
        chunked=site.chunked,
        gold=article.text,
    )
    if article.optout:
        page = _reserved(page, article.optout)
    elif article.language in _FOREIGN:
        page = replace(page, trouble=("foreign_language",), outcomes=frozenset({"language"}))
    elif article.site == "tables":
        # trafilatura makes one row between bars of such a page; the punctuation rule drops it.
        page = replace(page, trouble=("table_layout",), outcomes=frozenset({"keep", "quality"}))
    elif article.site == "post":
        page = replace(page, trouble=("near_duplicate" if _is_near(article) else "altered_copy",))
    return _encoded(page, article, _frame(article, everything))


def _reserved(page: SamplePage, optout: str) -> SamplePage:
    headers = (("X-Robots-Tag", "noai"),) if optout == "header" else ()
    trouble = ("opt_out_" + optout.replace("-", "_"),)
    return replace(page, headers=headers, trouble=trouble, outcomes=frozenset({"rights"}))


def _is_near(article: Article) -> bool:
    return any(
        copy.jaccard > _NEAR and (copy.language, copy.slug) == (article.language, article.slug)
        for copy in copies()
    )


def _frame(article: Article, everything: Iterable[Article]) -> Frame:
    related = tuple(
        Link(_path(other), other.title)
        for other in everything
        if (other.site, other.language) == (article.site, article.language)
        and other.slug != article.slug
    )
    path = _path(article)
    printable = f"{path}?print=1" if article.site == "news" else ""
    meta = _RESERVATIONS.get(article.optout, "")
    return Frame(SITES[article.site].name, _url(article.site, path), related, meta, printable)


def _encoded(page: SamplePage, article: Article, frame: Frame) -> SamplePage:
    """Render the page in its charset; pages of the old site differ in where they say it."""
    key = (article.site, article.language, article.slug)
    charset, trouble = _LEGACY.get(key, ("utf-8", ""))
    header = "text/html; charset=utf-8"
    if trouble:
        header = f"text/html; charset={charset}" if trouble.endswith("header") else "text/html"
        page = replace(page, trouble=(trouble,))
    if trouble.endswith("meta"):
        meta = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">\n'
        frame = replace(frame, meta=meta)
    html = LAYOUTS[article.site](article, frame)
    if key == _MALFORMED:
        html = junk.malformed(html)
        page = replace(page, trouble=("malformed_html",))
    return replace(page, body=html.encode(charset), charset=charset, content_type=header)


def _clustered(page: SamplePage) -> SamplePage:
    """Mark the pages that come twice: exactly one of each pair is to be kept."""
    name = _clusters().get(page.url, "")
    if not name:
        return page
    kind = name.partition(" ")[0]
    return replace(
        page,
        cluster=name,
        outcomes=frozenset({"keep", "exact_duplicate" if kind == "exact" else "near_duplicate"}),
    )


@cache
def _clusters() -> dict[str, str]:
    """URL -> name of its cluster, `exact …` or `near …`."""
    found: dict[str, str] = {}
    moved = [("blog", language, slug) for language, slug in sorted(_MOVED)]
    for site, language, slug in [*_ALIASES, *moved]:
        found[_url(site, f"/{TAGS[language]}/{slug}")] = f"exact {language} {slug}"
    for copy in copies():
        if copy.jaccard > _NEAR:
            again = republished(copy, articles())
            (first,) = (
                article
                for article in articles()
                if (article.language, article.slug) == (copy.language, copy.slug)
            )
            for article in (first, again):
                found[_url(article.site, _path(article))] = f"near {copy.language} {copy.slug}"
    return found


def _aliases(written: Iterable[SamplePage]) -> Iterator[SamplePage]:
    """Give the pages that are there under a second URL."""
    by_url = {page.url: _clustered(page) for page in written}
    for (site, language, slug), suffix in _ALIASES.items():
        url = _url(site, f"/{TAGS[language]}/{slug}")
        yield replace(by_url[url], url=url + suffix, trouble=("exact_duplicate",))
    for language, slug in sorted(_MOVED):
        path = f"/{TAGS[language]}/{slug}"
        page = by_url[_url("blog", path)]
        yield replace(page, url=_url("moved", path), trouble=("exact_duplicate",))


def _forbidden(written: Iterable[SamplePage]) -> Iterator[SamplePage]:
    """Give the pages behind a robots.txt; they hold good text, so that a leak would show."""
    written = list(written)
    secret = next(page for page in written if page.url.endswith("/en/ferry"))
    places = [
        ("news", "/intern/draft"),
        ("news", "/intern/plan/2026"),
        ("forum", "/members/list"),
        ("town", "/intranet/print"),
        ("repair", "/"),
    ]
    behind = [replace(secret, url=_url(site, path)) for site, path in places]
    behind += [replace(page, url=page.url + "?print=1") for page in written if page.kind == "news"]
    for page in behind:
        yield replace(
            page, gzip=False, trouble=("robots_forbidden",), outcomes=frozenset({"forbidden"})
        )


def _redirect() -> SamplePage:
    return SamplePage(
        url=_url("news", _REDIRECT),
        kind="redirect",
        language="und",
        body=b"<html><body>Moved.</body></html>\n",
        headers=(("Location", _url("news", "/en/ferry")),),
        status=302,
        trouble=("redirect",),
        outcomes=frozenset({"http_status"}),
    )


def _fronts(everything: Iterable[Article]) -> Iterator[SamplePage]:
    """Give each site's front page, which leads to all its other pages."""
    extra = {
        "news": [_REDIRECT, "/intern/draft", "/intern/plan/2026"],
        "oddments": junk.paths(),
        "moved": sorted(f"/{TAGS[language]}/{slug}" for language, slug in _MOVED),
    }
    for (alias, language, slug), suffix in _ALIASES.items():
        extra.setdefault(alias, []).append(f"/{TAGS[language]}/{slug}{suffix}")
    for key, site in SITES.items():
        if key == "repair":
            continue
        own = [article for article in everything if article.site == key]
        groups = [
            (TAGS[language], [Link(_path(article), article.title) for article in group])
            for language, group in groupby(own, lambda article: article.language)
        ]
        more = [Link(path, path.strip("/")) for path in extra.get(key, [])]
        html = front(site.name, groups, more)
        yield SamplePage(
            _url(key, "/"), "front", "und", html.encode(), gzip=site.gzip, outcomes=NO_TEXT
        )


def _robots(site: Site) -> SamplePage:
    """Give a robots.txt; without one it is a 404, and 503 on the site under repair."""
    page = SamplePage(
        f"https://{site.host}/robots.txt", "robots", "und", site.robots.encode(), "text/plain"
    )
    if site.robots:
        return replace(page, outcomes=NO_TEXT | {"content_type"})
    status = 503 if site == SITES["repair"] else 404
    trouble = ("robots_unavailable",) if status == 503 else ()
    body = b"Service Unavailable\n" if status == 503 else b"Not Found\n"
    return replace(
        page, status=status, body=body, trouble=trouble, outcomes=frozenset({"http_status"})
    )

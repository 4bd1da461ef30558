"""Turns an article into the HTML of one of eight fictional sites, boilerplate included.

Every layout shows the paragraphs in reading order, surrounded by what a real site of its kind has
in the page's own language. What is not an article's paragraph is boilerplate to an extractor.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape

from .texts import Article, Words, words

_STYLE = "body{font-family:sans-serif;max-width:70em}nav li{display:inline}.cookie{position:fixed}"
_SCRIPT = 'window.siteSettings={"consent":null,"theme":"light"};function accept(){return true}'


@dataclass(frozen=True, slots=True)
class Link:
    """A link on a page."""

    href: str
    title: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What a layout needs to know beside the article."""

    name: str
    """The site's name."""
    url: str
    """The canonical URL of the page."""
    related: tuple[Link, ...] = ()
    """Other pages of the site in the same language."""
    meta: str = ""
    """Further elements of the head."""
    print_href: str = ""


def _items(rows: Iterable[str]) -> str:
    return "".join(f"<li>{row}</li>" for row in rows)


def _link(href: str, title: str) -> str:
    return f'<a href="{escape(href)}">{escape(title)}</a>'


def _menu(phrases: Words) -> str:
    """Give the menu's items; they lead to places on the front page."""
    return _items(_link(f"/#m{n}" if n else "/", title) for n, title in enumerate(phrases.menu))


def _paragraphs(paragraphs: Iterable[str]) -> str:
    return "\n".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in paragraphs)


def _day(article: Article) -> str:
    date = article.date
    return f'<time datetime="{date.isoformat()}">{date.day}. {date.month}. {date.year}</time>'


def _share(phrases: Words, frame: Frame) -> str:
    targets = ("Facebook", "Mastodon", "E-mail")
    links = _items(_link(f"https://share.example/{t.lower()}?u={frame.url}", t) for t in targets)
    return f'<div class="share"><span>{phrases.share}</span><ul>{links}</ul></div>'


def _cookies(phrases: Words) -> str:
    return (
        f'<div class="cookie" role="dialog"><p>{phrases.cookies}</p>'
        f"<button>{phrases.accept}</button> <button>{phrases.reject}</button></div>"
    )


def _teasers(phrases: Words, frame: Frame) -> str:
    links = [_link(link.href, link.title) for link in frame.related]
    links += [_link(f"/#t{n}", title) for n, title in enumerate(phrases.teasers)]
    return _items(links)


def _subscribe(phrases: Words) -> str:
    return (
        f'<form class="newsletter" action="/#newsletter"><p>{phrases.subscribe}</p>'
        f'<input type="email" name="email"><button>{phrases.subscribe_button}</button></form>'
    )


def _footer(phrases: Words, frame: Frame) -> str:
    legal = " · ".join(_link(f"/#l{n}", title) for n, title in enumerate(phrases.legal))
    return f"<footer><p>{legal}</p><p>© 2025 {frame.name}. {phrases.rights}</p></footer>"


def _document(article: Article, frame: Frame, body: str, head: str = "") -> str:
    return f"""<!DOCTYPE html>
<html lang="{article.tag}">
<head>
<meta charset="utf-8">
<title>{escape(article.title)} | {frame.name}</title>
<meta name="viewport" content="width=device-width">
<meta name="author" content="{escape(article.authors[0])}">
<meta name="date" content="{article.date.isoformat()}">
<link rel="canonical" href="{frame.url}">
{frame.meta}{head}<style>{_STYLE}</style>
<script>{_SCRIPT}</script>
</head>
<body>
{body}
</body>
</html>
"""


def news(article: Article, frame: Frame) -> str:
    """Lay out a newspaper's page: teasers at the side, comments below."""
    phrases = words(article.language)
    remarks = "".join(
        f'<li class="comment"><b>{who}</b><p>{remark}</p><a href="#c{n}">{phrases.reply}</a></li>'
        for n, (who, remark) in enumerate(zip(("anna_k", "tom63"), phrases.remarks, strict=True))
    )
    body = f"""<a class="skip" href="#content">{phrases.skip}</a>
{_cookies(phrases)}
<header><div class="brand"><a href="/">{frame.name}</a></div>
<nav class="menu"><ul>{_menu(phrases)}</ul></nav>
<form action="/#search"><input name="q" placeholder="{phrases.search}"></form></header>
<main id="content">
<article>
<h1>{escape(article.title)}</h1>
<p class="byline">{escape(article.authors[0])} · {phrases.published} {_day(article)}</p>
{_share(phrases, frame)}
<div class="article-body">
{_paragraphs(article.paragraphs)}
</div>
<p class="tools"><a href="{frame.print_href or "#"}">{phrases.print}</a></p>
</article>
<section class="comments" id="comments"><h2>{phrases.comments} (2)</h2><ul>{remarks}</ul></section>
</main>
<aside class="sidebar"><h2>{phrases.popular}</h2><ol>{_teasers(phrases, frame)}</ol>
{_subscribe(phrases)}</aside>
{_footer(phrases, frame)}"""
    return _document(article, frame, body, '<meta property="og:type" content="article">\n')


def post(article: Article, frame: Frame) -> str:
    """Lay out the second newspaper's page, which nests its text in divisions."""
    phrases = words(article.language)
    body = f"""<div id="top"><div class="logo"><a href="/">{frame.name}</a></div>
<div class="navigation"><ul>{_menu(phrases)}</ul></div></div>
<div id="wrap"><div class="col-left"><div class="box"><h4>{phrases.popular}</h4>
<ul>{_teasers(phrases, frame)}</ul></div></div>
<div class="col-main"><div class="story" itemscope itemtype="https://schema.org/NewsArticle">
<h1 itemprop="headline">{escape(article.title)}</h1>
<div class="meta">{phrases.published} {_day(article)}, {escape(article.authors[0])}</div>
<div class="story-text" itemprop="articleBody">
{_paragraphs(article.paragraphs)}
</div></div>
{_share(phrases, frame)}</div></div>
{_cookies(phrases)}
{_footer(phrases, frame)}"""
    return _document(article, frame, body)


def blog(article: Article, frame: Frame) -> str:
    """Lay out a blog's entry, as the usual blog software does."""
    phrases = words(article.language)
    comment = f"<li><cite>Maria</cite><p>{phrases.remarks[0]}</p></li>"
    body = f"""<div class="site"><header class="site-header"><p class="site-title">
<a href="/">{frame.name}</a></p><nav class="main-navigation"><ul>{_menu(phrases)}</ul></nav></header>
<div class="content-area"><main>
<article class="post hentry"><header class="entry-header">
<h1 class="entry-title">{escape(article.title)}</h1>
<div class="entry-meta">{_day(article)} · {escape(article.authors[0])}</div></header>
<div class="entry-content">
{_paragraphs(article.paragraphs)}
</div>
<footer class="entry-footer">{_share(phrases, frame)}</footer></article>
<nav class="post-navigation"><a href="/#p">{phrases.previous}</a> <a href="/#n">{phrases.next}</a></nav>
<div id="comments" class="comments-area"><h2>{phrases.comments}</h2><ol>{comment}</ol></div>
</main></div>
<div id="secondary" class="widget-area"><section class="widget"><h2>{phrases.popular}</h2>
<ul>{_teasers(phrases, frame)}</ul></section><section class="widget">{_subscribe(phrases)}</section></div>
{_footer(phrases, frame)}</div>
{_cookies(phrases)}"""
    return _document(article, frame, body, '<meta name="generator" content="Quill 4.2">\n')


def library(article: Article, frame: Frame) -> str:
    """Lay out a library catalogue's record with a description of the book."""
    phrases = words(article.language)
    values = (article.authors[0], str(article.date.year), f"Lb {len(article.text)}", article.tag)
    record = "".join(
        f"<dt>{label}</dt><dd>{escape(value)}</dd>"
        for label, value in zip(phrases.catalogue, values, strict=True)
    )
    body = f"""<header><a href="/">{frame.name}</a>
<form action="/#search"><input name="q"><button>{phrases.search}</button></form>
<ul class="menu">{_menu(phrases)}</ul></header>
<div class="breadcrumb"><a href="/">{phrases.menu[0]}</a> › <a href="/#r">{phrases.menu[2]}</a></div>
<main>
<div class="record">
<h1>{escape(article.title)}</h1>
<figure class="cover"><img src="/cover.png" alt=""></figure>
<dl class="fields">{record}</dl>
<div class="abstract">
{_paragraphs(article.paragraphs)}
</div>
</div>
<ul class="pager"><li><a href="/#p">{phrases.previous}</a></li><li><a href="/#n">{phrases.next}</a></li></ul>
</main>
<aside><h3>{phrases.popular}</h3><ul>{_teasers(phrases, frame)}</ul></aside>
{_share(phrases, frame)}
{_footer(phrases, frame)}
{_cookies(phrases)}"""
    return _document(article, frame, body)


def forum(article: Article, frame: Frame) -> str:
    """Lay out a thread: one block a post, each with its author's particulars."""
    phrases = words(article.language)
    posts = "\n".join(
        f"""<div class="post" id="p{number}"><div class="author"><b>{escape(author)}</b>
<span>{phrases.member} {2009 + 3 * number}</span></div>
<div class="message">
{_paragraphs(paragraphs)}
</div><div class="buttons"><a href="#p{number}">{phrases.reply}</a> <a href="#s">{phrases.share}</a></div></div>"""
        for number, (author, paragraphs) in enumerate(_signed(article))
    )
    body = f"""<div id="header"><a href="/">{frame.name}</a><ul>{_menu(phrases)}</ul></div>
<div class="crumbs"><a href="/">{phrases.menu[0]}</a> » <a href="/members/list">{phrases.search}</a></div>
<h1 class="thread-title">{escape(article.title)}</h1>
<div class="pagination"><a href="/#p">{phrases.previous}</a> <b>1</b> <a href="/#n">{phrases.next}</a></div>
<div class="thread">
{posts}
</div>
<div class="similar"><h3>{phrases.popular}</h3><ul>{_teasers(phrases, frame)}</ul></div>
{_footer(phrases, frame)}
{_cookies(phrases)}"""
    return _document(article, frame, body)


def _signed(article: Article) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Give each post with its author; who asked also writes what comes after the answers."""
    authors = (*article.authors, article.authors[0])
    return zip(authors, article.posts, strict=True)


def town(article: Article, frame: Frame) -> str:
    """Lay out a municipality's page: a menu within a menu, and the office's hours."""
    phrases = words(article.language)
    offices = _items(
        f'<a href="/#o{n}">{office}</a><ul><li><a href="/#o{n}a">{phrases.search}</a></li>'
        f'<li><a href="/#o{n}b">{phrases.menu[5]}</a></li></ul>'
        for n, office in enumerate(phrases.offices)
    )
    body = f"""<a class="skip" href="#main">{phrases.skip}</a>
<header role="banner"><a href="/">{frame.name}</a><nav><ul>{_menu(phrases)}</ul></nav></header>
<div class="layout"><nav class="tree" aria-label="tree"><ul><li><a href="/">{phrases.menu[0]}</a>
<ul>{offices}</ul></li></ul></nav>
<main id="main" role="main">
<p class="breadcrumb"><a href="/">{phrases.menu[0]}</a> / <a href="/#o0">{phrases.offices[0]}</a></p>
<h1>{escape(article.title)}</h1>
<p class="updated">{_day(article)} · {escape(article.authors[0])}</p>
<div class="text">
{_paragraphs(article.paragraphs)}
</div>
<p class="page-tools"><a href="/intranet/print">{phrases.print}</a></p>
</main>
<aside class="contact"><h2>{phrases.menu[5]}</h2><p>Tel. 0000 123 456<br>8:00-16:00</p>
<ul>{_teasers(phrases, frame)}</ul></aside></div>
{_footer(phrases, frame)}
{_cookies(phrases)}"""
    return _document(article, frame, body)


def tables(article: Article, frame: Frame) -> str:
    """Lay out a page as in 1999: one table for the whole page, the text in a cell of it."""
    phrases = words(article.language)
    menu = "<br>\n".join(
        f'<font size="2">{_link("/", title)}</font>' for title in (*phrases.menu, *phrases.offices)
    )
    body = f"""<table width="780" border="0" cellpadding="4" align="center">
<tr><td colspan="2" bgcolor="#993300"><font color="white" size="5">{frame.name}</font></td></tr>
<tr><td width="150" valign="top" bgcolor="#ffe0b0">
{menu}
</td><td valign="top">
<h2>{escape(article.title)}</h2>
{_paragraphs(article.paragraphs)}
</td></tr>
<tr><td colspan="2" align="center" bgcolor="#ffe0b0">
{_closing(phrases)}
</td></tr>
</table>"""
    return _antique(article, frame, body)


def old(article: Article, frame: Frame) -> str:
    """Lay out a page as in 2002: a table on top, then the text; `meta` may name the charset."""
    phrases = words(article.language)
    menu = " |\n".join(f'<font size="2">{_link("/", title)}</font>' for title in phrases.menu)
    body = f"""<table width="100%" border="0" cellpadding="4" bgcolor="#ccddee">
<tr><td><font size="5">{frame.name}</font></td><td align="right">
{menu}
</td></tr></table>
<hr>
<blockquote>
<h2>{escape(article.title)}</h2>
{_paragraphs(article.paragraphs)}
</blockquote>
<hr>
<center>
{_closing(phrases)}
</center>"""
    return _antique(article, frame, body)


def _closing(phrases: Words) -> str:
    links = " | ".join(
        _link("/", title) for title in (phrases.previous, phrases.menu[0], phrases.next)
    )
    return f'<font size="1">{links}<br>{phrases.rights}</font>'


def _antique(article: Article, frame: Frame, body: str) -> str:
    return f"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
<html>
<head>
{frame.meta}<title>{frame.name} - {escape(article.title)}</title>
</head>
<body bgcolor="#ffffe8" text="#202020" link="#003399">
{body}
</body>
</html>
"""


def front(name: str, groups: Iterable[tuple[str, Iterable[Link]]], extra: Iterable[Link]) -> str:
    """Lay out a front page: for each language its headlines, then the `extra` links."""
    sections = "\n".join(
        f'<section lang="{tag}"><h2>{tag}</h2><ul>'
        + _items(_link(link.href, link.title) for link in links)
        + "</ul></section>"
        for tag, links in groups
    )
    more = _items(_link(link.href, link.title) for link in extra)
    return f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{name}</title></head>
<body><h1>{name}</h1>
{sections}
<footer><ul>{more}</ul></footer></body></html>
"""


LAYOUTS: dict[str, Callable[[Article, Frame], str]] = {
    "news": news,
    "post": post,
    "blog": blog,
    "library": library,
    "forum": forum,
    "town": town,
    "old": old,
    "tables": tables,
}
"""Layouts by the name of the site that uses them."""

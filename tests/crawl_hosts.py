"""The hosts of a well-behaved and a hostile web: each has a rule of politeness or safety to test."""

import asyncio
import gzip
import random
from collections.abc import AsyncIterator
from itertools import count

from crawl_web import NOT_FOUND, Request, Site, links, page, tree

ENGLISH = (
    "The committee meets again on Tuesday to discuss the harbour and the new bridge. Several "
    "members have asked for more time, because the report of the engineers is not complete, and "
    "the question of who is to pay for the work has not been answered by the ministry so far. "
)
ROBOTS = "User-agent: *\nDisallow: /private\nAllow: /private/open\n"


def ordinary(seed: int) -> tuple[Site, set[str]]:
    """Make a site with a tree of pages, and give the paths that a polite crawler must fetch."""
    draw = random.Random(seed)
    paths = ["/"] + [f"/{draw.choice('abcdefgh')}{n}" for n in range(1, draw.randint(3, 6))]
    pages: dict[str, bytes] = {}
    for n, path in enumerate(paths):
        children = [child for k, child in enumerate(paths) if k and (k - 1) // 2 == n]
        written = [draw.choice([child, f"{child}#part", f".{child}"]) for child in children]
        written += draw.sample(["/private/x", "/private", "/gone", "mailto:a@b.example", "/"], 2)
        pages[path] = page(links(*written, text=f"Page {path} of site {seed}."))
    pages["/private/x"] = pages["/private"] = page("Not for you.")
    fetched = set(paths)
    if any(b'"/gone"' in body for body in pages.values()):
        fetched.add("/gone")
    return tree(pages, ROBOTS), fetched


def moved(target: str, status: str = "301 Moved Permanently") -> bytes:
    return page("", status, headers={"Location": target})


async def drip(pieces: AsyncIterator[bytes] | list[bytes], pause: float) -> AsyncIterator[bytes]:
    """Send pieces slowly."""
    if isinstance(pieces, list):
        for piece in pieces:
            yield piece
            await asyncio.sleep(pause)
    else:
        async for piece in pieces:
            yield piece
            await asyncio.sleep(pause)


async def _forever(piece: bytes, pause: float = 0.0) -> AsyncIterator[bytes]:
    while True:
        yield piece
        await asyncio.sleep(pause)


async def _after(head: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for piece in pieces:
        yield piece


def with_root(path: str, reply: object) -> Site:
    """A front page that links to one page, which is special."""

    def site(request: Request) -> bytes | AsyncIterator[bytes]:
        if request.path == "/":
            return page(links(path, "/last", text=f"Front page of {request.host}."))
        if request.path == "/last":
            return page("The last page.")
        if request.path == path:
            return reply(request) if callable(reply) else reply  # type: ignore[return-value]
        return NOT_FOUND

    return site


def robots_with(status: str, body: str = "", **headers: str) -> Site:
    """A site whose robots.txt is answered so."""
    rest = tree({"/": page(links("/a")), "/a": page("a")})
    answer = page(body, status, "text/plain", headers)
    return lambda request: answer if request.path == "/robots.txt" else rest(request)


def robots_packed(status: str, body: bytes, **headers: str) -> Site:
    """A site whose robots.txt comes gzip-encoded, which a page that it forbids shows."""
    rest = tree({"/": page(links("/private/x", "/a")), "/a": page("a"), "/private/x": page("x")})
    answer = page(body, status, "text/plain", {"Content-Encoding": "gzip"} | headers)
    return lambda request: answer if request.path == "/robots.txt" else rest(request)


AWAY = 4
"""Hosts whose robots.txt is another's: some of them in another part of the crawl."""


def robots_moved(hops: int, rules_at: str) -> Site:
    """A robots.txt that is redirected so many times, then to another host's."""

    def site(request: Request) -> bytes:
        step = (
            int(request.path[2:]) if request.path[:2] == "/r" and request.path[2:].isdigit() else 0
        )
        if request.path == "/robots.txt" or step:
            if step + 1 < hops:
                return moved(f"/r{step + 1}")
            return moved(f"http://{rules_at}:{request.port}/robots.txt")
        return {"/": page(links("/private/x", "/a")), "/a": page("a")}.get(request.path, page("?"))

    return site


def pushing_back(times: int, status: str, retry_after: str) -> Site:
    """A site whose page /busy asks to be left alone so many times."""
    asked = count()

    def busy(request: Request) -> bytes:
        if next(asked) < times:
            return page("Busy", status, headers={"Retry-After": retry_after})
        return page("At last.")

    return with_root("/busy", busy)


NEWS = 15


def calendar(request: Request) -> bytes:
    """A calendar without end, and an article for each of some days that has something to say."""
    words = request.path.strip("/").split("/")
    if words[0] == "cal":
        month = int(words[1])
        return page(
            links(f"/cal/{month + 1}", text="Nothing happens in this month. Mo Tu We Th Fr")
        )
    if words[0] == "news":
        return page(links("/", text=prose(request.path)))
    news = [f"/news/{n}" for n in range(1, NEWS + 1)]
    return page(links("/cal/1", *news)) if request.path == "/" else NOT_FOUND


def prose(seed: str) -> str:
    """Words that no other page has, too few to tell a language by."""
    draw = random.Random(seed)
    return " ".join("".join(draw.choices("abcdefghij", k=6)) for _ in range(24))


def sessions(request: Request) -> bytes:
    """Each link carries a new session."""
    if request.path.startswith("/robots") or "." in request.path:
        return NOT_FOUND
    sid = random.Random(request.path).randrange(10**9)
    return page(links(f"/a?PHPSESSID={sid}", f"/b;jsessionid={sid}", f"/?sid={sid}", text="Shop"))


def deeper(request: Request) -> bytes:
    """Every page has one that lies deeper, by the same names."""
    return NOT_FOUND if "." in request.path else page(links("x/", "y/", text=request.path))


def chain(length: int) -> Site:
    return tree(
        {f"/{n or ''}": page(links(f"/{n + 1}", text=prose(f"step {n}"))) for n in range(length)}
    )


def wide(pages: int, size: int = 0) -> Site:
    names = [f"/p{n}" for n in range(pages)]
    known = {name: page(f"<p>{prose(name)}</p>" + " " * size) for name in names}
    return tree({"/": page(links(*names)), **known})


def english(request: Request) -> bytes:
    """Pages in a language that nobody asked for."""
    if request.path in ("/robots.txt", "/ai.txt") or "well-known" in request.path:
        return NOT_FOUND
    number = int(request.path.strip("/") or 0)
    return page(
        f"<html><body><main><p>{ENGLISH * 3}</p><p>{number}</p></main>{links(f'/{number + 1}')}"
    )


def sitemapped(request: Request) -> bytes:
    """Pages that only sitemaps name, one of them packed, behind an index."""
    base = f"http://{request.host}:{request.port}"
    urls = {
        "/map1.xml": ["/one", "/two"],
        "/map2.xml.gz": ["/three"],
        "/index.xml": ["/map1.xml", "/map2.xml.gz"],
    }
    if request.path == "/robots.txt":
        return page(f"User-agent: *\nDisallow:\nSitemap: {base}/index.xml\n", kind="text/plain")
    if request.path in urls:
        kind = ("sitemapindex", "sitemap") if "index" in request.path else ("urlset", "url")
        body = (
            f'<?xml version="1.0"?><{kind[0]} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        )
        body += "".join(f"<{kind[1]}><loc>{base}{u}</loc></{kind[1]}>" for u in urls[request.path])
        data = (body + f"</{kind[0]}>").encode()
        if request.path.endswith(".gz"):
            return page(gzip.compress(data), kind="application/x-gzip")
        return page(data, kind="application/xml")
    return (
        page(f"Page {request.path}")
        if request.path in ("/", "/one", "/two", "/three")
        else NOT_FOUND
    )


def spelled(request: Request) -> bytes:
    """One page in many spellings."""
    base = f"HTTP://{request.host.upper()}:{request.port}"
    same = [
        "/a?x=1&y=2",
        "/a?y=2&x=1",
        f"{base}/a?x=1&y=2#z",
        "/./a?x=1&y=2&utm_source=q",
        "//a?x=1&y=2",
    ]
    return page(links(*same[:4])) if request.path == "/" else (
        page("a") if request.path.startswith("/a?") else NOT_FOUND)  # fmt: skip


def cookies(request: Request) -> bytes:
    headers = {"Set-Cookie": "id=secret-of-mine", "WWW-Authenticate": "Basic realm=secret-realm"}
    if request.path == "/login":
        return page("Who are you?", "401 Unauthorized", headers=headers)
    known = request.path in ("/", "/a")
    return page(links("/a", "/login", f"http://me:password@{request.host}:{request.port}/b"),
                headers=headers) if known else NOT_FOUND  # fmt: skip


def chunked(request: Request) -> bytes:
    """Chunks, interim answers, an odd order and spelling of headers, and no length."""
    if request.path == "/":
        body = links("/old", "/interim").encode()
        return (b"HTTP/1.1 200 Fine\r\nX-odd-CASE: 1\r\ncontent-TYPE: text/html\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))  # fmt: skip
    if request.path == "/old":
        return b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<p>old"
    if request.path == "/interim":
        return b"HTTP/1.1 100 Continue\r\n\r\n" + page("after it")
    return NOT_FOUND


SLOW = 0.15


async def slowly(request: Request) -> AsyncIterator[bytes]:
    await asyncio.sleep(SLOW)
    known = {"/": page(links("/a", "/b")), "/a": page("a"), "/b": page("b")}
    yield known.get(request.path, NOT_FOUND)


def inward(request: Request) -> bytes:
    """Leads to where a crawler must not go: other schemes, private hosts, addresses, small ports."""
    port = request.port
    targets = [*(host.format(port) for host in INNER), "/hop", "/out", "file:///etc/passwd",
               "ftp://inner.test/", f"http://{request.host}:22/"]  # fmt: skip
    moves = {"/hop": f"http://inner.test:{port}/hop", "/out": "file:///etc/passwd"}
    if request.path in moves:
        return moved(moves[request.path], "302 Found")
    return page(links(*targets)) if request.path == "/" else NOT_FOUND


INNER = (
    "http://inner.test:{}/", "http://metadata.test:{}/", "http://127.2.0.1:{}/", "http://[::1]:{}/",
    "http://10.0.0.1:{}/", "http://[::ffff:127.2.0.1]:{}/", "http://0x7f.2.1:{}/", "http://2130837505:{}/",
)  # fmt: skip
"""URLs of addresses that are not public, for a port."""


def linking_out(request: Request) -> bytes:
    """Links to another host of its domain, and to a host of another."""
    targets = [f"http://www.links.test:{request.port}/", f"http://outside.test:{request.port}/"]
    return page(links(*targets)) if request.path == "/" else NOT_FOUND


def hostile() -> dict[str, Site]:
    """Give the hosts that would hold a crawler up or fill it, by name."""
    html = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    bomb = gzip.compress(links("/never").encode() + b"\0" * (8 << 20))
    return {
        "endless.test": with_root(
            "/endless", lambda _: _after(html + b"\r\n", _forever(b"<p>more</p>" * 1000))
        ),
        "dripping.test": with_root(
            "/drip", lambda _: _after(html + b"\r\n", _forever(b"<p>drop", 0.2))
        ),
        "loris.test": with_root("/loris", lambda _: _after(html, _forever(b"X-A: b\r\n", 0.2))),
        "stalled.test": with_root(
            "/stalled", lambda _: _after(html + b"\r\n<p>", drip([b"a"] * 3, 30.0))
        ),
        "flood.test": with_root(
            "/flood", lambda _: _after(html, _forever(b"X-A: " + b"b" * 999 + b"\r\n"))
        ),
        "longline.test": with_root("/line", lambda _: _after(html + b"X: ", _forever(b"b" * 9999))),
        "garbage.test": with_root("/garbage", b"\x00\x01 not HTTP at all\r\n\r\n"),
        "hangup.test": with_root("/hangup", b""),
        "cut.test": with_root(
            "/cut", lambda _: drip([html + b"Content-Length: 999\r\n\r\n<p>cut"], 0)
        ),
        "bomb.test": with_root("/bomb", page(bomb, headers={"Content-Encoding": "gzip"})),
        "interim.test": with_root(
            "/interim", lambda _: _forever(b"HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n")
        ),
        "nochunk.test": with_root(
            "/chunk", html + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nno chunk"
        ),
        "lengths.test": with_root(
            "/lengths", html + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"
        ),
        "toolong.test": with_root(
            "/toolong", html + b"Content-Length: 2\r\n\r\nab" + links("/never").encode()
        ),
        "inward.test": inward,
        "image.test": with_root("/image", page(b"\x89PNG" + b"x" * 50_000, kind="image/png")),
    }


def special() -> dict[str, Site]:
    """Give the hosts that test a rule each, by name."""
    long_rules = "User-agent: *\nDisallow: /early\n" + "#" * (510 << 10) + "\nDisallow: /late\n"
    early_late = tree({"/": page(links("/early", "/late")), "/late": page("late")}, long_rules)
    grouped = (
        "User-agent: *\nDisallow: /\n\nUser-agent: eurocorpus\nDisallow: /a\nAllow: /a/b\n\n"
        "User-agent: other\nUser-agent: EuroCorpus\nDisallow: /*.pdf$\nDisallow: /ai.txt\n"
    )
    same = page("<p>One text at two places.</p>")
    return {
        "robots404.test": robots_with("404 Not Found"),
        "robots403.test": robots_with("403 Forbidden", "User-agent: *\nDisallow: /"),
        "robots500.test": robots_with("500 Internal Server Error"),
        "robots429.test": robots_with("429 Too Many Requests"),
        "robots304.test": robots_with("304 Not Modified"),
        "robotsgzip.test": robots_packed("200 OK", gzip.compress(ROBOTS.encode())),
        "robotsbroken.test": robots_packed("200 OK", gzip.compress(ROBOTS.encode())[:-9]),
        "robotscut.test": robots_packed("200 OK", b"", **{"Content-Length": "9", "Connection": "close"}),
        "robotsgone.test": lambda request: b"" if request.path == "/robots.txt" else page("no"),
        "robots5hops.test": robots_moved(5, "rules.test"),
        "robots6hops.test": robots_moved(6, "rules.test"),
        **{f"away{n}.test": robots_moved(1, "rules.test") for n in range(AWAY)},
        "rules.test": tree({"/": page("rules")}, ROBOTS),
        "longrobots.test": early_late,
        "groups.test": tree(
            {"/": page(links("/a", "/a/b", "/x.pdf", "/x.pdf?2", "/ai.txt")), "/a/b": page("b")}, grouped
        ),
        "crawldelay.test": tree(
            {"/": page(links("/a", "/b")), "/a": page("a"), "/b": page("b")},
            "User-agent: *\nCrawl-delay: 0.5\n",
        ),
        "foreverdelay.test": robots_with("200 OK", "User-agent: *\nCrawl-delay: 1000000\n"),
        "busy429.test": pushing_back(1, "429 Too Many Requests", "1"),
        "busy503.test": pushing_back(1, "503 Service Unavailable", "1"),
        "toobusy.test": pushing_back(10**6, "429 Too Many Requests", "86400"),
        "alwaysbusy.test": pushing_back(10**6, "503 Service Unavailable", "0"),
        "slow.test": slowly,
        "loop.test": tree({"/": page(links("/l1")), "/l1": moved("/l2"), "/l2": moved("/l1")}),
        "hops.test": tree(
            {"/": page(links("/h0")), **{f"/h{n}": moved(f"/h{n + 1}") for n in range(20)}}
        ),
        "cookies.test": cookies,
        "calendar.test": calendar,
        "sessions.test": sessions,
        "deeper.test": deeper,
        "manypages.test": wide(40),
        "manybytes.test": wide(16, 200_000),
        "chain.test": chain(30),
        "english.test": english,
        "nofollow.test": tree(
            {
                "/": page(links("/meta", "/header", "/rel")),
                "/meta": page('<meta name="ROBOTS" content="noindex, nofollow"><a href="/no1">no</a>'),
                "/header": page(links("/no2"), headers={"X-Robots-Tag": "nofollow"}),
                "/rel": page('<a rel="ugc nofollow" href="/no3">no</a>'),
            }
        ),
        "sitemap.test": sitemapped,
        "same.test": tree({"/": page(links("/s1", "/s2")), "/s1": same, "/s2": same}),
        "chunked.test": chunked,
        "spelled.test": spelled,
        "links.test": linking_out,
        "www.links.test": tree({"/": page("The www of it.")}),
        "outside.test": tree({"/": page("Not a seed.")}),
        "failing.test": lambda request: NOT_FOUND if "." in request.path else (
            page(links(*(f"/f{n}" for n in range(50)))) if request.path == "/" else b""),
    }  # fmt: skip

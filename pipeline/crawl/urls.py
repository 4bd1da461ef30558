"""URLs as a crawl knows them: one spelling each, the host's domain, and what gives a trap away."""

import re
from collections import Counter
from functools import cache
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote_plus, urlencode, urljoin, urlsplit

import idna
from courlan import normalize_url
from publicsuffixlist import PublicSuffixList
from w3lib.url import safe_url_string
from xxhash import xxh3_64_intdigest

_MAX_CHARACTERS = 2000
_AROUND = "".join(map(chr, range(33)))  # WHATWG URL: leading and trailing C0 controls and spaces
_SESSION = re.compile(
    r"(?i)^(?:phpsessid|jsessionid|aspsessionid\w*|asp\.net_sessionid|session_?id|sess(?:id)?|"
    r"sid|s_?id|cfid|cftoken|oscsid|zenid|osid)$"
)
_SESSION_PATH = re.compile(r"(?i);(?:jsessionid|phpsessid|sid)=[^/?#;]*")
_SLASHES = re.compile(r"/{2,}")
_NUMBERED = re.compile(r"[^\W_]*\d[^\W_]*")
_LOWEST_PORT = 1024  # below it only 80 and 443: crawlers must not speak HTTP to mail servers


def normalise(url: str, base: str = "") -> str | None:
    """Give a URL the one spelling by which the crawl knows it, or null if it is not to be fetched.

    The scheme is http or https, the host lower case and ASCII, there is a path, no fragment, no
    user name or password, no session id; parameters are sorted, and those that only track taken
    out, by courlan's list. Ports other than 80, 443 and those above 1023 are refused.

    >>> normalise("../b?utm_source=x&z=1&a=2#top", "HTTP://Example.ORG:80/a/c")
    'http://example.org/b?a=2&z=1'
    >>> normalise("http://a.example/index.php?/news/1&b")
    'http://a.example/index.php?/news/1&b'
    >>> normalise("mailto:me@example.org"), normalise("http://me:secret@example.org/")
    (None, None)
    >>> normalise("http://bücher.example/;jsessionid=A1B2?PHPSESSID=3&p=1")
    'http://xn--bcher-kva.example/?p=1'
    """
    try:
        url = url.strip(_AROUND)
        joined = urljoin(base, url) if base else url
        parts = urlsplit(joined)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname or parts.username:
            return None
        if len(joined) > _MAX_CHARACTERS or parts.password or not _is_port_fit(parts.port):
            return None
        clean = urlsplit(normalize_url(parts._replace(path="/", query="", fragment="")))
        host = _ascii_host(clean.hostname or "")
        port = f":{clean.port}" if clean.port else ""
    except (ValueError, UnicodeError, AttributeError):
        return None
    if not host:
        return None
    sent = urlsplit(safe_url_string(f"http://a.example{_path(parts.path)}?{parts.query}"))
    return clean._replace(
        netloc=host + port, path=_path(sent.path), query=_clean_query(sent.query)
    ).geturl()


def host_of(url: str) -> str:
    """The host of a normalised URL, without its port."""
    return urlsplit(url).hostname or ""


def origin_of(url: str) -> str:
    """Scheme, host and port of a normalised URL; what one robots.txt is for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def domain_of(host: str) -> str:
    """The registered domain of a host, such as `example.co.uk`; an address is its own.

    >>> domain_of("www.example.co.uk"), domain_of("127.0.0.1"), domain_of("localhost")
    ('example.co.uk', '127.0.0.1', 'localhost')
    """
    try:
        ip_address(host.strip("[]"))
        return host
    except ValueError:
        return _suffixes().privatesuffix(host) or host


def part_of(host: str, parts: int) -> int:
    """Which of so many parts of a crawl a host belongs to, by its registered domain."""
    return xxh3_64_intdigest(domain_of(host).encode()) % parts


def shape_of(url: str) -> str:
    """What URLs that differ only by numbers and values have in common: where a trap would be.

    >>> shape_of("http://a.example/2031/06/view-a7f?day=3&id=x7")
    'http://a.example/0/0/view-0?day&id'
    """
    parts = urlsplit(url)
    path = _NUMBERED.sub("0", parts.path)
    names = "&".join(sorted({key for key, _ in parse_qsl(parts.query, keep_blank_values=True)}))
    return f"{parts.scheme}://{parts.netloc}{path}" + (f"?{names}" if names else "")


def is_endless(url: str, segments: int = 16, repeats: int = 3) -> bool:
    """Whether a path shows that links lead ever deeper: too many segments, or the same ones again.

    A path counts as repeating where one segment stands there `repeats` times, or two in a row do
    so twice more.

    >>> is_endless("http://a.example/a/b/a/b/a/b/"), is_endless("http://a.example/2026/11/24/11/")
    (True, False)
    """
    parts = [part for part in urlsplit(url).path.split("/") if part]
    if len(parts) > segments:
        return True
    words = Counter(part for part in parts if not part.isdigit())
    return max(words.values(), default=0) >= repeats


def _path(path: str) -> str:
    """Read a path as browsers do, take out session ids, empty steps, `/./` and `/../`."""
    path = _SESSION_PATH.sub("", _SLASHES.sub("/", path.replace("\\", "/")))
    return urlsplit(urljoin("http://a.example/", path or "/")).path


def _clean_query(query: str) -> str:
    """Sort parameters, and take out what tracks, by courlan's list, and session ids.

    courlan itself would take out parameters without a value, which some sites have as paths.
    """
    parts = [(unquote_plus(part.partition("=")[0]), part) for part in query.split("&") if part]
    asked = urlencode({name: "1" for name, _ in parts})
    kept = dict(parse_qsl(urlsplit(normalize_url(f"http://a.example/?{asked}")).query))
    return "&".join(
        part for name, part in sorted(parts) if name in kept and not _SESSION.match(name)
    )


def _is_port_fit(port: int | None) -> bool:
    return port in (None, 80, 443) or (port is not None and port >= _LOWEST_PORT)


def _ascii_host(host: str) -> str:
    host = host.rstrip(".")
    if ":" in host:
        return f"[{ip_address(host).compressed}]"
    if host.isascii():
        return host if re.fullmatch(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?", host) else ""
    return idna.encode(host, uts46=True).decode("ascii")


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()

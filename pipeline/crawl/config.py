"""The configuration of a crawl: what can be set, and its defaults."""

from typing import Annotated, Literal

from pydantic import ByteSize, Field, field_validator

from ..section import Engine, Section
from .addresses import read_networks


class Identity(Section):
    """Who crawls: what site owners see in their logs, and where they can complain."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_-]+$")] = "eurocorpus"
    """The product token: how robots.txt addresses this crawler (RFC 9309: letters, `_` and `-`)."""
    page: str = ""
    """The URL of a page about this crawler; `crawl` writes one as `about.html` for you to publish."""
    contact: str = ""
    """An e-mail address for complaints; sent in the header `From` and shown on the page."""
    operator: str = ""
    """Who runs it, for the page."""
    purpose: str = "a text corpus for training and evaluating language models"
    """What the pages are fetched for, for the page."""


class Pace(Section):
    """How gently a host is treated; times in seconds."""

    delay: Annotated[float, Field(ge=0)] = 2.0
    """Least time between two requests to a host; a longer one that robots.txt asks for goes first."""
    factor: Annotated[float, Field(ge=0)] = 4.0
    """The delay is at least so many times what the host took for its last answer."""
    longest: Annotated[float, Field(gt=0)] = 60.0
    """Longest delay that slowness and errors alone lead to."""
    retries: Annotated[int, Field(ge=0)] = 3
    """How often a URL is tried again after 429, 5xx or a lost connection."""
    patience: Annotated[float, Field(ge=0)] = 600.0
    """Longest `Retry-After` or `Crawl-delay` that is kept; a host that asks for more is left alone."""
    failures: Annotated[int, Field(ge=1)] = 5
    """URLs in a row that fail before a host is left alone."""
    robots_hours: Annotated[float, Field(gt=0)] = 24.0
    """How long a robots.txt is believed (RFC 9309, 2.4: at most 24 hours)."""


class Budget(Section):
    """How much is taken of one host."""

    pages: Annotated[int, Field(ge=1)] = 1000
    """Answers of a host, robots.txt and the like not counted."""
    bytes: ByteSize = ByteSize(512 << 20)
    """Bytes received of a host."""
    depth: Annotated[int, Field(ge=0)] = 12
    """Links between a seed and a page."""
    seconds: Annotated[float, Field(gt=0)] = 12 * 3600
    """Time from the first request to a host in one go; what is left then is not fetched."""
    hosts: Annotated[int, Field(ge=1)] = 100
    """Hosts of one registered domain."""
    redirects: Annotated[int, Field(ge=0)] = 5
    """Redirects in a row."""
    segments: Annotated[int, Field(ge=1)] = 16
    """Segments of a path."""
    sitemaps: Annotated[int, Field(ge=0)] = 50
    """Sitemap files of a host."""
    trap_pages: Annotated[int, Field(ge=2)] = 20
    """Pages in a row, of URLs that differ only by numbers and values, that bring no new line."""


class Answer(Section):
    """What is read of one answer."""

    bytes: ByteSize = ByteSize(10 << 20)
    """Most bytes of a body as sent; the rest is cut off (`WARC-Truncated: length`)."""
    seconds: Annotated[float, Field(gt=0)] = 60.0
    """Longest that a body may take; the rest is cut off (`WARC-Truncated: time`)."""
    header_bytes: ByteSize = ByteSize(64 << 10)
    """Most bytes of a status line and headers; the connection is closed beyond."""
    decoded_bytes: ByteSize = ByteSize(32 << 20)
    """Most bytes of a body once its content encoding is undone, to look for links in it."""
    links: Annotated[int, Field(ge=0)] = 5000
    """Links that are taken from one page."""
    types: tuple[str, ...] = (
        "text/html",
        "application/xhtml+xml",
        "text/plain",
        "text/xml",
        "application/xml",
        "application/rss+xml",
        "application/atom+xml",
    )
    """Media types whose body is fetched; the body of others is refused once the headers are in."""


class Wanted(Section):
    """Budgets by language: a host that turns out to be in others loses its own."""

    languages: tuple[str, ...] = ()
    """Codes such as `mlt_Latn`; none means that no page is looked at for its language."""
    pages: Annotated[int, Field(ge=1)] = 20
    """The last pages of a host, at most so many, that are judged; and the least before it is."""
    share: Annotated[float, Field(ge=0, le=1)] = 0.2
    """The host goes on while at least this share of them is in the languages."""

    @field_validator("languages")
    @classmethod
    def _known(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        if codes:
            from ...langid import LANGUAGES  # a second of imports, which most crawls do without
        for code in codes:
            if code not in LANGUAGES:
                raise ValueError(f"no language has the code {code!r}; codes look like mlt_Latn")
        return codes


class Network(Section):
    """How hosts are found and reached."""

    allow_private: bool = False
    """Whether private, loopback and link-local addresses may be connected to."""
    allow: tuple[str, ...] = ()
    """Networks that may be connected to although they are not public, such as `10.1.0.0/16`."""
    hosts: str | None = None
    """A file as /etc/hosts that is asked before DNS."""
    http2: bool = False
    """Whether HTTP/2 is spoken to hosts that offer it; one that does not costs a `timeout`, once."""
    timeout: Annotated[float, Field(gt=0)] = 30.0
    """Longest that a name's address, a connection and the headers of an answer may take."""

    @field_validator("allow")
    @classmethod
    def _networks(cls, written: tuple[str, ...]) -> tuple[str, ...]:
        read_networks(written)
        return written


class Warc(Section):
    """The files that are written."""

    bytes: ByteSize = ByteSize(1 << 30)
    """A file beyond this size is closed and another begun."""
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] = "crawl"
    """What their names begin with."""


class Limits(Section):
    """When a crawl ends before it is done; the same command goes on from there."""

    pages: Annotated[int, Field(ge=1)] | None = None
    """Most answers in all."""
    seconds: Annotated[float, Field(gt=0)] | None = None
    """Time of one command."""
    bytes: ByteSize | None = None
    """Size of all WARC files."""
    grace: Annotated[float, Field(ge=0)] = 30.0
    """Seconds that answers on their way are waited for when the crawl is stopped."""


class CrawlConfig(Section):
    """Everything that a crawl depends on."""

    seeds: Annotated[tuple[str, ...], Field(min_length=1)]
    """URLs, hosts, or files of them, one a line; sitemaps and files of them (`.xml`, `.xml.gz`)."""
    output: str
    """The folder of the crawl."""
    scope: Literal["host", "domain", "any"] = "domain"
    """Which links are followed: to the hosts of the seeds, to their registered domains, or all."""
    parts: Annotated[int, Field(ge=1, le=4096)] | None = None
    """Into how many units of work the hosts are divided, by registered domain; by default as many
    as there are workers when the crawl begins."""
    at_once: Annotated[int, Field(ge=1)] = 64
    """Hosts of one part that are visited at a time."""
    previous: tuple[str, ...] = ()
    """Folders of earlier crawls: pages unchanged since are asked for so and stored as revisits."""
    identity: Identity = Identity()
    pace: Pace = Pace()
    budget: Budget = Budget()
    answer: Answer = Answer()
    wanted: Wanted = Wanted()
    network: Network = Network()
    warc: Warc = Warc()
    limits: Limits = Limits()
    engine: Engine = Field(default_factory=Engine)

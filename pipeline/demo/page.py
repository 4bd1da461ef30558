"""One page of the sample web: what is served, and what a pipeline should make of it."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal[
    "keep",
    "forbidden",
    "http_status",
    "content_type",
    "empty",
    "rights",
    "language",
    "quality",
    "exact_duplicate",
    "near_duplicate",
]
"""What becomes of a page: it is kept, robots.txt keeps the fetcher away, or why it is dropped."""

NO_TEXT: frozenset[Outcome] = frozenset({"empty", "language", "quality"})
"""A page without running text: which of these finds it first depends on the extractor."""


@dataclass(frozen=True, slots=True)
class SamplePage:
    """A response of the sample web, with its known answer."""

    url: str
    kind: str
    """The layout of an article (`news`, `forum`, …); else `front`, `robots`, `error`,
    `redirect`, `file` or `junk`."""
    language: str
    """Code of the main text's language; `und` where there is no such text."""
    body: bytes
    """The body before gzip and chunked coding."""
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    """Response headers beside those of type, length, coding and date."""
    status: int = 200
    gzip: bool = False
    chunked: bool = False
    charset: str = "utf-8"
    """The true charset of the body."""
    gold: str = ""
    """The main text, one paragraph a line, without the title."""
    trouble: tuple[str, ...] = ()
    """What is wrong with the page on purpose; README.md explains each name."""
    outcomes: frozenset[Outcome] = frozenset({"keep"})
    """What may become of the page."""
    cluster: str = ""
    """Of the pages that share this name, exactly one is to be kept."""

"""What every request says about who makes it."""

from ... import __version__
from .config import CrawlConfig

EVIDENCE = ("robots.txt", "ai.txt", ".well-known/tdmrep.json")
"""Files of an origin that say what may be done with its pages; the first says what may be fetched."""


def request_headers(config: CrawlConfig) -> dict[str, str]:
    """Give the headers of every request; the user agent says who asks, and where to read about it."""
    identity = config.identity
    headers = {
        "User-Agent": user_agent(config),
        "Accept": "text/html,application/xhtml+xml;q=0.9,text/plain;q=0.8,*/*;q=0.1",
        "Accept-Encoding": "gzip, br",
    }
    return headers | ({"From": identity.contact} if identity.contact else {})


def user_agent(config: CrawlConfig) -> str:
    """Name the crawler, its version, and its page or address.

    >>> user_agent(CrawlConfig(seeds=("a.example",), output="x")).partition("/")[0]
    'eurocorpus'
    """
    identity = config.identity
    where = "; ".join(filter(None, (identity.page and f"+{identity.page}", identity.contact)))
    return f"{identity.name}/{__version__} ({where or 'a crawler for text corpora'})"

"""Hosts and the domains that somebody registered, by the Public Suffix List that `tld` carries."""

from functools import lru_cache

import polars as pl
from tld import get_tld
from tld.exceptions import TldBadUrl

_HOST = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^/?#:\[\]]*)"

NONE = "(none)"
"""Where a URL has no host, or a host no domain that can be registered."""


def host(url: pl.Expr) -> pl.Expr:
    """Give the host of each URL in lower case, empty where there is none."""
    return url.str.extract(_HOST).fill_null("").str.to_lowercase().str.strip_chars(".")


@lru_cache(maxsize=1 << 16)
def registered(host: str) -> tuple[str, str]:
    """Give the registered domain and the public suffix of a host; no network is asked.

    Only ICANN's part of the list counts, so `name.github.io` is `github.io`. A name under no known
    suffix has its last label as suffix, as the list's default rule says.

    >>> registered("www.gov.mt"), registered("news.bbc.co.uk"), registered("10.0.0.1")
    (('www.gov.mt', 'gov.mt'), ('bbc.co.uk', 'co.uk'), ('10.0.0.1', '(none)'))
    """
    try:
        found = get_tld(host, as_object=True, fix_protocol=True, fail_silently=True,
                        search_private=False)  # fmt: skip
    except (TldBadUrl, ValueError):
        found = None
    if found is not None and not isinstance(found, str):
        return found.fld, found.tld
    labels = host.split(".")
    if host.startswith("[") or len(labels) < 2 or labels[-1].isdigit() or not all(labels):
        return host or NONE, NONE
    return ".".join(labels[-2:]), labels[-1]

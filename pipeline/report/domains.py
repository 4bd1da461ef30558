"""Hosts, and the domains that somebody registered, by the Public Suffix List; no network is asked."""

from functools import cache, lru_cache

import polars as pl
from publicsuffixlist import PublicSuffixList

_HOST = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^/?#:\[\]]*)"

NONE = "(none)"
"""Where a URL has no host, or a host no domain that can be registered."""


def host(url: pl.Expr) -> pl.Expr:
    """Give the host of each URL in lower case, empty where there is none."""
    return url.str.extract(_HOST).fill_null("").str.to_lowercase().str.strip_chars(".")


@lru_cache(maxsize=1 << 16)
def registered(host: str) -> tuple[str, str]:
    """Give the registered domain and the public suffix of a host.

    Only ICANN's part of the list counts, so `name.github.io` is `github.io`. A name under no known
    suffix has its last label as suffix, as the list's default rule says.

    >>> registered("www.gov.mt"), registered("news.bbc.co.uk"), registered("10.0.0.1")
    (('gov.mt', 'mt'), ('bbc.co.uk', 'co.uk'), ('10.0.0.1', '(none)'))
    """
    labels = host.split(".")
    if host.startswith("[") or len(labels) < 2 or labels[-1].isdigit() or not all(labels):
        return host or NONE, NONE
    suffix = _suffixes().publicsuffix(host) or NONE
    return _suffixes().privatesuffix(host) or host, suffix


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)

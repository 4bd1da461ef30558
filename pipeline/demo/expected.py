"""Holds what a pipeline did with the sample against what it should have done."""

from collections import defaultdict
from collections.abc import Mapping

from .page import Outcome
from .sites import pages

_OUTCOMES: dict[str, Outcome] = {
    "content_type": "content_type",
    "empty_body": "empty",
    "exact_duplicate": "exact_duplicate",
    "http_status": "http_status",
    "language_uncertain": "language",
    "language_unwanted": "language",
    "near_duplicate": "near_duplicate",
    "no_text": "empty",
    "opted_out": "rights",
}


def outcome(reason: str | None) -> Outcome:
    """Give the outcome that a reason of the ledger stands for; null is a page that was kept.

    >>> outcome("opted_out"), outcome("line_punct_ratio"), outcome(None)
    ('rights', 'quality', 'keep')
    """
    if reason is None:
        return "keep"
    return _OUTCOMES.get(reason, "quality")


def differences(found: Mapping[str, Outcome]) -> list[str]:
    """Compare the outcome of each captured URL with the known answer; say each difference.

    An empty list means that every page met the fate it should.
    """
    return [*_pages_unlike(found), *_clusters_unlike(found), *_strangers(found)]


def _pages_unlike(found: Mapping[str, Outcome]) -> list[str]:
    said: list[str] = []
    for page in pages():
        expected = " or ".join(sorted(page.outcomes))
        actual = found.get(page.url, "forbidden")
        if actual not in page.outcomes:
            said.append(f"{page.url}: expected {expected}, found {actual}")
    return said


def _clusters_unlike(found: Mapping[str, Outcome]) -> list[str]:
    """Of duplicates, one and only one is to be kept."""
    kept: defaultdict[str, int] = defaultdict(int)
    for page in pages():
        if page.cluster:
            kept[page.cluster] += found.get(page.url) == "keep"
    return [
        f"duplicates {name!r}: expected 1 kept, found {number}"
        for name, number in sorted(kept.items())
        if number != 1
    ]


def _strangers(found: Mapping[str, Outcome]) -> list[str]:
    known = {page.url for page in pages()}
    return [f"{url}: not a page of the sample" for url in sorted(found.keys() - known)]

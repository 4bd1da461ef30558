"""Lines that repeat: in one document, and on many pages of a site, in whatever order those come.

A site is known by a sample of its pages. A page's name is the hash of its three longest lines, so that copies of a page that differ in a date or a
counter are one page. A site's sample is the pages of the least names: any part of the site gives its
own least, and the least of all parts are those of the whole.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from numpy.typing import NDArray

from .buffers import view
from .lines import as_lines
from .texts import Languages, Texts, as_texts, encoded

SAMPLE = pa.schema([("site", pa.int64()), ("page", pa.uint64()), ("line", pa.uint64())])
"""A line of a page of a site, each by its hash; that of a site is below `SITES`."""

SITES = 1 << 62
"""Hashes of sites are from 0 to below this, so that a range of them is one of int64."""

FREQUENT = pa.schema(
    [("site", pa.int64()), ("line", pa.uint64()), ("pages", pa.int64()), ("of", pa.int64())]
)
"""A line that stands on `pages` of the `of` pages that a site's sample has."""

PAGES = 1000
"""Pages of a site that are looked at; a share of 0.3 is then told to within 0.015."""

_LONGEST = 3
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio

Hashes = NDArray[np.uint64]


def find_repeats(texts: Texts, least_characters: int = 40) -> pa.Array:
    """Find the lines that stood in the same text before.

    Args:
        texts: an Arrow string array, chunked or not, or a sequence of str; null counts as empty.
        least_characters: shorter lines may come as often as they like, as in dialogues and tables.

    Returns:
        A list of `lines.LINES` a text, their rule `repeat`; for `lines.remove_lines`. Lines are equal
        as for `sample_lines`.
    """
    chunked = as_texts(texts)
    places, lines = _hashes(chunked)
    long = places[:, 2] - places[:, 1] >= least_characters
    places, lines = places[long], lines[long]
    order = np.lexsort((places[:, 1], lines, places[:, 0]))
    places, lines = places[order], lines[order]
    again = places[~_changes(places[:, 0], lines)]
    columns = np.column_stack((again, np.zeros(len(again), np.int64)))
    return as_lines(columns, len(chunked), ("repeat",))


def sample_lines(texts: Texts, sites: Languages, pages: int = PAGES) -> pa.Table:
    """Sample the lines of each site's pages.

    Lines are equal that have equal words and numbers, whatever their case and punctuation; those
    without a letter are not looked at.

    Args:
        texts: a page's text each.
        sites: what the page belongs to, such as its registered domain and language; or one for all.
        pages: most pages of a site.

    Returns:
        `SAMPLE`, sorted, no row twice. Those of several inputs are joined by `join_samples`.
    """
    chunked = as_texts(texts)
    names, indices = encoded(sites, len(chunked))
    places, lines = _hashes(chunked)
    columns = site_hashes(names)[indices[places[:, 0]]], _names(places, lines), lines
    return join_samples([pa.table(list(columns), schema=SAMPLE)], pages)


def site_hashes(sites: Iterable[str]) -> NDArray[np.int64]:
    """Give the hashes that samples know sites by."""
    return np.array([xxhash.xxh3_64_intdigest(site.encode()) % SITES for site in sites], np.int64)


def _names(places: NDArray[np.int64], lines: Hashes) -> Hashes:
    """Name the page of each line by its longest lines."""
    pages, first = np.unique(places[:, 0], return_index=True)
    order = np.lexsort((lines, places[:, 1] - places[:, 2], places[:, 0]))
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
    longest = np.where(rank < _LONGEST, lines[order], np.uint64(0))
    names = np.add.reduceat(longest, first) if len(pages) else longest
    return np.asarray(names[np.searchsorted(pages, places[:, 0])] * _SPREAD)


def join_samples(samples: Iterable[pa.Table], pages: int = PAGES) -> pa.Table:
    """Join what `sample_lines` gave for several inputs, in any order; `pages` as it was there."""
    table = pa.concat_tables([SAMPLE.empty_table(), *samples])
    site, page, line = (table[name].to_numpy() for name in SAMPLE.names)
    order = np.lexsort((line, page, site))
    site, page, line = site[order], page[order], line[order]
    new_page = _changes(site, page)
    keep = _changes(site, page, line) & (_ordinal(_changes(site), new_page) < pages)
    return pa.table([site[keep], page[keep], line[keep]], schema=SAMPLE)


def _changes(*columns: NDArray[Any]) -> NDArray[np.bool_]:
    """Say which rows differ from the one before."""
    changes = np.zeros(len(columns[0]), bool)
    changes[:1] = True
    for column in columns:
        changes[1:] |= column[1:] != column[:-1]
    return changes


def _ordinal(outer: NDArray[np.bool_], inner: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Number the groups that begin where `inner` is true, anew where `outer` is."""
    count = np.cumsum(inner)
    return np.asarray(count - count[np.flatnonzero(outer)][np.cumsum(outer) - 1])


def frequent_lines(sample: pa.Table, *, share: float = 0.3, least_pages: int = 10) -> pa.Table:
    """Find the lines that stand on more than a share of their site's pages.

    Args:
        sample: of whole sites, as `join_samples` gives it.
        share: of the pages in the sample, between 0 and 1.
        least_pages: a site with fewer pages has no boilerplate that could be told.

    Returns:
        `FREQUENT`, sorted by site and line.

    Raises:
        ValueError: `share` is not between 0 and 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be between 0 and 1, not {share}")
    site, page, line = (sample[name].to_numpy() for name in SAMPLE.names)
    starts = np.flatnonzero(_changes(site))
    of = np.add.reduceat(_changes(site, page), starts, dtype=np.int64) if len(site) else starts
    order = np.lexsort((line, site))
    firsts = np.flatnonzero(_changes(site[order], line[order]))
    pages = np.diff(np.append(firsts, len(site)))
    own, lines = site[order][firsts], line[order][firsts]
    all_pages = of[np.searchsorted(site[starts], own)]
    found = (pages > share * all_pages) & (all_pages >= least_pages)
    columns = (column[found] for column in (own, lines, pages, all_pages))
    return pa.table(list(columns), schema=FREQUENT)


def repeated_lines(
    texts: Texts, sites: Languages, frequent: pa.Table, *, most: float = 0.5
) -> pa.Array:
    """Find the lines of texts that are frequent on their site.

    Args:
        texts: as for `sample_lines`; they need not be the texts that were sampled.
        sites: as for `sample_lines`.
        frequent: what `frequent_lines` found, at least for these sites.
        most: share of a text's characters; one that has more of such lines has no text of its own, or
            is a version of other pages, such as a licence: it keeps them.

    Returns:
        A list of `lines.LINES` a text, their rule `site`; for `lines.remove_lines`.
    """
    chunked = as_texts(texts)
    names, indices = encoded(sites, len(chunked))
    places, lines = _hashes(chunked)
    own = site_hashes(names)[indices[places[:, 0]]]
    known = _mixed(frequent["site"].to_numpy(), frequent["line"].to_numpy())
    gone = places[np.isin(_mixed(own, lines), known)]
    lengths = pc.fill_null(pc.utf8_length(chunked), 0).to_numpy()
    share = np.bincount(gone[:, 0], gone[:, 2] - gone[:, 1], len(chunked)) > most * lengths
    gone = gone[~share[gone[:, 0]]]
    return as_lines(np.column_stack((gone, np.zeros(len(gone), np.int64))), len(chunked), ("site",))


def checksum(frequent: pa.Table) -> int:
    """Sum up the rows of a table, or of a part of it: sums of parts add up to that of the whole."""
    mixed = _mixed(frequent["site"].to_numpy(), frequent["line"].to_numpy())
    return int((mixed ^ (mixed >> np.uint64(29))).sum(dtype=np.uint64))


def _mixed(site: NDArray[np.int64], line: Hashes) -> Hashes:
    """Hash a site and a line together; of 10**6 pairs two are alike with a chance of 3e-8."""
    return (site.astype(np.uint64) ^ (line * _SPREAD)) * _SPREAD


def _hashes(chunked: pa.ChunkedArray) -> tuple[NDArray[np.int64], Hashes]:
    """Give (text, start, end) of each line with a letter, and its hash."""
    from .line_kernel import hash_lines  # imports Numba

    places, hashes, first = [np.zeros((0, 3), np.int64)], [np.zeros(0, np.uint64)], 0
    for chunk in chunked.chunks:
        found, values = hash_lines(*view(chunk))
        places.append(found + np.array([first, 0, 0]))
        hashes.append(values)
        first += len(chunk)
    return np.concatenate(places), np.concatenate(hashes)

"""Lines that stand on many pages of a site: counted by site, so that no order of pages matters."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .buffers import view
from .lines import as_lines
from .texts import Languages, Texts, as_texts, encoded

COUNTS = pa.schema([("site", pa.string()), ("line", pa.uint64()), ("pages", pa.int64())])
"""How many pages of a site have a line, by its hash; the row of line 0 counts the site's pages."""

_ALL = np.uint64(0)


def count_lines(texts: Texts, sites: Languages) -> pa.Table:
    """Count on how many pages of each site each line stands.

    Lines are equal that have equal words and numbers, whatever their case and punctuation; those
    without a letter are not counted.

    Args:
        texts: a page's text each.
        sites: the registered domain or host that each page is from, or one for all.

    Returns:
        `COUNTS`, sorted. Those of several inputs are added by `add_counts`.
    """
    chunked = as_texts(texts)
    names, indices = encoded(sites, len(chunked))
    places, hashes = _hashes(chunked)
    pages = np.concatenate((places[:, 0], np.arange(len(chunked))))
    lines = np.concatenate((hashes, np.full(len(chunked), _ALL)))
    once = pa.table({"site": indices[pages], "page": pages, "line": lines})
    once = once.group_by(["site", "page", "line"]).aggregate([])
    table = once.group_by(["site", "line"]).aggregate([([], "count_all")])
    labels = pa.array(names, pa.string()).take(table["site"].combine_chunks())
    columns = {"site": labels, "line": table["line"], "pages": table["count_all"]}
    return pa.table(columns).cast(COUNTS).sort_by([("site", "ascending"), ("line", "ascending")])


def add_counts(tables: list[pa.Table]) -> pa.Table:
    """Add up what `count_lines` gave for several inputs, in any order."""
    whole = pa.concat_tables([COUNTS.empty_table(), *tables])
    table = whole.group_by(["site", "line"]).aggregate([("pages", "sum")])
    table = table.rename_columns({"pages_sum": "pages"}).select(COUNTS.names).cast(COUNTS)
    return table.sort_by([("site", "ascending"), ("line", "ascending")])


def repeated_lines(
    texts: Texts, sites: Languages, counts: pa.Table, *, share: float = 0.3, least_pages: int = 10
) -> pa.Array:
    """Find the lines that stand on more than a share of their site's pages.

    Args:
        texts: as for `count_lines`; they need not be the texts that were counted.
        sites: as for `count_lines`.
        counts: what was counted over all inputs.
        share: of a site's pages, between 0 and 1.
        least_pages: a site with fewer pages has no boilerplate that could be told.

    Returns:
        A list of `lines.LINES` a text, their rule `boilerplate`; for `lines.remove_lines`.

    Raises:
        ValueError: `share` is not between 0 and 1; lengths differ.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be between 0 and 1, not {share}")
    chunked = as_texts(texts)
    names, indices = encoded(sites, len(chunked))
    places, hashes = _hashes(chunked)
    gone = np.zeros(len(hashes), bool)
    own = indices[places[:, 0]]
    frequent = _frequent(counts, share, least_pages)
    for index in np.unique(own):
        rows = own == index
        gone[rows] = np.isin(hashes[rows], frequent.get(names[index], np.zeros(0, np.uint64)))
    found = np.column_stack((places[gone], np.zeros(gone.sum(), np.int64)))
    return as_lines(found, len(chunked), ("boilerplate",))


def _frequent(counts: pa.Table, share: float, least: int) -> dict[str, NDArray[np.uint64]]:
    """Give the hashes of each site's boilerplate."""
    of_site = pc.equal(counts["line"], pa.scalar(0, pa.uint64()))
    sums = counts.filter(of_site).select(["site", "pages"])
    sums = sums.rename_columns({"pages": "all"}).filter(pc.field("all") >= least)
    lines = counts.filter(pc.invert(of_site)).join(sums, "site", join_type="inner")
    lines = lines.filter(pc.field("pages").cast(pa.float64()) > pc.field("all") * share)
    grouped = lines.group_by("site").aggregate([("line", "list")])
    return {
        site: np.array(hashes, np.uint64)
        for site, hashes in zip(
            grouped["site"].to_pylist(), grouped["line_list"].to_pylist(), strict=True
        )
    }


def _hashes(chunked: pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Give (text, start, end) of each line with a letter, and its hash."""
    from .line_kernel import hash_lines  # imports Numba

    places, hashes, first = [np.zeros((0, 3), np.int64)], [np.zeros(0, np.uint64)], 0
    for chunk in chunked.chunks:
        found, values = hash_lines(*view(chunk))
        places.append(found + np.array([first, 0, 0]))
        hashes.append(values)
        first += len(chunk)
    return np.concatenate(places), np.concatenate(hashes)

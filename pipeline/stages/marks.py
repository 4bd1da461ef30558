"""What stands in a document's text that is marked and not removed: personal data, evaluation sets."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import pyarrow as pa

from ...filters import pii
from ...filters.contamination import OVERLAPS, find_overlaps
from ..benchmarks import load_index
from .work import Work


class Marks:
    """Looks for what a unit of `documents` is to mark; a column is null where nobody looked."""

    def __init__(self, work: Work) -> None:
        """Load what the unit looks for."""
        self._pii = work.depends["pii"]
        name = work.depends["benchmarks"]
        self._index = load_index(work.folder, name) if name else None

    def columns(
        self, texts: pa.Array, languages: pa.Array, urls: Iterable[str]
    ) -> dict[str, pa.Array]:
        """Give the columns `pii` and `contamination`."""
        return {
            "pii": pii.find(texts, languages, [_host(url) for url in urls])
            if self._pii
            else pa.nulls(len(texts), pii.SPANS),
            "contamination": find_overlaps(texts, self._index)
            if self._index
            else pa.nulls(len(texts), OVERLAPS),
        }


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # such as https://[
        return ""

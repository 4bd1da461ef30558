"""Personal data in the samples that a report shows is masked, whatever the run's `pii.mask` says."""

from collections.abc import Sequence

import pyarrow as pa

from ...filters.pii import find, mask

MARGIN = 100
"""Characters to read beyond those that are shown, so that what is cut in two is still found."""


def masked(texts: Sequence[str], language: str) -> list[str]:
    """Put `<email-pii>` and the like in place of what `filters.pii` finds in texts of one language."""
    if not texts:
        return []
    column = pa.array(texts, pa.large_string())
    found: list[str] = mask(column, find(column, [language] * len(texts)), "tag").to_pylist()
    return found

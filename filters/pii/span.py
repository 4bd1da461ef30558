"""A finding, and what findings look like in Arrow."""

from typing import NamedTuple

import pyarrow as pa

TYPES = ("iban", "email", "ipv6", "ipv4", "card", "national_id", "phone")
"""What is found; of two findings that overlap, the one named first here stays."""

SPANS = pa.list_(pa.struct([("type", pa.string()), ("start", pa.int32()), ("end", pa.int32())]))
"""The findings of one text, in order and apart; places in Unicode code points, the end exclusive."""


class Span(NamedTuple):
    """What was found, and where, in characters (Unicode code points)."""

    type: str
    start: int
    end: int

    def moved(self, by: int) -> "Span":
        """Give the same finding counted from an earlier place."""
        return Span(self.type, self.start + by, self.end + by)

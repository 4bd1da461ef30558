"""The sample behind `eurocorpus demo`: a small web of our own, and the fetcher that captures it."""

from .capture import Captured, capture
from .expected import differences, outcome
from .page import Outcome, SamplePage
from .sites import SITES, pages
from .web import serve

__all__ = [
    "SITES",
    "Captured",
    "Outcome",
    "SamplePage",
    "capture",
    "differences",
    "outcome",
    "pages",
    "serve",
]

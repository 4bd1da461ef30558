"""Deduplication: text in, signatures out; signatures in, components and verified removals out."""

from .components import band_edges, band_matrix, components, flatten, forest, unite
from .exact import digests
from .minhash import band_keys, from_datasketch, minhashes, signatures, to_datasketch
from .near import near_duplicates, weights
from .ngrams import shingles
from .shape import Shape
from .verify import Policy, verify

__all__ = [
    "Policy",
    "Shape",
    "band_edges",
    "band_keys",
    "band_matrix",
    "components",
    "digests",
    "flatten",
    "forest",
    "from_datasketch",
    "minhashes",
    "near_duplicates",
    "shingles",
    "signatures",
    "to_datasketch",
    "unite",
    "verify",
    "weights",
]

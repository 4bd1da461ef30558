"""Deduplicate: which kept documents of a language are copies of others, with evidence.

Only keys travel until there are candidates. Equal digests are exact duplicates; documents that
share a band of their signatures are candidates, joined to components; the texts of a component
are then read and compared, and a document is removed only for its measured similarity to a
document that is kept. Survivors are chosen by tier, then length, then earliest capture, then id.

A language whose keys fit into `dedup.partition_bytes` is one unit. A larger one is cut: inputs into
blocks, keys into partitions, and each step of each is a unit of its own. The steps are the same.
"""

from .guards import merge_clusters, total
from .outcome import STAGE
from .units import MATCH, is_done, matching, plan, run_step, run_unit, units

__all__ = [
    "MATCH",
    "STAGE",
    "is_done",
    "matching",
    "merge_clusters",
    "plan",
    "run_step",
    "run_unit",
    "total",
    "units",
]

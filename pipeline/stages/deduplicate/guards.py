"""What tells a run that removed too much: documents by domain, and the largest clusters."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...storage import schema
from .task import Rows

_CLUSTERS = 100
_SAMPLES = 3
_KEPT = ["kept_id", "kept_release", "kept_source", "kept_row", "cluster_size"]
_REMOVED = ["removed_id", "removed_source", "removed_row", "kind", "similarity"]


def domains(urls: pa.ChunkedArray, gone: pa.Array) -> pa.Table:
    """Count documents, and those that are gone, by the host of their URL, `www.` left out."""
    hosts = pc.struct_field(pc.extract_regex(urls, r"^[a-zA-Z]+://(?P<host>[^/:?#]+)"), "host")
    hosts = pc.replace_substring_regex(pc.utf8_lower(hosts), r"^www\.", "")
    table = pa.table({"domain": hosts, "removed": pc.cast(gone, pa.int64())}).drop_null()
    counted = table.group_by("domain").aggregate([("removed", "count"), ("removed", "sum")])
    return counted.rename_columns(["domain", "documents", "removed"]).cast(schema.DOMAINS)


def total(tables: list[pa.Table]) -> pa.Table:
    """Add counts by domain, sorted."""
    summed = pa.concat_tables([schema.DOMAINS.empty_table(), *tables]).group_by("domain")
    columns = summed.aggregate([("documents", "sum"), ("removed", "sum")])
    return columns.rename_columns(schema.DOMAINS.names).cast(schema.DOMAINS).sort_by("domain")


def largest_clusters(removals: pa.Table) -> list[dict[str, Any]]:
    """Give the largest clusters that some removals are of, each with its first removed documents.

    Sizes are those of the whole run, so that the largest of all are among those of their blocks.
    """
    if not removals.num_rows:
        return []
    codes = removals["kept_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    _, first = np.unique(codes, return_index=True)
    order = pc.sort_indices(
        removals.select(["cluster_size", "kept_id"]).take(pa.array(first)),
        sort_keys=[("cluster_size", "descending"), ("kept_id", "ascending")],
    )
    chosen = order.to_numpy()[:_CLUSTERS].astype(np.int64)
    members: Rows = np.argsort(codes, kind="stable")
    starts, stops = (np.searchsorted(codes[members], chosen, side) for side in ("left", "right"))
    heads = removals.take(pa.array(first[chosen])).select(_KEPT).to_pylist()
    found: list[dict[str, Any]] = []
    for head, start, stop in zip(heads, starts, stops, strict=True):
        samples = removals.take(pa.array(members[start : min(stop, start + _SAMPLES)]))
        found.append(head | {"samples": samples.select(_REMOVED).to_pylist()})
    return found


def merge_clusters(parts: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Give the largest of several lists of clusters, largest first, then by the kept document's id."""
    merged: dict[str, dict[str, Any]] = {}
    for part in parts:
        for cluster in part:
            known = merged.setdefault(cluster["kept_id"], cluster | {"samples": []})
            known["samples"] = [*known["samples"], *cluster["samples"]][:_SAMPLES]
    order = sorted(merged.values(), key=lambda c: (-c["cluster_size"], c["kept_id"]))
    return order[:_CLUSTERS]

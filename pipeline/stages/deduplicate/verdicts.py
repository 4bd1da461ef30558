"""Who survives and who goes for whom: the order of survivors, and the rows that say the outcome."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .records import VERDICTS
from .task import Rows


def survivor_order(table: pa.Table, published: int) -> Rows:
    """Sort documents by who survives: published, highest tier, longest, earliest, least id.

    Args:
        table: with `doc`, `tier`, `characters`, `date`, `id`.
        published: documents below this number are those of releases.

    """
    fresh = pc.greater_equal(table["doc"], published)
    columns = table.select(["tier", "characters", "date", "id", "doc"]).append_column(
        "fresh", fresh
    )
    order: npt.NDArray[np.uint64] = pc.sort_indices(
        columns,
        sort_keys=[("fresh", "ascending"), ("tier", "descending"), ("characters", "descending"),
                   ("date", "ascending"), ("id", "ascending"), ("doc", "ascending")],
    ).to_numpy()  # fmt: skip
    return order.astype(np.int64)


def verdict_rows(
    docs: Rows,
    keepers: pa.Table,
    kept: Rows,
    kind: npt.NDArray[np.str_],
    similarity: npt.NDArray[np.float32],
    documents: Rows,
) -> pa.Table:
    """Say for each document, kept ones included, where it goes.

    Args:
        docs: the documents; all members of each cluster.
        keepers: with `doc`, `id`, `release`, `source`, `row`, `tier`.
        kept: for each of `docs` its row in `keepers`.
        kind: `exact` or `near`.
        similarity: to the kept document.
        documents: for how many each stands.

    """
    sizes = np.bincount(kept, documents, keepers.num_rows).astype(np.int32)
    place = keepers.take(pa.array(kept))
    columns = {"doc": docs, "kept": place["doc"]}
    columns |= {f"kept_{name}": place[name] for name in ("id", "release", "source", "row", "tier")}
    columns |= {"kind": kind, "similarity": similarity, "documents": documents}
    columns |= {"cluster_size": sizes[kept]}
    return pa.table(columns).cast(VERDICTS)

"""The rows that the steps of deduplication hand on to one another.

`doc` is a dense integer, counted over the published documents first and then over those of the
run, by input and row. `source` and `row` say where a document lies: the input and its row there; or
the shard of a release, named in `release`.
"""

import pyarrow as pa

from ...storage.schema import DATE

_DOC = [("doc", pa.int64())]
_PLACE = [
    ("id", pa.string()),
    ("release", pa.string()),
    ("source", pa.string()),
    ("row", pa.int64()),
]
_RANK = [("tier", pa.int8()), ("characters", pa.int64()), ("date", DATE)]

DIGESTS = pa.schema(
    [*_DOC, *_RANK, *_PLACE, ("digest", pa.binary(16)), ("first", pa.int64()),
     ("documents", pa.int64())]
)  # fmt: skip
"""What exact duplicates are found by, and who of them survives.

`first` is the first survivor among the equal ones of the same block; only that one, which stands for
`documents`, goes to their partition.
"""

BANDS = pa.schema([("key", pa.uint64()), *_DOC])
"""One row for each band of each document."""

LABELS = pa.schema([*_DOC, ("label", pa.int64())])
"""The component of each document that has company, named by its smallest document."""

TEXTS = pa.schema(
    [*_DOC, *_RANK, *_PLACE, ("label", pa.int64()), ("documents", pa.int64()),
     ("copies", pa.list_(pa.int64())), ("copies_documents", pa.list_(pa.int64())),
     ("text", pa.large_string())]
)  # fmt: skip
"""Candidates with their texts; Text is null where it is gone.

`copies` are the exact duplicates of other blocks; `documents` and `copies_documents` say for how many
of its block each stands, itself included.
"""

VERDICTS = pa.schema(
    [*_DOC, ("kept", pa.int64())]
    + [(f"kept_{name}", kind) for name, kind in [*_PLACE, ("tier", pa.int8())]]
    + [
        ("kind", pa.string()),
        ("similarity", pa.float32()),
        ("documents", pa.int64()),
        ("cluster_size", pa.int32()),
    ]
)
"""All members of clusters of two or more, the kept ones too (`kept` is `doc`)."""

"""The columns of every Parquet file that a run writes."""

import pyarrow as pa

from ...filters import FOREIGN_LINES, MODEL_SCORE, SIGNALS
from ...filters.contamination import OVERLAPS
from ...filters.pii import SPANS

ALTERNATIVES = pa.list_(pa.struct([("language", pa.string()), ("score", pa.float32())]))
RIGHTS_SIGNAL = pa.struct(
    [
        ("protocol", pa.string()),
        ("place", pa.string()),
        ("value", pa.string()),
        ("verdict", pa.string()),
        ("scope", pa.string()),
        ("time", pa.timestamp("s", "UTC")),
    ]
)
RIGHTS = pa.struct(
    [("verdict", pa.string()), ("signals", pa.list_(RIGHTS_SIGNAL)), ("policy", pa.string())]
)
SIGNAL_STRUCT = pa.struct([(name, pa.float32()) for name in (*SIGNALS, MODEL_SCORE, FOREIGN_LINES)])
LANGUAGE = pa.dictionary(pa.int32(), pa.string())
DATE = pa.timestamp("s", "UTC")

_RECORD = [
    ("id", pa.string()),
    ("url", pa.string()),
    ("date", DATE),
    ("text", pa.large_string()),
    ("language", LANGUAGE),
    ("language_score", pa.float32()),
    ("languages", ALTERNATIVES),
    ("source", pa.string()),
    ("warc_record_id", pa.string()),
    ("extractor", pa.string()),
    ("rights", RIGHTS),
    ("signals", SIGNAL_STRUCT),
    ("pii", SPANS),
    ("contamination", OVERLAPS),
]

_CLUSTER = [("minhash_cluster_size", pa.int32()), ("rehydration_weight", pa.int8())]

CORPUS = pa.schema([*_RECORD, *_CLUSTER, ("duplicate_of", pa.string())])
"""A shard of the corpus; `duplicate_of` is null in a corpus that keeps no duplicates."""

SURVIVORS = pa.schema([("row", pa.int64()), *_CLUSTER])
"""Which documents of an input are left; `row` counts those of a language in the input's file."""


def documents(signature_bytes: int) -> pa.Schema:
    """Documents of one input file: the record, and what later stages need instead of the text."""
    return pa.schema(
        [
            *_RECORD,
            ("characters", pa.int64()),
            ("bytes", pa.int64()),
            ("digest", pa.binary(16)),
            ("signature", pa.binary(signature_bytes)),
        ]
    ).set(4, pa.field("language", pa.string()))


def keys(signature_bytes: int) -> pa.Schema:
    """Deduplication keys; `row` counts the documents of that language in the input's file."""
    return pa.schema(
        [
            ("language", pa.string()),
            ("row", pa.int64()),
            ("id", pa.string()),
            ("tier", pa.int8()),
            ("date", DATE),
            ("characters", pa.int64()),
            ("bytes", pa.int64()),
            ("digest", pa.binary(16)),
            ("signature", pa.binary(signature_bytes)),
        ]
    )


DOMAINS = pa.schema([("domain", pa.string()), ("documents", pa.int64()), ("removed", pa.int64())])
"""How many documents of a domain came to deduplication, and how many went."""


def index(signature_bytes: int) -> pa.Schema:
    """Keys of a published shard; `row` counts the documents of the shard."""
    return pa.schema(
        [
            ("row", pa.int64()),
            ("id", pa.string()),
            ("date", DATE),
            ("characters", pa.int64()),
            ("digest", pa.binary(16)),
            ("signature", pa.binary(signature_bytes)),
        ]
    )


EVIDENCE = pa.schema(
    [
        ("host", pa.string()),
        ("kind", pa.string()),
        ("url", pa.string()),
        ("time", DATE),
        ("status", pa.int32()),
        ("location", pa.string()),
        ("body", pa.large_binary()),
    ]
)
"""Files in which hosts speak of all their pages, as seen: `kind` is robots, tdmrep or aitxt."""

JUDGED_RIGHTS = pa.schema([("language", pa.string()), ("row", pa.int64()), ("rights", RIGHTS)])
"""Rights of documents whose hosts say something; `row` counts those of a language in the input's file."""

REMOVED_LINES = pa.schema(
    [
        ("language", pa.string()),
        ("domain", pa.string()),
        ("line", pa.string()),
        ("documents", pa.int64()),
    ]
)
"""A line that was taken out, and of how many documents of one input."""

DROPPED = pa.schema(
    [
        ("id", pa.string()),
        ("url", pa.string()),
        ("source", pa.string()),
        ("warc_record_id", pa.string()),
        ("language", pa.string()),
        ("stage", pa.string()),
        ("reason", pa.string()),
        ("value", pa.string()),
    ]
)
"""What was dropped; `value` is what decided: a status, a size, a score, the id that was kept."""

REMOVALS = pa.schema(
    [
        ("removed_id", pa.string()),
        ("removed_source", pa.string()),
        ("removed_row", pa.int64()),
        ("removed_tier", pa.int8()),
        ("kept_id", pa.string()),
        ("kept_release", pa.string()),
        ("kept_source", pa.string()),
        ("kept_row", pa.int64()),
        ("kept_tier", pa.int8()),
        ("kind", pa.string()),
        ("similarity", pa.float32()),
        ("cluster_size", pa.int32()),
    ]
)
"""Evidence for each removed duplicate; `kind` is `exact` or `near`; the cluster is `kept_id`'s.

`kept_release` is empty where the kept document is one of this run; else `kept_source` is a shard of
that release, and `kept_row` a row of it. Tiers are 0 where none are set, and for published documents.
"""

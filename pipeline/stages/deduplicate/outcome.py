"""The outcome for a block of inputs: removals with evidence, who is left, and the counts."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from ....dedup import weights
from ...storage import schema
from ...storage.parquet import ParquetFile, RowGroups, groups_metadata, read_language, write_rows
from ..dropped import Dropped, dropped_file
from ..work import Work
from .exact import copies_within
from .guards import domains, largest_clusters, total
from .records import VERDICTS
from .task import Block, Part, Rows, Task

STAGE = "deduplicate"


def settle(work: Work, task: Task, block: Block, name: str) -> None:
    """Write what became of a block's documents into files called `name`; count them."""
    verdicts = _verdicts(task, block)
    removed = verdicts.filter(pc.not_equal(verdicts["doc"], verdicts["kept"]))
    sizes = np.ones(block.stop - block.first, np.int32)
    sizes[verdicts["doc"].to_numpy() - block.first] = verdicts["cluster_size"].to_numpy()
    sizes[removed["doc"].to_numpy() - block.first] = 0
    written = 0
    removals = [_evidence(task, block, part, first, removed) for first, part in _parts(block)]
    with work.output(work.folder.removals(name), lambda: written) as path:
        written = write_rows(path, removals, schema.REMOVALS)
    counted = []
    with dropped_file(work, STAGE) as dropped:
        for part, evidence in zip(block.parts, removals, strict=True):
            urls = _urls(task, part)
            rows = _keys(task, part, ["row"])["row"]
            gone = pc.is_in(rows, value_set=evidence["removed_row"].combine_chunks())
            counted.append(domains(urls.take(rows), gone))
            _drop(task, part.name, evidence, urls, dropped)
    with work.output(work.folder.domains(name), lambda: written) as path:
        written = write_rows(path, [total(counted)], schema.DOMAINS)
    with work.output(work.folder.survivors(name), lambda: written) as path:
        written = _survivors(work, task, block, sizes, path)
    found = largest_clusters(pa.concat_tables(removals))
    work.facts |= {"language": task.language, "name": name, "clusters": found}


def _verdicts(task: Task, block: Block) -> pa.Table:
    """Gather the verdicts on a block's documents; what was verified goes over what is exact."""
    found = VERDICTS.empty_table()
    for step in ("exact", "verify"):
        if task.settings["exact" if step == "exact" else "near"]:
            new = task.verdicts(step, "doc", block)
            replaced = pc.is_in(found["doc"], value_set=new["doc"].combine_chunks())
            found = pa.concat_tables([found.filter(pc.invert(replaced)), new])
    return _with_copies(task, block, found.sort_by("doc"))


def _with_copies(task: Task, block: Block, verdicts: pa.Table) -> pa.Table:
    """Add the copies within a block: each goes where the first of them goes."""
    docs, first = copies_within(task, block)
    places = np.searchsorted(verdicts["doc"].to_numpy(), first)
    copies = verdicts.take(pa.array(places))
    assert np.array_equal(copies["doc"].to_numpy(), first), "what has copies has a verdict"
    stays = pc.equal(copies["doc"], copies["kept"])
    copies = copies.set_column(0, "doc", pa.array(docs)).set_column(
        copies.schema.get_field_index("kind"), "kind", pc.if_else(stays, "exact", copies["kind"])
    )
    return pa.concat_tables([verdicts, copies]).sort_by("doc")


def _parts(block: Block) -> Iterator[tuple[int, Part]]:
    first = block.first
    for part in block.parts:
        yield first, part
        first += part.rows


def _keys(task: Task, part: Part, columns: list[str]) -> pa.Table:
    path = task.folder.root / task.folder.keys(part.name)
    return read_language(path, task.language, columns)


def _evidence(task: Task, block: Block, part: Part, first: int, removed: pa.Table) -> pa.Table:
    """Give the removals of one input."""
    docs = removed["doc"].to_numpy()
    start, stop = np.searchsorted(docs, [first, first + part.rows]).tolist()
    here = removed.slice(start, stop - start)
    keys = _keys(task, part, ["row", "id", "tier"]).take(pa.array(docs[start:stop] - first))
    columns = {"removed_id": keys["id"], "removed_row": keys["row"]}
    columns["removed_tier"] = keys["tier"]
    columns["removed_source"] = pa.repeat(part.name, len(here))
    columns |= {name: here[name] for name in schema.REMOVALS.names if name not in columns}
    return pa.table({name: columns[name] for name in schema.REMOVALS.names})


def _survivors(
    work: Work, task: Task, block: Block, sizes: npt.NDArray[np.int32], path: Path
) -> int:
    """Write which rows of each input are left, with the sizes of their clusters; count them."""
    file = ParquetFile(path, schema.SURVIVORS, RowGroups(rows=1 << 20))
    groups = {}
    parts = work.facts.setdefault("parts", {})
    for first, part in _parts(block):
        keys = _keys(task, part, ["row", "bytes"])
        size = sizes[first - block.first :][: part.rows]
        left = np.flatnonzero(size)
        rows, size = keys["row"].to_numpy()[left], size[left]
        begin = file.groups
        table = pa.table(
            {"row": rows, "minhash_cluster_size": size, "rehydration_weight": weights(size)}
        )
        file.add(table.cast(schema.SURVIVORS))
        file.end_group()
        groups[part.name] = list(range(begin, file.groups))
        work.counts.kept(part.name, task.language, len(left))
        parts[part.name] = {
            "rows": len(left),
            "bytes": int(keys["bytes"].to_numpy()[left].sum()),
            "digest": _digest(rows, size),
        }
    file.close(groups_metadata(groups))
    return file.rows


def _digest(rows: Rows, sizes: npt.NDArray[np.int32]) -> str:
    return xxhash.xxh3_128_hexdigest(rows.astype("<i8").tobytes() + sizes.astype("<i4").tobytes())


def _urls(task: Task, part: Part) -> pa.ChunkedArray:
    path = task.folder.root / task.folder.documents(part.name)
    return read_language(path, task.language, ["url"])["url"]


def _drop(
    task: Task, source: str, evidence: pa.Table, urls: pa.ChunkedArray, dropped: Dropped
) -> None:
    """Write one row for each removed document of one input into `dropped/`."""
    release = evidence["kept_release"]
    where = pc.if_else(pc.equal(release, ""), "", pc.binary_join_element_wise(" in ", release, ""))
    similarity = pa.array(np.char.mod(" %.4f", evidence["similarity"].to_numpy()), pa.string())
    columns = {
        "id": evidence["removed_id"],
        "url": urls.take(evidence["removed_row"]),
        "reason": pc.binary_join_element_wise(evidence["kind"], "_duplicate", ""),
        "value": pc.binary_join_element_wise(evidence["kept_id"], where, similarity, ""),
    }
    dropped.add_table(pa.table(columns), source, task.language)

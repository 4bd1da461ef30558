"""The index of a finished run: the keys of what it published, for runs that come after.

`dedup/index/` mirrors `data/`: the index of a shard holds the id, digest and signature of each of
its documents, in their order. `manifest.json`, written last, names them all. A folder that holds
`dedup/index/` is enough to be deduplicated against; with `data/` beside it, near-duplicates can be
verified as well.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .folder import RunFolder
from .ledger import Entry

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class IndexFile:
    """The keys of one shard."""

    path: str
    shard: str
    """Both relative to the release's folder."""
    rows: int
    sha256: str
    has_text: bool
    """Whether the shard is there."""


@dataclass(frozen=True, slots=True)
class Release:
    """What an earlier run published, as far as deduplication needs it."""

    name: str
    folder: Path
    shape: dict[str, int]
    languages: dict[str, list[IndexFile]]

    @property
    def facts(self) -> dict[str, Any]:
        """What a report says of it."""
        files = [file for found in self.languages.values() for file in found]
        return {
            "release": self.name,
            "documents": sum(file.rows for file in files),
            "verifiable": sum(file.rows for file in files if file.has_text),
        }


def write_manifest(folder: RunFolder, shape: dict[str, int], shards: Iterable[Entry]) -> None:
    """Name the index files of a run, once all of them are committed."""
    languages: dict[str, list[dict[str, Any]]] = {}
    for entry in shards:
        shard, index = entry.outputs
        languages.setdefault(entry.facts["language"], []).append(
            {
                "path": index.path,
                "shard": shard.path,
                "rows": index.rows,
                "bytes": index.bytes,
                "sha256": index.sha256,
                "shard_bytes": shard.bytes,
                "shard_sha256": shard.sha256,
            }
        )
    content = {
        "format": _FORMAT,
        "release": folder.root.name,
        "shape": shape,
        "languages": languages,
    }
    with folder.atomic(folder.index_manifest.relative_to(folder.root)) as path:
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def read_releases(folders: Iterable[str], shape: dict[str, int]) -> list[Release]:
    """Read the manifests of releases whose signatures have a given shape.

    Raises:
        UsageError: a folder is no release, is not whole, or was signed in another shape.

    """
    releases = [_read_release(Path(folder).resolve(), shape) for folder in folders]
    names = [release.name for release in releases]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(
                f"dedup.against: {names.count(name)} releases are named {name!r}, so that evidence "
                "could not tell them apart; change `release` in one's dedup/index/manifest.json"
            )
    return releases


def _read_release(folder: Path, shape: dict[str, int]) -> Release:
    path = RunFolder(folder).index_manifest
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"dedup.against: {folder}: expected the folder of a finished run, or one that holds its "
            f"dedup/index/; could not read {path.name} there: {error}"
        ) from None
    if content.get("format") != _FORMAT or content["shape"] != shape:
        raise UsageError(
            f"dedup.against: {folder} was signed with {content.get('shape')}, this run is configured "
            f"with {shape}, and signatures compare only within one shape; set dedup.bands, .rows, "
            ".ngram and .seed to the release's"
        )
    return Release(
        content["release"],
        folder,
        content["shape"],
        {
            language: [_index_file(folder, file) for file in files]
            for language, files in content["languages"].items()
        },
    )


def _index_file(folder: Path, file: dict[str, Any]) -> IndexFile:
    index, shard = folder / file["path"], folder / file["shard"]
    if not index.exists() or index.stat().st_size != file["bytes"]:
        found = f"{index.stat().st_size} bytes" if index.exists() else "no such file"
        raise UsageError(
            f"dedup.against: {index}: expected {file['bytes']} bytes, found {found}; copy it again"
        )
    has_text = shard.exists()
    if has_text and shard.stat().st_size != file["shard_bytes"]:
        raise UsageError(
            f"dedup.against: {shard}: expected the shard of {file['shard_bytes']} bytes that the "
            f"release's index is of, found {shard.stat().st_size}; copy it again, or leave data/ out"
        )
    return IndexFile(file["path"], file["shard"], file["rows"], file["sha256"], has_text)

"""Fingerprints: whether something committed earlier still answers the question asked now."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import xxhash

PACKAGE = Path(__file__).parents[2]
_DATA_SUFFIXES = (".py", ".toml", ".npz", ".json", ".txt")


def fingerprint(parts: dict[str, Any]) -> str:
    """Hash JSON-able parts to 32 hexadecimal digits, whatever order their keys came in."""
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


@cache
def code_version(folders: tuple[str, ...], packages: tuple[str, ...]) -> str:
    """Hash the code that a stage runs: files below `folders` of this package, and `packages`.

    `folders` are relative to the package's root; `packages` are distributions whose version
    changes the output, such as `trafilatura`.
    """
    digest = hashlib.sha256()
    for file in _sources(folders):
        digest.update(file.relative_to(PACKAGE).as_posix().encode() + b"\0" + file.read_bytes())
    for package in packages:
        digest.update(f"{package}=={version(package)}\0".encode())
    return digest.hexdigest()[:16]


def _sources(folders: Iterable[str]) -> Iterable[Path]:
    for folder in folders:
        path = PACKAGE / folder
        files = [path] if path.is_file() else path.rglob("*")
        yield from sorted(file for file in files if file.suffix in _DATA_SUFFIXES)


def content_digest(path: Path) -> str:
    """Hash a file's bytes with xxh3-128: an identity, not a defence against forgery."""
    digest = xxhash.xxh3_128()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def sha256(path: Path) -> str:
    """Hash a file's bytes with SHA-256, as release manifests do."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Requests to take documents down: read from a file or the command line, and matched."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ..errors import UsageError
from ..report.domains import host
from ..suppression import KINDS, hash_of, parents

_EXAMPLES = "`url https://example.org/page`, `domain example.org`, `id 0f3a…`, `text SHA256`"


@dataclass(frozen=True, slots=True)
class Requests:
    """Whose documents go: ids, whole URLs, domains with all below them, sha256 of texts."""

    ids: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        ids: Iterable[str] = (),
        urls: Iterable[str] = (),
        names: Iterable[str] = (),
        texts: Iterable[str] = (),
    ) -> "Requests":
        """Take requests as they were typed."""
        folded = (name.strip().lower().strip(".") for name in names)
        hashes = (text.strip().lower() for text in texts)
        return cls(
            frozenset(ids),
            frozenset(urls),
            frozenset(name for name in folded if name),
            frozenset(text for text in hashes if text),
        )

    def __add__(self, other: "Requests") -> "Requests":
        """Put two sets of requests together."""
        return Requests(
            self.ids | other.ids,
            self.urls | other.urls,
            self.domains | other.domains,
            self.texts | other.texts,
        )

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.ids or self.urls or self.domains or self.texts)

    @property
    def columns(self) -> list[str]:
        """What must be read to decide; texts only if one is asked for."""
        return ["id", "url", "text"] if self.texts else ["id", "url"]

    def match_content(self, frame: pl.DataFrame) -> pl.Series:
        """Say which documents are asked for by id or text, which stand for what they say."""
        here = frame["id"].is_in(list(self.ids))
        if self.texts:
            texts = [text_hash(text) in self.texts for text in frame["text"]]
            here |= pl.Series(texts, dtype=pl.Boolean)
        return here.fill_null(False)

    def match_place(self, frame: pl.DataFrame) -> pl.Series:
        """Say which documents are asked for by URL or domain."""
        here = frame["url"].is_in(list(self.urls))
        if self.domains:
            hosts = frame.select(host(pl.col("url")))["url"]
            below = [name for name in hosts.unique() if not self.domains.isdisjoint(parents(name))]
            here |= hosts.is_in(below)
        return here.fill_null(False)

    def matches(self, frame: pl.DataFrame) -> pl.Series:
        """Say which documents (with the `columns`) are asked for."""
        return self.match_content(frame) | self.match_place(frame)

    def suppressed(self, digests: Iterable[str]) -> list[tuple[str, str]]:
        """Give kind and hash of what must not come back; `digests` are those of texts that went."""
        return sorted({
            *(("id", id) for id in self.ids),
            *(("url", hash_of(url)) for url in self.urls),
            *(("domain", hash_of(name)) for name in self.domains),
            *(("text", digest) for digest in digests),
        })  # fmt: skip


def text_hash(text: str) -> str:
    """Hash a text as requests name it: sha256 of its UTF-8, as published."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_requests(path: Path) -> Requests:
    """Read a file of requests: a line each, `kind value`, or JSON with `kind` and `value`.

    Empty lines, and those that begin with `#`, are passed over.

    Raises:
        UsageError: the file cannot be read, or a line is no request.

    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: expected a file of requests: {error}") from None
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            kind, value = _parse(line.strip())
            if kind not in found or not value:
                raise UsageError(
                    f"{path}:{number}: expected a request such as {_EXAMPLES}, found {line[:80]!r}"
                )
            found[kind].add(value)
    return Requests.of(found["id"], found["url"], found["domain"], found["text"])


def _parse(line: str) -> tuple[str, str]:
    if not line.startswith("{"):
        kind, _, value = line.partition(" ")
        return kind.lower(), value.strip()
    try:
        row: dict[str, Any] = json.loads(line)
    except ValueError:
        return "", ""
    return str(row.get("kind", "")), str(row.get("value", "")).strip()

"""Token files: raw ids on disk, one payload a language, and what says where documents end.

A part is a few files with one name. `.bin` holds the ids and nothing else, little-endian, whole
documents that each end with EOS. Beside it lie `.idx`, as Megatron-LM reads it; `.ds`, a link to
`.bin`, with `.ds.index`, as datatrove and nanotron read it; and `.bytes`, how many bytes of text each
document had, without which no bits per byte can be told. OLMo-core and a plain memory map need the
`.bin` alone. `manifest.json` names all parts and is written last.
"""

import hashlib
import json
import shutil
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..storage.fingerprint import sha256

FORMAT = 1
SPLITS = ("train", "validation")
_MEGATRON_UINT16 = 65_500
"""From so many ids on Megatron-LM takes int32 (`DType.optimal_dtype`); its bits are uint32's."""
_MEGATRON_CODES = {"int32": 4, "uint16": 8}

Tokens = NDArray[np.integer[Any]]
"""Ids: uint16 or int32."""


def choose_dtype(vocabulary: int) -> str:
    """Choose the type of the ids of a vocabulary of some size."""
    return "uint16" if vocabulary < _MEGATRON_UINT16 else "int32"


def sidecars(dtype: str, lengths: NDArray[np.int64], sizes: NDArray[np.int64]) -> dict[str, bytes]:
    """Give the content of what lies beside a `.bin`, by suffix.

    Args:
        dtype: of the ids.
        lengths: tokens of each document, EOS included.
        sizes: bytes of each document's text.

    """
    ends = np.cumsum(lengths, dtype=np.int64)
    starts = (ends - lengths) * np.dtype(dtype).itemsize
    megatron = (
        b"MMIDIDX\0\0" + struct.pack("<QB", 1, _MEGATRON_CODES[dtype]),
        struct.pack("<QQ", len(lengths), len(lengths) + 1),
        lengths.astype("<i4").tobytes(),
        starts.astype("<i8").tobytes(),
        np.arange(len(lengths) + 1, dtype="<i8").tobytes(),
    )
    return {
        ".idx": b"".join(megatron),
        ".ds.index": ends.astype("<u8").tobytes(),
        ".bytes": sizes.astype("<u4").tobytes(),
    }


def link(folder: Path, name: str) -> None:
    """Let datatrove and nanotron find a payload under the name that they look for."""
    path = folder / f"{name}.ds"
    target = f"{path.stem}.bin"
    if not path.is_symlink() or path.readlink() != Path(target):
        path.unlink(missing_ok=True)
        path.symlink_to(target)


@dataclass(frozen=True, slots=True)
class Part:
    """One `.bin` and its sidecars; `name` is the path without suffix, below the folder of tokens."""

    name: str
    documents: int
    tokens: int
    bytes: int
    sha256: str


class Payload:
    """The tokens of one language and split, over all its parts, as one sequence."""

    def __init__(self, folder: Path, dtype: str, parts: tuple[Part, ...]) -> None:
        """Remember the parts; files are mapped when they are first read."""
        self._folder, self._dtype, self.parts = folder, dtype, parts
        self._ends = np.cumsum([part.tokens for part in parts], dtype=np.int64)
        self._maps: dict[int, Tokens] = {}

    def __len__(self) -> int:
        """Count the documents."""
        return sum(part.documents for part in self.parts)

    @property
    def tokens(self) -> int:
        """How many tokens there are, with those of EOS."""
        return sum(part.tokens for part in self.parts)

    def read(self, start: int, count: int) -> Tokens:
        """Read `count` tokens from `start` on, over the ends of parts; a copy."""
        if not 0 <= start <= start + count <= self.tokens:
            raise IndexError(f"tokens {start} to {start + count} of {self.tokens}")
        pieces: list[Tokens] = []
        part = int(np.searchsorted(self._ends, start, "right"))
        while count:
            at = start - int(self._ends[part] - self.parts[part].tokens)
            piece = self._map(part)[at : at + count]
            pieces.append(piece)
            start, count, part = start + len(piece), count - len(piece), part + 1
        return np.concatenate(pieces) if pieces else np.empty(0, self._dtype)

    def document(self, index: int) -> Tokens:
        """Read one document, with its EOS."""
        stop = int(self.document_ends[index])
        start = int(self.document_ends[index - 1]) if index else 0
        return self.read(start, stop - start)

    def document_bytes(self, index: int) -> int:
        """Tell how many bytes of UTF-8 a document's text had."""
        return int(self._sizes[index])

    @cached_property
    def document_ends(self) -> NDArray[np.int64]:
        """Where each document ends, in tokens from the beginning of the payload."""
        begins = self._ends - [part.tokens for part in self.parts]
        return self._concatenate(
            np.fromfile(self._path(part, ".ds.index"), "<u8").astype(np.int64) + begin
            for part, begin in zip(self.parts, begins, strict=True)
        )

    @cached_property
    def _sizes(self) -> NDArray[np.int64]:
        return self._concatenate(
            np.fromfile(self._path(part, ".bytes"), "<u4").astype(np.int64) for part in self.parts
        )

    @staticmethod
    def _concatenate(arrays: Iterator[NDArray[np.int64]]) -> NDArray[np.int64]:
        return np.concatenate([np.empty(0, np.int64), *arrays])

    def _path(self, part: Part, suffix: str) -> Path:
        return self._folder / f"{part.name}{suffix}"

    def _map(self, part: int) -> Tokens:
        if part not in self._maps:
            path = self._path(self.parts[part], ".bin")
            self._maps[part] = np.memmap(path, np.dtype(self._dtype).newbyteorder("<"), "r")
        return self._maps[part]


@dataclass(frozen=True, slots=True)
class LanguageTokens:
    """What there is of a language, in both splits together."""

    documents: int
    tokens: int
    bytes: int


@dataclass(frozen=True)
class Corpus:
    """A folder of token files, as its manifest describes it."""

    folder: Path
    digest: str
    """SHA-256 of the manifest, which holds that of every payload."""
    tokenizer: Path
    vocabulary: int
    eos: int
    dtype: str
    languages: dict[str, LanguageTokens]
    payloads: dict[tuple[str, str], Payload]

    @classmethod
    def open(cls, folder: Path) -> "Corpus":
        """Read the manifest and hold the sizes of the files against it.

        Raises:
            UsageError: there is no manifest, or a file is missing or has another size.

        """
        path = folder / "manifest.json"
        try:
            raw = path.read_bytes()
            content = json.loads(raw)
            corpus = cls._of(folder, hashlib.sha256(raw).hexdigest(), content)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"{path}: expected the manifest of token files, found: {error!r}. "
                "Type `eurocorpus tokenize RUN` first"
            ) from None
        corpus._check_sizes()
        return corpus

    @classmethod
    def _of(cls, folder: Path, digest: str, content: dict[str, Any]) -> "Corpus":
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']}, expected {FORMAT}")
        tokenizer, languages = content["tokenizer"], content["languages"]
        return cls(
            folder,
            digest,
            folder / tokenizer["file"],
            tokenizer["vocabulary"],
            tokenizer["eos_id"],
            content["dtype"],
            {
                code: LanguageTokens(row["documents"], row["tokens"], row["bytes"])
                for code, row in languages.items()
            },
            {
                (code, split): Payload(
                    folder, content["dtype"], tuple(Part(**part) for part in row[split])
                )
                for code, row in languages.items()
                for split in SPLITS
            },
        )

    def payload(self, language: str, split: str = "train") -> Payload:
        """Give the tokens of a language.

        Raises:
            UsageError: there are none of it.

        """
        if (language, split) not in self.payloads:
            raise UsageError(
                f"{self.folder}: no {split} tokens of {language!r}; "
                f"there are {', '.join(self.languages) or 'none of any language'}"
            )
        return self.payloads[language, split]

    def sizes(self, split: str = "train") -> dict[str, int]:
        """Give the number of tokens of each language."""
        return {code: self.payload(code, split).tokens for code in self.languages}

    def write_tokenizer(self, folder: Path, window: int) -> None:
        """Write the tokenizer as `AutoTokenizer.from_pretrained(folder)` takes it, for windows of so many tokens."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.tokenizer, folder / "tokenizer.json")
        content = {
            "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": self.eos_text,
            "bos_token": self.eos_text, "model_max_length": window,
            "clean_up_tokenization_spaces": False,
        }  # fmt: skip
        path = folder / "tokenizer_config.json"
        path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")

    @property
    def eos_text(self) -> str:
        """The text of the token between documents."""
        added = json.loads(self.tokenizer.read_text("utf-8"))["added_tokens"]
        return next(str(token["content"]) for token in added if token["id"] == self.eos)

    def describe(self) -> dict[str, Any]:
        """Give the manifest's content."""
        content: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text("utf-8"))
        return content

    def verify(self) -> list[str]:
        """Read every payload; give the paths of those that are not what the manifest says."""
        return [
            f"{part.name}.bin"
            for part in self._parts()
            if sha256(self.folder / f"{part.name}.bin") != part.sha256
        ]

    def _parts(self) -> Iterator[Part]:
        for payload in self.payloads.values():
            yield from payload.parts

    def _check_sizes(self) -> None:
        wide = np.dtype(self.dtype).itemsize
        for part in self._parts():
            for suffix, size in (
                (".bin", part.tokens * wide),
                (".idx", 34 + part.documents * 20 + 8),
                (".ds.index", part.documents * 8),
                (".bytes", part.documents * 4),
            ):
                path = self.folder / f"{part.name}{suffix}"
                found = path.stat().st_size if path.exists() else None
                if found != size:
                    raise UsageError(
                        f"{path}: expected {size:,} bytes, found "
                        + (f"{found:,}" if found is not None else "no such file")
                        + "; copy it again, or type `eurocorpus tokenize RUN` again"
                    )

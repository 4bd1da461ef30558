"""Texts to token ids, by one of three libraries that must agree.

Hugging Face's `tokenizers` says what is right. `tiktoken` and `gigatoken` are faster, and are taken
once they have given the same ids for texts of every language and for some that are known to be hard.
Text that spells a special token, such as `<|endoftext|>`, is text: no document can end another one.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError

KINDS = ("tokenizers", "tiktoken", "gigatoken")
_GPT2_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""What `ByteLevel(use_regex=true)` splits by (Radford et al. 2019)."""
_END_TOKENS = (
    "<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|eos|>", "<|endoftext|", "[EOS]",
)  # fmt: skip
HARD = (
    "", " ", "\n", "\r\n\r\n \t\n", "a" * 2000, "!" * 100, " " * 100 + "x", "x" + " " * 40 + "\n\n",
    "don't DON'T d'Artagnan l'été 'tis", "1234567890 3.14 1,000,000", "e\u0301u\u0308 \u0301",
    "\u00a0\u2003\u200b\u200d\ufeff\u0085\u180e\u2028\u2029", "👩‍👩‍👧 🇪🇺 ﷽ ＡＢＣ ½ Ⅷ ①",
    "Ελληνικά, български; Gaeilge — Malti: għ ħ ż", "\x00\x01\x1b\x7f", "中文字 日本語 한국어 العربية हिन्दी",
)  # fmt: skip
"""Texts on which libraries have been seen to differ: kinds of space, marks, digits, long runs."""

Encode = Callable[[Sequence[str]], tuple[NDArray[np.int32], NDArray[np.int64]]]
"""Texts in; all their ids one after another and the number of each text out."""


@dataclass(frozen=True, slots=True)
class TokenizerFile:
    """A `tokenizer.json`: what must be known of it beside its ids."""

    path: Path
    vocabulary: int
    eos: str
    eos_id: int


def read_tokenizer(path: Path, eos: str | None = None) -> TokenizerFile:
    """Read a `tokenizer.json` and find the token that ends a document.

    Raises:
        UsageError: it is none, or has no such token.

    """
    tokenizer = load_tokenizer(path)
    names = [eos] if eos else _END_TOKENS
    name = next((name for name in names if tokenizer.token_to_id(name) is not None), None)
    if name is None:
        raise UsageError(
            f"{path}: expected a token that ends documents, one of {', '.join(names)}; found none. "
            "Name it with --eos"
        )
    ids = tokenizer.get_vocab(with_added_tokens=True).values()
    return TokenizerFile(path, max(ids) + 1, name, tokenizer.token_to_id(name))


def load_tokenizer(path: Path) -> Any:
    """Load a `tokenizers.Tokenizer` that takes special tokens in text for text.

    Raises:
        UsageError: the library is missing, or the file is no tokenizer.

    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # a unit of work is one process
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise UsageError(
            "tokenizers are read with the library `tokenizers`; type `pip install 'eurocorpus[train]'`"
        ) from None
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # noqa: BLE001 - the library raises nothing narrower
        hint = "" if path.exists() else "; `eurocorpus tokenizer train` makes one"
        raise UsageError(f"{path}: expected a tokenizer.json, found: {error}{hint}") from None
    tokenizer.encode_special_tokens = True
    return tokenizer


@cache
def open_encoder(path: Path, kind: str) -> Encode:
    """Open a `tokenizer.json` with one of the libraries.

    Raises:
        UsageError: the library is not installed, or cannot express this tokenizer.

    """
    openers = {
        "tokenizers": _open_tokenizers,
        "tiktoken": _open_tiktoken,
        "gigatoken": _open_gigatoken,
    }
    if kind not in openers:
        raise UsageError(f"--encoder {kind}: expected auto, {', '.join(KINDS)}")
    try:
        return openers[kind](path)
    except ImportError:
        raise UsageError(
            f"the encoder {kind} is not installed; type `pip install {kind}`, or choose another"
        ) from None


def choose_encoder(
    path: Path, wanted: str, samples: Mapping[str, Sequence[str]]
) -> tuple[str, str | None]:
    """Choose the library to encode with; tell as well why it is not the faster one, if so.

    Args:
        path: the `tokenizer.json`.
        wanted: one of `KINDS`, or `auto`: tiktoken where it agrees, else tokenizers.
        samples: texts of every language.

    Raises:
        UsageError: the library that was named is missing, or differs from `tokenizers`.

    """
    kind = "tiktoken" if wanted == "auto" else wanted
    try:
        _hold_together(path, kind, samples)
    except UsageError as error:
        if wanted != "auto":
            raise
        return "tokenizers", str(error)
    return kind, None


def _hold_together(path: Path, kind: str, samples: Mapping[str, Sequence[str]]) -> None:
    encode, reference = open_encoder(path, kind), open_encoder(path, "tokenizers")
    if kind == "tokenizers":
        return
    special = [token["content"] for token in _read(path).get("added_tokens", [])]
    for language, texts in [("hard cases", (*HARD, *special)), *samples.items()]:
        if differing := difference(encode, reference, texts):
            raise UsageError(
                f"the encoder {kind} gives other ids than `tokenizers` for {language}: {differing}. "
                "Choose --encoder tokenizers"
            )


def difference(encode: Encode, reference: Encode, texts: Iterable[str]) -> str | None:
    """Describe the first text that two encoders differ on; None where they agree."""
    for text in texts:
        found, expected = encode([text])[0].tolist(), reference([text])[0].tolist()
        if found != expected:
            pairs = zip(found, expected, strict=False)
            at = next(
                (n for n, (a, b) in enumerate(pairs) if a != b), min(len(found), len(expected))
            )
            return (
                f"token {at} of {text[:60]!r} is {found[at : at + 4]}, expected "
                f"{expected[at : at + 4]}"
            )
    return None


def _flatten(rows: Sequence[Any]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    arrays = [np.asarray(row, np.int32) for row in rows]
    lengths = np.array([len(array) for array in arrays], np.int64)
    return np.concatenate([np.empty(0, np.int32), *arrays]), lengths


def _open_tokenizers(path: Path) -> Encode:
    tokenizer = load_tokenizer(path)
    return lambda texts: _flatten(
        [row.ids for row in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
    )


def _open_tiktoken(path: Path) -> Encode:
    import tiktoken

    pattern, ranks = as_ranks(path)
    encoding = tiktoken.Encoding(
        path.name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={}
    )
    return lambda texts: _flatten(
        [encoding.encode_to_numpy(text, disallowed_special=()) for text in texts]
    )


def _open_gigatoken(path: Path) -> Encode:
    import gigatoken

    plain = _read(path) | {"added_tokens": []}  # text that spells a special token is text
    tokenizer = gigatoken.Tokenizer.from_json(json.dumps(plain))
    return lambda texts: _flatten(tokenizer.encode_batch_list(list(texts), parallel=False))


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def as_ranks(path: Path) -> tuple[str, dict[bytes, int]]:
    """Express a byte-level BPE as tiktoken does: the pattern of its words, and ids by bytes.

    Raises:
        UsageError: the tokenizer is not of that kind.

    """
    content = _read(path)
    model, added = content["model"], content.get("added_tokens", [])
    problems = (
        (model["type"] != "BPE" or model.get("byte_fallback"), "it is no byte-level BPE"),
        (content.get("normalizer"), "it changes the text before it splits it"),
        (not all(token["special"] for token in added), "it has added tokens that are not special"),
    )
    for present, why in problems:
        if present:
            raise UsageError(f"{path}: tiktoken cannot express this tokenizer: {why}")
    spelled = as_bytes(path)
    if spelled is None:
        raise UsageError(
            f"{path}: tiktoken cannot express this tokenizer: its vocabulary does not spell bytes"
        )
    ranks = {token: number for number, token in spelled.items()}
    return _pattern(path, content["pre_tokenizer"] or {}), ranks


def as_bytes(path: Path) -> dict[int, bytes] | None:
    """Give the bytes that each id stands for, without added ones; None if ids do not spell bytes."""
    content = _read(path)
    added = {token["content"] for token in content.get("added_tokens", [])}
    back = {character: byte for byte, character in enumerate(byte_characters())}
    if content["model"]["type"] != "BPE" or content["model"].get("byte_fallback"):
        return None
    try:
        return {
            number: bytes(back[character] for character in token)
            for token, number in content["model"]["vocab"].items()
            if token not in added
        }
    except KeyError:
        return None


def _pattern(path: Path, splitter: dict[str, Any]) -> str:
    steps = splitter.get("pretokenizers", [splitter])
    if [step.get("type") for step in steps] == ["ByteLevel"]:
        if steps[0]["use_regex"] and not steps[0]["add_prefix_space"]:
            return _GPT2_PATTERN
    if [step.get("type") for step in steps] == ["Split", "ByteLevel"]:
        split, byte_level = steps
        whole = (split["behavior"], split["invert"]) in (("Isolated", False), ("Removed", True))
        plain = not byte_level["use_regex"] and not byte_level["add_prefix_space"]
        if whole and plain and "Regex" in split["pattern"]:
            return str(split["pattern"]["Regex"])
    raise UsageError(
        f"{path}: tiktoken cannot express this tokenizer: it splits text by more than one pattern"
    )


@cache
def byte_characters() -> str:
    """The 256 characters that stand for bytes in a byte-level vocabulary, in the order of the bytes.

    Those that print stand for themselves; the others get the characters from U+0100 on (Radford et
    al. 2019, `bytes_to_unicode`).
    """
    prints = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return "".join(chr(byte if byte in prints else next(others)) for byte in range(256))

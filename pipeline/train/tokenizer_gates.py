"""Gates: what a tokenizer must do to be used at all."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .encode import HARD, as_bytes, load_tokenizer

_CODE_POINTS = 64
_RANDOM_TEXTS = 200


@dataclass(frozen=True, slots=True)
class Gate:
    """One demand; `found` tells what was seen, in a sentence."""

    name: str
    passed: bool
    found: str


def check(
    path: Path,
    texts: Mapping[str, Sequence[str]],
    wanted: Iterable[str],
    trained: Mapping[str, float] | None,
) -> list[Gate]:
    """Put a tokenizer to the test.

    Args:
        path: the `tokenizer.json`.
        texts: what there is to measure, of each language.
        wanted: languages that must be in the training text and in the report.
        trained: the training text's weights; None where nobody knows.

    """
    tokenizer = load_tokenizer(path)
    return [
        _lossless(path, tokenizer, texts),
        _deterministic(path, tokenizer, texts),
        _no_dead_vocabulary(path, tokenizer, texts),
        _languages(texts, wanted, trained),
    ]


def _lossless(path: Path, tokenizer: Any, texts: Mapping[str, Sequence[str]]) -> Gate:
    """All bytes can be written, and every text comes back as it was, byte by byte."""
    name = "lossless"
    spelled = as_bytes(path)
    if spelled is None:
        lost = [
            text for text in _hard_texts(texts) if tokenizer.decode(_ids(tokenizer, text)) != text
        ]
        return _gate_of(name, lost, "by decoding: the vocabulary does not spell bytes")
    missing = set(range(256)) - {token[0] for token in spelled.values() if len(token) == 1}
    if missing:
        return Gate(
            name, False, f"no id for {len(missing)} of 256 bytes, such as {min(missing):#04x}"
        )
    lost = [
        text
        for text in _hard_texts(texts)
        if b"".join(spelled[number] for number in _ids(tokenizer, text)) != text.encode()
    ]
    return _gate_of(name, lost, "all 256 bytes have an id")


def _gate_of(name: str, lost: list[str], how: str) -> Gate:
    if lost:
        return Gate(name, False, f"{len(lost)} texts do not come back, such as {lost[0][:40]!r}")
    return Gate(name, True, f"every text came back; {how}")


def _ids(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids


def _hard_texts(texts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Give hard cases, every code point of the basic plane, random strings, and texts of all languages."""
    yield from HARD
    points = [chr(point) for point in range(0x10000) if not 0xD800 <= point < 0xE000]
    for first in range(0, len(points), _CODE_POINTS):
        yield "".join(points[first : first + _CODE_POINTS])
    dice = random.Random(0)
    for _ in range(_RANDOM_TEXTS):
        raw = dice.randbytes(dice.randrange(200))
        yield raw.decode("utf-8", "replace")
        yield raw.decode("latin-1")
    for found in texts.values():
        yield from found[:20]


def _deterministic(path: Path, tokenizer: Any, texts: Mapping[str, Sequence[str]]) -> Gate:
    """Alone, in a batch, in a batch turned round and from a file read anew: the same ids."""
    sample = [text for found in texts.values() for text in found[:20]] + list(HARD)
    alone = [_ids(tokenizer, text) for text in sample]
    again = load_tokenizer(path)
    batch = [row.ids for row in again.encode_batch_fast(sample, add_special_tokens=False)]
    turned = [row.ids for row in again.encode_batch_fast(sample[::-1], add_special_tokens=False)]
    differing = sum(not a == b == c for a, b, c in zip(alone, batch, turned[::-1], strict=True))
    found = f"{len(sample):,} texts alone, in two batches and from a file read anew"
    return Gate(
        "deterministic", not differing, f"{differing} differ of {found}" if differing else found
    )


def _no_dead_vocabulary(path: Path, tokenizer: Any, texts: Mapping[str, Sequence[str]]) -> Gate:
    """Every id comes in the texts, or when what it spells is encoded."""
    dead = dead_tokens(path, tokenizer, texts)
    if dead is None:
        return Gate("no dead vocabulary", True, "not tried: the vocabulary does not spell bytes")
    shown = ", ".join(repr(token) for token in dead[:5])
    found = (
        f"{len(dead):,} ids are given for no text: {shown}" if dead else "every id can be reached"
    )
    return Gate("no dead vocabulary", not dead, found)


def dead_tokens(
    path: Path, tokenizer: Any, texts: Mapping[str, Sequence[str]]
) -> list[bytes] | None:
    """Find the tokens that no text gives; None where tokens do not spell bytes.

    A token that is no whole text in UTF-8 is tried with what completes it. Single bytes do not count:
    some occur in no text at all, and they stay for what is none.
    """
    spelled = as_bytes(path)
    if spelled is None:
        return None
    seen = np.zeros(max(spelled) + 1, bool)
    for found in texts.values():
        for row in tokenizer.encode_batch_fast(list(found), add_special_tokens=False):
            seen[[number for number in row.ids if number < len(seen)]] = True
    return [
        token
        for number, token in sorted(spelled.items())
        if len(token) > 1 and not seen[number] and not _reached(tokenizer, number, token)
    ]


def _reached(tokenizer: Any, number: int, token: bytes) -> bool:
    return any(number in _ids(tokenizer, text) for text in _completed(token))


def _completed(token: bytes) -> Iterator[str]:
    """Give texts that contain some bytes, with whatever they lack before and after."""
    begins = [b""]
    if 0x80 <= token[0] < 0xC0:  # the rest of a character: try what may stand before it
        rest = next((n for n, byte in enumerate(token) if not 0x80 <= byte < 0xC0), len(token))
        begins = [lead for lead in _LEADS if _length(lead[0]) - len(lead) == rest]
    for begin in begins:
        for end in _endings(begin + token):
            try:
                yield (begin + token + end).decode()
            except UnicodeDecodeError:
                continue


def _length(lead: int) -> int:
    """How many bytes a character has that begins with `lead`."""
    return 4 if lead >= 0xF0 else 3 if lead >= 0xE0 else 2


_LEADS = [bytes([lead]) for lead in range(0xC2, 0xF4)] + [
    bytes([lead, second]) for lead in range(0xE0, 0xF0) for second in range(0x80, 0xC0)
]


def _endings(content: bytes) -> Iterator[bytes]:
    """Give what may complete the last character."""
    for back in range(1, min(4, len(content) + 1)):
        lead = content[-back]
        if lead >= 0xC2:
            missing = _length(lead) - back
            if missing > 0:
                yield from (bytes([a]) + b"\x80" * (missing - 1) for a in range(0x80, 0xC0))
                return
            break
        if lead < 0x80:
            break
    yield b""


def _languages(
    texts: Mapping[str, Sequence[str]], wanted: Iterable[str], trained: Mapping[str, float] | None
) -> Gate:
    """Every language that was asked for is in the training text and in the report."""
    asked = sorted(wanted)
    unmeasured = [code for code in asked if not any(texts.get(code, ()))]
    untrained = [code for code in asked if trained is not None and not trained.get(code)]
    problems = [
        f"{what}: {', '.join(codes)}"
        for what, codes in (("not in the report", unmeasured), ("not trained on", untrained))
        if codes
    ]
    known = "" if trained is not None else "; what it was trained on is not known"
    found = "; ".join(problems) or f"{len(asked)} languages are trained on and reported"
    return Gate("languages", not problems, found + known)

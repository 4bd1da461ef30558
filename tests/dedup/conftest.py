"""Slow, obvious twins of the dedup kernels, and texts with planted duplicates."""

import random
import re
import unicodedata
from collections.abc import Callable

import pytest

from eurocorpus.dedup.folding import UNSPACED

MASK = 2**64 - 1
Tokens = Callable[[str], list[str]]
Grams = Callable[[str, int], set[tuple[str, ...]]]


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _is_single(character: str) -> bool:
    in_script = re.fullmatch(f"[{UNSPACED}]", character) is not None
    return in_script and (character.isalnum() or unicodedata.category(character)[0] == "M")


def _tokens(text: str) -> list[str]:
    found, word = [], ""
    for character in _normal(text):
        if _is_single(character):
            found += [word, character]
            word = ""
        elif re.fullmatch(r"\w", character):
            word += character
        else:
            found.append(word)
            word = ""
    return [token for token in [*found, word] if token]


def _joined(text: str) -> str:
    """Words with one space between; characters of unspaced scripts touch as they did."""
    kept = [c if _is_single(c) or re.fullmatch(r"\w", c) else " " for c in _normal(text)]
    return " ".join("".join(kept).split())


def _grams(text: str, ngram: int = 5) -> set[tuple[str, ...]]:
    tokens = _tokens(text)
    if len(tokens) < ngram:
        tokens = list(_joined(text))
    if 0 < len(tokens) < ngram:
        return {tuple(tokens)}
    return {tuple(tokens[k : k + ngram]) for k in range(len(tokens) - ngram + 1)}


def _token_hash(token: str) -> int:
    data, state = token.encode(), 0x9E3779B97F4A7C15
    for start in range(0, len(data), 8):
        group = int.from_bytes(data[start : start + 8], "little")
        state = ((state ^ group) * 0xD6E8FEB86659FD93) & MASK
        state ^= state >> 32
    return state


def _fmix64(value: int) -> int:
    value = ((value ^ value >> 33) * 0xFF51AFD7ED558CCD) & MASK
    value = ((value ^ value >> 33) * 0xC4CEB9FE1A85EC53) & MASK
    return value ^ value >> 33


def _hashes(text: str, ngram: int = 5) -> list[int]:
    found = set()
    for gram in _grams(text, ngram):
        rolling = 0
        for token in gram:
            rolling = (rolling * 0xD1342543DE82EF95 + _token_hash(token)) & MASK
        found.add(_fmix64(rolling))
    return sorted(found)


@pytest.fixture(scope="session")
def tokens() -> Tokens:
    return _tokens


@pytest.fixture(scope="session")
def grams() -> Grams:
    """The set of n-grams of a text, as tuples of tokens."""
    return _grams


@pytest.fixture(scope="session")
def hashes() -> Callable[[str, int], list[int]]:
    """The sorted set of a text's n-gram hashes, one big integer at a time."""
    return _hashes


@pytest.fixture(scope="session")
def overlapping() -> Callable[[random.Random, int, float], tuple[str, str]]:
    """Two texts whose word 5-gram sets have `size` members in all and a given Jaccard similarity."""

    def make(rng: random.Random, size: int, jaccard: float) -> tuple[str, str]:
        # Blocks of five fresh words, each block one 5-gram, would share n-grams across their
        # seams; so the words of a text are one run, and the two texts share its first part.
        shared = round(size * jaccard)
        one = (size - shared) // 2
        head = [_fresh(rng) for _ in range(shared + 4)]
        left = head + [_fresh(rng) for _ in range(one)]
        right = head + [_fresh(rng) for _ in range(size - shared - one)]
        return " ".join(left), " ".join(right)

    return make


def _fresh(rng: random.Random) -> str:
    return f"{rng.getrandbits(60):x}"

"""A keyed permutation of 0 to n - 1 that is computed place by place: nothing is stored or shuffled.

A Feistel network of four rounds permutes the numbers of an even number of bits; a result beyond n is
permuted again until it is inside, which is a permutation of 0 to n - 1 ("cycle walking"; J. Black and
P. Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002).
"""

import hashlib
from functools import lru_cache

_ROUNDS = 4
_MASK = (1 << 64) - 1


def permute(place: int, size: int, key: str) -> int:
    """Give the number at `place` of the permutation of 0 to `size` - 1 that `key` names.

    >>> sorted(permute(place, 10, "epoch 0") for place in range(10))
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    half = max((size - 1).bit_length() + 1, 2) // 2
    keys = _round_keys(key)
    while True:
        place = _feistel(place, half, keys)
        if place < size:
            return place


@lru_cache(maxsize=4096)
def _round_keys(key: str) -> tuple[int, ...]:
    digest = hashlib.sha256(key.encode()).digest()
    return tuple(int.from_bytes(digest[8 * n : 8 * n + 8], "little") for n in range(_ROUNDS))


def _feistel(number: int, half: int, keys: tuple[int, ...]) -> int:
    mask = (1 << half) - 1
    left, right = number >> half, number & mask
    for key in keys:
        left, right = right, left ^ (_mix(right ^ key) & mask)
    return left << half | right


def _mix(number: int) -> int:
    """Spread the bits of a 64-bit number (the finaliser of splitmix64, D. Stafford's variant 13)."""
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _MASK
    return number ^ number >> 31

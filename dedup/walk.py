"""Walk components in order and find for each document the most similar kept one: the kernels."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .minhash import hash_bands
from .ngrams import BLOCK, lower
from .shape import Shape

FEW = 16  # members up to which each is measured against every kept one
LONG = 256  # entries of a feature in the index, and candidates measured for a document
_SHORT = 8  # entries up to which a feature is looked up first: rare ones say most
_WIDEST = 24  # bits of the largest table: 64 MiB
GIANT = 1 << 26  # n-grams of a component from which its documents are looked up by band keys alone
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd (Knuth, TAOCP 3, §6.4)


@njit(cache=True, nogil=True, forceinline=True)
def _slot(value, shift):  # type: ignore[no-untyped-def]
    """Hash a feature to a slot of a table."""
    return np.int64((value * _SPREAD) >> shift)


@njit(cache=True, nogil=True)
def _shared(values, a, a_stop, b, b_stop, needed):  # type: ignore[no-untyped-def]
    """Count what two sorted sets share; stops early, with less than `needed`, when short of it."""
    count = 0
    a_last, b_last = a_stop - needed, b_stop - needed
    while a < a_stop and b < b_stop:
        one, other = values[a], values[b]
        a += one <= other
        b += other <= one
        count += one == other
        if a - count > a_last or b - count > b_last:
            return min(count, needed - 1)
    return count


@njit(cache=True, nogil=True)
def _measure(values, ends, document, candidate, floor, containment):  # type: ignore[no-untyped-def]
    """Give the similarity of a document to a candidate, or 0 when it is below `floor`."""
    size = ends[document + 1] - ends[document]
    other = ends[candidate + 1] - ends[candidate]
    whole = size if containment else size + other
    share = floor if containment else floor / (1.0 + floor)
    needed = np.int64(np.ceil(share * whole - 1e-6))  # rounding may measure more, never less
    if needed > min(size, other):
        return 0.0
    count = _shared(
        values, ends[document], ends[document + 1], ends[candidate], ends[candidate + 1], needed
    )
    similarity = count / size if containment else count / (whole - count)
    return similarity if similarity >= floor else 0.0


@njit(cache=True, nogil=True)
def _few(values, ends, stays, threshold, containment, kept, similarity):  # type: ignore[no-untyped-def]
    """Walk a small component: each document against every kept one before it."""
    for d in range(len(kept)):
        best, highest = -1, 0.0
        for candidate in range(0 if stays[d] or ends[d + 1] == ends[d] else d):
            if kept[candidate] < 0:
                floor = max(threshold, highest)
                measured = _measure(values, ends, d, candidate, floor, containment)
                if measured > highest:  # ties stay with the first in order
                    best, highest = candidate, measured
        kept[d], similarity[d] = best, highest


@njit(cache=True, nogil=True)
def _rarities(values, shift, bits):  # type: ignore[no-untyped-def]
    """Count how often each slot is hit, in 128 steps of a quarter octave, the rarest lowest."""
    counts = np.zeros(1 << bits, np.int32)
    for k in range(len(values)):
        counts[_slot(values[k], shift)] += 1
    for slot in range(len(counts)):
        if counts[slot] > 1:
            counts[slot] = 1 + np.int32(4.0 * np.log2(np.float64(counts[slot])))
    return counts


@njit(cache=True, nogil=True)
def _rarest(values, wanted, counts, shift, steps, rare):  # type: ignore[no-untyped-def]
    """Copy the `wanted` rarest n-grams of a set, ties by hash: one order for all sets."""
    if wanted >= len(values):
        rare[: len(values)] = values
        return len(values)
    steps[:] = 0
    for k in range(len(values)):
        steps[counts[_slot(values[k], shift)]] += 1
    last, below = 0, 0
    while below + steps[last] < wanted:
        below += steps[last]
        last += 1
    ties, made = wanted - below, 0
    for k in range(len(values)):
        step = counts[_slot(values[k], shift)]
        if step < last or (step == last and ties > 0):
            rare[made] = values[k]
            made += 1
            ties -= step == last
    return made


@njit(cache=True, nogil=True)
def _bands(document, permutations, bands):  # type: ignore[no-untyped-def]
    """Give the band keys of a set."""
    odd, summands = permutations
    minima = np.full((1, len(odd)), np.uint32(0xFFFFFFFF), np.uint32)
    mixed = np.empty(BLOCK, np.uint32)
    for k in range(0, len(document), BLOCK):
        block = document[k : k + BLOCK]
        lower(minima[0], block, len(block), mixed, odd, summands)
    return hash_bands(minima, bands, len(odd) // bands)[0]


@njit(cache=True, nogil=True)
def _insert(index, features, owner, shift):  # type: ignore[no-untyped-def]
    """Enter a document under its features, but for those that `LONG` others are under."""
    heads, filled, entries, used = index
    if used + len(features) > len(entries):
        wider = np.empty((2 * len(entries) + len(features), 3), np.int32)
        wider[:used] = entries[:used]
        entries = wider
    for k in range(len(features)):
        slot = _slot(features[k], shift)
        if filled[slot] < LONG:
            filled[slot] += 1
            entries[used, 0] = heads[slot]
            entries[used, 1], entries[used, 2] = owner, np.int32(features[k])
            heads[slot] = used
            used += 1
    return heads, filled, entries, used


@njit(cache=True, nogil=True)
def _search(  # type: ignore[no-untyped-def]
    values, ends, document, features, index, shift, seen, best, highest, threshold, containment
):
    """Measure a document against the kept ones that share a feature, rare features first.

    Gives the best (ties: the first in order), how similar it is, and whether some were left out.
    """
    heads, filled, entries, _ = index
    measured, full = 0, False
    # No two kept documents are equal, but one may be contained in many of them.
    enough = 2.0 if containment else 1.0
    for step in range(2):
        for k in range(len(features)):
            slot, tag = _slot(features[k], shift), np.int32(features[k])
            if (filled[slot] > _SHORT) != step:
                continue
            full |= filled[slot] == LONG
            entry = heads[slot]
            while entry >= 0 and highest < enough and measured < LONG:
                owner = np.int64(entries[entry, 1])
                if entries[entry, 2] == tag and seen[owner] != document:
                    seen[owner] = document
                    measured += 1
                    floor = max(threshold, highest)
                    found = _measure(values, ends, document, owner, floor, containment)
                    if found > highest or (found == highest > 0.0 and owner < best):
                        best, highest = owner, found
                entry = entries[entry, 0]
    return best, highest, highest < enough and (full or measured == LONG)


@njit(cache=True, nogil=True)
def _empty_index(ngrams):  # type: ignore[no-untyped-def]
    """Make an index with about two slots for each n-gram, and the shift that hashes to them."""
    bits = 4
    while bits < _WIDEST and 1 << bits < 2 * ngrams:
        bits += 1
    heads, filled = np.full(1 << bits, -1, np.int32), np.zeros(1 << bits, np.uint16)
    return (heads, filled, np.empty((1024, 3), np.int32), np.int64(0)), np.uint64(64 - bits), bits


@njit(cache=True, nogil=True)
def _many(values, ends, stays, threshold, containment, permutations, bands, kept, similarity):  # type: ignore[no-untyped-def]
    """Walk a large component with an index of the kept documents by their rarest n-grams.

    Prefix filtering: two sets of similarity >= t share one of the size - ceil(t * size) + 1
    rarest n-grams of each (Chaudhuri, Ganti, Kaushik, 2006; Bayardo, Ma, Srikant, 2007). Where
    the rarest n-grams are too common for that, band keys are looked up as well.
    """
    index, shift, bits = _empty_index(ends[-1] - ends[0])
    counts = _rarities(values[ends[0] : ends[-1]], shift, bits)
    rare = np.empty(np.max(ends[1:] - ends[:-1]), np.uint64)
    steps, seen = np.zeros(128, np.int64), np.full(len(kept), -1, np.int64)
    banded = False
    for d in range(len(kept)):
        document = values[ends[d] : ends[d + 1]]
        if len(document) == 0:
            continue
        wanted = len(document) - np.int64(np.ceil(threshold * len(document) - 1e-6)) + 1
        grams = rare[: _rarest(document, wanted, counts, shift, steps, rare)]
        best, highest, full = np.int64(-1), 0.0, False
        if not stays[d]:
            best, highest, full = _search(
                values, ends, d, grams, index, shift, seen, best, highest, threshold, containment
            )
        if full:
            for earlier in range(0 if banded else d):
                if kept[earlier] < 0:
                    keys = _bands(values[ends[earlier] : ends[earlier + 1]], permutations, bands)
                    index = _insert(index, keys, earlier, shift)
            banded = True
            keys = _bands(document, permutations, bands)
            best, highest, _ = _search(
                values, ends, d, keys, index, shift, seen, best, highest, threshold, containment
            )
        kept[d], similarity[d] = best, highest
        if best < 0:
            if containment:  # what goes into this document may share any of its n-grams
                grams = rare[: len(document)]
                grams[:] = document
            index = _insert(index, grams, d, shift)
            if banded:
                index = _insert(index, _bands(document, permutations, bands), d, shift)


@njit(cache=True, nogil=True)
def _giant(values, ends, stays, threshold, containment, permutations, bands, kept, similarity):  # type: ignore[no-untyped-def]
    """Walk a giant component with an index by band keys alone: 12 bytes a key, not a rare n-gram.

    The sets are read in order, and again where a candidate is measured: they may lie on disk.
    """
    index, shift, _ = _empty_index(len(kept) * bands)
    seen = np.full(len(kept), -1, np.int64)
    for d in range(len(kept)):
        if ends[d + 1] == ends[d]:
            continue
        keys = _bands(values[ends[d] : ends[d + 1]], permutations, bands)
        best, highest = np.int64(-1), 0.0
        if not stays[d]:
            best, highest, _ = _search(
                values, ends, d, keys, index, shift, seen, best, highest, threshold, containment
            )
        kept[d], similarity[d] = best, highest
        if best < 0:
            index = _insert(index, keys, d, shift)


@njit(cache=True, nogil=True)
def _walk(values, ends, groups, stays, threshold, containment, permutations, bands, giant):  # type: ignore[no-untyped-def]
    kept = np.full(len(ends) - 1, -1, np.int64)
    similarity = np.zeros(len(ends) - 1, np.float64)
    for g in range(len(groups) - 1):
        first, last = groups[g], groups[g + 1]
        own, mine, how = ends[first : last + 1], kept[first:last], similarity[first:last]
        stay = stays[first:last]
        if last - first <= FEW:
            _few(values, own, stay, threshold, containment, mine, how)
        elif own[-1] - own[0] <= giant:
            _many(values, own, stay, threshold, containment, permutations, bands, mine, how)
        else:
            _giant(values, own, stay, threshold, containment, permutations, bands, mine, how)
        for d in range(last - first):
            mine[d] += first if mine[d] >= 0 else 0
    return kept, similarity


def walk(
    values: NDArray[np.uint64],
    ends: NDArray[np.int64],
    groups: NDArray[np.int64],
    stays: NDArray[np.bool_],
    threshold: float,
    containment: bool,
    shape: Shape,
    giant: int = GIANT,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Walk every component: for each document the one it goes to (-1: kept), and how similar.

    Every kept document that is similar enough is found, and the most similar one chosen, as long
    as no document of the component has more than `LONG` kept documents to be measured against, or
    n-grams among its rarest that more than `LONG` kept ones have. Beyond, in components of more
    than `LONG` documents made of the same few n-grams, one is still found with the chance that
    `shape` gives for their band keys. So time is linear in the component. In a component of more
    than `giant` n-grams only band keys are looked up, so that memory is too.

    Args:
        values: sorted sets of n-gram hashes, one behind the other, in walking order.
        ends: where each begins, and the last ends.
        groups: the first document of each component, and the end of the last.
        stays: which documents are kept whatever they are like, and others measured against them.
        threshold: least similarity.
        containment: measure |A & B| / |A| instead of |A & B| / |A | B|.
        shape: of the band keys.
        giant: n-grams above which a component counts as giant; fixed, since results depend on it.
    """
    return _walk(  # type: ignore[no-any-return]
        values,
        ends,
        groups,
        stays,
        threshold,
        containment,
        shape.permutations(),
        shape.bands,
        giant,
    )

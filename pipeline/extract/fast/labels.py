"""From gold text and snippets to a label and a weight for each block, for training.

Full text is aligned with the page's words: a block is kept if most of its words are matched.
Snippets label the blocks that they occur in; the other blocks of such a page get a weak label
from another extractor's text.
"""

import difflib
import re

import numpy as np
from numpy.typing import NDArray

from .gold import GoldPage, squeeze, words
from .layout import END, START, Tokens

Labels = tuple[NDArray[np.float32], NDArray[np.float32]]
"""(label 0…1, weight) of each block."""


def block_texts(page: Tokens) -> list[str]:
    """The text of each block."""
    raw = page.text.tobytes()
    return [raw[b[START] : b[END]].decode("utf-8", "replace") for b in page.blocks.tolist()]


def matched_share(texts: list[str], gold: str) -> NDArray[np.float32]:
    """For each block the share of its words that an alignment with the gold text matches."""
    page_words: list[str] = []
    owner: list[int] = []
    for number, text in enumerate(texts):
        found = words(text)
        page_words += found
        owner += [number] * len(found)
    matched = np.zeros(len(texts), np.float32)
    total = np.bincount(np.array(owner, np.int64), minlength=len(texts))
    matcher = difflib.SequenceMatcher(None, page_words, words(gold), autojunk=False)
    for start, _, size in matcher.get_matching_blocks():
        for number in owner[start : start + size]:
            matched[number] += 1
    return (matched / np.maximum(total, 1)).astype(np.float32)


def from_text(texts: list[str], gold: str) -> Labels:
    """Labels from the full text; a page's weights sum to about one for its gold words."""
    share = matched_share(texts, gold)
    lengths = np.array([len(words(text)) for text in texts], np.float32)
    label = (share >= 0.5).astype(np.float32)
    weight = lengths * np.maximum(np.abs(share - 0.5) * 2, 0.1)
    return label, weight / max(20, len(words(gold)))


def _occurrences(joined: str, starts: NDArray[np.int64], snippet: str) -> list[list[int]]:
    """For each occurrence of a snippet the blocks that it touches."""
    pattern = squeeze(snippet)
    found = []
    for match in re.finditer(re.escape(pattern), joined) if pattern else ():
        first, last = np.searchsorted(starts, [match.start(), match.end() - 1], "right") - 1
        found.append(list(range(int(first), int(last) + 1)))
    return found


def from_snippets(texts: list[str], page: GoldPage, weak: NDArray[np.float32]) -> Labels:
    """Labels from snippets; `weak` is another's opinion of each block, 0 to 1."""
    squeezed = [squeeze(text) for text in texts]
    joined = " ".join(squeezed)
    starts = np.cumsum([0, *(len(text) + 1 for text in squeezed[:-1])]) if texts else np.zeros(0)
    lengths = np.array([len(words(text)) for text in texts], np.float32)
    label = (weak >= 0.5).astype(np.float32)
    sure = np.abs(weak - 0.5) * 2
    weight = 0.5 * sure * lengths / max(20.0, float((lengths * label).sum()))
    for snippets, value in ((page.included, 1), (page.excluded, 0)):
        for snippet in snippets:
            places = _occurrences(joined, starts.astype(np.int64), snippet)
            for place in places:
                label[place] = value
                weight[place] = 0.0
            for place in places:
                share = 1 / len(place) / (len(places) if value else 1)
                weight[place] += share * 0.5 / max(1, len(snippets))
    return label, weight

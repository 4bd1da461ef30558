"""Made-up texts that have a topic: the words of a document are drawn from a few dozen of all.

What comes next follows from the whole document and hardly from the last three words: a model that
looks further back knows more, as with real texts, only that it takes seconds to show.
"""

import random
from pathlib import Path

SYLLABLES = ("ka", "lo", "mi", "ne", "ru", "sa", "ti", "vo", "be", "da", "fu", "gi")


def make_texts(
    documents: int, seed: int = 0, *, topics: int = 24, words: int = 60, size: int = 12
) -> list[str]:
    """Write documents of `words` words, each drawn from the `size` words of its topic."""
    lexicon = [a + b + c for a in SYLLABLES for b in SYLLABLES for c in ("", "n")]
    nature = random.Random("topics")
    kinds = [nature.sample(lexicon, size) for _ in range(topics)]
    draw = random.Random(seed)
    return [" ".join(draw.choices(draw.choice(kinds), k=words)) for _ in range(documents)]


def write_texts(folder: Path, texts: dict[str, list[str]]) -> Path:
    """Write texts as a folder with a file a language, a text a line."""
    folder.mkdir(parents=True, exist_ok=True)
    for language, lines in texts.items():
        (folder / f"{language}.txt").write_text("\n".join(lines) + "\n", "utf-8")
    return folder

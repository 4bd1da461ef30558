"""Pages whose main text people have marked: reading them, and scoring an extraction.

A set is a folder or zip with `gold.jsonl` and `html/`: a line has `file`, `url`, and either
`text` (all of the main text) or `with` and `without` (snippets that belong to it or not).
"""

import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class GoldPage:
    """A page and what is known of its main text."""

    collection: str
    id: str
    url: str
    language: str
    page_type: str
    html: bytes
    text: str
    included: tuple[str, ...]
    """Snippets of the main text."""
    excluded: tuple[str, ...]
    """Snippets that are not part of it."""

    @property
    def site(self) -> str:
        """The registered domain, roughly: pages of one site never fall on both sides of a split."""
        labels = (urlsplit(self.url).hostname or self.id).split(".")
        generic = len(labels) > 2 and (
            len(labels[-2]) <= 3 and len(labels[-1]) == 2 and labels[-2] != "www"
        )
        return ".".join(labels[-3 if generic else -2 :])


def read_gold(folder: Path) -> Iterator[GoldPage]:
    """The pages of one set in the order of its `gold.jsonl`."""
    archive = zipfile.ZipFile(folder) if folder.suffix == ".zip" else None

    def read(name: str) -> bytes:
        return archive.read(name) if archive else (folder / name).read_bytes()

    for line in read("gold.jsonl").splitlines():
        row = json.loads(line)
        yield GoldPage(
            collection=folder.stem,
            id=row["id"],
            url=row.get("url") or "",
            language=row.get("lang") or "",
            page_type=row.get("page_type") or "",
            html=read(row["file"]),
            text=row.get("text") or "",
            included=tuple(row.get("with") or ()),
            excluded=tuple(row.get("without") or ()),
        )


def read_sets(folder: Path) -> list[GoldPage]:
    """All sets below a folder; a set may be a folder or a zip, the folder itself may be one."""
    if folder.suffix == ".zip" or (folder / "gold.jsonl").exists():
        return list(read_gold(folder))
    below = sorted(p for p in folder.iterdir() if p.suffix == ".zip" or (p / "gold.jsonl").exists())
    return [page for path in below for page in read_gold(path)]


def words(text: str) -> list[str]:
    r"""Lower-cased `\w+` tokens."""
    return _WORD.findall(text.lower())


def text_f1(text: str, gold: str) -> tuple[float, float, float]:
    """(precision, recall, F1) of the bags of words of an extraction and the gold text."""
    found, wanted = Counter(words(text)), Counter(words(gold))
    common = sum((found & wanted).values())
    if not found or not wanted or not common:
        same = float(not found and not wanted)
        return same, same, same
    precision, recall = common / found.total(), common / wanted.total()
    return precision, recall, 2 * precision * recall / (precision + recall)


def snippet_counts(text: str, page: GoldPage) -> tuple[int, int, int, int]:
    """(TP, FN, FP, TN): snippets wanted and found, missed; unwanted and found, absent."""
    squeezed = squeeze(text)
    found = sum(squeeze(snippet) in squeezed for snippet in page.included)
    wrong = sum(squeeze(snippet) in squeezed for snippet in page.excluded)
    return found, len(page.included) - found, wrong, len(page.excluded) - wrong


def squeeze(text: str) -> str:
    """Each run of white space as one space."""
    return " ".join(text.split())


def part_names(page: GoldPage) -> list[str]:
    """The parts of a collection that a page counts for: all of it, its language, its type."""
    names = [page.collection]
    names += [f"{page.collection} {part}" for part in (page.language, page.page_type) if part]
    return names


def report(pages: Iterable[GoldPage], texts: dict[str, str]) -> dict[str, tuple[int, float]]:
    """(pages, F1) of each collection, language and page type.

    Where pages have their full text it is the mean F1 of the bags of words, else the F1 of all
    snippets together.
    """
    full: dict[str, list[float]] = {}
    snippets: dict[str, list[tuple[int, int, int, int]]] = {}
    for page in pages:
        text = texts[f"{page.collection}/{page.id}"]
        for name in part_names(page):
            if page.text:
                full.setdefault(name, []).append(text_f1(text, page.text)[2])
            else:
                snippets.setdefault(name, []).append(snippet_counts(text, page))
    result = {name: (len(scores), sum(scores) / len(scores)) for name, scores in full.items()}
    for name, rows in snippets.items():
        found, missed, wrong, _ = (sum(column) for column in zip(*rows, strict=True))
        result[name] = (len(rows), 2 * found / max(1, 2 * found + missed + wrong))
    return dict(sorted(result.items()))

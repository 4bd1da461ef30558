"""Compare extraction engines on pages with gold text: quality by set and kind of page, and speed.

    python benchmarks/extraction.py DIR... [--limit N] [--cross-validate | --texts FILE]

A DIR holds sets (folders or zips with `gold.jsonl` and `html/`). Every engine takes the same
bytes, page by page in turn, on one core. The fast engine's shipped model was trained on all
shared sets, so its score on them means nothing: `--cross-validate` trains five models (needs
LightGBM; half an hour) and scores each page by one that never saw its site. `--texts` takes the
texts of an earlier cross-validation (`python -m eurocorpus.pipeline.extract.fast.train DIR
--cross-validate --texts FILE`) instead.
"""

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from eurocorpus.pipeline.extract.fast import TooLarge, extract
from eurocorpus.pipeline.extract.fast.gold import (
    GoldPage,
    part_names,
    read_sets,
    snippet_counts,
    text_f1,
)
from eurocorpus.pipeline.extract.read.charset import decode

Scores = tuple[float, float, float]
"""(true positives or precision, false negatives or recall, false positives or F1)."""

SMALLEST_PART = 5
SMALLEST_COMPARED = 30
"""Pages that a part needs for an interval to mean something."""
RESAMPLES = 2000


def fast(html: bytes) -> str:
    """Run this project's engine."""
    try:
        return extract(html).text
    except TooLarge:
        return ""


def trafilatura(html: bytes, *, quick: bool = False) -> str:
    """Run trafilatura's default without comments, or its fast mode."""
    import trafilatura

    return trafilatura.extract(decode(html).text, include_comments=False, fast=quick) or ""


def resiliparse(html: bytes) -> str:
    """Run resiliparse's rules for main content."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    return str(extract_plain_text(HTMLTree.parse(decode(html).text), main_content=True))


ENGINES: dict[str, Callable[[bytes], str]] = {
    "fast": fast,
    "trafilatura": trafilatura,
    "trafilatura fast": lambda html: trafilatura(html, quick=True),
    "resiliparse": resiliparse,
}


def score(text: str, page: GoldPage) -> Scores:
    """Score one page: counts where it has snippets, else the F1 of the bags of words."""
    if page.text:
        return text_f1(text, page.text)
    found, missed, wrong, _ = snippet_counts(text, page)
    return found, missed, wrong


def total(scores: list[Scores], *, counts: bool) -> Scores:
    """(precision, recall, F1) of a part: of the sums of counts, or the mean of the pages."""
    first, second, third = (sum(column) for column in zip(*scores, strict=True))
    if not counts:
        return first / len(scores), second / len(scores), third / len(scores)
    precision = first / max(1, first + third)
    recall = first / max(1, first + second)
    return precision, recall, 2 * first / max(1, 2 * first + second + third)


def interval(ours: list[Scores], theirs: list[Scores], *, counts: bool) -> tuple[float, float]:
    """Give the 95 % interval of the difference in F1, resampling pages in pairs."""
    draw = random.Random(7)
    differences = []
    for _ in range(RESAMPLES):
        chosen = draw.choices(range(len(ours)), k=len(ours))
        mine = total([ours[k] for k in chosen], counts=counts)[2]
        differences.append(mine - total([theirs[k] for k in chosen], counts=counts)[2])
    differences.sort()
    return differences[int(0.025 * RESAMPLES)], differences[int(0.975 * RESAMPLES)]


def run(pages: list[GoldPage]) -> tuple[dict[str, list[str]], dict[str, float]]:
    """Give each engine's texts and CPU seconds, page by page in turn."""
    texts: dict[str, list[str]] = defaultdict(list)
    seconds: dict[str, float] = defaultdict(float)
    for engine in ENGINES.values():
        engine(pages[0].html)  # compiled kernels and imports are not what is measured
    for page in pages:
        for name, engine in ENGINES.items():
            start = time.process_time()
            texts[name].append(engine(page.html))
            seconds[name] += time.process_time() - start
    return texts, seconds


def cross_validated(pages: list[GoldPage]) -> dict[str, str]:
    """Each page's text by a model that never saw its site."""
    from eurocorpus.pipeline.extract.fast.train import cross_validate, example

    return cross_validate([example(page) for page in pages])


def print_quality(pages: list[GoldPage], texts: dict[str, list[str]]) -> None:
    """Print precision, recall and F1 of each part, and the difference from trafilatura."""
    parts: dict[str, list[int]] = defaultdict(list)
    for k, page in enumerate(pages):
        for name in part_names(page):
            parts[name].append(k)
    rows = {
        name: [score(text, page) for text, page in zip(column, pages, strict=True)]
        for name, column in texts.items()
    }
    print(f"{'precision / recall / F1':38}" + "".join(f"{name:>24}" for name in texts))
    for part, members in sorted(parts.items()):
        if len(members) < SMALLEST_PART:
            continue
        counts = not pages[members[0]].text
        line = f"{part:32} {len(members):5}"
        for scores in rows.values():
            values = total([scores[k] for k in members], counts=counts)
            line += "{:>24}".format(" / ".join(f"{value:.3f}" for value in values))
        if len(members) < SMALLEST_COMPARED:
            print(line)
            continue
        low, high = interval(
            [rows["fast"][k] for k in members],
            [rows["trafilatura"][k] for k in members],
            counts=counts,
        )
        print(f"{line}   fast - trafilatura: {low:+.3f} … {high:+.3f}")


def main() -> None:
    """Parse the command line and print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--limit", type=int, help="this many pages of all, drawn evenly")
    held = parser.add_mutually_exclusive_group()
    held.add_argument("--cross-validate", action="store_true", help="train on other sites' pages")
    held.add_argument("--texts", type=Path, help="texts of an earlier cross-validation (JSON)")
    options = parser.parse_args()
    pages = [page for folder in options.folders for page in read_sets(folder)]
    if options.limit and options.limit < len(pages):
        step = len(pages) / options.limit
        pages = [pages[int(k * step)] for k in range(options.limit)]
    texts, seconds = run(pages)
    if options.texts or options.cross_validate:
        held_out = (
            json.loads(options.texts.read_text()) if options.texts else cross_validated(pages)
        )
        texts["fast"] = [held_out[f"{page.collection}/{page.id}"] for page in pages]
        print("fast: cross-validated; speed: of the shipped model\n")
    print_quality(pages, texts)
    megabytes = sum(len(page.html) for page in pages) / 1e6
    print(f"\n{len(pages)} pages, {megabytes:.0f} MB, one core")
    for name, spent in seconds.items():
        ratio = seconds["trafilatura"] / spent
        print(
            f"{name:20} {len(pages) / spent:8.1f} pages/s {megabytes / spent:7.1f} MB/s"
            f" {ratio:6.1f} x trafilatura"
        )


if __name__ == "__main__":
    main()

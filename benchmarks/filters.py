"""Filters beside datatrove's: FineWeb-2's rules on the same texts, CPU time, one process.

    python benchmarks/filters.py [TEXTS…] [--rounds 3] [--sample 1000]

TEXTS are files or folders of files: WARC, whose pages are extracted and identified; Parquet, such as
`documents/` of a run, or JSONL (`.jsonl`, `.jsonl.gz`), with `text` and `language`; or text files,
one document each, in folders or with names that begin with the language's code. Without it, the WARC
files under EUROCORPUS_DATA or `../shared/data` are taken. Both sides see the same sample of documents; rounds are interleaved, and medians
reported. White-space words on both sides first, then the default tokenisers where spaCy is
installed (datatrove needs it); languages whose default tokeniser is not spaCy are left out there.
All signals are measured on our side; datatrove stops at the first rule that a text fails.
"""

import argparse
import gzip
import json
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.pipeline.filters import (
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.utils.word_tokenizers import SpaCyTokenizer, WordTokenizer, load_word_tokenizer

from eurocorpus.filters import SIGNALS, judge, measure, thresholds
from eurocorpus.filters.languages import language
from eurocorpus.langid import identify
from eurocorpus.pipeline.extract import extract
from eurocorpus.pipeline.extract.read import Capture
from eurocorpus.pipeline.extract.read import read as captures

DATA = Path(os.environ.get("EUROCORPUS_DATA", Path(__file__).parents[2] / "shared" / "data"))
TARGETS = {"whitespace": 30, "spacy_like": 80}
Words = Literal["whitespace", "spacy_like"]
Texts = list[tuple[str, str]]
"""Language and text of each document."""


class Whitespace(WordTokenizer):
    """`str.split`, as datatrove's interface wants it."""

    def word_tokenize(self, text: str) -> list[str]:
        """Split at white space."""
        return text.split()

    def sent_tokenize(self, text: str) -> list[str]:
        """Refuse: no filter here asks for it."""
        raise NotImplementedError

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        """Refuse: no filter here asks for it."""
        raise NotImplementedError


def datatrove_filters(code: str, words: Any) -> list[Any]:
    """Give FineWeb-2's chain with our thresholds for a language."""
    own, english = thresholds(code), code == "eng_Latn"
    return [
        GopherRepetitionFilter(
            language=words,
            dup_line_frac=own["max_duplicate_line_fraction"],
            dup_para_frac=own["max_duplicate_paragraph_fraction"] if english else None,
            dup_line_char_frac=own["max_duplicate_line_characters"] if english else None,
            dup_para_char_frac=own["max_duplicate_paragraph_characters"] if english else None,
            top_n_grams=tuple((n, own[f"max_top_{n}_gram"]) for n in (2, 3, 4)),
            dup_n_grams=tuple((n, own[f"max_duplicate_{n}_grams"]) for n in range(5, 11)),
        ),
        FineWebQualityFilter(
            language=words,
            short_line_thr=own["max_short_lines"],
            char_duplicates_ratio=own["max_character_duplication"],
            line_punct_thr=own["min_line_punctuation"],
            new_line_ratio=own["max_new_line_ratio"],
        ),
        GopherQualityFilter(
            language=words,
            min_avg_word_length=own["min_mean_word_length"],
            max_avg_word_length=own["max_mean_word_length"],
            max_non_alpha_words_ratio=own["min_alphabetic_words"],
            stop_words=list(language(code).stop_words),
            min_stop_words=2 if language(code).stop_words else None,
        ),
    ]


def judged_by_datatrove(texts: Texts, chains: dict[str, list[Any]]) -> list[bool]:
    """Say of each text whether datatrove keeps it."""
    return [
        all(step.filter(Document(text=text, id="")) is True for step in chains[code])
        for code, text in texts
    ]


def judged_by_us(texts: pa.Array, codes: pa.Array, words: Words) -> list[bool]:
    """Say of each text whether our rules keep it; all signals are measured."""
    kept: list[bool] = judge(measure(texts, codes, words=words), codes).is_null().to_pylist()
    return kept


def cpu_seconds(work: Callable[[], object]) -> float:
    """Time a call by the process's CPU clock."""
    start = time.process_time()
    work()
    return time.process_time() - start


def compare(texts: Texts, words: Words, rounds: int) -> None:
    """Time both sides in turns and print the medians, the ratio first."""
    chains = {
        code: datatrove_filters(code, Whitespace() if words == "whitespace" else code)
        for code in sorted({code for code, _ in texts})
    }
    codes = pa.array([code for code, _ in texts])
    own = pa.array([text for _, text in texts], pa.large_string())
    # Once untimed: kernels and tokenisers load.
    theirs, ours = judged_by_datatrove(texts, chains), judged_by_us(own, codes, words)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        times[0].append(cpu_seconds(lambda: judged_by_datatrove(texts, chains)))
        times[1].append(cpu_seconds(lambda: judged_by_us(own, codes, words)))
    slow, fast = map(statistics.median, times)
    same = sum(one == other for one, other in zip(theirs, ours, strict=True)) / len(texts)
    size = sum(len(text.encode()) for _, text in texts) / 1e6
    print(
        f"{words}: {slow / fast:.0f} times datatrove's documents/s (target {TARGETS[words]})\n"
        f"  datatrove {len(texts) / slow:,.0f} documents/s, {size / slow:.2f} MB/s; "
        f"eurocorpus {len(texts) / fast:,.0f} documents/s, {size / fast:.1f} MB/s\n"
        f"  {len(texts):,} documents, {size:.1f} MB, {len(chains)} languages, {len(SIGNALS)} signals; "
        f"{same:.2%} kept or dropped by both"
    )


def read(path: Path) -> Iterator[tuple[str, str]]:
    """Give language and text of every document under a path."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if ".warc" in file.suffixes:
            yield from read_warc(file)
        elif file.suffix == ".parquet":
            table = pq.read_table(file, columns=["language", "text"])
            yield from zip(table["language"].to_pylist(), table["text"].to_pylist(), strict=True)
        elif ".jsonl" in file.suffixes:
            with (gzip.open if file.suffix == ".gz" else open)(
                file, "rt", encoding="utf-8"
            ) as lines:
                for line in lines:
                    row = json.loads(line)
                    yield row.get("language") or "und", row["text"]
        elif file.suffix == ".txt":
            named = [name[:8] for name in (file.name, file.parent.name) if name[3:4] == "_"]
            yield (named or ["und"])[0], file.read_text("utf-8")


def read_warc(file: Path) -> Iterator[tuple[str, str]]:
    """Extract the pages of a WARC file and name their languages."""
    pages = [page for page in captures(file) if isinstance(page, Capture) and not page.problem]
    texts = [
        extract(page.body, content_type=page.content_type, engine="fast").text for page in pages
    ]
    texts = [text for text in texts if text]
    yield from zip(identify(texts)["language"].to_pylist(), texts, strict=True)


def has_spacy_words(code: str) -> bool:
    """Say whether datatrove's default words of a language are spaCy's."""
    try:
        words = load_word_tokenizer(code)
        return isinstance(words, SpaCyTokenizer) and bool(words.word_tokenize("a"))
    except (ValueError, ImportError):
        return False


def main() -> None:
    """Run both comparisons."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("texts", type=Path, nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--sample", type=int, default=1000, help="documents, drawn with a fixed seed"
    )
    options = parser.parse_args()
    paths = options.texts or sorted(DATA.glob("warc/eu-web-*.warc.gz"))
    texts = sorted(row for path in paths for row in read(path))
    if not texts:
        raise SystemExit(f"no WARC, Parquet, JSONL or text file in {paths}")
    sample = random.Random(0).sample(texts, min(options.sample, len(texts)))
    compare(sample, "whitespace", options.rounds)
    if not find_spec("spacy"):
        print("spacy_like: left out, spaCy is not installed (pip install spacy)")
        return
    compare([row for row in sample if has_spacy_words(row[0])], "spacy_like", options.rounds)


if __name__ == "__main__":
    main()

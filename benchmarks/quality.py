"""Scores what two chains made of the same WARC files: extraction, languages, duplicates, size.

One scorer for all, independent of how either chain works. Gold is other people's: pages with
their main text, and the language of each page. Prints JSON; `end_to_end.py` calls it.
"""

import argparse
import gzip
import hashlib
import json
import re
import unicodedata
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import xxhash

from eurocorpus.langid import EU_LANGUAGES
from eurocorpus.langid.codes import CODES

SIMILARITY = 0.8
"""Jaccard similarity of word 5-grams from which two documents are duplicates."""

_WORD = re.compile(r"\w+")
_OTHER_LABELS = {"nb": "no", "pt-BR": "pt", "sr-Latn": "sr"}


@dataclass
class Output:
    """What a chain made of its input, by WARC record id."""

    languages: dict[str, str] = field(default_factory=dict)
    """Language named for each page that text was found in, wanted or not (`ces_Latn`)."""
    texts: dict[str, str] = field(default_factory=dict)
    """Text before any quality filter, of pages in a wanted language."""
    judged: set[str] = field(default_factory=set)
    """Documents that passed the quality filters, duplicates among them."""
    kept: dict[str, str] = field(default_factory=dict)
    """Language of each document of the finished corpus."""


def read_eurocorpus(run: Path) -> Output:
    """Read the folder of a finished `eurocorpus run`."""
    output = Output()
    names: dict[str, str] = {}
    columns = ["id", "warc_record_id", "language", "text"]
    cleaned = sorted((run / "cleaned").glob("*.parquet"))
    for path in cleaned or sorted((run / "documents").glob("*.parquet")):
        for row in pq.read_table(path, columns=columns).to_pylist():
            record = names[row["id"]] = row["warc_record_id"]
            output.texts[record] = unicodedata.normalize("NFC", row["text"])
            output.languages[record] = row["language"]
    for path in sorted((run / "dropped" / "documents").glob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            if row["reason"] == "language_unwanted":
                output.languages[row["warc_record_id"]] = row["language"]
    for path in sorted((run / "data").glob("*/*.parquet")):
        for row in pq.read_table(path, columns=["warc_record_id"]).to_pylist():
            output.kept[row["warc_record_id"]] = path.parent.name
    output.judged |= output.kept.keys()
    for path in sorted((run / "dedup" / "removals").glob("*.parquet")):
        removed = pq.read_table(path, columns=["removed_id"])["removed_id"].to_pylist()
        output.judged |= {names[identity] for identity in removed}
    return output


def read_datatrove(folder: Path) -> Output:
    """Read what `datatrove_chain.py` left."""
    output = Output()
    for label, row in _jsonl(folder / "documents"):
        code = CODES[label][0]
        output.languages[row["id"]] = code
        if code in EU_LANGUAGES:
            output.texts[row["id"]] = unicodedata.normalize("NFC", row["text"])
    output.judged |= {row["id"] for _, row in _jsonl(folder / "filtered")}
    output.kept |= {row["id"]: code for code, row in _jsonl(folder / "data")}
    return output


def _jsonl(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each row below a folder, with the name of the folder that its file is in."""
    for path in sorted(folder.glob("*/*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield path.parent.name, json.loads(line)


# ------------------------------------------------------------------------------- extraction


@dataclass(frozen=True)
class GoldPage:
    """One page whose main text is known, whole or in snippets, and the records that hold it."""

    name: str
    """Set and id, `scrapinghub/042b…`."""
    kind: str
    """`text` or `snippets`."""
    text: str
    present: tuple[str, ...]
    absent: tuple[str, ...]
    records: tuple[str, ...]


def read_gold(archives: Iterable[Path], truth: Iterable[Mapping[str, Any]]) -> list[GoldPage]:
    """Find the gold pages that are in the input, by the SHA-1 of their bytes.

    Only pages in one of the languages that the corpus shall have: no chain keeps the text of others.
    """
    records: dict[str, list[str]] = defaultdict(list)
    for page in truth:
        if "sha1" in page:
            records[page["sha1"]].append(page["record_id"])
    found = []
    for archive in archives:
        with zipfile.ZipFile(archive) as files:
            for row in map(json.loads, files.read("gold.jsonl").splitlines()):
                held = records.get(hashlib.sha1(files.read(row["file"])).hexdigest(), ())
                if held and language_of(row.get("lang")) in _EU:
                    name = f"{archive.stem}/{row['id']}"
                    found.append(_gold_page(name, row, tuple(held)))
    return found


def _gold_page(name: str, row: Mapping[str, Any], records: tuple[str, ...]) -> GoldPage:
    whole = row.get("text")
    return GoldPage(
        name,
        "text" if whole else "snippets",
        unicodedata.normalize("NFC", whole or ""),
        tuple(_squeeze(snippet) for snippet in row.get("with") or ()),
        tuple(_squeeze(snippet) for snippet in row.get("without") or ()),
        records,
    )


def score_extraction(
    gold: Iterable[GoldPage], texts: Mapping[str, str], held_out: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Score texts against gold; a page without text counts as an empty one.

    `held_out` gives, by the page's name, what an extractor that learns made of it when it had not
    learned from its site; it stands in for the text of pages that the chain found text in.
    `snippets` counts over all pages: a wanted snippet found is a true positive, an unwanted one a
    false positive. `text` is the F1 of bags of lower-cased words, averaged over pages.
    """
    counts: Counter[str] = Counter()
    overlaps = []
    pages: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for page in gold:
        text = next((texts[record] for record in page.records if texts.get(record)), "")
        if text and held_out is not None:
            text = unicodedata.normalize("NFC", held_out[page.name])
        pages[page.kind] += 1
        missing[page.kind] += not text
        if page.kind == "text":
            overlaps.append(bag_f1(page.text, text))
        else:
            squeezed = _squeeze(text)
            for snippet in page.present:
                counts["tp" if snippet in squeezed else "fn"] += 1
            for snippet in page.absent:
                counts["fp" if snippet in squeezed else "tn"] += 1
    return {
        "snippets": {
            "pages": pages["snippets"],
            "without_text": missing["snippets"],
            "precision": _ratio(counts["tp"], counts["tp"] + counts["fp"]),
            "recall": _ratio(counts["tp"], counts["tp"] + counts["fn"]),
            "f1": f1(counts["tp"], counts["fp"], counts["fn"]),
        },
        "text": {
            "pages": pages["text"],
            "without_text": missing["text"],
            "f1": _ratio(sum(overlaps), len(overlaps)),
        },
    }


def bag_f1(gold: str, text: str) -> float:
    """F1 of two texts' bags of lower-cased words.

    >>> round(bag_f1("One two two", "two ONE three"), 3)
    0.667
    """
    wanted, found = (Counter(_WORD.findall(part.lower())) for part in (gold, text))
    common = (wanted & found).total()
    return f1(common, found.total() - common, wanted.total() - common)


def f1(true_positive: int, false_positive: int, false_negative: int) -> float:
    """Harmonic mean of precision and recall; 1 where there was nothing to find and nothing found."""
    both = 2 * true_positive + false_positive + false_negative
    return 2 * true_positive / both if both else 1.0


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _squeeze(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


# -------------------------------------------------------------------------------- languages


def language_of(label: str | None) -> str:
    """ISO 639-3 code of a label or code, without its script; other names stay as they are.

    >>> language_of("pt-BR"), language_of("nb"), language_of("ces_Latn"), language_of("fur")
    ('por', 'nob', 'ces', 'fur')
    """
    label = label or ""
    label = _OTHER_LABELS.get(label, label)
    return CODES[label][0].split("_")[0] if label in CODES else label.split("_")[0]


_EU = {language_of(code) for code in EU_LANGUAGES}


def score_languages(
    truth: Iterable[Mapping[str, Any]], languages: Mapping[str, str]
) -> dict[str, Any]:
    """Score named languages over the pages whose language is known.

    `accuracy` is over pages that text was found in. `macro_f1` is the mean over the EU's languages
    that occur; there, a page without text counts as missed. Scripts are not compared.
    """
    known = {page["record_id"]: language_of(page["lang"]) for page in truth if page.get("lang")}
    named = {record: language_of(languages[record]) for record in known if record in languages}
    right = Counter(code for record, code in named.items() if known[record] == code)
    said, wanted = Counter(named.values()), Counter(known.values())
    scores = {
        code: f1(right[code], said[code] - right[code], wanted[code] - right[code])
        for code in sorted(_EU & wanted.keys())
    }
    return {
        "pages": len(known),
        "with_text": len(named),
        "accuracy": _ratio(right.total(), len(named)),
        "macro_f1": _ratio(sum(scores.values()), len(scores)),
        "f1": scores,
    }


# ------------------------------------------------------------------------------- duplicates


def shingles(text: str, size: int = 5) -> frozenset[int]:
    """The set of a text's word n-grams, hashed to 64 bits; a shorter text is one n-gram.

    Words are runs of letters, digits and marks, case folded: digits and accents stay as they are.
    """
    words = _WORD.findall(text.casefold())
    grams = zip(*(islice(words, start, None) for start in range(size)), strict=False)
    hashed = {xxhash.xxh3_64_intdigest("\0".join(gram).encode()) for gram in grams}
    return frozenset(hashed or {xxhash.xxh3_64_intdigest("\0".join(words).encode())})


def similar_pairs(
    documents: Mapping[str, frozenset[int]], threshold: float = SIMILARITY
) -> Iterator[tuple[str, str]]:
    """Find every pair of sets whose Jaccard similarity is at least `threshold`, exactly.

    Two such sets share an element among the rarest `n - ceil(threshold * n) + 1` of each, whatever
    n (prefix filtering, Chaudhuri et al. 2006): only pairs that do are compared.
    """
    frequency = Counter(element for elements in documents.values() for element in elements)
    holders: dict[int, list[str]] = defaultdict(list)
    for name, elements in documents.items():
        rarest = sorted(elements, key=lambda element: (frequency[element], element))
        prefix = rarest[: len(rarest) - ceil(threshold * len(rarest) - 1e-9) + 1]
        for other in {other for element in prefix for other in holders[element]}:
            common = len(elements & documents[other])
            if common >= threshold * (len(elements) + len(documents[other]) - common) - 1e-9:
                yield other, name
        for element in prefix:
            holders[element].append(name)


def score_duplicates(output: Output) -> dict[str, Any]:
    """Count duplicates left in the corpus, and removed documents that had no duplicate in it."""
    documents = {name: shingles(output.texts[name]) for name in sorted(output.judged)}
    kept = output.kept.keys()
    with_kept: set[str] = set()
    with_any: set[str] = set()
    for pair in similar_pairs(documents):
        for one, other in (pair, pair[::-1]):
            with_any.add(one)
            if other in kept:
                with_kept.add(one)
    removed = output.judged - kept
    left = with_kept & kept
    return {
        "judged": len(documents),
        "with_a_duplicate": len(with_any),
        "removed": len(removed),
        "left": len(left),
        "left_share": _ratio(len(left), len(kept)),
        "removed_without_kept_duplicate": len(removed - with_kept),
        "removed_without_any_duplicate": len(removed - with_any),
    }


# ------------------------------------------------------------------------------------- all


def score(
    output: Output,
    truth: list[dict[str, Any]] | None,
    gold: list[GoldPage],
    common: set[str],
    held_out: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Score one chain's output in every respect that there is truth for.

    `common` holds the records that every chain found text in.
    """
    documents = Counter(output.kept.values())
    characters: Counter[str] = Counter()
    for record, code in output.kept.items():
        characters[code] += len(output.texts[record])
    scores: dict[str, Any] = {
        "documents": documents.total(),
        "characters": characters.total(),
        "by_language": {
            code: {"documents": documents[code], "characters": characters[code]}
            for code in EU_LANGUAGES
            if documents[code]
        },
        "duplicates": score_duplicates(output),
    }
    if truth is not None:
        pages = [page["record_id"] for page in truth if page["kind"] == "html"]
        scores["pages"] = len(pages)
        scores["pages_with_text"] = sum(record in output.languages for record in pages)
        scores["languages"] = score_languages(truth, output.languages)
    if gold:
        scores["extraction"] = score_extraction(gold, output.texts, held_out)
        shared = [page for page in gold if common.intersection(page.records)]
        scores["extraction_common"] = score_extraction(shared, output.texts, held_out)
    return scores


READERS = {"eurocorpus": read_eurocorpus, "datatrove": read_datatrove}


def main() -> None:
    """Score the outputs that are named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "outputs", nargs="+", help="NAME=CHAIN:FOLDER, CHAIN being eurocorpus or datatrove"
    )
    parser.add_argument("--truth", nargs="*", type=Path, default=[], help="*.truth.jsonl files")
    parser.add_argument("--gold", nargs="*", type=Path, default=[], help="zips of gold pages")
    parser.add_argument(
        "--held-out", nargs="*", default=[],
        help="NAME=FILE: texts of gold pages by models that had not seen their sites, in JSON",
    )  # fmt: skip
    arguments = parser.parse_args()
    truth = [json.loads(row) for path in arguments.truth for row in path.read_bytes().splitlines()]
    gold = read_gold(arguments.gold, truth)
    outputs = {}
    for spec in arguments.outputs:
        name, _, place = spec.partition("=")
        chain, _, folder = place.partition(":")
        outputs[name] = READERS[chain](Path(folder))
    common = set.intersection(*(set(output.languages) for output in outputs.values()))
    held_out = {}
    for spec in arguments.held_out:
        name, _, file = spec.partition("=")
        held_out[name] = json.loads(Path(file).read_bytes())
    scores = {
        name: score(output, truth or None, gold, common, held_out.get(name))
        for name, output in outputs.items()
    }
    print(json.dumps(scores, indent=1))


if __name__ == "__main__":
    main()

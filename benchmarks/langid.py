"""Language identification, measured: every engine on every set.

    python benchmarks/langid.py DIR… [--engines py3langid lid176 both PATH] [--limit 1000] [--json]

DIR holds a text file for each language (`cs.txt`, `sr-Latn.txt` or `ces_Latn.txt`), one text a line.
Each folder is scored as sentences, as paragraphs of about 450 characters and as documents of about
1,000, both of lines in their order. Said of each: macro-F1 over the languages of the European Union
that are there, the worst of them, the share of other languages' texts that was called one of them,
texts that got no answer (`zxx`, `und`, `hbs_Latn`), texts a second of CPU time; then, with `-v`,
precision and recall by language, how far scores are from shares of right answers, and the commonest
confusions. UD's Croatian and Serbian are SETimes,
which lid.176 was trained on, as py3langid was on Leipzig: no figure for them there is evidence.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pyarrow as pa

from eurocorpus.langid import ENGINES, EU_LANGUAGES, identify
from eurocorpus.langid.calibration import measure as measure_scores
from eurocorpus.langid.codes import GROUP, NOISE, PY3LANGID_CODES, UNDETERMINED
from eurocorpus.pipeline.calibrate import joined

NO_ANSWER = {NOISE, UNDETERMINED, GROUP}
UNITS = {"sentences": 0, "paragraphs": 450, "documents": 1000}
NAMES = {"sr-Latn": "srp_Latn", "nb": "nob_Latn", "pt-BR": "por_Latn"}
MORE = {"hsb": "hsb_Latn", "sco": "sco_Latn", "co": "cos_Latn", "fur": "fur_Latn",
        "rm": "roh_Latn", "rmy": "rmy_Latn", "sc": "srd_Latn", "ast": "ast_Latn"}  # fmt: skip


class Result(NamedTuple):
    """The figures of one engine on one set."""

    macro_f1: float
    worst: tuple[str, float]
    false_positives: float
    no_answer: float
    per_second: float
    by_language: dict[str, tuple[float, float, float]]
    confusions: list[tuple[str, str, int]]
    calibration_error: Mapping[str, float] = MappingProxyType({})
    reliability: Sequence[tuple[float, float, int]] = ()


def language_of(stem: str) -> str:
    """Give the code of a file's name."""
    if stem in NAMES:
        return NAMES[stem]
    return PY3LANGID_CODES[stem][0] if stem in PY3LANGID_CODES else MORE.get(stem, stem)


def read(folder: Path, limit: int) -> dict[str, list[str]]:
    """Read the first lines of each file of a folder, by language."""
    texts: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*.txt")):
        lines = [line for line in file.read_text("utf-8").splitlines() if line.strip()]
        texts.setdefault(language_of(file.stem), []).extend(lines[:limit])
    return texts


def grouped(lines: Sequence[str], characters: int) -> Iterator[str]:
    """Join lines until they have that many characters; 0: lines of 20 to 300 characters."""
    if not characters:
        yield from (line for line in lines if 20 <= len(line) <= 300)
        return
    yield from joined(lines, characters)


def measure(engine: str, sets: dict[str, list[str]]) -> Result:
    """Label all texts of a set and score the answers."""
    gold = [code for code, texts in sets.items() for _ in texts]
    texts = [text for texts in sets.values() for text in texts]
    started = time.process_time()
    table = identify(texts, engine=engine)
    seconds = time.process_time() - started
    errors, bins = calibration(gold, table)
    return score(gold, table["language"].to_pylist(), len(texts) / seconds)._replace(
        calibration_error=errors, reliability=bins
    )


def calibration(
    gold: Sequence[str], table: pa.Table
) -> tuple[dict[str, float], list[tuple[float, float, int]]]:
    """Give the expected calibration error by language answered, `*` for all, and ten bins of all."""
    found = table["language"].to_pylist()
    by_language = measure_scores(pa.array(gold), table, {}).to_pylist()
    official = [k for k, answer in enumerate(found) if answer in EU_LANGUAGES]
    right = pa.array(["*" if gold[k] == found[k] else "" for k in official], pa.string())
    answers = table.take(official).set_column(0, "language", pa.array(["*"] * len(official)))
    all_of_them = measure_scores(right, answers, {}, languages=["*"]).to_pylist()
    errors = {row["language"]: row["error"] for row in by_language + all_of_them if row["bins"]}
    bins = all_of_them[0]["bins"] if all_of_them else []
    return errors, [(cell["score"], cell["right"], cell["answers"]) for cell in bins]


def score(gold: Sequence[str], found: Sequence[str], per_second: float = 0.0) -> Result:
    """Score answers."""
    pairs = Counter(zip(gold, found, strict=True))
    given, said = Counter(gold), Counter(found)
    by_language = {}
    for code in EU_LANGUAGES:
        if given[code]:
            right = pairs[code, code]
            precision, recall = right / (said[code] or 1), right / given[code]
            f1 = 2 * right / (given[code] + said[code])
            by_language[code] = (precision, recall, f1)
    others = [answer for code, answer in zip(gold, found, strict=True) if code not in EU_LANGUAGES]
    wrong = [(a, b, n) for (a, b), n in pairs.most_common() if a != b]
    worst = min(by_language, key=lambda code: by_language[code][2])
    return Result(
        macro_f1=sum(f1 for _, _, f1 in by_language.values()) / len(by_language),
        worst=(worst, by_language[worst][2]),
        false_positives=sum(answer in EU_LANGUAGES for answer in others) / max(len(others), 1),
        no_answer=sum(answer in NO_ANSWER for answer in found) / len(found),
        per_second=per_second,
        by_language=by_language,
        confusions=wrong[:15],
    )


def show(name: str, result: Result, verbose: bool) -> None:
    """Print one line, and with `verbose` the languages and confusions below it."""
    worst, least = result.worst
    print(
        f"{name:44} {100 * result.macro_f1:6.2f} {worst} {100 * least:6.2f} "
        f"{100 * result.false_positives:5.2f} % {100 * result.no_answer:5.2f} % "
        f"{result.per_second:8,.0f}/s"
    )
    if verbose:
        rows = [f"{c} {p:.3f}/{r:.3f}" for c, (p, r, _) in result.by_language.items()]
        print("    P/R:", ", ".join(rows))
        errors = sorted(result.calibration_error.items(), key=lambda pair: -pair[1])
        print("    calibration error:", ", ".join(f"{c} {e:.3f}" for c, e in errors))
        bins = [f"{m:.2f}/{s:.2f} ({n})" for m, s, n in result.reliability]
        print("    score/right (answers):", ", ".join(bins))
        print("    confused:", ", ".join(f"{a}->{b} {n}" for a, b, n in result.confusions))


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--engines", nargs="+", default=sorted(ENGINES))
    parser.add_argument("--limit", type=int, default=1000, help="lines of a language")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true")
    arguments = parser.parse_args()
    results: dict[str, Any] = {}
    identify(["Dobrý den, jak se máte?"], engine="both")  # compiles, and reads the models
    if not arguments.json:
        print(f"{'set, engine':44} {'F1':>6} {'worst':>15} {'others':>7} {'none':>7} {'texts':>10}")
    for folder in arguments.folders:
        lines = read(folder, arguments.limit)
        for unit, characters in UNITS.items():
            sets = {code: list(grouped(texts, characters)) for code, texts in lines.items()}
            for engine in arguments.engines:
                name = f"{folder.name} {unit}, {engine}"
                results[name] = measure(engine, sets)
                if not arguments.json:
                    show(name, results[name], arguments.verbose)
    if arguments.json:
        print(json.dumps({name: result._asdict() for name, result in results.items()}, indent=1))


if __name__ == "__main__":
    main()

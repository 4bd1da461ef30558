"""How fair a tokenizer is by how its training text was sampled, and what fairness costs.

Texts of the 24 official languages (sentences of UD, Leipzig and PARSEME) are mixed as FineWeb-2 has
them by bytes, with a third English, and a tokenizer is trained by each rule. What each language pays
is measured on the Universal Declaration of Human Rights; the loop of `parity` sees its first half, or
nothing of it, and the second half is judged on too.

    python benchmarks/tokenizer_parity.py ../shared/data/lid --vocabulary 16384
"""

import argparse
import json
import tomllib
from pathlib import Path
from typing import Any

from eurocorpus.langid import EU_LANGUAGES
from eurocorpus.pipeline.train.parity import balance, measure_loss
from eurocorpus.pipeline.train.sampling import weights
from eurocorpus.pipeline.train.texts import language_of
from eurocorpus.pipeline.train.tokenizer import mix, train
from eurocorpus.pipeline.train.tokenizer_figures import Parallel, gini, premiums
from eurocorpus.pipeline.train.tokenizer_sample import Pool

ENGLISH = "eng_Latn"
RULES = ("proportional", "alpha:0.7", "alpha:0.3", "unimax:4", "uniform")
LOOPS = ("parity", "parity-parallel", "parity-whole")
PUBLISHED = Path(__file__).parents[1] / "pipeline" / "report" / "published.toml"


def read(folder: Path, names: tuple[str, ...]) -> dict[str, list[str]]:
    """Read the sentences of each official language from some folders."""
    found: dict[str, list[str]] = {code: [] for code in EU_LANGUAGES}
    for name in names:
        for path in sorted((folder / name).glob("*.txt")):
            if language_of(path.stem) in found:
                found[language_of(path.stem)] += path.read_text("utf-8").splitlines(keepends=True)
    return found


def natural_weights(texts: dict[str, list[str]]) -> dict[str, float]:
    """Give FineWeb-2's shares by bytes, with a third English: its words by our bytes a word."""
    words = {
        code: row["words"]
        for code, row in tomllib.loads(PUBLISHED.read_text("utf-8"))["fineweb2"].items()
    }
    sizes = {}
    for code in texts.keys() & words.keys() - {ENGLISH}:
        text = "".join(texts[code])
        sizes[code] = words[code] * len(text.encode()) / len(text.split())
    total = sum(sizes.values())
    return {code: size / total * 2 / 3 for code, size in sorted(sizes.items())} | {ENGLISH: 1 / 3}


def halves(texts: dict[str, list[str]]) -> tuple[Parallel, Parallel]:
    """Cut parallel text in two by articles."""
    first = {code: lines[: len(lines) // 2] for code, lines in texts.items()}
    return first, {code: lines[len(lines) // 2 :] for code, lines in texts.items()}


def judge(tokenizer: Any, parallel: Parallel) -> dict[str, Any]:
    """Give the Gini of the premium, and who pays most."""
    paid = premiums(tokenizer, parallel, ENGLISH)
    worst = max(paid, key=lambda code: paid[code])
    return {
        "gini": round(gini(list(paid.values())), 4),
        "worst": worst,
        "premium": round(paid[worst], 3),
    }


def main() -> None:
    """Train, judge and print."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--vocabulary", type=int, default=16_384)
    arguments.add_argument("--bytes", type=int, default=8_000_000)
    arguments.add_argument("--only", default="", help="rules with commas between them")
    chosen = arguments.parse_args()
    only = chosen.only.split(",") if chosen.only else [*RULES, *LOOPS]
    texts = read(chosen.folder, ("ud", "leipzig-lingua", "parseme"))
    declaration = read(chosen.folder, ("udhr",))
    seen, unseen = halves(declaration)
    pools = {
        code: Pool(found, sum(len(t.encode()) for t in found)) for code, found in texts.items()
    }
    natural = natural_weights(texts)

    def learn(shares: Any) -> Any:
        return train(mix(pools, shares, chosen.bytes), chosen.vocabulary)

    def row(name: str, shares: Any) -> None:
        tokenizer = learn(shares)
        print(json.dumps({
            "sampling": name, "loss": round(measure_loss(tokenizer, reference, natural, pools), 4),
            "seen": judge(tokenizer, seen), "unseen": judge(tokenizer, unseen),
            "whole": judge(tokenizer, declaration),
        }), flush=True)  # fmt: skip

    reference = learn(natural)
    for rule in (rule for rule in RULES if rule in only):
        row(rule, weights(natural, rule))
    for name in (name for name in LOOPS if name in only):
        parallel = {"parity": None, "parity-parallel": seen, "parity-whole": declaration}[name]
        best, _ = balance(learn, natural, parallel, pools, print)
        row(name, best.weights)


if __name__ == "__main__":
    main()

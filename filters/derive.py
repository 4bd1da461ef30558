"""Makes the folder `thresholds` from FineWeb-2's configurations, with values out of bounds clamped.

    python -m eurocorpus.filters.derive CONFIGS OUT

CONFIGS is the folder `configs` of https://github.com/huggingface/fineweb-2 (Apache-2.0). FineWeb-2
derived each threshold from one language's Wikipedia and web text; where those are small or dirty,
rules came out switched off (German lines need no punctuation, one 2-gram may make up 95 % of a
Maltese page). So each threshold is kept within half and twice the median of all languages; bounds on
the mean length of words, which languages differ less in, within two thirds and one and a half.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from .rules import RULES

COMMIT = "d0defb2"
FACTOR = 2.0
# Of all languages' bounds on it nine in ten lie within this: 10 to 17 where the median is 12.
LENGTH_FACTOR = 1.5

# FineWeb-2 config key -> threshold.
_KEYS = {
    "dup_line_frac": "max_duplicate_line_fraction",
    "line_punct_thr": "min_line_punctuation",
    "new_line_ratio": "max_new_line_ratio",
    "min_avg_word_length": "min_mean_word_length",
    "max_avg_word_length": "max_mean_word_length",
    "max_non_alpha_words_ratio": "min_alphabetic_words",  # so named; it is the least share
}

# What FineWeb-2's pipeline passes for every language (fineweb-2-pipeline.py), and datatrove's
# defaults for Gopher quality. Paragraph rules and the short-line rule are off.
_COMMON = {
    "min_lines": 1,
    "max_character_duplication": 0.1,
    "min_words": 50,
    "max_words": 100_000,
    "max_hash_ratio": 0.1,
    "max_ellipsis_ratio": 0.1,
    "max_bullet_lines": 0.9,
    "max_ellipsis_lines": 0.3,
    "min_stop_words": 2,
}

# FineWeb (arXiv 2406.17557): Gopher's table A1 and A.1.1 (arXiv 2112.11446) and FineWeb's rules.
_ENGLISH = _COMMON | {
    "max_duplicate_paragraph_fraction": 0.3,
    "max_duplicate_paragraph_characters": 0.2,
    "max_duplicate_line_fraction": 0.3,
    "max_duplicate_line_characters": 0.2,
    **{f"max_top_{n}_gram": value for n, value in zip((2, 3, 4), (0.2, 0.18, 0.16), strict=True)},
    **{f"max_duplicate_{n}_grams": round(0.2 - n / 100, 2) for n in range(5, 11)},
    "min_line_punctuation": 0.12,
    "max_short_lines": 0.67,
    "max_character_duplication": 0.01,
    "max_new_line_ratio": 0.3,
    "min_mean_word_length": 3,
    "max_mean_word_length": 10,
    "min_alphabetic_words": 0.8,
}
_ENGLISH_STOP_WORDS = ["the", "be", "to", "of", "and", "that", "have", "with"]


def main(configs: Path, out: Path) -> None:
    """Write a file for every configuration, for English, and the default."""
    raw = {
        path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(configs.glob("*.yml"))
    }
    if not raw:
        raise SystemExit(
            f"no configuration (*.yml) in {configs}; expected FineWeb-2's folder 'configs'"
        )
    values = {code: read(config) for code, config in raw.items()}
    medians = {
        name: median(own[name] for own in values.values()) for name in next(iter(values.values()))
    }
    out.mkdir(parents=True, exist_ok=True)
    for code, own in values.items():
        source = f"FineWeb-2, configs/{code}.yml at commit {COMMIT} (Apache-2.0)."
        _write(out, code, source, _COMMON | own, medians, raw[code]["stopwords"])
    source = "FineWeb (arXiv 2406.17557), datatrove 0.10.1's defaults (Apache-2.0)."
    _write(out, "eng_Latn", source, _ENGLISH, {}, _ENGLISH_STOP_WORDS)
    source = f"The medians of all languages in FineWeb-2's configs at commit {COMMIT} (Apache-2.0)."
    default = {name: value for name, value in _COMMON.items() if name != "min_stop_words"} | medians
    _write(out, "default", source, default, {}, [])


def read(config: Mapping[str, Any]) -> dict[str, float]:
    """Give one of FineWeb-2's configurations under our names."""
    values = {name: float(config[key]) for key, name in _KEYS.items()}
    values |= {f"max_top_{n}_gram": value for n, value in config["top_n_grams"]}
    return values | {f"max_duplicate_{n}_grams": value for n, value in config["dup_n_grams"]}


def clamp(name: str, value: float, middle: float) -> float:
    """Keep a threshold's value within a factor of the median.

    >>> clamp("max_top_2_gram", 0.949, 0.243), clamp("max_mean_word_length", 21, 12)
    (0.486, 18.0)
    """
    factor = LENGTH_FACTOR if name.endswith("word_length") else FACTOR
    return round(min(max(value, middle / factor), middle * factor), 4)


def _write(
    out: Path,
    code: str,
    source: str,
    values: Mapping[str, float],
    medians: Mapping[str, float],
    stop_words: list[str],
) -> None:
    lines = [
        f"# {source}",
        "# Written by filters/derive.py, which says what the clamped values are for.",
        "",
    ]
    lines.append(f"stop_words = {json.dumps(stop_words, ensure_ascii=False)}")
    lines += ["", "[thresholds]"]
    for name in [rule.threshold for rule in RULES if rule.threshold in values]:
        lines.append(_line(name, values[name], medians.get(name)))
    (out / f"{code}.toml").write_text("\n".join(lines) + "\n", "utf-8")


def _line(name: str, value: float, middle: float | None) -> str:
    kept = round(value, 4) if middle is None else clamp(name, value, middle)
    note = "" if kept == value else f"  # {value:g} in the source, clamped (median {middle:g})"
    return f"{name} = {kept:g}{note}"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m eurocorpus.filters.derive CONFIGS OUT")
    main(Path(sys.argv[1]), Path(sys.argv[2]))

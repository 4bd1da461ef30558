"""Signals and verdicts equal datatrove's on white-space words: its own functions are the slow twin."""

import re
from functools import cache
from statistics import fmean
from typing import Any

import pyarrow as pa
import pytest
from datatrove.data import Document
from datatrove.pipeline.filters import (
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.filters.gopher_repetition_filter import (
    find_all_duplicate,
    find_duplicates,
    find_top_duplicate,
    get_n_grams,
)
from datatrove.utils.text import PUNCTUATION_SET, TERMINAL_PUNCTUATION
from datatrove.utils.word_tokenizers import WordTokenizer
from hypothesis import given, settings
from hypothesis import strategies as st

from eurocorpus.filters import judge, measure, thresholds
from eurocorpus.filters.languages import language
from eurocorpus.pipeline.demo import pages


class Whitespace(WordTokenizer):
    """datatrove's interface around `str.split`."""

    def word_tokenize(self, text: str) -> list[str]:
        return text.split()

    def sent_tokenize(self, text: str) -> list[str]:
        raise NotImplementedError

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        raise NotImplementedError


def statistics(text: str, code: str) -> dict[str, float]:
    """Compute the signals that datatrove decides by, one by one, from its definitions."""
    words, length = text.split(), max(len(text), 1)
    # The Greek question mark ends a sentence in Greek: a difference from datatrove, on purpose.
    ends = tuple(TERMINAL_PUNCTUATION) + ((";", "\u037e") if code == "ell_Grek" else ())
    lines = [line for line in text.split("\n") if line.strip()]
    split_lines = re.split("\n+", text)
    plain = [word for word in words if any(c not in PUNCTUATION_SET for c in word)]
    stops = set(language(code).stop_words)
    shown = text.splitlines()
    paragraphs = re.split("\n{2,}", text.strip())
    result = {
        "duplicate_paragraph_fraction": find_duplicates(paragraphs)[0] / len(paragraphs),
        "duplicate_paragraph_characters": find_duplicates(paragraphs)[1] / length,
        "duplicate_line_characters": find_duplicates(split_lines)[1] / length,
        "duplicate_line_fraction": find_duplicates(split_lines)[0] / len(split_lines)
        if text
        else 0.0,
        "character_duplication": find_duplicates(lines)[1] / max(len(text.replace("\n", "")), 1),
        "line_punctuation": sum(line.endswith(ends) for line in lines) / max(len(lines), 1),
        "short_lines": sum(len(line) <= 30 for line in lines) / max(len(lines), 1),
        "new_line_ratio": text.count("\n") / max(len(words), 1),
        "words": len(plain),
        "mean_word_length": fmean(map(len, plain)) if plain else 0.0,
        "alphabetic_words": sum(any(c.isalpha() for c in word) for word in words)
        / max(len(words), 1),
        "stop_words": len(stops & set(words)),
        "hash_ratio": text.count("#") / max(len(words), 1),
        "ellipsis_ratio": (text.count("...") + text.count("…")) / max(len(words), 1),
        "bullet_lines": sum(s.lstrip().startswith(("•", "-")) for s in shown) / max(len(shown), 1),
        "ellipsis_lines": sum(s.rstrip().endswith(("...", "…")) for s in shown)
        / max(len(shown), 1),
    }
    for n in (2, 3, 4):
        grams = get_n_grams(words, n)
        result[f"top_{n}_gram"] = find_top_duplicate(grams) / length if grams else 0.0
    for n in range(5, 11):
        result[f"duplicate_{n}_grams"] = find_all_duplicate(words, n) / length
    return result


def assert_equal_statistics(texts: list[str], codes: list[str]) -> None:
    measured = measure(texts, codes, words="whitespace").to_pylist()
    for text, code, row in zip(texts, codes, measured, strict=True):
        for name, expected in statistics(text, code).items():
            assert row[name] == pytest.approx(expected, rel=1e-6, abs=1e-6), (name, code, text)


@cache
def chain(code: str, default_words: bool = False) -> list[Any]:
    """datatrove's filters with our thresholds, in FineWeb-2's order."""
    own, english = thresholds(code), code == "eng_Latn"
    words = code if default_words else Whitespace()
    return [
        GopherRepetitionFilter(
            language=words,
            dup_line_frac=own["max_duplicate_line_fraction"],
            dup_para_frac=0.3 if english else 0,
            dup_line_char_frac=0.2 if english else 0,
            dup_para_char_frac=0.2 if english else 0,
            top_n_grams=tuple((n, own[f"max_top_{n}_gram"]) for n in (2, 3, 4)),
            dup_n_grams=tuple((n, own[f"max_duplicate_{n}_grams"]) for n in range(5, 11)),
        ),
        FineWebQualityFilter(
            language=words,
            short_line_thr=0.67 if english else 999,
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
            min_stop_words=2,
        ),
    ]


def keeps(text: str, code: str, default_words: bool = False) -> bool:
    """Whether datatrove keeps a document."""
    steps = chain(code, default_words)
    return all(step.filter(Document(text=text, id="")) is True for step in steps)


def sample_texts() -> list[tuple[str, str]]:
    """Texts of the sample web, and broken forms of them that rules should catch."""
    texts = [(page.gold, page.language) for page in pages() if page.gold and page.language]
    broken: list[tuple[str, str]] = []
    for text, code in texts:
        lines = text.split("\n")
        broken += [
            ("\n".join(lines + lines[:1] * 4), code),
            ("\n".join(word for word in text.split()), code),
            (" ".join(text.split()[:30]), code),
            ("\n".join(f"- {line}…" for line in lines), code),
            (f"{' '.join(text.split()[:12])} " * 9, code),
        ]
    return texts + broken


def test_statistics_and_verdicts_on_the_sample_web() -> None:
    texts, codes = map(list, zip(*sample_texts(), strict=True))
    assert_equal_statistics(texts, codes)
    verdicts = judge(measure(texts, codes, words="whitespace"), codes)
    ours = [verdict is None for verdict in verdicts.to_pylist()]
    # Greek is judged with its question mark, which datatrove does not know.
    compared = [i for i, code in enumerate(codes) if code != "ell_Grek"]
    assert [ours[i] for i in compared] == [keeps(texts[i], codes[i]) for i in compared]
    assert 0.1 < fmean(ours) < 0.9


def test_statistics_and_verdicts_on_real_documents(real_documents: dict[str, list[str]]) -> None:
    assert sum(map(len, real_documents.values())) >= 2000
    assert len(real_documents) == 24
    for code, texts in real_documents.items():
        assert_equal_statistics(texts, [code] * len(texts))
        verdicts = judge(measure(texts, code, words="whitespace"), code)
        ours = verdicts.is_null().to_pylist()
        same = [a == keeps(text, code) for a, text in zip(ours, texts, strict=True)]
        assert all(same) or code == "ell_Grek", code
        assert fmean(same) >= 0.98, code  # the Greek question mark


def test_verdicts_agree_on_default_words(real_documents: dict[str, list[str]]) -> None:
    pytest.importorskip("spacy", reason="datatrove's default words are spaCy's")
    for code in real_documents.keys() - {"mlt_Latn"}:  # Stanza's, whose model no package has
        texts = real_documents[code]
        ours = judge(measure(texts, code), code).is_null().to_pylist()
        same = [a == keeps(text, code, True) for a, text in zip(ours, texts, strict=True)]
        assert fmean(same) >= 0.98, (code, fmean(same))


LINES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
        st.lists(st.sampled_from(["a", "the", "je", "…", "#", "na", "-", "."]), max_size=12).map(" ".join),
    ),
    max_size=12,
).map("\n".join)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(LINES, st.sampled_from(["ces_Latn", "eng_Latn", "ell_Grek"]))
def test_statistics_on_any_text(text: str, code: str) -> None:
    assert_equal_statistics([text], [code])


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=5))
def test_each_text_is_measured_by_itself(texts: list[str]) -> None:
    together = measure(
        pa.chunked_array([pa.array(texts[:2], pa.string()), pa.array(texts[2:], pa.string())]),
        "deu_Latn",
    )
    alone = [measure([text], "deu_Latn").to_pylist()[0] for text in texts]
    assert together.to_pylist() == alone


def test_lone_surrogates_are_refused() -> None:
    with pytest.raises(ValueError, match="surrogate"):
        measure(["\ud800"], "deu_Latn")

"""The border: what texts and languages may be, what is refused, and what importing costs."""

import subprocess
import sys
from collections.abc import Callable

import pyarrow as pa
import pytest

from eurocorpus.filters import (
    MEASURES,
    RULES,
    SIGNALS,
    Rule,
    as_signal,
    deciding_value,
    judge,
    measure,
)
from eurocorpus.filters.characters import (
    BREAK,
    DIGIT,
    END,
    LETTER,
    PLAIN,
    SPACE,
    TERMINAL,
    classes,
)
from eurocorpus.filters.languages import FOLDER, languages

TEXTS = ["Ahoj světe.", "", "Zweiter Satz, ganz kurz."]
CODES = ["ces_Latn", "und", "deu_Latn"]


def test_columns_are_the_signals_in_order() -> None:
    table = measure(TEXTS, CODES)
    assert tuple(table.column_names) == SIGNALS
    assert {field.type for field in table.schema} == {pa.float32()}
    assert sum(len(columns) for _, columns in MEASURES) == len(set(SIGNALS))


@pytest.mark.parametrize(
    "texts",
    [
        pa.array(TEXTS, pa.string()),
        pa.array(TEXTS, pa.large_string()),
        pa.array(TEXTS, pa.string_view()),
        pa.array(TEXTS).dictionary_encode(),
        pa.array(["x", *TEXTS, "y"])[1:4],
        pa.chunked_array([TEXTS[:1], [], TEXTS[1:]], pa.large_string()),
        pa.array([TEXTS[0], None, TEXTS[2]]),
        tuple(TEXTS),
    ],
)
@pytest.mark.parametrize(
    "codes",
    [CODES, pa.array(CODES), pa.array(CODES).dictionary_encode(), pa.chunked_array([CODES])],
)
def test_every_kind_of_texts_and_languages_gives_the_same(texts: object, codes: object) -> None:
    assert measure(texts, codes).equals(measure(TEXTS, CODES))


def test_order_and_company_change_nothing() -> None:
    many = [f"{text} {k}" for k, text in enumerate(TEXTS * 500)]
    whole = measure(many, CODES * 500)
    backwards = measure(many[::-1], (CODES * 500)[::-1])
    assert whole.take(list(range(len(many)))[::-1]).equals(backwards)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: measure("text", "ces_Latn"), "expected an Arrow string array or a sequence of str"),
        (lambda: measure([1], "ces_Latn"), "expected a sequence of str or None"),
        (lambda: measure(pa.array([1]), "ces_Latn"), "expected texts"),
        (lambda: measure(["a"], ["ces_Latn", "deu_Latn"]), "one language for each of 1 rows, found 2"),
        (lambda: measure(["a"], pa.array([[1]])), "expected language codes"),
        (lambda: measure(["a"], "ces_Latn", words="nltk"), "words must be one of spacy_like, whitespace"),  # type: ignore[arg-type]
        (lambda: measure(["ok", "a\udfffb"], "ces_Latn"), r"text 1 has the lone surrogate U\+DFFF at character 1"),
        (lambda: judge(pa.table({"a": [1.0]}), "ces_Latn"), "needs the signal"),
        (lambda: judge(pa.array([1.0]), "ces_Latn"), "expected signals"),
        (lambda: deciding_value(measure(["a"], "ces_Latn"), ["wordz"]), "no rule is named 'wordz'"),
        (lambda: as_signal(3), "expected a filter"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_a_reason(call: Callable[[], object], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_bytes_that_are_not_utf8_do_no_harm() -> None:
    broken = pa.Array.from_buffers(
        pa.large_string(), 2, [None, pa.py_buffer(b"\x00" * 8 + b"\x05" + b"\x00" * 7 + b"\x08" + b"\x00" * 7),
                               pa.py_buffer(b"ab \xf0\x9fcd\xe2")]
    )  # fmt: skip
    assert measure(broken, "ces_Latn", words="whitespace")["words"].to_pylist() == [2, 1]


def test_a_filter_of_ones_own_is_a_column_and_a_rule() -> None:
    def exclamations(text: str) -> float:
        return text.count("!") / max(len(text), 1)

    rule = Rule("shouting", "exclamations", ">")
    signals = measure(["Buy! Now!!!", "A word."], "eng_Latn", extra={"exclamations": exclamations})
    off = {own.threshold: own.off for own in RULES}
    limits = {"*": {**off, "max_exclamations": 0.1}}
    verdict = judge(signals, "eng_Latn", limits, rules=[*RULES, rule])
    assert verdict.to_pylist() == ["shouting", None]


def test_datatrove_and_curator_filters_are_signals() -> None:
    from datatrove.pipeline.filters import C4QualityFilter, LambdaFilter

    class Scored:
        def score_document(self, text: str) -> int:
            return len(text)

    extra = {
        "long": as_signal(LambdaFilter(lambda document: len(document.text) < 5)),
        "c4": as_signal(C4QualityFilter(min_num_sentences=-1)),
        "score": as_signal(Scored()),
    }
    table = measure(["abc", "Lorem ipsum dolor sit."], "eng_Latn", extra=extra)
    assert table.select(list(extra)).to_pylist() == [
        {"long": 0, "c4": 0, "score": 3},
        {"long": 1, "c4": 1, "score": 22},
    ]


def test_judging_needs_no_compiler() -> None:
    code = "import sys, eurocorpus.filters as f; f.judge(f.RULES and __import__('pyarrow').table({'x': []}), [], " \
           "{'*': {r.threshold: r.off for r in f.RULES}}); sys.exit('numba' in sys.modules)"  # fmt: skip
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_classes_of_characters_are_pythons() -> None:
    table = classes()
    assert not any(chr(code).isalpha() or chr(code).isspace() for code in range(END, 0x110000))
    for code in [*range(0xD800), *range(0xE000, END)]:
        character, bits = chr(code), int(table[code])
        assert bool(bits & LETTER) == character.isalpha()
        assert bool(bits & DIGIT) == character.isdecimal()
        assert bool(bits & SPACE) == character.isspace()
        assert bool(bits & BREAK) == (len(f"a{character}a".splitlines()) == 2)


def test_punctuation_is_datatroves() -> None:
    from datatrove.utils.text import PUNCTUATION_SET, TERMINAL_PUNCTUATION

    table = classes()
    everything = [*range(0xD800), *range(0xE000, END)]
    assert {chr(c) for c in everything if not table[c] & PLAIN} == PUNCTUATION_SET
    assert {chr(c) for c in everything if table[c] & TERMINAL} == TERMINAL_PUNCTUATION


def test_thresholds_say_where_they_come_from() -> None:
    for code in languages():
        first = (FOLDER / f"{code}.toml").read_text("utf-8").splitlines()[0]
        assert first.startswith("# FineWeb"), code

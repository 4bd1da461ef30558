"""The scorer against small cases with known answers, and against the definitions done naively."""

import doctest
import gzip
import hashlib
import json
import sys
import zipfile
from importlib.util import module_from_spec, spec_from_file_location
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st


def _load(name: str) -> Any:
    """Load a script of benchmarks/, which is no package."""
    spec = spec_from_file_location(name, Path(__file__).parents[2] / "benchmarks" / f"{name}.py")
    assert spec
    assert spec.loader
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


quality = _load("quality")


def test_examples_in_the_docstrings() -> None:
    failed, attempted = doctest.testmod(quality)
    assert attempted > 0
    assert failed == 0


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)


@given(
    st.lists(st.frozensets(st.integers(0, 12), min_size=1), max_size=12),
    st.sampled_from([0.1, 0.5, 0.7, 0.8, 0.9, 1.0]),
)
def test_prefix_filtering_finds_what_comparing_all_pairs_finds(
    sets: list[frozenset[int]], threshold: float
) -> None:
    documents = {str(number): elements for number, elements in enumerate(sets)}
    found = list(quality.similar_pairs(documents, threshold))
    expected = {
        pair
        for pair in combinations(documents, 2)
        if _jaccard(documents[pair[0]], documents[pair[1]]) >= threshold - 1e-12
    }
    assert len(found) == len(set(found))
    assert {tuple(sorted(pair)) for pair in found} == {tuple(sorted(pair)) for pair in expected}


def test_shingles_keep_digits_and_accents_apart_but_not_case_and_punctuation() -> None:
    base = quality.shingles("one two three four 1999")
    assert len(base) == 1
    assert quality.shingles("One, two: THREE four\n1999!") == base
    assert quality.shingles("one two three four 2000") != base
    assert quality.shingles("été a b c d") != quality.shingles("ete a b c d")
    assert len(quality.shingles("a b c d e f g")) == 3
    assert quality.shingles("only three words") == quality.shingles("Only three words.")


def _document(*changed: int) -> str:
    return " ".join(f"x{number}" if number in changed else f"w{number}" for number in range(100))


def test_duplicates_left_and_false_removals() -> None:
    output = quality.Output(
        texts={
            "a": _document(),
            "b": _document(50),  # 91 of 101 n-grams in common with a: 0.90
            "c": _document(99),  # 95 of 97 with a: 0.98
            "d": _document(10, 30, 50, 70),  # 76 of 116 with a: 0.66
            "e": "nothing in common with any of the others at all",
        },
        judged=set("abcde"),
        kept={"a": "eng_Latn", "b": "eng_Latn"},
    )
    assert quality.score_duplicates(output) == {
        "judged": 5,
        "with_a_duplicate": 3,
        "removed": 3,
        "left": 2,
        "left_share": 1.0,
        "removed_without_kept_duplicate": 2,
        "removed_without_any_duplicate": 2,
    }


def test_a_chain_of_duplicates_counts_as_false_removal_only_at_its_far_end() -> None:
    texts = {"a": _document(), "b": _document(50), "c": _document(50, 30)}  # a-c: 86/106, 0.81
    texts["d"] = _document(50, 30, 70)  # a-d: 0.73, c-d: 0.90
    output = quality.Output(texts=texts, judged=set("abcd"), kept={"a": "eng_Latn"})
    scores = quality.score_duplicates(output)
    assert scores["removed_without_kept_duplicate"] == 1
    assert scores["removed_without_any_duplicate"] == 0
    assert scores["left"] == 0


def _gold(kind: str, *records: str, **values: Any) -> Any:
    given = {"text": "", "present": (), "absent": ()} | values
    return quality.GoldPage(f"set/{records[0]}", kind, records=records, **given)


def test_extraction_counts_snippets_over_pages_and_missing_pages_as_empty() -> None:
    gold = [
        _gold("snippets", "1", present=("a b", "c"), absent=("menu", "d")),
        _gold("snippets", "2", present=("x",), absent=("y",)),
        _gold("text", "3", text="One two"),
        _gold("text", "4", text="never read"),
    ]
    texts = {"1": "a\n b menu", "3": "one TWO three four"}
    scores = quality.score_extraction(gold, texts)
    # found 1 of 3 wanted, and 1 unwanted
    assert scores["snippets"] == {
        "pages": 2,
        "without_text": 1,
        "precision": pytest.approx(1 / 2),
        "recall": pytest.approx(1 / 3),
        "f1": pytest.approx(2 / 5),
    }
    assert scores["text"] == {"pages": 2, "without_text": 1, "f1": pytest.approx((2 / 3) / 2)}


def test_extraction_takes_the_first_record_of_a_gold_page_that_has_text() -> None:
    gold = [_gold("text", "1", "2", text="here it is")]
    assert quality.score_extraction(gold, {"2": "here it is"})["text"]["f1"] == 1


def test_held_out_texts_stand_in_for_what_an_extractor_made_of_pages_that_it_learned_from() -> None:
    gold = [_gold("text", "1", text="learned"), _gold("text", "2", text="never read")]
    held_out = {"set/1": "not learned", "set/2": "never read"}
    scores = quality.score_extraction(gold, {"1": "learned"}, held_out)
    assert scores["text"] == {"pages": 2, "without_text": 1, "f1": pytest.approx((2 / 3) / 2)}


def test_languages_are_compared_without_script_and_missing_pages_are_missed() -> None:
    truth = [
        {"record_id": "1", "lang": "pt-BR"},
        {"record_id": "2", "lang": "et"},
        {"record_id": "3", "lang": "et"},
        {"record_id": "4", "lang": "sr-Latn"},
        {"record_id": "5", "lang": None},
    ]
    named = {"1": "por_Latn", "2": "ekk_Latn", "4": "srp_Cyrl", "5": "eng_Latn"}
    scores = quality.score_languages(truth, named)
    assert scores["pages"] == 4
    assert scores["with_text"] == 3
    assert scores["accuracy"] == 1
    assert scores["f1"] == {"ekk": pytest.approx(2 / 3), "por": 1}
    assert scores["macro_f1"] == pytest.approx(5 / 6)


def test_gold_pages_are_found_by_their_bytes_in_wanted_languages_only(tmp_path: Path) -> None:
    pages = {"html/1.html": b"<p>jedna", "html/2.html": b"<p>odin", "html/3.html": b"<p>elsewhere"}
    rows = [
        {
            "id": "x",
            "file": "html/1.html",
            "lang": "cs",
            "text": None,
            "with": ["a  b"],
            "without": ["c"],
        },
        {
            "id": "z",
            "file": "html/2.html",
            "lang": "ru",
            "text": "odin",
            "with": None,
            "without": None,
        },
        {
            "id": "w",
            "file": "html/3.html",
            "lang": "de",
            "text": "anders\u2028wo",
            "with": [],
            "without": [],
        },
    ]
    archive = tmp_path / "set.zip"
    with zipfile.ZipFile(archive, "w") as file:
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        file.writestr("gold.jsonl", lines)
        for name, body in pages.items():
            file.writestr(name, body)
    truth = [
        {"record_id": name, "sha1": hashlib.sha1(pages[f"html/{number}.html"]).hexdigest()}
        for name, number in [("x", 1), ("y", 1), ("z", 2)]
    ]
    found = quality.read_gold([archive], [*truth, {"record_id": "w"}])
    assert found == [_gold("snippets", "x", "y", present=("a b",), absent=("c",))]


def test_reading_what_datatrove_left(tmp_path: Path) -> None:
    def write(path: str, *rows: dict[str, Any]) -> None:
        target = tmp_path / path
        target.parent.mkdir(parents=True)
        with gzip.open(target, "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)

    estonian = [{"id": str(number), "text": f"tekst u\u0308 {number}"} for number in range(3)]
    write("documents/et/00000.jsonl.gz", *estonian)
    write("documents/ru/00000.jsonl.gz", {"id": "9", "text": "текст"})
    write("filtered/ekk_Latn/00000.jsonl.gz", *estonian[:2])
    write("data/ekk_Latn/00000.jsonl.gz", estonian[0])
    output = quality.read_datatrove(tmp_path)
    assert output.languages == dict.fromkeys("012", "ekk_Latn") | {"9": "rus_Cyrl"}
    assert output.texts == {str(number): f"tekst ü {number}" for number in range(3)}
    assert output.judged == {"0", "1"}
    assert output.kept == {"0": "ekk_Latn"}


def test_the_whole_score(tmp_path: Path) -> None:
    output = quality.Output(
        languages={"1": "ces_Latn", "2": "rus_Cyrl"},
        texts={"1": "jeden text"},
        judged={"1"},
        kept={"1": "ces_Latn"},
    )
    truth = [{"record_id": str(number), "kind": "html", "lang": "cs"} for number in range(1, 5)]
    scores = quality.score(
        output,
        truth,
        [_gold("text", "1", text="jeden text"), _gold("text", "3", text="x")],
        {"1", "2"},
    )
    assert scores["documents"] == 1
    assert scores["characters"] == 10
    assert scores["by_language"] == {"ces_Latn": {"documents": 1, "characters": 10}}
    assert (scores["pages"], scores["pages_with_text"]) == (4, 2)
    assert scores["languages"]["accuracy"] == 0.5
    assert scores["extraction"]["text"]["f1"] == 0.5
    assert scores["extraction_common"]["text"] == {"pages": 1, "without_text": 0, "f1": 1}

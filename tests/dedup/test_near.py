import gzip
import json
import os
import random
import re
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from eurocorpus.dedup import near_duplicates, weights

Grams = Callable[[str], set[tuple[str, ...]]]
DATA = Path(os.environ.get("EUROCORPUS_DATA", Path(__file__).parents[3] / "shared" / "data"))


def _planted(rng: random.Random) -> tuple[dict[str, str], set[str]]:
    """Texts by id, and the ids that must go: copies in other dress, and near copies."""
    words = [f"{rng.getrandbits(40):x}" for _ in range(4000)]
    texts, gone = {}, set()
    for k in range(60):
        body = rng.choices(words, k=120)
        texts[f"{k:02}-whole"] = " ".join([*body, "the", "end"])
        if k % 3 == 0:
            texts[f"{k:02}-copy"] = "  " + " \n".join([*body, "THE", "end"]).upper()[:-3] + "End"
            gone |= {f"{k:02}-whole"}  # the copy is longer in bytes
        if k % 3 == 1:
            texts[f"{k:02}-near"] = " ".join([*body[:-2], "the"])
            gone |= {f"{k:02}-near"}
        texts[f"{k:02}-half"] = " ".join([*body[:60], *rng.choices(words, k=60)])
    return texts, gone


def test_planted_duplicates_are_found_and_nothing_else() -> None:
    texts, gone = _planted(random.Random(3))
    table = near_duplicates(list(texts), list(texts.values()))
    assert set(table["removed_id"].to_pylist()) == gone
    assert table.column_names == ["removed_id", "kept_id", "jaccard", "cluster_id", "cluster_size"]
    assert set(table["cluster_size"].to_pylist()) == {2}
    for removed, kept in zip(
        table["removed_id"].to_pylist(), table["kept_id"].to_pylist(), strict=True
    ):
        assert removed[:2] == kept[:2]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_rows_changes_nothing(seed: int) -> None:
    texts, _ = _planted(random.Random(4))
    rows = list(texts.items())
    expected = near_duplicates([i for i, _ in rows], [t for _, t in rows])
    random.Random(seed).shuffle(rows)
    ids = pa.chunked_array([[i for i, _ in rows[:50]], [i for i, _ in rows[50:]]])
    assert near_duplicates(ids, pa.array([t for _, t in rows])).equals(expected)
    ranked = near_duplicates(ids, [t for _, t in rows], order=[int(i[:2]) for i, _ in rows])
    assert ranked.sort_by("removed_id").num_rows == expected.num_rows


def test_every_removal_is_borne_out_by_the_texts(grams: Grams) -> None:
    rng = random.Random(6)
    base = [f"w{rng.randrange(50)}" for _ in range(80)]
    texts = []
    for _ in range(300):
        words = list(base)
        for _ in range(rng.randrange(6)):
            words[rng.randrange(80)] = f"x{rng.randrange(5)}"
        texts.append(" ".join(words))
    table = near_duplicates(range(300), texts)
    removed = set(table["removed_id"].to_pylist())
    assert 50 < len(removed) < 300
    sizes: dict[int, int] = {}
    for row in table.to_pylist():
        assert row["kept_id"] not in removed
        assert row["cluster_id"] == row["kept_id"]
        one, other = grams(texts[row["removed_id"]]), grams(texts[row["kept_id"]])
        assert row["jaccard"] == pytest.approx(len(one & other) / len(one | other), abs=1e-6)
        assert row["jaccard"] >= 0.8
        sizes[row["cluster_id"]] = sizes.get(row["cluster_id"], 1) + 1
    assert all(sizes[row["cluster_id"]] == row["cluster_size"] for row in table.to_pylist())
    # A stricter threshold needs no second pass over the texts, only over the evidence.
    assert any(row["jaccard"] < 0.9 for row in table.to_pylist())


def test_recall_of_pairs_that_have_no_other_company(
    overlapping: Callable[[random.Random, int, float], tuple[str, str]],
) -> None:
    rng = random.Random(8)
    texts = [text for _ in range(1000) for text in overlapping(rng, 60, 0.85)]
    table = near_duplicates(range(len(texts)), texts)
    # Theory: 0.9983 of 1,000 pairs; fewer than 990 has a chance of 2e-6.
    assert 990 <= table.num_rows <= 1000
    assert (table["removed_id"].to_numpy() // 2 == table["kept_id"].to_numpy() // 2).all()


def test_exact_duplicates_of_a_removed_text_go_where_it_went() -> None:
    words = [f"w{k}" for k in range(200)]
    texts = [" ".join(words), " ".join(words[:-3]), " ".join(words[:-3]).upper()]
    found = near_duplicates(["a", "b", "c"], texts).to_pylist()
    assert [(row["removed_id"], row["kept_id"], row["cluster_size"]) for row in found] == [
        ("b", "a", 3),
        ("c", "a", 3),
    ]
    assert found[0]["jaccard"] == found[1]["jaccard"] == pytest.approx(193 / 196)


def test_the_given_order_decides_who_stays() -> None:
    texts = ["the same few words here", "The same few words here!", "the same few words here"]
    assert near_duplicates([1, 2, 3], texts)["kept_id"].to_pylist() == [2, 2]
    assert near_duplicates([1, 2, 3], texts, order=[2, 1, 0])["kept_id"].to_pylist() == [3, 3]
    assert near_duplicates([1, 2, 3], texts, order=[0, 0, 1])["kept_id"].to_pylist() == [2, 2]


def test_containment_lets_the_part_go() -> None:
    words = [f"w{k}" for k in range(100)]
    texts = [" ".join(words), " ".join(words[:90])]
    assert near_duplicates("ab", texts, 0.98).num_rows == 0
    found = near_duplicates(["a", "b"], texts, 0.98, policy="containment")
    assert found["removed_id"].to_pylist() == ["b"]


def test_texts_without_words_are_left_alone() -> None:
    found = near_duplicates(list("abcdefg"), ["", "", None, None, " \n", "!!!", "!!!"])
    assert found["removed_id"].to_pylist() == ["g"]
    assert found["jaccard"].to_pylist() == [1.0]


def test_all_the_same() -> None:
    table = near_duplicates(pa.array(range(5000)), ["a text of some seven words, no more"] * 5000)
    assert table["removed_id"].to_pylist() == list(range(1, 5000))
    assert set(table["kept_id"].to_pylist()) == {0}


@pytest.mark.parametrize(
    "ids",
    [
        pa.array(["b", "a", "c"]),
        pa.array([b"b", b"a", b"c"], pa.binary(1)),
        pa.array([2, 1, 3], pa.uint8()),
        pa.array([uuid.UUID(int=k).bytes for k in (2, 1, 3)], pa.binary(16)),
        pa.array(["b", "a", "c"], pa.large_string()),
    ],
)
def test_ids_keep_their_type(ids: pa.Array) -> None:
    table = near_duplicates(ids, ["one two"] * 3)
    assert table["removed_id"].type == table["cluster_id"].type == ids.type
    assert table["kept_id"].to_pylist() == [ids[1].as_py()] * 2


def test_no_documents() -> None:
    assert near_duplicates([], []).num_rows == 0
    assert near_duplicates(pa.array([], pa.string()), pa.array([], pa.string())).num_rows == 0


def test_bad_ids_say_what_was_expected() -> None:
    with pytest.raises(ValueError, match="1 repeat"):
        near_duplicates(["a", "a"], ["x", "y"])
    with pytest.raises(ValueError, match="1 are null"):
        near_duplicates(["a", None], ["x", "y"])
    with pytest.raises(ValueError, match="found 2 and 1"):
        near_duplicates(["a", "b"], ["x"])
    with pytest.raises(ValueError, match="expected 2 ranks in order, found 1"):
        near_duplicates(["a", "b"], ["x", "y"], order=[1])


def test_weights_of_unknown_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="found 0"):
        weights([3, 0])
    assert weights(pa.chunked_array([[1], [1000]])).to_pylist() == [1, 1]
    assert weights([]).to_pylist() == []


def _lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("name", ["cc-legalcode", "apache-manual-versions"])
def test_recall_and_precision_on_real_near_duplicates(name: str) -> None:
    folder = DATA / "neardup" / name
    if not folder.is_dir():
        pytest.skip(f"no {folder}; set EUROCORPUS_DATA to the folder of real data")
    documents, pairs = _lines(folder / "docs.jsonl.gz"), _lines(folder / "pairs.jsonl.gz")
    texts = {document["id"]: document["text"] for document in documents}
    table = near_duplicates(list(texts), list(texts.values()))
    removed = dict(zip(table["removed_id"].to_pylist(), table["kept_id"].to_pylist(), strict=True))

    @cache
    def grams(name: str) -> set[tuple[str, ...]]:
        words = re.findall(r"\w+", texts[name].lower())
        return {tuple(words[k : k + 5]) for k in range(len(words) - 4)}

    for row in table.to_pylist()[::7]:
        one, other = grams(row["removed_id"]), grams(row["kept_id"])
        assert len(one & other) >= 0.8 * len(one | other)
    close = [pair for pair in pairs if pair["jaccard5"] >= 0.85]
    covered = [pair for pair in close if pair["a"] in removed or pair["b"] in removed]
    assert len(close) > 1000
    assert len(covered) >= 0.99 * len(close)

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.langid.calibration import BETA, GRID, SCHEMA, least_scores, measure

CODES = ["ces_Latn", "slk_Latn", "zxx"]
ANSWERS = st.lists(
    st.tuples(st.sampled_from(CODES), st.sampled_from(CODES), st.integers(0, 100)), max_size=40
)


def table_of(answers: list[tuple[str, str, int]]) -> tuple[pa.Array, pa.Table]:
    gold = pa.array([right for right, _, _ in answers], pa.string())
    said = pa.array([said for _, said, _ in answers], pa.string()).dictionary_encode()
    scores = pa.array([score / 100 for *_, score in answers], pa.float32())
    return gold, pa.table({"language": said, "score": scores})


def obvious(answers: list[tuple[str, str, int]], code: str, precision: float) -> float:
    """Try every threshold on every answer."""
    tried = []
    for percent in range(30, 91):
        believed = [
            right == code for right, said, score in answers if said == code and score >= percent
        ]
        exact = sum(believed) / len(believed) if believed else 0.0
        found = sum(believed) / sum(right == code for right, *_ in answers)
        low = BETA**2 * exact + found
        f_beta = (1 + BETA**2) * exact * found / low if low else 0.0
        tried.append((exact >= precision, f_beta if exact >= precision else exact, -percent))
    return -max((reached, round(value, 9), low) for reached, value, low in tried)[2] / 100


@given(ANSWERS, st.sampled_from([0.5, 0.9, 1.0]))
def test_thresholds_are_those_that_a_search_finds(
    answers: list[tuple[str, str, int]], precision: float
) -> None:
    gold, said = table_of(answers)
    found = least_scores(gold, said, precision=precision, languages=CODES)
    assert set(found) == {right for right, *_ in answers}
    for code, least in found.items():
        assert least == pytest.approx(obvious(answers, code, precision))


@given(ANSWERS)
def test_counts_are_those_of_the_answers(answers: list[tuple[str, str, int]]) -> None:
    gold, said = table_of(answers)
    rows = measure(gold, said, {"*": 0.7}, languages=CODES)
    assert rows.schema == SCHEMA
    for row in rows.to_pylist():
        code = row["language"]
        believed = [right == code for right, said, score in answers if said == code and score >= 70]
        assert row["accepted"] == len(believed)
        assert row["precision"] == (sum(believed) / len(believed) if believed else None)
        assert row["recall"] * row["texts"] == pytest.approx(sum(believed))
        assert sum(cell["answers"] for cell in row["bins"]) == row["answers"]
        assert 0 <= row["error"] <= 1


def test_an_engine_that_is_right_as_often_as_it_says_has_no_error() -> None:
    answers = [("ces_Latn" if k < 75 else "slk_Latn", "ces_Latn", 75) for k in range(100)]
    (row, _) = measure(*table_of(answers), {}, languages=CODES).to_pylist()
    assert row["error"] == pytest.approx(0, abs=1e-6)
    assert row["bins"] == [{"score": pytest.approx(0.75), "right": 0.75, "answers": 100}]


def test_a_language_that_is_never_precise_gets_its_best() -> None:
    answers = [("slk_Latn", "ces_Latn", 95), ("ces_Latn", "ces_Latn", 60), ("ces_Latn", "zxx", 0)]
    assert least_scores(*table_of(answers))["ces_Latn"] == GRID[0]


def test_each_text_has_one_answer() -> None:
    gold, said = table_of([("ces_Latn", "ces_Latn", 90)])
    with pytest.raises(ValueError, match="for each of 2 texts, found 1"):
        measure(pa.array(["ces_Latn", "zxx"]), said, {})
    assert len(gold) == 1

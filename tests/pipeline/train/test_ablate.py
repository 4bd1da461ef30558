"""An ablation: planted faults are resolved, two halves of one corpus are not."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from runs import eurocorpus
from topics import make_texts, write_texts

from eurocorpus.pipeline.errors import UsageError
from eurocorpus.pipeline.train.ablate.ablate import Ablation, ablate

CODE = "gle_Latn"
SMALL = {
    "tokens": 16_384, "vocabulary": 512, "layers": 2, "hidden": 32, "heads": 2, "kv_heads": 1,
    "head_dim": 16, "feed_forward": 64, "length": 64, "batch_tokens": 256, "micro_batch": 4,
    "evaluate_tokens": 2_000,
}  # fmt: skip


def degrade(texts: list[str]) -> dict[str, list[str]]:
    """Plant what web corpora suffer from, as in the trial that the issue tells of."""
    menu = "fugi kalo mine ruto save subi"
    draw = random.Random(5)
    few = texts[: len(texts) // 25]
    return {
        "boilerplate": [f"{menu} {text[: len(text) // 2]} {menu} {text[len(text) // 2 :]} {menu}"
                        for text in texts],
        "duplicates": [draw.choice(few) if draw.random() < 0.6 else text for text in texts],
    }  # fmt: skip


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Halves of a corpus, the first one with faults, and texts that are in none."""
    folder = tmp_path_factory.mktemp("corpora")
    texts = make_texts(500, 3)
    heldout = make_texts(60, 4)
    halves = {"half": texts[:250], "other": [*texts[250:], *heldout[:3]]}
    for name, lines in (halves | degrade(texts[:250])).items():
        write_texts(folder / name, {CODE: lines})
    write_texts(folder / "near", {CODE: heldout[:30]})
    write_texts(folder / "far", {CODE: heldout[30:], "mlt_Latn": heldout[30:]})
    return folder


@pytest.fixture(scope="module")
def result(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("ablation")
    recipes = {name: corpora / name for name in ("half", "other", "boilerplate", "duplicates")}
    heldout = {name: corpora / name for name in ("near", "far")}
    said: list[str] = []
    found = ablate(Ablation(recipes, heldout, out, over=SMALL), said.append)
    assert len([line for line in said if "learning rate" in line]) == 4 * 3 * 2
    return found, out


def test_planted_faults_are_worse_and_halves_are_not_resolved(
    result: tuple[dict[str, Any], Path],
) -> None:
    verdicts = {name: part["verdict"] for name, part in result[0]["overall"].items()}
    assert verdicts == {
        "other": "not resolved", "boilerplate": "worse", "duplicates": "worse",
    }, result[0]["overall"]  # fmt: skip
    assert result[0]["overall"]["duplicates"]["relative_tokens"] > 1
    assert set(result[0]["texts"]) == {f"near/{CODE}", f"far/{CODE}"}


def test_what_is_held_out_is_taken_from_the_corpora(result: tuple[dict[str, Any], Path]) -> None:
    recipes = result[0]["recipes"]
    assert recipes["other"]["cleaned"][CODE] == {"documents": 253, "removed": 3}
    assert recipes["half"]["cleaned"][CODE] == {"documents": 250, "removed": 0}


def test_the_page_says_that_smoke_is_no_evidence(result: tuple[dict[str, Any], Path]) -> None:
    found, out = result
    page = (out / "index.html").read_text("utf-8")
    assert "not evidence" in page
    assert "other and half are not resolved" in page
    assert "duplicates is worse than half" in page
    assert page.count("<svg") == 3
    assert json.loads((out / "result.json").read_text("utf-8")) == json.loads(json.dumps(found))


def test_typed_again_nothing_is_trained_again(
    result: tuple[dict[str, Any], Path], corpora: Path
) -> None:
    found, out = result
    recipes = {name: corpora / name for name in found["recipes"]}
    heldout = {name: corpora / name for name in ("near", "far")}
    said: list[str] = []
    assert ablate(Ablation(recipes, heldout, out, over=SMALL), said.append) == found
    assert not [line for line in said if "learning rate" in line]
    changed = recipes | {"half": corpora / "duplicates"}
    with pytest.raises(UsageError, match="made of other texts"):
        ablate(Ablation(changed, heldout, out, over=SMALL), said.append)


def test_hpc_writes_configurations_and_trains_nothing(corpora: Path, tmp_path: Path) -> None:
    recipes = {name: corpora / name for name in ("half", "other")}
    over = {"vocabulary": 512, "length": 64, "batch_tokens": 256, "tokens": 2560}
    found = ablate(
        Ablation(recipes, {"near": corpora / "near"}, tmp_path / "o", "hpc", None, over), print
    )
    names = {path.name for path in (Path(found["configurations"]) / "half").rglob("*")}
    assert {"arguments.txt", "data_blend.txt", "config.yaml", "train.toml"} <= names
    assert not (tmp_path / "o" / "runs").exists()


def test_what_cannot_be_compared_is_refused(corpora: Path, tmp_path: Path) -> None:
    write_texts(tmp_path / "elsewhere", {"mlt_Latn": make_texts(3, 1)})
    half, near = f"half={corpora}/half", f"near={corpora}/near"
    for words, sentence in (
        (["--recipe", half, "--heldout", near], "two corpora at least"),
        (["--recipe", half, "--recipe", half, "--heldout", near], "another one called half"),
        (["--recipe", half, "--recipe", "x", "--heldout", near], "expected NAME=VALUE"),
    ):
        failed = eurocorpus("ablate", *words, "--out", tmp_path / "o")
        assert failed.returncode == 2
        assert sentence in failed.stderr
    recipes = {"half": corpora / "half", "e": tmp_path / "elsewhere"}
    with pytest.raises(UsageError, match="expected a language that all corpora have"):
        ablate(Ablation(recipes, {"near": corpora / "near"}, tmp_path / "o"), print)
    recipes["e"] = corpora / "other"
    heldout = {"near": corpora / "near"}
    with pytest.raises(UsageError, match="expected one of smoke, quick"):
        ablate(Ablation(recipes, heldout, tmp_path / "o", "tiny"), print)
    with pytest.raises(UsageError, match="one tells no noise"):
        ablate(Ablation(recipes, heldout, tmp_path / "o", over={"seeds": 1}), print)

"""The walls of the house: who may import whom, and that every file says what it is for."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE = ("langid", "filters", "dedup")
SOURCES = sorted(file for folder in (*PURE, "pipeline") for file in (ROOT / folder).rglob("*.py"))


def imported(file: Path) -> set[str]:
    """Top-level folders and packages that a file imports, relative imports resolved."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = file.parents[node.level - 1].relative_to(ROOT).parts if node.level else ()
            path = (*base, *(node.module or "").split("."))
            names |= {path[0]} if path[0] else {alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("folder", PURE)
def test_pure_folders_import_no_other_room(folder: str) -> None:
    others = {"pipeline", "eurocorpus", "ray", *PURE} - {folder}
    for file in (ROOT / folder).rglob("*.py"):
        assert not imported(file) & others, file


def test_code_imports_itself_relatively() -> None:
    for file in SOURCES:
        assert "eurocorpus" not in imported(file), file


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_file_opens_with_one_sentence(file: Path) -> None:
    docstring = ast.get_docstring(ast.parse(file.read_text("utf-8")))
    assert docstring
    assert docstring.splitlines()[0].rstrip().endswith((".", ":")), docstring.splitlines()[0]


def test_torch_is_for_training_only() -> None:
    """The extra `train` need not be installed for anything else."""
    for file in SOURCES:
        if "train" not in file.relative_to(ROOT).parts:
            assert not imported(file) & {"torch", "safetensors", "transformers"}, file

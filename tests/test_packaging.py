"""The built wheel and the checkout hold the same package."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("langid", "filters", "dedup", "pipeline")


def files_of_the_tree() -> set[str]:
    """Every file that the package is made of, as a path below `eurocorpus/`."""
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*") if file.is_file()]
    return {file.relative_to(ROOT).as_posix() for file in files if "__pycache__" not in file.parts}


def test_every_code_folder_has_its_link() -> None:
    links = {path.name for path in (ROOT / "src/eurocorpus").iterdir() if path.is_symlink()}
    assert links == {"__init__.py", *FOLDERS}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that users get: built from the source distribution."""
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
        check=True, capture_output=True,
    )  # fmt: skip
    return next(out.glob("*.whl"))


def test_the_wheel_holds_every_file(wheel: Path) -> None:
    names = {name.removeprefix("eurocorpus/") for name in zipfile.ZipFile(wheel).namelist()}
    assert files_of_the_tree() <= names


def test_the_wheel_works_where_there_is_no_checkout(wheel: Path, tmp_path: Path) -> None:
    """Unpacked in an empty folder, it identifies, measures, signs, and has its command."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = (
        "import eurocorpus, eurocorpus.langid as l, eurocorpus.filters as f, eurocorpus.dedup as d\n"
        "from eurocorpus.pipeline.cli import app\n"
        "assert eurocorpus.__file__.startswith(__import__('os').getcwd()), eurocorpus.__file__\n"
        "text = ['Dobrý den, jak se dnes máte? Děkuji, mám se velmi dobře.']\n"
        "assert l.identify(text)['language'].to_pylist() == ['ces_Latn']\n"
        "assert f.measure(text, 'ces_Latn').num_rows == 1\n"
        "assert len(d.signatures(text)) == 1\n"
    )
    result = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, '.')\n{code}"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr

"""The documentation's commands and sessions are run as they are printed."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from math import isinf
from pathlib import Path

import pytest
from archive_server import build
from topics import make_texts, write_texts

from eurocorpus.filters import FOREIGN_LINES, MODEL_SCORE, RULES, SIGNALS, languages, thresholds
from eurocorpus.pipeline.crawl.config import CrawlConfig
from eurocorpus.pipeline.demo import pages as sample_web
from eurocorpus.pipeline.load import valid_keys
from eurocorpus.pipeline.train.ablate.ablate import tiers
from eurocorpus.pipeline.train.settings import Mixture, Training

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def run_block(kind: str, code: str, folder: Path, package: Path | None = None) -> None:
    """Run one fenced block; `eurocorpus` is the one of this environment, or lies in `package`."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {
        "PATH": path, "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1",
    }  # fmt: skip
    if package:
        environment["PYTHONPATH"] = str(package)
    program = ["bash", "-euo", "pipefail", "-c"] if kind == "bash" else [sys.executable, "-c"]
    result = subprocess.run(
        [*program, code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{code}\n{result.stdout}\n{result.stderr}"


def test_the_tutorial_runs_from_top_to_bottom(sample: Path, tmp_path: Path) -> None:
    """The sample web stands in for the file of Common Crawl."""
    joined = b"".join(file.read_bytes() for file in sorted(sample.glob("*.warc.gz")))
    (tmp_path / "crawl.warc.gz").write_bytes(joined)
    blocks = BLOCK.findall((DOCS / "tutorial.md").read_text("utf-8"))
    assert len(blocks) >= 7
    for kind, code in blocks:
        run_block(kind, code, tmp_path)


def test_a_corpus_is_published_as_the_page_says(clean_run: Path, tmp_path: Path) -> None:
    shutil.copytree(clean_run, tmp_path / "corpus")
    blocks = BLOCK.findall((DOCS / "how-to" / "publish.md").read_text("utf-8"))
    assert len(blocks) == 11
    for kind, code in blocks:
        run_block(kind, code, tmp_path)


def test_common_crawl_is_read_as_the_page_says(sample: Path, tmp_path: Path) -> None:
    """The sample web stands in for the crawl."""
    files = sorted(sample.glob("*.warc.gz"))
    build(tmp_path / "cc", files, {page.url: page.language[:3] for page in sample_web()})
    blocks = BLOCK.findall((DOCS / "how-to" / "common-crawl.md").read_text("utf-8"))
    assert len(blocks) == 5
    for kind, code in blocks:
        run_block(kind, code, tmp_path)
    assert list((tmp_path / "maltese" / "data").iterdir()) == [tmp_path / "maltese/data/mlt_Latn"]


def test_rights_are_applied_later_as_the_page_says(clean_run: Path, tmp_path: Path) -> None:
    shutil.copytree(clean_run, tmp_path / "corpus")
    blocks = BLOCK.findall((DOCS / "reference" / "rights.md").read_text("utf-8"))
    assert len(blocks) == 3
    for kind, code in blocks:
        run_block(kind, code, tmp_path)


def test_a_model_is_trained_as_the_page_says(clean_run: Path, tmp_path: Path) -> None:
    shutil.copytree(clean_run, tmp_path / "corpus")
    blocks = BLOCK.findall((DOCS / "how-to" / "pretrain.md").read_text("utf-8"))
    assert len(blocks) == 6
    for kind, code in blocks:
        run_block(kind, code, tmp_path)


@pytest.mark.parametrize("page", ["tokenizer.md", "tokens.md"])
def test_tokens_are_made_as_the_page_says(page: str, clean_run: Path, tmp_path: Path) -> None:
    shutil.copytree(clean_run, tmp_path / "corpus")
    blocks = BLOCK.findall((DOCS / "reference" / page).read_text("utf-8"))
    assert blocks
    for kind, code in blocks:
        run_block(kind, code, tmp_path)


@pytest.mark.parametrize("page", ["hpc.md", "laptop.md"])
def test_machines_are_used_as_the_pages_say(page: str, sample: Path, tmp_path: Path) -> None:
    smallest = min(sample.glob("*.warc.gz"), key=lambda file: file.stat().st_size)
    shutil.copy(smallest, tmp_path / "crawl.warc.gz")
    (tmp_path / "run.yaml").write_text("inputs: [crawl.warc.gz]\noutput: RUN\n", "utf-8")
    blocks = BLOCK.findall((DOCS / "how-to" / page).read_text("utf-8"))
    assert blocks
    for kind, code in blocks:
        run_block(kind, code, tmp_path)


def test_an_ablation_runs_as_the_page_says(tmp_path: Path) -> None:
    for seed, name in enumerate(("raw", "curated", "news", "web")):
        write_texts(tmp_path / name, {"mlt_Latn": make_texts(200 if seed < 2 else 20, seed)})
    blocks = BLOCK.findall((DOCS / "how-to" / "ablate.md").read_text("utf-8"))
    assert len(blocks) == 1
    for kind, code in blocks:
        run_block(kind, code, tmp_path)
    assert (tmp_path / "ablation" / "index.html").exists()


def test_every_setting_of_a_pretraining_is_in_the_reference() -> None:
    reference = (DOCS / "reference" / "pretraining.md").read_text("utf-8")
    names = [*Training.model_fields, *Mixture.model_fields]
    assert [name for name in names if f"`{name}`" not in reference] == []
    page = (DOCS / "how-to" / "ablate.md").read_text("utf-8")
    assert [name for name in tiers() if f"| `{name}`" not in page] == []


def test_what_the_readme_types_works_on_a_corpus(clean_run: Path, tmp_path: Path) -> None:
    shutil.copytree(clean_run, tmp_path / "corpus")
    typed = re.findall(
        r"^\$ (eurocorpus .*)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
    )
    after = [line for line in typed if not re.match("eurocorpus (plan|run)", line)]
    assert len(after) == 6
    for line in after:
        run_block("bash", line, tmp_path)
    assert (tmp_path / "corpus" / "report" / "index.html").exists()


def test_the_session_of_the_readme_runs(tmp_path: Path) -> None:
    blocks = BLOCK.findall((DOCS.parent / "README.md").read_text("utf-8"))
    assert [kind for kind, _ in blocks] == ["python"]
    run_block("python", blocks[0][1], tmp_path)


@pytest.mark.parametrize("page", ["pii.md", "urls.md", "lines.md", "contamination.md", "crawl.md"])
def test_the_sessions_of_the_reference_run(page: str, tmp_path: Path) -> None:
    blocks = BLOCK.findall((DOCS / "reference" / page).read_text("utf-8"))
    assert blocks
    for kind, code in blocks:
        run_block(kind, code, tmp_path)


def test_the_how_to_adds_a_filter(clean_run: Path, tmp_path: Path) -> None:
    """Code that names its file is put there, in a copy of the package that the rest then runs with."""
    (tmp_path / "corpus").symlink_to(clean_run)
    package = tmp_path / "package"
    shutil.copytree(ROOT / "src", package)  # with the caches: compiled kernels stay valid
    blocks = BLOCK.findall((DOCS / "how-to" / "add-a-filter.md").read_text("utf-8"))
    assert len(blocks) == 7
    changed = False
    for kind, code in blocks:
        place = re.match(r"# (filters/\w+\.py)(?:, in (\w+))?\n", code)
        if not place:
            run_block(kind, code, tmp_path, package if changed else None)
        elif place[2] is None:
            (package / "eurocorpus" / place[1]).write_text(code, "utf-8")
        else:
            file = package / "eurocorpus" / place[1]
            head, begins, rest = file.read_text("utf-8").partition(f"\n{place[2]}: ")
            line, entries = rest.split("\n", 1)
            file.write_text(f"{head}{begins}{line}\n{code[place.end() :]}{entries}", "utf-8")
        changed = changed or place is not None
    assert json.loads((tmp_path / "whatif.json").read_text("utf-8"))["documents"] > 0


def test_signals_and_rules_are_in_the_reference() -> None:
    page = (DOCS / "reference" / "signals.md").read_text("utf-8")
    ranges = {f"top_{n}_gram" for n in (2, 3, 4)} | {f"duplicate_{n}_grams" for n in range(5, 11)}
    for name in {*SIGNALS, MODEL_SCORE, FOREIGN_LINES} - ranges | {
        "top_4_gram",
        "duplicate_10_grams",
    }:
        assert f"| `{name}`" in page or f", `{name}`" in page or f"… `{name}`" in page, name
    values = [pair for code in languages() for pair in thresholds(code).items()]
    optional = {rule.threshold for rule in RULES} - {n for n, value in values if not isinf(value)}
    listed = re.search(r"until a configuration sets their threshold:\s+([^.]*)\.", page)
    assert listed is not None
    assert set(re.findall(r"`(\w+)`", listed[1])) == optional


def test_every_key_is_in_the_reference() -> None:
    reference = (DOCS / "reference" / "configuration.md").read_text("utf-8")
    missing = [key for key in valid_keys() if f"`{key}`" not in reference]
    assert missing == []


def test_every_key_of_a_crawl_is_in_its_reference() -> None:
    reference = (DOCS / "reference" / "crawl.md").read_text("utf-8")
    keys = [key for key in valid_keys(CrawlConfig) if not key.startswith("engine.")]
    sections = {key.rpartition(".")[0] for key in keys}
    assert [key for key in keys if key not in sections and f"`{key}`" not in reference] == []


def test_a_site_is_crawled_as_the_page_says(tmp_path: Path) -> None:
    blocks = BLOCK.findall((DOCS / "how-to" / "crawl.md").read_text("utf-8"))
    assert len(blocks) == 2
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    for kind, code in blocks:
        run_block(kind, code.replace("8765", port), tmp_path)
    first = json.loads((tmp_path / "crawl" / "crawl.json").read_text("utf-8"))
    assert (first["pages"], first["skipped"], first["revisits"]) == (2, {"robots": 1}, 0)
    later = json.loads((tmp_path / "later.json").read_text("utf-8"))
    assert (later["pages"], later["revisits"], later["statuses"]) == (2, 2, {"304": 2})


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_session_of_the_languages_page_runs(tmp_path: Path) -> None:
    blocks = BLOCK.findall((DOCS / "reference" / "languages.md").read_text("utf-8"))
    assert [kind for kind, _ in blocks] == ["python"]
    run_block("python", blocks[0][1], tmp_path)

"""The pages in a real browser: they render in both themes, and its console stays empty."""

import os
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from runs import eurocorpus

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)  # fmt: skip
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed (apt: chromium)")


def browse(page: Path, profile: Path, *flags: str) -> "subprocess.CompletedProcess[str]":
    assert BROWSER is not None
    return subprocess.run(
        [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         f"--user-data-dir={profile}", "--enable-logging=stderr", "--window-size=1200,1600",
         *flags, page.as_uri()],
        capture_output=True, text=True, timeout=240, check=False,
        env=os.environ | {"HOME": str(profile)},
    )  # fmt: skip


def console(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """What pages wrote to the console, errors of the page's security policy among it."""
    return [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


def test_pages_render_without_a_word_on_the_console(clean_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(clean_run, tmp_path / "RUN"))
    assert eurocorpus("report", run, "--compare", clean_run).returncode == 0
    for name in ("index", "mlt_Latn", "compare"):
        page = run / "report" / f"{name}.html"
        done = browse(page, tmp_path / "profile", "--dump-dom")
        assert console(done) == [], name
        title = re.search("<h1>(.+?)</h1>", page.read_text("utf-8"), re.DOTALL)
        assert title
        assert title[1] in done.stdout
        assert "rect" in done.stdout or name == "compare"


def test_the_console_would_be_heard(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<title>x</title><script>undefined_function()</script>")
    done = browse(page, tmp_path / "profile", "--dump-dom")
    assert any("undefined_function" in line for line in console(done))


def test_themes_differ(clean_run: Path, tmp_path: Path) -> None:
    assert eurocorpus("report", clean_run).returncode == 0
    pictures = []
    for scheme in ("0", "1"):  # dark, light
        target = tmp_path / f"{scheme}.png"
        browse(clean_run / "report" / "mlt_Latn.html", tmp_path / "profile",
               f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={target}")  # fmt: skip
        content = target.read_bytes()
        assert struct.unpack(">II", content[16:24]) == (1200, 1600)
        pictures.append(content)
    assert pictures[0] != pictures[1]

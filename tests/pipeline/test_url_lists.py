"""URL lists in a run: what is dropped, what is recorded, what a changed list redoes."""

import hashlib
import json
from pathlib import Path

import pyarrow.parquet as pq
import yaml
from runs import eurocorpus, summary

TEXT = (
    "Obecní knihovna zve všechny čtenáře na podzimní besedu o historii našeho městečka. "
    "Vstup je volný a po besedě následuje malé občerstvení pro všechny hosty číslo {}."
)
URLS = ("https://www.kept.cz/", "https://shop.blocked.cz/a", "https://porno.cz/", "https://ok.blocked.cz/")  # fmt: skip


def configured(folder: Path, blocked: str, expressions: str = "") -> Path:
    """A configuration with a category of UT1, a plain allow list and four pages."""
    rows = [{"text": TEXT.format(number), "url": url} for number, url in enumerate(URLS)]
    (folder / "pages.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (folder / "adult").mkdir(exist_ok=True)
    (folder / "adult" / "domains").write_text(blocked, "utf-8")
    (folder / "adult" / "expressions").write_text(expressions, "utf-8")
    (folder / "allowed.txt").write_text("# ours\nok.blocked.cz\n", "utf-8")
    adult = {"path": str(folder / "adult"), "licence": "CC-BY-SA-4.0", "version": "2026-10-01",
             "expressions": bool(expressions)}  # fmt: skip
    file = folder / "run.yaml"
    config = {
        "inputs": [str(folder / "pages.jsonl")],
        "output": str(folder / "RUN"),
        "filters": {"enabled": False},
        "dedup": {"near": False},
        "urls": {"block": [adult], "allow": [{"path": str(folder / "allowed.txt")}]},
    }
    file.write_text(yaml.safe_dump(config), "utf-8")
    return file


def dropped(run: Path) -> dict[str, tuple[str, str]]:
    """Reason and value of each page that was dropped."""
    (file,) = (run / "dropped" / "documents").glob("*.parquet")
    rows = pq.read_table(file).to_pylist()
    return {row["url"]: (row["reason"], row["value"]) for row in rows}


def test_lists_drop_and_are_recorded(tmp_path: Path) -> None:
    run = tmp_path / "RUN"
    result = eurocorpus("run", "--config", configured(tmp_path, "blocked.cz\n"))
    assert result.returncode == 0, result.stderr
    assert dropped(run) == {
        URLS[1]: ("url_listed", "adult: blocked.cz"), URLS[2]: ("url_words", "words: porn"),
    }  # fmt: skip
    adult, allowed = summary(run)["url_lists"]
    assert (adult["name"], adult["licence"], adult["version"]) == ("adult", "CC-BY-SA-4.0", "2026-10-01")  # fmt: skip
    assert adult["sha256"] == hashlib.sha256(b"blocked.cz\n").hexdigest()
    assert (adult["entries"], allowed["entries"], allowed["allows"]) == (1, 1, True)


def test_a_changed_list_is_applied(tmp_path: Path) -> None:
    run = tmp_path / "RUN"
    assert eurocorpus("run", "--config", configured(tmp_path, "blocked.cz\n")).returncode == 0
    assert eurocorpus("run", "--config", configured(tmp_path, "kept.cz\n", "/a$")).returncode == 0
    assert dropped(run) == {
        URLS[0]: ("url_listed", "adult: kept.cz"), URLS[1]: ("url_listed", "adult: /a$"),
        URLS[2]: ("url_words", "words: porn"),
    }  # fmt: skip
    assert len(list((run / "lists").iterdir())) == 1


def test_a_list_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    file = configured(tmp_path, "blocked.cz")
    (tmp_path / "adult" / "domains").unlink()
    result = eurocorpus("run", "--config", file)
    assert result.returncode != 0
    assert "expected a file of hosts and URLs" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_expression_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    result = eurocorpus("run", "--config", configured(tmp_path, "blocked.cz", "(big|small\n"))
    assert result.returncode == 2
    assert "found '(big|small'" in result.stderr
    assert "Traceback" not in result.stderr

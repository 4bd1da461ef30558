"""The benchmark's own parts: pages counted, payloads identified, processes measured, the table."""

import gzip
import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest


def _load(name: str) -> Any:
    """Load a script of benchmarks/, which is no package."""
    spec = spec_from_file_location(name, Path(__file__).parents[2] / "benchmarks" / f"{name}.py")
    assert spec
    assert spec.loader
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


end_to_end = _load("end_to_end")

BODY = b"<p>WARC-Type: response\r\n\r\ncontent-type: text/html"


def _record(kind: bytes, http: bytes) -> bytes:
    return (
        b"WARC/1.1\r\nWARC-Type: " + kind + b"\r\nWARC-Record-ID: <urn:uuid:1>\r\n"
        b"Content-Length: " + str(len(http)).encode() + b"\r\n\r\n" + http + b"\r\n\r\n"
    )


def _http(status: bytes, headers: bytes) -> bytes:
    return b"HTTP/1.1 " + status + b"\r\n" + headers + b"\r\n\r\n" + BODY


RECORDS = [
    (_record(b"response", _http(b"200 OK", b"Content-Type: text/html; charset=utf-8")), True),
    (_record(b"response", _http(b"200", b"A: b\r\ncontent-type:Application/XHTML+xml")), True),
    (_record(b"response", _http(b"404 Not Found", b"Content-Type: text/html")), False),
    (_record(b"response", _http(b"200 OK", b"Content-Type: image/png")), False),
    (_record(b"response", _http(b"200 OK", b"Server: x")), False),
    (_record(b"request", b"GET / HTTP/1.1\r\nContent-Type: text/html\r\n\r\n"), False),
]


@pytest.fixture
def warc(tmp_path: Path) -> Path:
    path = tmp_path / "in.warc.gz"
    path.write_bytes(b"".join(gzip.compress(record) for record, _ in RECORDS))
    return path


def test_pages_are_counted(warc: Path) -> None:
    records = list(end_to_end.members(warc))
    assert [end_to_end.is_page(record) for record in records] == [page for _, page in RECORDS]


def test_identified_payloads_change_nothing_but_one_header_line(warc: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.warc.gz"
    end_to_end.identify_payloads(warc, target)
    copies = list(end_to_end.members(target))
    lines = [end_to_end.payload_type(record) for record, _ in RECORDS]
    assert lines == [b"text/html", b"application/xhtml+xml", b"text/html", b"image/png", b"", b""]
    for (record, _), copy, declared in zip(RECORDS, copies, lines, strict=True):
        line = b"WARC-Identified-Payload-Type: " + declared + b"\r\n" if declared else b""
        first, _, rest = record.partition(b"\r\n")
        assert copy == first + b"\r\n" + line + rest


_BURN = "import time\nwhile time.process_time() < {}: pass\n"
_TREE = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {_BURN.format(0.2)!r}])
subprocess.Popen([sys.executable, "-c", {_BURN.format(0.4)!r}])  # outlives its parent
"""


def _measure(script: str, log: Path) -> subprocess.CompletedProcess[str]:
    """Measure a script from a process of its own: whoever measures waits for all its children."""
    program = (
        "import ctypes, json, runpy, sys, dataclasses, pathlib\n"
        "ctypes.CDLL(None).prctl(36, 1)\n"
        f"measure = runpy.run_path({end_to_end.__file__!r})['measure']\n"
        f"cost = measure([sys.executable, '-c', {script!r}], pathlib.Path({str(log)!r}), {{}})\n"
        "print(json.dumps(dataclasses.asdict(cost)))\n"
    )
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_cpu_time_covers_children_and_orphans(tmp_path: Path) -> None:
    cost = json.loads(_measure(_TREE, tmp_path / "log").stdout)
    assert cost["cpu_seconds"] >= 0.6
    assert cost["peak_bytes"] > 1_000_000


def test_a_failed_run_ends_the_benchmark_with_its_output(tmp_path: Path) -> None:
    ended = _measure("print('what went wrong'); exit(3)", tmp_path / "log")
    assert ended.returncode == 1
    assert "ended with status 3:\nwhat went wrong" in ended.stderr


def test_the_table_has_ratios_first_and_leaves_out_what_was_not_scored() -> None:
    quality = {
        "documents": 1234,
        "characters": 1_000_000,
        "by_language": {"ces_Latn": {"documents": 1234, "characters": 1_000_000}},
        "duplicates": {
            "left": 1,
            "left_share": 0.001,
            "removed": 3,
            "removed_without_kept_duplicate": 0,
        },
    }
    chain = {"quality": quality, "costs": [{"peak_bytes": 5_000_000}]}
    result: dict[str, Any] = {
        "pages": 2000,
        "in_sample": ["eurocorpus, fast"],
        "chains": {
            "eurocorpus, fast": chain | {"cpu_seconds": 2.0},
            "datatrove": chain | {"cpu_seconds": 60.0},
        },
    }
    lines = end_to_end.table(result).splitlines()
    assert lines[0] == "|  | eurocorpus, fast | datatrove |"
    assert lines[2] == "| speed (CPU time) | **30.0×** | **1.0×** |"
    assert lines[3] == "| CPU-seconds for 1,000 pages | 1.00 | 30.00 |"
    assert "| near-duplicates left in the corpus | 1 (0.10%) | 1 (0.10%) |" in lines
    assert not any("extraction" in line for line in lines)
    fast = result["chains"]["eurocorpus, fast"]
    fast["quality"] = quality | {"extraction": {"snippets": {"f1": 0.9}}}
    lines = end_to_end.table(result).splitlines()
    assert "| extraction, F1 of snippets | 0.900† |  |" in lines
    assert lines[-1].startswith("† not fair: learned from these very pages")
    languages = end_to_end.language_table(result).splitlines()
    assert "| ces_Latn | 1,234 (1,000,000) | 1,234 (1,000,000) |" in languages
    assert "| mlt_Latn | 0 | 0 |" in languages

"""From WARC files to a deduplicated corpus: eurocorpus beside datatrove, cost and quality.

Both run the same stages over the same files, each in its own environment and process, one worker
on one core, taking turns. What is compared is the CPU time of the whole process tree, and what the
finished corpora are worth by one scorer (`quality.py`). Prints a Markdown table, ratios first.

    make bench                                  # all of it, about twenty minutes
    python benchmarks/end_to_end.py WARCS --files 1 --runs 1
"""

import argparse
import ctypes
import gzip
import json
import os
import re
import resource
import shlex
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, get_args

from eurocorpus.langid import EU_LANGUAGES
from eurocorpus.langid.codes import CODES
from eurocorpus.langid.models import lid176_path
from eurocorpus.pipeline.config import Extract

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("EUROCORPUS_DATA", HERE.parent.parent / "shared" / "data"))
PEERS = HERE.parent / ".venv-peers" / "bin" / "python"
MIN_SCORE = 0.5
LEARNED = "eurocorpus, fast"
"""The chain whose extractor learned from gold pages."""
ENGINES = [
    engine
    for engine in ("fast", "trafilatura")
    if engine in get_args(Extract.model_fields["engine"].annotation)
]

_CONTENT_TYPE = re.compile(
    rb"^content-type:[ \t]*([\w.+-]+/[\w.+-]+)", re.IGNORECASE | re.MULTILINE
)
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: orphans of what is measured become our children


@dataclass(frozen=True)
class Cost:
    """What one run of a chain took."""

    cpu_seconds: float
    """User and system time of the process and all its descendants."""
    wall_seconds: float
    peak_bytes: int
    """Resident memory of the largest process."""


@dataclass
class Chain:
    """One chain: how it is started, where it writes, and what its runs took."""

    name: str
    kind: str
    runs: int
    command: Callable[[Path, Path], list[str]]
    """Command line for an input folder and an output folder that does not exist yet."""
    costs: list[Cost] = field(default_factory=list)

    @property
    def cpu_seconds(self) -> float:
        """Median CPU time of the runs."""
        return median(cost.cpu_seconds for cost in self.costs)


# ----------------------------------------------------------------------------------- inputs


def members(path: Path) -> Iterator[bytes]:
    """Give the records of a WARC file that is compressed record by record."""
    rest = path.read_bytes()
    while rest:
        member = zlib.decompressobj(31)
        yield member.decompress(rest)
        rest = member.unused_data


def http_head(record: bytes) -> bytes:
    """HTTP status line and headers of a response record; empty for other records."""
    head, _, block = record.partition(b"\r\n\r\n")
    is_response = re.search(rb"^WARC-Type:[ \t]*response", head, re.IGNORECASE | re.MULTILINE)
    return block.partition(b"\r\n\r\n")[0] if is_response else b""


def payload_type(record: bytes) -> bytes:
    """Media type that the server declared for a response; empty where there is none."""
    declared = _CONTENT_TYPE.search(http_head(record))
    return declared[1].lower() if declared else b""


def is_page(record: bytes) -> bool:
    """Whether a record is a response with status 200 that declares HTML."""
    status = http_head(record).split(None, 2)[1:2]
    return status == [b"200"] and payload_type(record) in (b"text/html", b"application/xhtml+xml")


def identify_payloads(source: Path, target: Path) -> None:
    """Copy a WARC file, stating each response's type in its WARC header, as Common Crawl does."""
    with target.open("wb") as file:
        for record in members(source):
            if declared := payload_type(record):
                line = b"\r\nWARC-Identified-Payload-Type: " + declared
                record = record.replace(b"\r\n", line + b"\r\n", 1)
            file.write(gzip.compress(record, 6))


def prepare(warcs: list[Path], folder: Path, identified: bool) -> Path:
    """Put the input files into a folder of their own."""
    folder.mkdir()
    for path in warcs:
        if identified:
            identify_payloads(path, folder / path.name)
        else:
            (folder / path.name).symlink_to(path.resolve())
    return folder


# ------------------------------------------------------------------------------ measurement


def eurocorpus_chain(engine: str, runs: int) -> Chain:
    """Describe our chain with one of its extractors."""

    def command(warcs: Path, output: Path) -> list[str]:
        return [sys.executable, "-m", "eurocorpus", "run", str(warcs), "--out", str(output),
                "--workers", "1", "--engine", "local", "--set", f"extract.engine={engine}",
                "--set", "languages.engine=lid176", "--set", f"languages.min_score={{'*': {MIN_SCORE}}}", "--json"]  # fmt: skip

    return Chain(f"eurocorpus, {engine}", "eurocorpus", runs, command)


def datatrove_chain(configs: Path, runs: int) -> Chain:
    """Describe datatrove's chain, with the same language model and languages as ours."""
    languages = {label: codes[0] for label, codes in CODES.items() if codes[0] in EU_LANGUAGES}

    def command(warcs: Path, output: Path) -> list[str]:
        job = output.with_suffix(".json")
        settings = {
            "warcs": str(warcs),
            "output": str(output),
            "model": str(lid176_path()),
            "configs": str(configs),
            "languages": languages,
            "min_score": MIN_SCORE,
        }
        job.write_text(json.dumps(settings), "utf-8")
        return [str(PEERS), str(HERE / "datatrove_chain.py"), str(job)]

    return Chain("datatrove", "datatrove", runs, command)


def measure(command: list[str], log: Path, environment: dict[str, str]) -> Cost:
    """Run a command to its end on the core that this process is bound to."""
    before, start = _children_cpu(), time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=os.environ | environment
        )
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    _reap_orphans()
    if process.returncode:
        tail = log.read_text("utf-8", "replace")[-2000:]
        sys.exit(f"{shlex.join(command)}\nended with status {process.returncode}:\n{tail}")
    return Cost(
        round(_children_cpu() - before, 3), round(wall, 3), usage.ru_maxrss * 1024
    )  # ru_maxrss: kB


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _reap_orphans() -> None:
    """Wait for what the measured process left behind, so that its time counts as well."""
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def run_all(chains: list[Chain], warcs: Path, work: Path) -> None:
    """Warm each chain up on one file, then run them in turns, as often as each asks for."""
    environment = {"HF_HOME": str(work / "hf"), "HF_HUB_OFFLINE": "1"}
    first = prepare([next(iter(sorted(warcs.iterdir())))], work / "first", identified=False)
    for chain in chains:
        _say(f"{chain.name}: warming up on one file")
        folder = work / f"{_slug(chain.name)}-warm-up"
        measure(chain.command(first, folder), folder.with_suffix(".log"), environment)
    for turn in range(max(chain.runs for chain in chains)):
        for chain in chains:
            if turn >= chain.runs:
                continue
            folder = work / f"{_slug(chain.name)}-{turn}"
            cost = measure(chain.command(warcs, folder), folder.with_suffix(".log"), environment)
            chain.costs.append(cost)
            _say(f"{chain.name}: {cost.cpu_seconds:.1f} CPU-s, {cost.wall_seconds:.1f} s")


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def score(
    chains: list[Chain], warcs: list[Path], gold: Path, held_out: Path | None, work: Path
) -> dict[str, Any]:
    """Score what the first run of each chain left."""
    truth = [path.with_name(path.name.replace(".warc.gz", ".truth.jsonl")) for path in warcs]
    command = [sys.executable, str(HERE / "quality.py")]
    command += [f"{c.name}={c.kind}:{work / _slug(c.name)}-0" for c in chains]
    if all(path.exists() for path in truth):
        command += ["--truth", *map(str, truth)]
        command += ["--gold", *map(str, sorted(gold.glob("*.zip")))]
        command += ["--held-out", f"{LEARNED}={held_out}"] if held_out else []
    _say("scoring")
    scores: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=-1).stdout)
    return scores


# ----------------------------------------------------------------------------------- report


def table(result: dict[str, Any]) -> str:
    """Lay the result out as Markdown, a column for each chain, ratios first."""
    chains = result["chains"]
    rows = [("", *chains), ("---", *["---:"] * len(chains))]
    rows += [
        (title, *cells)
        for title, cell in ROWS
        if any(cells := [_cell(cell, chain, result) for chain in chains.values()])
    ]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    if any(_IN_SAMPLE in line for line in lines):
        lines += ["", f"{_IN_SAMPLE} not fair: learned from these very pages (see --held-out)."]
    return "\n".join(lines)


def _cell(cell: Callable[[Any, Any], str], chain: Any, result: Any) -> str:
    """Fill one cell; empty where the figure could not be taken."""
    try:
        return cell(chain, result)
    except KeyError:
        return ""


_IN_SAMPLE = "†"


def _per_thousand(chain: Any, result: Any) -> float:
    return float(chain["cpu_seconds"] / result["pages"] * 1000)


def _speed(chain: Any, result: Any) -> str:
    peer = result["chains"].get("datatrove")
    return f"**{peer['cpu_seconds'] / chain['cpu_seconds']:.1f}×**" if peer else ""


def _extraction(kind: str, where: str = "extraction") -> Callable[[Any, Any], str]:
    def cell(chain: Any, result: Any) -> str:
        learned = any(result["chains"].get(name) is chain for name in result["in_sample"])
        return f"{chain['quality'][where][kind]['f1']:.3f}" + _IN_SAMPLE * learned

    return cell


def _duplicates(chain: Any, _: Any) -> str:
    found = chain["quality"]["duplicates"]
    return f"{found['left']} ({found['left_share']:.2%})"


def _false_removals(chain: Any, _: Any) -> str:
    found = chain["quality"]["duplicates"]
    return f"{found['removed_without_kept_duplicate']} of {found['removed']}"


ROWS: list[tuple[str, Callable[[Any, Any], str]]] = [
    ("speed (CPU time)", _speed),
    ("CPU-seconds for 1,000 pages", lambda chain, result: f"{_per_thousand(chain, result):.2f}"),
    (
        "pages that text was found in",
        lambda chain, _: f"{chain['quality']['pages_with_text'] / chain['quality']['pages']:.1%}",
    ),
    ("extraction, F1 of snippets", _extraction("snippets")),
    ("extraction, F1 of whole texts", _extraction("text")),
    (
        "extraction, F1 of snippets, pages that all read",
        _extraction("snippets", where="extraction_common"),
    ),
    (
        "extraction, F1 of whole texts, pages that all read",
        _extraction("text", where="extraction_common"),
    ),
    ("language, accuracy", lambda chain, _: f"{chain['quality']['languages']['accuracy']:.3f}"),
    (
        "language, macro-F1 over all pages",
        lambda chain, _: f"{chain['quality']['languages']['macro_f1']:.3f}",
    ),
    ("near-duplicates left in the corpus", _duplicates),
    ("documents removed as duplicates of none", _false_removals),
    ("documents kept", lambda chain, _: f"{chain['quality']['documents']:,}"),
    ("characters kept", lambda chain, _: f"{chain['quality']['characters']:,}"),
    (
        "memory of the largest process",
        lambda chain, _: f"{max(cost['peak_bytes'] for cost in chain['costs']) / 1e6:,.0f} MB",
    ),
]


def language_table(result: dict[str, Any]) -> str:
    """Lay out documents and characters kept by language."""
    chains = result["chains"]
    lines = [
        "| | " + " | ".join(chains) + " |",
        "| --- |" + " ---: |" * len(chains),
    ]
    for code in EU_LANGUAGES:
        found = [chain["quality"]["by_language"].get(code) for chain in chains.values()]
        cells = [f"{one['documents']:,} ({one['characters']:,})" if one else "0" for one in found]
        lines.append(f"| {code} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _machine() -> dict[str, Any]:
    models = re.findall(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "cpu": models[0] if models else os.uname().machine,
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def result_of(
    chains: list[Chain], warcs: list[Path], scores: dict[str, Any], work: Path
) -> dict[str, Any]:
    """Put all figures together."""
    result: dict[str, Any] = {
        "machine": _machine(),
        "files": [path.name for path in warcs],
        "pages": sum(is_page(record) for path in warcs for record in members(path)),
        "chains": {},
    }
    for chain in chains:
        folder = work / f"{_slug(chain.name)}-0"
        if chain.kind == "datatrove":
            stages = json.loads((folder / "figures.json").read_text())
        else:
            stages = json.loads((folder / "report" / "summary.json").read_text())["cost"]
        result["chains"][chain.name] = {
            "cpu_seconds": chain.cpu_seconds,
            "costs": [asdict(cost) for cost in chain.costs],
            "stages": stages,
            "quality": scores[chain.name],
        }
    return result


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("warcs", type=Path, nargs="?", default=DATA / "warc", help="folder")
    parser.add_argument("--files", type=int, help="take only so many files")
    parser.add_argument("--engines", nargs="*", default=ENGINES, help="our extractors to run")
    parser.add_argument("--runs", type=int, default=3, help="runs of each of ours")
    parser.add_argument("--peer-runs", type=int, default=1, help="runs of datatrove; 0 for none")
    parser.add_argument("--gold", type=Path, default=DATA / "extraction", help="folder of zips")
    parser.add_argument(
        "--held-out", type=Path,
        help="texts of the gold pages by models that had not seen their sites: what `python -m "
        "eurocorpus.pipeline.extract.fast.train GOLD --cross-validate --texts FILE` writes",
    )  # fmt: skip
    parser.add_argument(
        "--lists", type=Path, default=DATA / "lists", help="folder with fineweb2/configs"
    )
    parser.add_argument(
        "--identified", action="store_true",
        help="state each page's type in its WARC header, as Common Crawl does; else datatrove asks "
        "libmagic, which takes many pages for something else",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--keep", type=Path, help="work in this new folder, and keep it")
    return parser.parse_args()


def main() -> None:
    """Run, score, and print."""
    options = arguments()
    warcs = sorted(options.warcs.glob("*.warc.gz"))[: options.files]
    configs = options.lists / "fineweb2" / "configs"
    if not warcs:
        sys.exit(f"{options.warcs}: expected *.warc.gz files, found none; name a folder of them")
    if options.peer_runs and not (PEERS.exists() and configs.is_dir()):
        missing = configs if PEERS.exists() else PEERS
        sys.exit(f"{missing} is missing: run `make .venv-peers/installed`, name --lists, "
                 "or leave datatrove out with --peer-runs 0")  # fmt: skip
    chains = [eurocorpus_chain(engine, options.runs) for engine in options.engines]
    chains += [datatrove_chain(configs, options.peer_runs)] if options.peer_runs else []
    ctypes.CDLL(None).prctl(_SUBREAPER, 1)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(prefix="end-to-end-") as temporary:
        work = (options.keep or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        inputs = prepare(warcs, work / "warc", options.identified)
        run_all(chains, inputs, work)
        scores = score(chains, warcs, options.gold, options.held_out, work)
        result = result_of(chains, warcs, scores, work)
        result["in_sample"] = [] if options.held_out else [LEARNED]
    if options.json:
        options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False), "utf-8")
    print(
        f"{result['pages']:,} HTML pages in {len(warcs)} WARC files; {result['machine']['cpu']}\n"
    )
    print(table(result), language_table(result), sep="\n\n")


if __name__ == "__main__":
    main()

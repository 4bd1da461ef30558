"""How long a run takes to find what is committed and to begin with what is not; the memory of its driver.

    python benchmarks/ledger_scale.py FOLDER --inputs 50000

One input is run; its entries and outputs then stand in for all others, under their names: files are
hard links, entries have the fingerprints that a run would give them. Two entries an input. A run ends here
with the beginning of deduplication; the first one also gathers what hosts say, which the next one finds.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from eurocorpus.pipeline import run as pipeline
from eurocorpus.pipeline.config import Config
from eurocorpus.pipeline.inputs import find_inputs
from eurocorpus.pipeline.load import load_config
from eurocorpus.pipeline.stages import documents
from eurocorpus.pipeline.storage.fingerprint import fingerprint
from eurocorpus.pipeline.storage.folder import RunFolder
from eurocorpus.pipeline.storage.ledger import Entry, commit, read_entry

_FOLDER_FILES = 1000


def link_inputs(folder: Path, source: Path, number: int) -> Path:
    """Make so many names of one input, a thousand in each folder."""
    inputs = folder / "inputs"
    for index in range(number):
        place = inputs / f"{index // _FOLDER_FILES:04}"
        place.mkdir(parents=True, exist_ok=True)
        os.link(source, place / f"{index:07}.warc.gz")
    return inputs


def first_run(folder: Path, source: Path) -> Path:
    """Run the one input, in a process of its own, whose memory is not measured."""
    out = folder / "one"
    config = load_config(None, (), inputs=[str(source)], output=str(out))
    if os.fork() == 0:
        pipeline.run(config)
        os._exit(0)
    assert os.wait()[1] == 0
    return out


def clone(one: RunFolder, many: RunFolder, config: Config) -> None:
    """Commit for each input what was committed for the one."""
    sources = find_inputs(config.inputs)
    planned = documents.units(config, sources, [], [])
    name = next(iter((one.root / "ledger" / "documents").glob("*.json"))).name.removesuffix(".json")
    first, second = (read_entry(one, stage, name) for stage in ("documents", "judge"))
    assert first
    assert second
    for unit in planned:
        status = Path(unit.spec["input"]).stat()
        depends = unit.spec["depends"] | {"content": first.depends["content"]}
        facts = first.facts | {"input": {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns}}
        entry = replace(first, fingerprint=fingerprint(depends), depends=depends, facts=facts)
        link(one, many, entry, name, unit.name)
        depends = second.depends | {"documents": entry.fingerprint}
        entry = replace(second, fingerprint=fingerprint(depends), depends=depends)
        link(one, many, entry, name, unit.name)


def link(one: RunFolder, many: RunFolder, entry: Entry, name: str, unit: str) -> None:
    """Write an entry without waiting for the disk, and link its outputs."""
    outputs = []
    for output in entry.outputs:
        path = output.path.replace(name, unit)
        target = many.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(one.root / output.path, target)
        outputs.append(replace(output, path=path))
    rows = [row | {"source": unit} for row in entry.rows]
    commit(many, replace(entry, unit=unit, outputs=tuple(outputs), rows=rows))


def rerun(folder: Path) -> dict[str, float]:
    """Type the command on all inputs; wall, CPU seconds and the peak of memory until there is work to do."""
    command = [sys.executable, "-P", "-m", "eurocorpus", "run", str(folder / "inputs"), "--out",
               str(folder / "RUN"), "--workers", "1"]  # fmt: skip
    began = time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    assert any(line.startswith("deduplicate") for line in process.stderr), "it ended before"
    wall = time.monotonic() - began
    process.kill()
    _, _, usage = os.wait4(process.pid, 0)
    return {
        "wall": round(wall, 1),
        "cpu": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": usage.ru_maxrss // 1024,
    }


def main() -> None:
    """Build the run where it is not there yet, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--inputs", type=int, default=50_000)
    options = parser.parse_args()
    folder = options.folder.resolve()
    if not (folder / "RUN").exists():
        folder.mkdir(parents=True)
        source = folder / "one.warc.gz"
        shutil.copy(options.source, source)
        one = RunFolder(first_run(folder, source))
        inputs = link_inputs(folder, source, options.inputs)
        config = load_config(None, (), inputs=[str(inputs)], output=str(folder / "RUN"))
        pipeline._prepare(config, prune=False)
        os.fsync = lambda fd: None  # only the measured part counts
        clone(one, RunFolder(folder / "RUN"), config)
        print("first:", json.dumps(rerun(folder)), flush=True)
    print("again:", json.dumps(rerun(folder)))


if __name__ == "__main__":
    main()

"""The folder of a run: where everything in it lies, and how a file gets into it whole."""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths inside a run; nothing is created until it is written to."""

    root: Path

    @property
    def config(self) -> Path:
        """The whole configuration as it ran."""
        return self.root / "config.yaml"

    @property
    def summary(self) -> Path:
        """The figures of the run, for programs."""
        return self.root / "report" / "summary.json"

    @property
    def clusters(self) -> Path:
        """The largest clusters of duplicates, with samples."""
        return self.root / "report" / "clusters.json"

    @property
    def progress(self) -> Path:
        """Heartbeats of the units at work."""
        return self.root / "progress"

    @property
    def log(self) -> Path:
        """Events and counters of the runs in this folder, for monitoring."""
        return self.root / "log"

    @property
    def scratch(self) -> Path:
        """Files that are not whole yet; on the same file system, so that a rename is atomic."""
        return self.root / "tmp"

    def ledger(self, stage: str, unit: str) -> Path:
        """One committed unit's entry."""
        return self.root / "ledger" / stage / f"{unit}.json"

    def url_rules(self, name: str) -> str:
        """Block and allow lists, compiled; relative to the root."""
        return f"lists/urls-{name}.npz"

    def benchmark_index(self, name: str) -> str:
        """N-grams of evaluation sets."""
        return f"lists/benchmarks-{name}.npz"

    def extracted(self, unit: str) -> str:
        """Documents of one input file as `documents` leaves them; relative to the root, as what follows."""
        return f"documents/{unit}.parquet"

    def site_samples(self, unit: str) -> str:
        """Lines of sites' pages, of one input file."""
        return f"sites/samples/{unit}.parquet"

    def frequent_lines(self, number: str) -> str:
        """Lines that stand on many pages of their site, of a part of the sites."""
        return f"sites/frequent/{number}.parquet"

    def removed_lines(self, unit: str) -> str:
        """Such lines as they stood in one input file."""
        return f"sites/removed/{unit}.parquet"

    def cleaned(self, unit: str) -> str:
        """Documents of one input file without such lines."""
        return f"cleaned/{unit}.parquet"

    def documents(self, unit: str) -> str:
        """Documents of one input file as they are judged and published: cleaned, if the run cleans."""
        cleaned = self.cleaned(unit)
        return cleaned if (self.root / cleaned).exists() else self.extracted(unit)

    def dropped(self, stage: str, unit: str) -> str:
        """What a stage dropped from one unit, and why."""
        return f"dropped/{stage}/{unit}.parquet"

    def evidence(self, unit: str) -> str:
        """What one input file holds of hosts' robots.txt and the like; where there is any."""
        return f"rights/evidence/{unit}.parquet"

    def judged_rights(self, unit: str) -> str:
        """Rights of an input's documents whose hosts say something; where there are any."""
        return f"rights/documents/{unit}.parquet"

    def host_rights(self, name: str) -> str:
        """What is known of all hosts, the latest of each."""
        return f"lists/hosts-{name}.parquet"

    @property
    def snapshots(self) -> Path:
        """What was given with `--robots`, in the order in which it was."""
        return self.root / "rights" / "snapshots"

    def bundle(self, unit: str) -> str:
        """The records of an archive that an input consists of, where an index chose them."""
        return f"lists/bundles/{unit}.parquet"

    @property
    def streams(self) -> Path:
        """Locks, as many as there may be requests to archives at a time."""
        return self.root / "streams"

    def keys(self, unit: str) -> str:
        """Deduplication keys of the documents that one input file contributes."""
        return f"dedup/keys/{unit}.parquet"

    def removals(self, name: str) -> str:
        """Which documents of a language, of some inputs, are duplicates, with evidence."""
        return f"dedup/removals/{name}.parquet"

    def survivors(self, name: str) -> str:
        """Which documents of a language, of some inputs, are left."""
        return f"dedup/survivors/{name}.parquet"

    def domains(self, name: str) -> str:
        """How many documents of each domain are duplicates, of some inputs."""
        return f"dedup/domains/{name}.parquet"

    def exchange(self, language: str) -> str:
        """Folder of what steps of deduplication leave for one another, gone when they are done."""
        return f"dedup/exchange/{language}"

    def shard(self, language: str, number: int, total: int) -> str:
        """One file of the corpus, named as Hugging Face names them."""
        return f"data/{language}/train-{number:05}-of-{total:05}.parquet"

    def index(self, language: str, number: int, total: int) -> str:
        """Keys of the documents of a shard, for runs that come after."""
        return f"dedup/index/{language}/train-{number:05}-of-{total:05}.parquet"

    @property
    def index_manifest(self) -> Path:
        """What the index holds; it is written last."""
        return self.root / "dedup" / "index" / "manifest.json"

    @contextmanager
    def atomic(self, target: str | Path) -> Iterator[Path]:
        """Give a path to write to, which becomes `target` once the block ends well.

        Write, fsync, rename: a reader sees the whole file or none, and so does a machine
        that loses power. On an exception the unfinished file is removed.
        """
        path = self.root / target
        temporary = self._temporary(path.name)
        try:
            yield temporary
            fsync(temporary)
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(path)
            fsync(path.parent)
        finally:
            temporary.unlink(missing_ok=True)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Give an empty folder on the run's file system that is gone after the block."""
        path = self._temporary("work")
        path.mkdir()
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def _temporary(self, name: str) -> Path:
        self.scratch.mkdir(parents=True, exist_ok=True)
        return self.scratch / f"{socket.gethostname()}~{os.getpid()}~{time.monotonic_ns()}~{name}"

    def sweep(self, *, last: bool = False) -> None:
        """Remove what killed processes of this machine left unfinished.

        The `last` to do so, when no other process writes into the run, removes the empty folder too.
        """
        for path in self.scratch.glob(f"{socket.gethostname()}~*"):
            if not Path("/proc", path.name.split("~")[1]).exists():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)
        if last and self.scratch.exists() and not any(self.scratch.iterdir()):
            self.scratch.rmdir()


def fsync(path: Path) -> None:
    """Have what was written to a file, or a folder's list of names, reach the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

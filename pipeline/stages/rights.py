"""The rights of documents as a whole: what their pages say, and what is known of their hosts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..extract.rights import Evidence, Host, Rights, Signal, decide, deciding, host_of
from ..storage.fingerprint import fingerprint
from ..storage.folder import RunFolder

COLUMNS = ["rights"]
"""What `HostRights.judge` needs of a document, besides its URL."""

_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """What is found of some documents, in their order."""

    rights: list[Rights | None]
    """All that is known of a document whose host says something; else null."""
    denied: list[str]
    """Why a document is opted out; else empty."""

    def over(self, reasons: pa.StringArray) -> pa.StringArray:
        """Put `opted_out` over other reasons to drop documents."""
        if not any(self.denied):
            return reasons
        mask = pa.array(np.array([bool(value) for value in self.denied]))
        return pc.if_else(mask, "opted_out", reasons)


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """What is known of all hosts: the name of the compiled file, and a digest by `bucket_of`."""

    name: str = ""
    digests: dict[int, str] = field(default_factory=dict)

    def of(self, hosts: str) -> str:
        """Digest what is known of the parts of the web whose bits are set in a hexadecimal number."""
        bits = int(hosts, 16)
        known = {str(b): digest for b, digest in self.digests.items() if bits >> b & 1}
        return fingerprint(known) if known else ""


class HostRights:
    """What the hosts of a unit's documents say; asked a table at a time."""

    def __init__(self, path: Path, hosts: set[str], settings: dict[str, Any]) -> None:
        """Read from a compiled file what concerns `hosts`; settings as `judge.rights_settings` has them."""
        self._policy, self._agent = settings["policy"], settings["agent"]
        self._agents = sorted({*settings["agents"], self._agent}, key=str.lower)
        self._evidence = _read(path, hosts)
        self._ready: dict[str, Host] = {}
        self.opted_out: Counter[str] = Counter()
        """Documents opted out by what is known of hosts, by signal."""

    @property
    def known(self) -> bool:
        """Whether anything is known of any of the hosts."""
        return bool(self._evidence)

    def judge(self, table: pa.Table) -> Found:
        """Look at documents: columns `url` and `rights`."""
        found = Found([None] * table.num_rows, [""] * table.num_rows)
        if not self._evidence:
            return found
        for index, url in enumerate(table["url"].to_pylist()):
            signals = self._host_signals(url)
            if not signals:
                continue
            own = [Signal(**signal) for signal in table["rights"][index].as_py()["signals"]]
            rights = decide([*own, *signals], self._policy, self._agent)
            found.rights[index] = rights
            if rights.verdict == "deny" and self._policy != "annotate":
                found.denied[index] = deciding(rights.signals, self._policy, self._agent)
                self.opted_out.update({s.name for s in rights.signals if s.verdict == "deny"})
        return found

    def _host_signals(self, url: str) -> list[Signal]:
        name = host_of(url)
        if name not in self._evidence:
            return []
        if name not in self._ready:
            self._ready[name] = Host(self._evidence[name], self._agents)
        return self._ready[name].signals(url)


def _read(path: Path, hosts: Iterable[str]) -> dict[str, list[Evidence]]:
    wanted = pl.Series(sorted(hosts), dtype=pl.String)
    found: dict[str, list[Evidence]] = {}
    if wanted.is_empty():
        return found
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH, use_threads=False):
            frame = pl.DataFrame(batch).filter(pl.col("host").is_in(wanted.implode()))
            for row in frame.iter_rows(named=True):
                seen = Evidence(row["host"], row["kind"], row["status"], row["body"], row["time"])
                found.setdefault(seen.host, []).append(seen)
    return found


def host_rights(
    folder: RunFolder, unit: str, settings: dict[str, Any] | None, compiled: str
) -> HostRights:
    """Read what is known of the hosts of a unit's documents, from the file compiled under a name."""
    if settings is None:
        return HostRights(Path(), set(), {"policy": "annotate", "agent": "", "agents": []})
    path = folder.root / folder.documents(unit)
    urls = pq.read_table(path, columns=["url"], use_threads=False)["url"].to_pylist()
    hosts = {host_of(url) for url in urls}
    return HostRights(folder.root / folder.host_rights(compiled), hosts, settings)

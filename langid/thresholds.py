"""Thresholds: the least score at which an engine's answer is to be trusted, by its model's content."""

import hashlib
import tomllib
from functools import cache
from importlib.resources import files

from .engines import model_file

UNKNOWN_MODEL = {"*": 0.5}
"""For a model that thresholds.toml does not have: `eurocorpus langid calibrate` finds better ones."""


@cache
def thresholds(engine: str) -> dict[str, float]:
    """Give the least score by language of an engine or of the model at a path; `*` for all others.

    Raises:
        ValueError: there is no such engine.

    """
    with model_file(engine).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    known = tomllib.loads(files(__package__).joinpath("thresholds.toml").read_text("utf-8"))
    return dict(known.get(digest, UNKNOWN_MODEL))

"""A fastText classifier in a file as one more signal: how sure it is that a text is good."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any


def fasttext_score(path: str | Path, label: str = "hq") -> Callable[[str], float]:
    """Make a function of a text, for `measure(…, extra=…)`, of a fastText model.

    Args:
        path: a supervised model, `.bin` or `.ftz`.
        label: the label whose probability is the score, without `__label__`.

    Raises:
        FileNotFoundError: there is no such file.
        ModuleNotFoundError: fasttext-predict is not installed.
        ValueError: the file is no fastText model, or the model has no such label.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"expected a fastText model, found no file {path}")
    model, name = _load(str(path)), f"__label__{label}"
    known, _ = model.predict("a", k=-1, threshold=-1.0)
    if name not in known:
        some = ", ".join(sorted(one.removeprefix("__label__") for one in known)[:10])
        raise ValueError(f"the model {path} has no label {label!r}; it has {some}")

    def score(text: str) -> float:
        labels, scores = model.predict(" ".join(text.split()), k=-1, threshold=-1.0)
        return min(float(scores[labels.index(name)]), 1.0)

    return score


@cache
def _load(path: str) -> Any:
    try:
        import fasttext
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "a fastText model needs fasttext-predict; type: pip install 'eurocorpus[model]'"
        ) from None
    return fasttext.load_model(path)

"""Tokens: as `tokenize` has counted them, or by a tokenizer that is named for the report."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import UsageError


def token_name(path: Path | None) -> str | None:
    """Name a tokenizer by its file, or by the folder where the file is called as all of them are.

    >>> token_name(Path("models/gemma-3/tokenizer.json")), token_name(Path("words.json"))
    ('gemma-3', 'words.json')
    """
    if path is None:
        return None
    return (path.resolve().parent.name or path.name) if path.name == "tokenizer.json" else path.name


@cache
def token_counter(path: Path) -> Callable[[list[str]], int]:
    """Load a `tokenizer.json`; give a function that counts the tokens of some texts, no special ones.

    Raises:
        UsageError: the library is not installed, or the file is no tokenizer.

    """
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise UsageError(
            "counting tokens needs the library `tokenizers`; type `pip install tokenizers`"
        ) from None
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # noqa: BLE001 - the library raises nothing narrower
        raise UsageError(f"{path}: expected a tokenizer.json, found: {error}") from None
    return lambda texts: sum(
        len(encoding) for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    )


def counted_tokens(summary: dict[str, Any], language: str) -> dict[str, Any]:
    """Give the tokens that `tokenize` wrote of a language, EOS included, and the tokenizer, if it did."""
    counted = summary.get("tokens", {})
    if language not in counted.get("languages", {}):
        return {}
    name = counted.get("tokenizer", {}).get("name", "a tokenizer that was not named")
    return {"tokens": counted["languages"][language], "tokenizer": name}

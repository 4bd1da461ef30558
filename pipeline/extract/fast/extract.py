"""The engine's entry: a page's bytes in, its main text and metadata out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..page import Page
from ..read.charset import to_utf8
from .assemble import assemble, unseen
from .features import features
from .layout import END, START, TOO_DEEP, TOO_MANY_NODES, TOO_MUCH_TEXT, Tokens
from .metadata import Metadata, read_metadata
from .model import Model, cutoff, load, predict
from .tokenise import tokenise


class TooLarge(ValueError):
    """A page is over a limit; `reason` names it, for the ledger."""

    def __init__(self, reason: str, limit: int) -> None:
        """Name the limit and its value."""
        super().__init__(f"page dropped: {reason} (limit {limit:,}); raise it in Limits")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """What a page may cost. They look at the page alone, so that load does not change output."""

    bytes: int = 20_000_000
    """Of the page as UTF-8."""
    elements: int = 200_000
    depth: int = 1_000
    """Nested elements; browsers stop nesting at 512."""
    text: int = 10_000_000
    """UTF-8 bytes of all text, kept or not."""


def take_apart(html: bytes, url: str, limits: Limits) -> tuple[Tokens, Metadata]:
    """Blocks, tree and metadata of a page in UTF-8.

    Raises:
        TooLarge: a limit is exceeded.

    """
    if len(html) > limits.bytes:
        raise TooLarge("too_many_bytes", limits.bytes)
    page = tokenise(html, nodes=limits.elements, depth=limits.depth, text=limits.text)
    if page.status == TOO_MANY_NODES:
        raise TooLarge("too_many_elements", limits.elements)
    if page.status == TOO_DEEP:
        raise TooLarge("too_deep", limits.depth)
    if page.status == TOO_MUCH_TEXT:
        raise TooLarge("too_much_text", limits.text)
    return page, read_metadata(html, page, url)


def choose(html: bytes, page: Tokens, metadata: Metadata, model: Model) -> NDArray[np.bool_]:
    """Which blocks are main text."""
    x = features(page, len(html), metadata.title.encode(), metadata.hints)
    return select(page, predict(x, page, model))


def select(page: Tokens, probability: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The blocks to keep, given how likely each is main text."""
    keep: NDArray[np.bool_] = probability > cutoff(
        probability, page.blocks[:, END] - page.blocks[:, START]
    )
    return keep & ~unseen(page)


def extract(
    html: bytes,
    *,
    url: str = "",
    content_type: str = "",
    limits: Limits = Limits(),
) -> Page:
    """Give the main text of a page and what the page says about itself.

    `url` completes relative addresses; `content_type` is the HTTP header. The text is empty
    where nothing looks like main text. The same bytes give the same page, always.

    Raises:
        TooLarge: the page exceeds one of `limits`.

    """
    source, _ = to_utf8(html, content_type)
    page, metadata = take_apart(source, url, limits)
    model = load()
    return Page(
        text=assemble(page, choose(source, page, metadata, model)),
        extractor=f"eurocorpus-fast {model.version}",
        title=metadata.title,
        description=metadata.description,
        author=metadata.author,
        date=metadata.date,
        language_hint=metadata.language_hint,
        canonical_url=metadata.canonical_url,
        licence=metadata.licence,
    )

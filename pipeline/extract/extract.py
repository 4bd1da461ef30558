"""Extract the main text of an HTML page with one of several engines."""

import unicodedata
from collections.abc import Callable
from functools import cache
from importlib.metadata import version

from .page import Page, Refused
from .read.charset import decode

_SMALL_PAGE = b"<html><body><p>A small page.</p><table><tr><td>&amp;</table></body></html>"


def extract(html: bytes, *, url: str = "", content_type: str = "", engine: str = "fast") -> Page:
    """Give the main text of a page, without navigation and boilerplate, and its metadata.

    `engine` is one of `ENGINES`: `fast` is our own, `trafilatura` the reference, `resiliparse`
    faster than that and less precise. `content_type` is the server's header, which may name the charset. The text is empty where
    the engine finds none. The same bytes give the same text, whatever was extracted before.

    Raises:
        ValueError: there is no such engine.

    """
    if engine not in ENGINES:
        raise ValueError(f"engine {engine!r}: expected one of {', '.join(ENGINES)}")
    return ENGINES[engine](html, url, content_type)


def extract_page(engine: str, html: bytes, url: str, content_type: str) -> Page | Refused:
    """Do what `extract` does in a sandbox: arguments by position, and a limit is no accident."""
    from .fast import TooLarge

    try:
        return ENGINES[engine](html, url, content_type)
    except TooLarge as error:
        return Refused(error.reason)


def prepare(engine: str) -> None:
    """Import an engine and compile its kernels, so that no page is charged for it."""
    ENGINES[engine](_SMALL_PAGE, "", "")


def tidy(text: str) -> str:
    """Bring text to NFC, with `\\n` alone between lines, no white space at line ends, no empty line.

    >>> tidy(" cafe\\u0301 \\r\\n\\n\\nnoir\\x00 ")
    'café\\nnoir'
    """
    text = unicodedata.normalize("NFC", text.replace("\0", ""))
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _fast(html: bytes, url: str, content_type: str) -> Page:
    """Extract with our own engine; `docs/explanation/extraction.md` says how it works."""
    from .fast import extract as extract_fast  # imports Numba, which the others need not wait for

    return extract_fast(html, url=url, content_type=content_type)


def _trafilatura(html: bytes, url: str, content_type: str) -> Page:
    """Extract with trafilatura, without its deduplication.

    That one depends on the pages that a process saw before (adbar/trafilatura#778).
    """
    import trafilatura

    decoded = decode(html, content_type)
    document = trafilatura.bare_extraction(
        decoded.text,
        url=url or None,
        favor_precision=False,
        include_comments=False,
        include_tables=True,
        deduplicate=False,
        with_metadata=False,
    )
    return Page(
        text=tidy(getattr(document, "text", None) or ""),
        extractor=_name("trafilatura"),
        title=getattr(document, "title", None) or "",
    )


def _resiliparse(html: bytes, url: str, content_type: str) -> Page:
    """Extract with resiliparse's rules for main content: faster, less precise."""
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse(decode(html, content_type).text)
    text = extract_plain_text(tree, main_content=True, alt_texts=False, preserve_formatting=True)
    return Page(text=tidy(text), extractor=_name("resiliparse"), title=(tree.title or "").strip())


@cache
def _name(package: str) -> str:
    return f"{package} {version(package)}"


ENGINES: dict[str, Callable[[bytes, str, str], Page]] = {
    "fast": _fast,
    "trafilatura": _trafilatura,
    "resiliparse": _resiliparse,
}
"""Engines by the name that `extract` and the configuration know."""

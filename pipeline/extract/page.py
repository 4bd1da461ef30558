"""What an extractor gives back for one HTML page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """In place of a page: an engine's limit that it is over, such as `too_deep`."""

    limit: str


@dataclass(frozen=True, slots=True)
class Page:
    """The main text of a page and what the page says about itself.

    `text` is NFC, with one `\\n` between blocks and none at its ends. Fields that the
    page does not state are empty strings. `extractor` is the engine's name and version,
    for example `trafilatura 2.3.1`, and goes into the corpus row.
    """

    text: str
    extractor: str
    title: str = ""
    description: str = ""
    author: str = ""
    date: str = ""
    """Publication date as ISO 8601, `YYYY-MM-DD`."""
    language_hint: str = ""
    """The page's own claim: `<html lang>`, else `<meta http-equiv=content-language>`."""
    canonical_url: str = ""
    licence: str = ""
    """The target of `rel=license`, or a Creative Commons link."""

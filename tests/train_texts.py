"""Texts of the sample web, as small corpora."""

from eurocorpus.pipeline.demo.texts import articles

LANGUAGES = ("ell_Grek", "eng_Latn", "fra_Latn", "mlt_Latn")


def story(language: str, slug: str | None = None) -> list[str]:
    """The paragraphs of the sample web's articles in a language."""
    return [
        paragraph
        for article in articles()
        if article.language == language and slug in (None, article.slug)
        for post in article.posts
        for paragraph in post
    ]

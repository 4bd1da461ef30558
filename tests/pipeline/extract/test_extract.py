import pytest

from eurocorpus.pipeline.config import Extract
from eurocorpus.pipeline.extract.extract import ENGINES, extract

TEXT = "The council approved the new bridge over the river on Monday, after two years of debate. "
HTML = f"<html><title>A bridge</title><body><nav>Home</nav><article>{'<p>' + TEXT * 3}".encode()


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_finds_an_article_the_same_each_time(engine: str) -> None:
    page = extract(HTML, engine=engine)
    assert TEXT.strip() in page.text
    assert page == extract(HTML, engine=engine)


def test_the_default_is_our_own_everywhere() -> None:
    assert extract(HTML).extractor.startswith("eurocorpus-fast 1.")
    assert Extract().engine == "fast"


def test_an_unknown_engine_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="engine 'lynx': expected one of fast, trafilatura"):
        extract(HTML, engine="lynx")

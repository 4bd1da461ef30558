import gzip
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.crawl.seeds import read_seeds
from eurocorpus.pipeline.errors import UsageError

DATA = Path(os.environ.get("EUROCORPUS_DATA", Path(__file__).parents[4] / "shared" / "data"))


def test_urls_hosts_files_and_sitemaps(tmp_path: Path) -> None:
    names = tmp_path / "hosts.txt"
    names.write_text(
        "\ufeff# seeds\n\nb.example  # a remark\nhttp://c.example/d#e\nb.example\n", "utf-8"
    )
    pages = tmp_path / "pages.xml.gz"
    pages.write_bytes(gzip.compress(b"<urlset><url><loc>http://d.example/1</loc></url></urlset>"))
    index = tmp_path / "index.xml"
    index.write_text(
        "<sitemapindex><sitemap><loc>http://d.example/s</loc></sitemap></sitemapindex>"
    )
    written = [
        "http://a.example",
        str(names),
        str(pages),
        str(index),
        "https://e.example/sitemap.xml",
    ]
    assert read_seeds(written)[0] == {
        "http://a.example/": False,
        "https://b.example/": False,
        "http://c.example/d": False,
        "http://d.example/1": False,
        "http://d.example/s": True,
        "https://e.example/sitemap.xml": True,
    }


def test_a_wrong_seed_is_named(tmp_path: Path) -> None:
    names = tmp_path / "hosts.txt"
    names.write_text("a.example\nftp://b.example/\n", "utf-8")
    assert read_seeds([str(names)]) == (
        {"https://a.example/": False},
        [f"{names}:2: ftp://b.example/"],
    )
    with pytest.raises(UsageError, match="not-there: expected a URL"):
        read_seeds(["not-there"])
    names.write_text("# nothing\nnothing\n")
    with pytest.raises(UsageError, match=r"at least one URL or host, found .*hosts.txt:2: nothing"):
        read_seeds([str(names)])


def test_the_lists_of_seeds_for_37_languages_are_read() -> None:
    paths = sorted((DATA / "lists" / "crawl-seeds").glob("*.txt"))
    if not paths:
        pytest.skip("no lists/crawl-seeds under EUROCORPUS_DATA")
    seeds, refused = read_seeds(map(str, paths))
    assert len(seeds) > 2900
    assert len(refused) < 10, refused


@given(st.lists(st.text(max_size=40), max_size=4))
def test_any_words_are_seeds_or_refused(words: list[str]) -> None:
    with suppress(UsageError):
        assert all(url.startswith("http") for url in read_seeds(words)[0])

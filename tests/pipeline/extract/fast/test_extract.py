import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.extract.fast import Limits, TooLarge, extract

from .soup import soups  # type: ignore[import-not-found,unused-ignore]

SENTENCES = (
    "The council approved the new bridge over the river on Monday, after two years of debate.",
    "Work begins in spring, and the engineers expect it to last until the end of next year.",
    "Residents of both banks had asked for it since the old ferry stopped running in 1998.",
    "Its cost, about twelve million euros, is shared by the region, the state and the Union.",
    "Opponents say that the road to it leads through a meadow where rare birds breed.",
)
ARTICLE = f"""<!doctype html><html lang="en-GB"><head><title>A bridge at last - The Gazette</title>
<meta property="og:title" content="A bridge at last"><meta name="author" content="Ann Lee">
<meta name="description" content="The council &amp; the bridge">
<meta property="article:published_time" content="2024-05-06T10:00:00Z">
<link rel="canonical" href="/news/bridge"></head><body>
<nav class="main-nav"><ul><li><a href="/">Home</a><li><a href="/n">News</a><li><a href="/s">Sport</a>
</ul></nav><main><article class="article-content"><h1>A bridge at last</h1>
{"".join(f"<p>{s} {t}</p>" for s in SENTENCES for t in SENTENCES[:2])}
<p style="display:none">Secret tracking words that nobody reads.</p>
<script>var bridge = "not text";</script><noscript>Please enable JavaScript.</noscript>
<table><tr><th>Year</th><th>Length of the bridge</th></tr><tr><td>2024</td><td>about 400 metres</td></tr></table>
</article></main><footer class="footer"><a href="/i">Imprint</a> <a href="/p">Privacy</a>
<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">CC BY</a></footer></body></html>"""


def test_an_article() -> None:
    page = extract(ARTICLE.encode(), url="https://gazette.example/x?y")
    lines = page.text.split("\n")
    assert all(any(s in line for line in lines) for s in SENTENCES)
    assert "Secret" not in page.text
    assert "JavaScript" not in page.text
    assert "Sport" not in page.text
    assert "Imprint" not in page.text
    assert (page.title, page.author) == ("A bridge at last", "Ann Lee")
    assert page.description == "The council & the bridge"
    assert (page.date, page.language_hint) == ("2024-05-06", "en-GB")
    assert page.canonical_url == "https://gazette.example/news/bridge"
    assert page.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert page.extractor.startswith("eurocorpus-fast 1.")


def test_same_bytes_same_text_in_another_process_and_order() -> None:
    code = (
        "import sys; from eurocorpus.pipeline.extract.fast import extract;"
        "extract(b'<p>other'); sys.stdout.buffer.write(extract(sys.stdin.buffer.read()).text.encode())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], input=ARTICLE.encode(), capture_output=True, check=True
    )
    assert other.stdout.decode() == extract(ARTICLE.encode()).text


def test_noscript_is_read_where_it_holds_the_page() -> None:
    inside = "".join(f"<p>{s} {t}</p>" for s in SENTENCES for t in SENTENCES)
    page = extract(f"<body><noscript><article>{inside}</article></noscript>Loading".encode())
    assert SENTENCES[0] in page.text


def test_legacy_charset() -> None:
    body = ARTICLE.replace("bridge", "Brücke").encode("windows-1252")
    page = extract(body, content_type="text/html; charset=windows-1252")
    assert page.title == "A Brücke at last"


def test_text_is_nfc_and_not_doubled() -> None:
    paragraph = "<p>" + SENTENCES[0].replace("e", "e\u0301") + "</p>"
    text = extract(ARTICLE.replace("<h1>", paragraph * 3 + "<h1>").encode()).text
    assert "e\u0301" not in text
    assert text.count("Th\u00e9 council") <= 1


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(bytes=100), "too_many_bytes"),
        (Limits(elements=10), "too_many_elements"),
        (Limits(depth=3), "too_deep"),
        (Limits(text=50), "too_much_text"),
    ],
)
def test_limits_name_themselves(limits: Limits, reason: str) -> None:
    with pytest.raises(TooLarge, match="page dropped") as caught:
        extract(ARTICLE.encode(), limits=limits)
    assert caught.value.reason == reason


@pytest.mark.parametrize("html", [b"", b" ", b"<", b"\0", b"<p>", b"\xff\xfe", b"%PDF-1.4 \x80"])
def test_nothing_much(html: bytes) -> None:
    assert extract(html).text == extract(html).text.strip()


@given(soups)
def test_any_soup(html: str) -> None:
    source = html.encode("utf-8", "replace")
    page = extract(source)
    assert len(page.text.encode()) <= 4 * len(source) + 64
    assert (
        not any(line.strip() == "" for line in page.text.split("\n"))
        or "<pre" in html
        or not page.text
    )
    assert page == extract(source)


@given(st.binary(max_size=300))
def test_any_bytes(html: bytes) -> None:
    extract(html).text.encode()

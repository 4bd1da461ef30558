import lxml.html
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.extract.fast.layout import (
    COVERT,
    END,
    NODE,
    PARENT,
    START,
    TOO_DEEP,
    TOO_MANY_NODES,
    TOO_MUCH_TEXT,
    Tokens,
)
from eurocorpus.pipeline.extract.fast.tokenise import tokenise

from .soup import documents, soups  # type: ignore[import-not-found,unused-ignore]


def take(html: str | bytes) -> Tokens:
    source = html.encode() if isinstance(html, str) else html
    return tokenise(source, nodes=100_000, depth=1_000, text=10_000_000)


def lines(html: str) -> list[str]:
    page = take(html)
    raw = page.text.tobytes()
    return [raw[b[START] : b[END]].decode() for b in page.blocks if not b[COVERT]]


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("", []),
        ("plain", ["plain"]),
        ("<p>one<p>two", ["one", "two"]),
        ("<p>a <b>b</b>c</p>", ["a bc"]),
        ("<ul><li>one<li>two<ul><li>three</ul><li>four</ul>", ["one", "two", "three", "four"]),
        ("<dl><dt>term<dd>meaning<dt>next</dl>", ["term", "meaning", "next"]),
        ("<table><tr><td>1<td>2<tr><td>3</table>4", ["1", "2", "3", "4"]),
        ("<h1>Title</h1>text<h2>Next</h3>more", ["Title", "text", "Next", "more"]),
        ("line<br>line<br><br>block", ["line\nline", "block"]),
        ("a</br>b", ["a\nb"]),
        ("<pre>\n a\n  b\t</pre>", [" a\n  b"]),
        ("a<script>x < y</script>b<style>p{}</style>c", ["abc"]),
        ("a<script>if (1) '</scripty>'</SCRIPT >b", ["ab"]),
        ("<textarea>a<p>b</textarea>c", ["c"]),
        ("<template><p>no</p></template>yes", ["yes"]),
        ("<template shadowrootmode=open><p>yes</p></template>", ["yes"]),
        ("<title>t</title><body>x", ["x"]),
        ("<title>unclosed <p>text</p>", ["unclosed", "text"]),
        ("a<!-- > <p> -->b<!-->c<!--->d<!-- --!>e", ["abcde"]),
        ("a<![CDATA[ > x ]]>b<?php > ?>c<!x>d</>e</ x>f", ["ab ?>cdef"]),
        ("1 < 2 <3 & 4", ["1 < 2 <3 & 4"]),
        ("<svg><title>no</title><svg/></svg>yes<svg>rest", ["yesrest"]),
        ("<p hidden>no<p>yes<span hidden>no</span>", ["yes"]),
        ('<div style="DISPLAY : none">no</div>yes', ["yes"]),
        ('<i aria-hidden="true">x</i>yes', ["yes"]),
        ("<p hidden=until-found>yes", ["yes"]),
        ("<select><option>no<option>no</select>yes", ["yes"]),
        ("<a href=1>a<a href=2>b</a>c", ["abc"]),
        ("<a>1</a><a>2</a><span>3</span><span>4</span><b>5</b><b>6</b>", ["1 23 456"]),
        ("<code><span>f</span><span>()</span></code>", ["f()"]),
        ("<b><p>bold</b> plain</p>after", ["bold plain", "after"]),
        ("<div a='\"' b=\"'>\" c=d/e>x</div>", ["x"]),
        ('<a title="never closed>x</a> y', ["x y"]),
        ("<div", []),
        ("<b a\x0bb\x0b>x</b\x0b>y", ["xy"]),
        ("x<div class=", ["x"]),
        ("soft\u00adhyphen zero\u200bwidth nb\u00a0space\ufeff\0 \ue001icon", ["softhyphen zerowidth nb space icon"]),
        ("&shy;a&nbsp;&nbsp;b&#8203;c&#xE001;d", ["a bcd"]),
        ("<frameset><frame src=x><noframes><p>text</noframes></frameset>", ["text"]),
        ("<p>شكرا<p>תודה", ["شكرا", "תודה"]),
        ("<button>one</button><button>two", ["one", "two"]),
        ("<iframe><p>no</iframe>yes", ["yes"]),
        ("<xmp><b></xmp>c", ["<b>", "c"]),
        ("</body>a</html>b<body>c", ["a", "b", "c"]),
        ("<x-card>a<b>b</b></x-card>c", ["abc"]),
        ("<table><tr><td><div>a</td><td>b</div>c</table>d", ["a", "b", "c", "d"]),
    ],
)  # fmt: skip
def test_html_as_found(html: str, expected: list[str]) -> None:
    assert lines(html) == expected


def test_covert_blocks_are_kept_apart() -> None:
    page = take("<div hidden><p>x</div><p>y")
    assert page.blocks[:, COVERT].tolist() == [1, 0]


def slow_lines(html: str) -> list[str]:
    """What lxml makes of a well-formed body of blocks that are not nested."""
    body = lxml.html.document_fromstring(html)
    texts = (" ".join(block.text_content().split()) for block in body.iterfind(".//body/*"))
    return [text for text in texts if text]


@given(documents)
def test_same_text_as_lxml(html: str) -> None:
    assert [line.rstrip() for line in lines(html)] == slow_lines(html)


def check(html: bytes) -> Tokens:
    page = take(html)
    assert page.status == 0
    assert len(page.text) <= 2 * len(html) + 64
    assert len(page.nodes) <= html.count(b"<") + 1
    assert len(page.blocks) <= html.count(b"<") + 1
    previous = 0
    for block in page.blocks.tolist():
        assert previous <= block[START] < block[END] <= len(page.text)
        assert 0 <= block[NODE] < len(page.nodes)
        previous = block[END]
    for k, node in enumerate(page.nodes[1:].tolist(), 1):
        assert 0 <= node[PARENT] < k
    for _, start, end in page.events.tolist():
        assert 0 <= start <= end <= len(html)
    again = take(html)
    assert all(np.array_equal(getattr(page, f), getattr(again, f)) for f in Tokens._fields)
    return page


@given(soups)
def test_any_soup_gives_valid_text(html: str) -> None:
    page = check(html.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode())
    raw = page.text.tobytes()
    for block in page.blocks.tolist():
        text = raw[block[START] : block[END]].decode()
        assert text.strip(" ")
        assert not any(ord(c) < 32 and c not in "\n\t" for c in text)


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(html: bytes) -> None:
    check(html)


@given(soups, st.integers(0, 400))
def test_a_page_may_end_anywhere(html: str, cut: int) -> None:
    check(html.encode("utf-8", "replace")[:cut])


@pytest.mark.parametrize(
    "unit",
    ["<![CDATA[", "<svg>", "<title>", "<a href='", "<p>", "<!--", "</p>", "<b><p></b>", "<td>",
     "<a>", "&amp", "<script>", '<p style="d  ', "<li>", "<noscript>", "<h1>", "<iframe>"],
)  # fmt: skip
def test_steps_are_linear_in_the_input(unit: str) -> None:
    # A quadratic step over 1.5 MB would take minutes and hit the suite's time-out.
    page = tokenise((unit * (1_500_000 // len(unit))).encode(), nodes=10**6, depth=500, text=10**7)
    assert page.status in (0, TOO_DEEP)


def test_limits() -> None:
    many = b"<p>x" * 50
    assert tokenise(many, nodes=40, depth=100, text=1000).status == TOO_MANY_NODES
    assert tokenise(b"<div>" * 50, nodes=100, depth=40, text=1000).status == TOO_DEEP
    assert tokenise(many, nodes=100, depth=100, text=40).status == TOO_MUCH_TEXT
    assert tokenise(many, nodes=100, depth=100, text=1000).status == 0

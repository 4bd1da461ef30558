"""HTML as it is found, made up: strategies of well-formed documents and of tag soup."""
# ruff: noqa: SIM905  (name lists read best as text)

from hypothesis import strategies as st

NAMES = (
    "a abbr article aside b blockquote body br button center dd details div dl dt em figcaption "
    "footer form h1 h2 h6 head header hr html i iframe img input ins label li link main meta nav "
    "noscript ol option p pre q script section select small span strong style sub svg table tbody "
    "td template textarea th thead time title tr u ul video x-card xmp"
).split()
ATTRIBUTES = [
    "", " hidden", " class=a", ' class="nav main-content"', " id='x", ' style="display: none"',
    ' aria-hidden="true"', " href=# ", ' href="/a?b=c&amp;d"', " =", " a=b/", "\x0b", " \x0b=", "\x0c", '" ', " x='>'",
    ' rel="license" href="https://creativecommons.org/licenses/by/4.0/"', ' lang="cs-CZ"',
    ' name="date" content="2024-05-06"', ' type="application/ld+json"', "/",
]  # fmt: skip
TEXTS = [
    "word", " two words ", "\n", "&amp;", "&notit;", "&#x1F600;", "&#0;", "&", "<", "< ", "ž\u0301",
    "漢字。", "שלום", "\u00ad", "\u00a0", "\ufeff", "\0", "\x85", "end. Of it!", "]]>", "-->", "'", '"',
]  # fmt: skip
MARKUP = ["<!--", "<!-->", "<![CDATA[", "<!doctype html>", "<?xml ?>", "</>", "</ x>", "</", "<"]

start_tags = st.builds(
    lambda name, attributes, end: f"<{name}{''.join(attributes)}{end}",
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(ATTRIBUTES), max_size=2),
    st.sampled_from([">", ">", ">", "/>", ""]),
)
end_tags = st.builds(lambda name, end: f"</{name}{end}", st.sampled_from(NAMES), st.just(">"))
pieces = st.one_of(
    start_tags, end_tags, st.sampled_from(TEXTS), st.sampled_from(MARKUP), st.text(max_size=8)
)
soups = st.lists(pieces, max_size=60).map("".join)

_INLINE, _BLOCK = ["b", "i", "em", "u"], ["div", "p", "section", "blockquote", "h2", "li"]
_words = st.lists(
    st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=6), max_size=4
).map(" ".join)


def _element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, inner: f"<{name}>{inner}</{name}>", st.sampled_from(_INLINE), children
    )


_phrases = st.recursive(_words, lambda inner: _element(st.lists(inner, max_size=3).map(" ".join)))
_paragraphs = st.builds(
    lambda name, inner: f"<{name}>{inner}</{name}>", st.sampled_from(_BLOCK), _phrases
)
documents = st.lists(_paragraphs, max_size=8).map(lambda ps: f"<body>{''.join(ps)}</body>")
"""Well-formed bodies of blocks with nested inline elements."""

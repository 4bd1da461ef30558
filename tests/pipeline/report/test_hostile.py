"""Whatever a web page says, a report shows it as text and nothing else."""

import re
from typing import Any

import lxml.html
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eurocorpus.pipeline.report.page import language_page
from eurocorpus.pipeline.report.render import render

ATTACKS = (
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</pre></article><iframe src='//evil.example'>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "<!--", "]]>", "&lt;b&gt;", "\x00\x08\x1b[31m", "\u202e\u2066\ufeff\ufffe", "' onclick='x",
)  # fmt: skip
HOSTILE = st.one_of(st.sampled_from(ATTACKS), st.text(max_size=40), st.lists(
    st.sampled_from([*ATTACKS, "text"]), max_size=3).map(" ".join))  # fmt: skip


@st.composite
def language_data(draw: st.DrawFn) -> dict[str, Any]:
    """The content of `<language>.json`, every string of which a web page could have written."""
    text = draw(HOSTILE)
    other = draw(HOSTILE)
    figures = {
        "documents": 1, "characters": 2, "bytes": 3, "words": 1, "segments": 1, "dates": [],
        "lengths": [[0, 1], [100, 0]], "scores": [[0, 1]], "segment_counts": [[1, 1]],
        "cluster_sizes": [[1, 1]], "years": [[None, 1]], "sources": [[text, 1]],
        "extractors": [[other, 1]], "runners_up": [[text, 1]], "rights": [[text, 1]],
        "rights_signals": [[other, 1]], "pii": [[text, 1]], "pii_documents": 1, "hosts": 1,
        "registered_domains": 1, "domains": [[text, 1, 3]], "suffixes": [[other, 1]],
        "ngrams": {"1": [[text, 1]]}, "sampled": 1,
        "language_mix": {"shares": [[0.5, 1]], "languages": [[text, 1]]},
        "audit": [{"id": "a" * 32, "url": text, "date": "", "score": 1, "characters": 2, "text": other}],
    }  # fmt: skip
    return {
        "language": "mlt_Latn", "flow": [3, 2, 2, 1, 1], "losses": [{"no_text": 1}, {}, {"exact_duplicate": 1}, {}], "rescued": [1] * 100, "dropped": {"exact_duplicate": 1, "no_text": 1},
        "min_score": 0.3, "contaminated": {text: 1}, "removed_lines": {text: {"lines": 1, "characters": 2}}, "foreign_lines": {text: {"lines": 1, "characters": 2}}, "scores": [1] * 100, "opt_outs": [[text, 1]], "figures": figures,
        "duplicates": {
            "kinds": [["exact", 1]], "similarities": [],
            "clusters": [{"size": 2, "kept": {"id": other, "release": "", "url": text, "text": text},
                "removed": [{"id": text, "kind": "near", "similarity": 0.9, "url": text, "text": other}]}],
        },
        "samples": {"no_text": [{"id": "b", "url": text, "value": other}],
                    "exact_duplicate": [{"id": "c", "url": other, "value": "", "text": text}]},
    }  # fmt: skip


def page_of(data: dict[str, Any]) -> str:
    values = language_page("mlt_Latn", data, "Maltese")
    values |= {"pages": ["mlt_Latn"], "names": {"mlt_Latn": "Maltese"}, "compared": False}
    return render("language.html", values | {"data_file": "mlt_Latn.json"})


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(data=language_data())
def test_hostile_text_makes_no_markup(data: dict[str, Any]) -> None:
    page = page_of(data)
    document = lxml.html.document_fromstring(page)
    scripts = document.xpath("//script")
    assert len(scripts) == 1
    assert "addEventListener" in scripts[0].text
    assert document.xpath("//img | //iframe | //object | //form | //link | //base") == []
    assert [name for name in document.xpath("//@*") if name.attrname.startswith("on")] == []
    for target in document.xpath("//@href"):
        assert re.fullmatch(r"(index|mlt_Latn)\.(html|json)|#[\w-]+", target), target
    assert document.xpath("//@src") == []
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]", page)


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_is_shown_as_it_is(attack: str) -> None:
    sample = {"id": "b", "url": attack, "value": attack, "text": attack}
    data = {
        "flow": [1, 0, 0, 0, 0], "losses": [{"no_text": 1}, {}, {}, {}], "rescued": [], "dropped": {"no_text": 1}, "min_score": 0.5, "contaminated": {}, "removed_lines": {}, "foreign_lines": {}, "scores": [],
        "opt_outs": [], "figures": {}, "duplicates": {}, "samples": {"no_text": [sample]},
    }  # fmt: skip
    document = lxml.html.document_fromstring(page_of(data))
    allowed = re.sub(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]", "\ufffd", attack
    )
    assert document.xpath("//pre")[0].text == allowed
    assert document.xpath("//p[@class='url']/bdi")[0].text == allowed

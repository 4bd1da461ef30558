"""The same share of text survives in each language: parallel pages of the sample web."""

from collections import defaultdict

from eurocorpus.pipeline.demo import pages
from eurocorpus.pipeline.extract.fast import extract
from eurocorpus.pipeline.extract.fast.gold import text_f1


def test_every_language_and_layout_keeps_its_text() -> None:
    scores = defaultdict(list)
    for page in pages():
        if page.gold and page.status == 200:
            text = extract(page.body, content_type=page.content_type).text
            precision, recall, _ = text_f1(text, page.gold)
            scores[page.language].append((precision, recall))
            scores[page.kind].append((precision, recall))
    assert len(scores) >= 24
    for name, pairs in scores.items():
        precision, recall = (sum(column) / len(pairs) for column in zip(*pairs, strict=True))
        assert recall >= 0.98, name
        assert precision >= 0.9, name

import pytest

from eurocorpus.pipeline.extract.fast.extract import Limits, take_apart

LD = "<script type=application/ld+json>"


@pytest.mark.parametrize(
    ("html", "field", "expected"),
    [
        ("<title>A &amp; B\n C</title>", "title", "A & B C"),
        ("<title></title><meta property=og:title content='OG'>", "title", "OG"),
        ("<svg><title>no</title></svg><title>yes</title>", "title", "yes"),
        ("<meta name='twitter:title' content=tw>", "title", "tw"),
        ("<meta content='d' name='DESCRIPTION'>", "description", "d"),
        ("<meta name=description content=1st><meta name=description content=2nd>", "description", "1st"),
        ("<meta name=author content='https://social.example/x'>", "author", ""),
        (LD + '{"author":[{"@type":"Person","name":"Z\\u011b\\"\\/"}]}</script>', "author", 'Zě"/'),
        (LD + '{"datePublished":"2023-01-02T03:04Z"}</script>', "date", "2023-01-02"),
        ("<meta property=article:published_time content=20200203>", "date", "2020-02-03"),
        ("<meta name=date content='3. 5. 2020'>", "date", "2020-05-03"),
        ("<meta name=date content=2020-02-30>", "date", ""),
        ("<meta name=date content=202002031>", "date", ""),
        ("<time datetime='2020-02-03 10:00'>", "date", "2020-02-03"),
        ("<html lang=cs><body lang=de>", "language_hint", "cs"),
        ("<html xml:lang=sk>", "language_hint", "sk"),
        ("<meta http-equiv=content-language content='pl, en'>", "language_hint", "pl"),
        ("<meta property=og:locale content=fr_FR>", "language_hint", "fr_FR"),
        ("<link rel=canonical href='../c?x=1&amp;y=2'>", "canonical_url", "https://x.eu/c?x=1&y=2"),
        ("<link href=/d rel='nofollow canonical'>", "canonical_url", "https://x.eu/d"),
        ("<meta property=og:url content=https://x.eu/o>", "canonical_url", "https://x.eu/o"),
        ("<link rel=canonical href='http://['>", "canonical_url", ""),
        ("<a rel='nofollow license' href=/lic>", "licence", "https://x.eu/lic"),
        ("<a href=http://creativecommons.org/publicdomain/zero/1.0/>", "licence", "http://creativecommons.org/publicdomain/zero/1.0/"),
        ("<a href=https://creativecommons.org/about>", "licence", ""),
        ("<a href=https://creativecommons.org/about><a rel=license href=/l>", "licence", "https://x.eu/l"),
        (LD + '{"license":"https:\\/\\/creativecommons.org\\/licenses\\/by\\/4.0\\/"}</script>', "licence", "https://creativecommons.org/licenses/by/4.0/"),
    ],
)  # fmt: skip
def test_what_a_page_says_of_itself(html: str, field: str, expected: str) -> None:
    _, metadata = take_apart(html.encode(), "https://x.eu/a/b", Limits())
    assert getattr(metadata, field) == expected


@pytest.mark.parametrize("unit", ['"@type"', '"author":{', '"author":[{"name', '"datePublished" '])
def test_broken_linked_data_takes_linear_time(unit: str) -> None:
    # What is read of it is bounded; a quadratic search would hit the suite's time-out.
    source = LD + unit * (1_000_000 // len(unit))
    take_apart(source.encode(), "", Limits())

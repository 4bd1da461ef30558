"""Masks: what goes in for what was found, and that nothing else changes."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.filters.pii import TYPES, above, find, mask, mask_with_spans

TEXT = "Ž: jan@firma.cz, IBAN CZ65 0800 0000 1920 0014 5399, tel. 777 123 456, znovu jan@firma.cz."


def test_tags() -> None:
    masked = mask([TEXT], find([TEXT], "ces_Latn"))
    assert masked.to_pylist() == [
        "Ž: <email-pii>, IBAN <iban-pii>, tel. <phone-pii>, znovu <email-pii>."
    ]


def test_fakes_are_the_same_for_the_same_value_and_found_again_as_nobodys() -> None:
    (masked,) = mask([TEXT], find([TEXT], "ces_Latn"), "fake").to_pylist()
    words = masked.split()
    assert words[1].rstrip(",") == words[-1].rstrip(".")
    assert words[1].rstrip(",").partition("@")[2].startswith("example.")
    assert "777" not in masked
    assert "5399" not in masked


def test_null_stays_null_and_texts_without_findings_stay() -> None:
    texts = [None, "", "nic", TEXT]
    masked = mask(texts, find(texts, "ces_Latn")).to_pylist()
    assert masked[:3] == texts[:3]
    assert masked[3] != TEXT


def test_above() -> None:
    spans = find([TEXT, "nic", "a@b.cz"], "ces_Latn")
    assert above(spans, 1).to_pylist() == [True, False, False]
    assert above(spans, 0).to_pylist() == [True, False, True]


def test_what_does_not_fit_is_refused() -> None:
    spans = find([TEXT], "ces_Latn")
    with pytest.raises(ValueError, match="tag or fake"):
        mask([TEXT], spans, "hash")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="for each of 2 texts"):
        mask([TEXT, TEXT], spans)
    with pytest.raises(ValueError, match="does not fit"):
        mask(["short"], spans)


@given(st.text(), st.data())
def test_what_lies_between_spans_is_kept(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    kinds = [data.draw(st.sampled_from(TYPES)) for _ in pairs]
    spans = [
        {"type": kind, "start": start, "end": end}
        for kind, (start, end) in zip(kinds, pairs, strict=True)
    ]
    (masked,) = mask([text], pa.array([spans], find([], "und").type)).to_pylist()
    ends = [0, *(end for _, end in pairs)]
    starts = [*(start for start, _ in pairs), len(text)]
    for first, last in zip(ends, starts, strict=True):
        assert text[first:last] in masked
    assert masked.count("-pii>") >= len(pairs)


def test_spans_move_with_their_masks() -> None:
    texts = ["Píšu na a@b.cz nebo c@d.eu, děkuji.", "nic", None]
    spans = find(texts, "ces_Latn")
    masked, moved = mask_with_spans(texts, spans)
    assert masked.equals(mask(texts, spans))
    found = [[text[s["start"] : s["end"]] for s in own] for text, own in zip(masked.to_pylist(), moved.to_pylist(), strict=True) if text]  # fmt: skip
    assert found == [["<email-pii>", "<email-pii>"], []]
    assert moved.type == spans.type

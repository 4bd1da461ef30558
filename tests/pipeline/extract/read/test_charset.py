"""Charsets: what counts, in which order, and what the bytes overrule."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.extract.read import Capture, decode, read, to_utf8
from eurocorpus.pipeline.extract.read.charset import clean, codec_for

# The letters of each official EU language that ASCII lacks, and a legacy charset of it.
_LANGUAGES = {
    "bg": ("windows-1251", "абвгдежзийклмнопрстуфхцчшщъьюя"),
    "cs": ("iso-8859-2", "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ"),
    "da": ("iso-8859-1", "æøåÆØÅé"),
    "de": ("iso-8859-15", "äöüßÄÖÜ€"),
    "el": ("iso-8859-7", "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"),
    "en": ("windows-1252", "’“”–—£"),
    "es": ("iso-8859-1", "áéíóúüñ¿¡ÁÉÍÓÚÜÑ"),
    "et": ("iso-8859-13", "äöõüšžÄÖÕÜŠŽ"),
    "fi": ("iso-8859-15", "äöåšžÄÖÅŠŽ"),
    "fr": ("windows-1252", "àâæçéèêëîïôœùûüÿ«»€"),
    "ga": ("iso-8859-1", "áéíóúÁÉÍÓÚ"),
    "hr": ("windows-1250", "čćđšžČĆĐŠŽ"),
    "hu": ("iso-8859-2", "áéíóöőúüűÁÉÍÓÖŐÚÜŰ"),
    "it": ("iso-8859-1", "àèéìòù"),
    "lt": ("windows-1257", "ąčęėįšųūžĄČĘĖĮŠŲŪŽ„“"),
    "lv": ("iso-8859-13", "āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽ"),
    "mt": ("iso-8859-3", "ċġħżĊĠĦŻàè"),
    "nl": ("windows-1252", "éëïóöü€"),
    "pl": ("iso-8859-2", "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"),
    "pt": ("iso-8859-1", "ãáàâçéêíõóôúÃÁÀÂÇÉÊÍÕÓÔÚ"),
    "ro": ("iso-8859-16", "ăâîșțĂÂÎȘȚ"),
    "sk": ("windows-1250", "áäčďéíĺľňóôŕšťúýž"),
    "sl": ("iso-8859-2", "čšžČŠŽ"),
    "sv": ("iso-8859-1", "åäöÅÄÖé"),
    "uk": ("koi8-u", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"),
    "ja": ("euc-jp", "日本語の文章です"),
    "ko": ("euc-kr", "한국어문장입니다"),
    "zh": ("gb2312", "中文网页的内容"),
    "tr": ("iso-8859-9", "çğıöşüÇĞİÖŞÜ"),
}


@given(st.sampled_from(sorted(_LANGUAGES)), st.sampled_from(["header", "meta", "xml"]), st.data())
def test_declared_legacy_text_round_trips(language: str, where: str, data: st.DataObject) -> None:
    charset, letters = _LANGUAGES[language]
    words = st.text(alphabet=letters + "abcdefgh ,.", min_size=5, max_size=60)
    text = letters + data.draw(words)
    page = {
        "header": "<p>{}",
        "meta": "<head><!-- <meta charset=utf-8> --><META\ncharset = '{1}' ></head>{0}",
        "xml": '<?xml version="1.0" encoding="{1}"?><html>{0}',
    }[where].format(text, charset)
    header = f"text/html; Charset={charset.upper()}" if where == "header" else "text/html"
    decoded = decode(page.encode(charset), header)
    # Chance may make bytes that are UTF-8 as well; then UTF-8 is a right answer.
    if decoded.encoding != "utf-8":
        assert decoded.text == page
        assert decoded.how == ("header" if where == "header" else "meta")


@pytest.mark.parametrize("language", sorted(_LANGUAGES))
def test_declared_alphabet(language: str) -> None:
    charset, letters = _LANGUAGES[language]
    text = f"<p>{letters} {letters[::-1]}</p>"
    assert decode(text.encode(charset), f"text/html;charset={charset}").text == text


@given(st.binary(max_size=400), st.text(max_size=30))
def test_any_bytes(body: bytes, label: str) -> None:
    decoded = decode(body, f"text/html; charset={label}")
    assert decode(body, f"text/html; charset={label}") == decoded
    assert "\0" not in decoded.text
    assert decoded.text.encode().decode() == decoded.text
    data, encoding = to_utf8(body, f"text/html; charset={label}")
    assert data.decode() == decoded.text or encoding == "utf-8"


_LABELS = ["utf-8", "utf-16", "utf-16be", "iso-2022-jp", "euc-kr", "big5", "gb18030", "shift_jis"]


@given(st.binary(max_size=200), st.sampled_from(_LABELS))
def test_any_bytes_with_a_multibyte_claim(body: bytes, label: str) -> None:
    text = decode(body, f"text/html; charset={label}").text
    assert "\0" not in text
    text.encode()


@pytest.mark.parametrize(
    ("body", "header", "text", "encoding", "how"),
    [
        # A BOM counts before the header.
        (b"\xef\xbb\xbf\xc5\xbe", "charset=iso-8859-2", "ž", "utf-8", "bom"),
        ("\ufeffž".encode("utf-16-le"), "", "ž", "utf-16le", "bom"),
        ("\ufeffž".encode("utf-16-be"), "charset=utf-8", "ž", "utf-16be", "bom"),
        # The header counts before meta.
        (b"<meta charset=windows-1252>\xbe", "charset=iso-8859-2", None, "iso-8859-2", "header"),
        # Labels mean what they mean to browsers.
        (b"\x80\x9a", "charset=ISO-8859-1", "€š", "windows-1252", "header"),
        (b"\x80", "charset=us-ascii", "€", "windows-1252", "header"),
        (b"\xfd", "charset=iso-8859-9", "ı", "windows-1254", "header"),
        # The bytes decide: UTF-8 under a legacy claim, and the other way round.
        ("žluť".encode(), "charset=iso-8859-1", "žluť", "utf-8", "utf-8"),
        ("<meta charset=utf-8>ž".encode(), "", "<meta charset=utf-8>ž", "utf-8", "meta"),
        (b"caf\xe9 <meta charset=iso-8859-1>", "charset=utf-8", None, "windows-1252", "meta"),
        # Some broken bytes do not make UTF-8 something else.
        ("ž".encode() * 50 + b"\xff", "", "ž" * 50 + "\ufffd", "utf-8", "utf-8"),
        # A meta element that can be read is not UTF-16; an unknown label is none.
        ("<meta charset=utf-16>ž".encode(), "", None, "utf-8", "meta"),
        (b"ascii", "text/html; charset=nonsense", "ascii", "utf-8", "utf-8"),
        ("日本".encode("iso-2022-jp"), "charset=iso-2022-jp", "日本", "iso-2022-jp", "header"),
        ("<p>日".encode("utf-16-le") * 9, "charset=utf-16le", "<p>日" * 9, "utf-16le", "header"),
        (b"", "", "", "utf-8", "utf-8"),
        (b"a\0b", "", "a\ufffdb", "utf-8", "utf-8"),
    ],
)
def test_order(body: bytes, header: str, text: str | None, encoding: str, how: str) -> None:
    decoded = decode(body, header)
    assert (decoded.encoding, decoded.how) == (encoding, how)
    assert text is None or decoded.text == text


def test_utf8_is_not_copied() -> None:
    for body in (b"ascii", "žluť".encode()):
        assert to_utf8(body, "text/html; charset=iso-8859-1")[0] is body
    assert to_utf8(b"\xef\xbb\xbfa", "") == (b"a", "utf-8")
    assert to_utf8(b"a\0b", "") == ("a\ufffdb".encode(), "utf-8")
    assert to_utf8("ž".encode("iso-8859-2"), "text/html; charset=latin2") == (
        "ž".encode(),
        "iso-8859-2",
    )


def test_labels() -> None:
    assert codec_for(" GB2312 ") == "gb18030"
    assert codec_for("x-mac-cyrillic") == "mac-cyrillic"
    assert codec_for("utf-7") == ""
    assert clean("a\ud800\0b\U0001f600") == "a\ufffd\ufffdb\U0001f600"


def test_legacy_pages(data: Path) -> None:
    """Pages in 16 legacy charsets: all that declare one, and 98 of 100 that do not."""
    seen: Counter[tuple[str, bool]] = Counter()
    for path in sorted(data.glob("eu-web-0*.warc.gz")):
        truth = path.with_name(path.name.replace(".warc.gz", ".truth.jsonl"))
        rows = {row["record_id"]: row for row in map(json.loads, truth.read_text().splitlines())}
        for capture in read(path):
            assert isinstance(capture, Capture)
            row = rows[capture.record_id]
            if row.get("transcoded") and not row["utf8"]:
                text = capture.body.decode(row["transcoded"], "replace")
                right = decode(capture.body, capture.content_type).text == text
                seen[row["charset_signal"], right] += 1
    assert seen["http", True] > 90
    assert seen["meta", True] > 90
    assert not seen["http", False]
    assert not seen["meta", False]
    assert seen["none", True] >= 97
    assert seen["none", False] <= 2

"""The tokeniser's kernel against a slow twin that follows the same rules on strings."""

import re
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eurocorpus.filters import orthography as kind
from eurocorpus.filters.batch import decode
from eurocorpus.filters.characters import END
from eurocorpus.filters.languages import language
from eurocorpus.filters.orthography import Orthography, kinds, orthography
from eurocorpus.filters.wordlists import FACES_AT_END, faces, units
from eurocorpus.filters.words import WORDS
from eurocorpus.langid import EU_LANGUAGES


def kernel(text: str, code: str, words: str = "spacy_like") -> list[str]:
    """Give the words that the kernel finds."""
    data = np.frombuffer(text.encode(), np.uint8)
    offsets = np.array([0, len(data)])
    batch = decode(language(code), data, offsets, np.array([0]), WORDS[words])
    spans = zip(batch.words.starts, batch.words.stops, strict=True)
    return ["".join(map(chr, batch.codes[start:stop])) for start, stop in spans]


def is_kind(text: str, mask: int) -> bool:
    """Say whether a character, if there is one, is of a kind."""
    return bool(text) and ord(text) < END and bool(int(kinds()[ord(text)]) & mask)


class Twin:
    """The tokeniser, said plainly."""

    def __init__(self, code: str) -> None:
        self.own: Orthography = orthography(code)
        self.exceptions = {word.replace("|", ""): word.split("|") for word in self.own.exceptions}
        needed = self.own.closing_after or kind.LETTER
        self.closings: dict[str, int] = {}
        for closing in self.own.closings:
            bound = self.own.closing_after and closing[-1].isalpha()
            self.closings[closing] = needed if bound else 0
        if self.own.units:
            self.closings |= {u: self.closings.get(u, kind.DIGIT) for u in units()}
        self.closings |= dict.fromkeys(FACES_AT_END, 0)
        self.joined = {case(w) for w in self.own.joined for case in (str, str.title, str.upper)}

    def words(self, text: str) -> list[str]:
        return [word for chunk in text.split() for word in self.chunk(chunk)]

    def chunk(self, chunk: str) -> list[str]:
        if chunk.isalpha():
            listed = any(w.isalpha() for w in set(self.exceptions) - set(faces()))
            return self.exceptions.get(chunk, [chunk]) if listed else [chunk]
        whole, front, back = chunk, [], []  # type: ignore[var-annotated]
        while chunk and not all(is_kind(c, kind.LETTER) for c in chunk):
            if chunk in self.exceptions:
                break
            prefix = self.prefix(chunk, whole)
            rest = chunk[prefix:]
            if prefix and rest in self.exceptions:
                front.append(chunk[:prefix])
                chunk = rest
                break
            suffix = self.suffix(rest, whole)
            if suffix and chunk[:-suffix] in self.exceptions:
                back.insert(0, chunk[-suffix:])
                chunk = chunk[:-suffix]
                break
            if not prefix and not suffix:
                break
            if prefix:
                front.append(chunk[:prefix])
            if suffix:
                back.insert(0, rest[-suffix:])
            chunk = rest[: len(rest) - suffix]
        return front + self.rest(chunk) + back

    def prefix(self, chunk: str, whole: str) -> int:
        if re.search("['’()\\[\\]–—-]", whole):
            for length in range(2, len(chunk) + 1):
                free = not self.own.bound or is_kind(chunk[length : length + 1], kind.LETTER)
                if free and chunk[:length] in self.own.openings:
                    return length
        if chunk[0] == ".":
            dots = len(chunk) - len(chunk.lstrip("."))
            begins = self.own.prefix & kind.DOT and is_kind(chunk[1:2], kind.LETTER)
            return dots if dots > 1 or begins else 0
        if chunk[0] == "+" and is_kind(chunk[1:2], kind.DIGIT):
            return 0
        return int(is_kind(chunk[0], self.own.prefix))

    def suffix(self, chunk: str, whole: str) -> int:
        if not chunk:
            return 0
        if re.search("['’()\\[\\]–—0-9-]", whole):
            for length in range(len(chunk), 0, -1):
                needed = self.closings.get(chunk[-length:], -1)
                before = chunk[-length - 1 : -length]
                if needed == 0 or (needed > 0 and is_kind(before, needed)):
                    return length
        before = chunk[-2:-1]
        if chunk[-1] == ".":
            dots = len(chunk) - len(chunk.rstrip("."))
            if dots > 1:
                return dots
            if is_kind(before, self.own.before_dot) or self.own.suffix & kind.DOT:
                return 1
            capitals = 0
            while capitals < 2 and is_kind(chunk[-2 - capitals : -1 - capitals], kind.UPPER):
                capitals += 1
            return int(0 < self.own.capitals <= capitals)
        after_digit = is_kind(chunk[-1], self.own.after_digit) and is_kind(before, kind.DIGIT)
        return int(is_kind(chunk[-1], self.own.suffix) or after_digit)

    def rest(self, chunk: str) -> list[str]:
        if not chunk:
            return []
        if chunk in self.exceptions:
            return self.exceptions[chunk]
        letters = all(is_kind(c, kind.LETTER) for c in chunk)
        return (
            [chunk] if letters or self.is_joined(chunk) or is_address(chunk) else self.inside(chunk)
        )

    def is_joined(self, chunk: str) -> bool:
        part, hyphen, after = chunk.partition("-")
        marks = kind.LETTER | kind.APOSTROPHE | kind.CURLY | kind.HYPHEN
        return (
            part in self.joined and bool(hyphen and after) and all(is_kind(c, marks) for c in after)
        )

    def inside(self, chunk: str) -> list[str]:
        words: list[str] = []
        first = k = 0
        while k < len(chunk):
            length = self.infix(chunk, k)
            if length is None:
                k += 1
                continue
            if k > first:
                words += [chunk[first:k], chunk[k : k + length]]
                first = k + length
            k += max(length, 1)
        return [word for word in [*words, chunk[first:]] if word]

    def infix(self, chunk: str, k: int) -> int | None:
        at = chunk[k]
        if is_kind(at, kind.LETTER | kind.DIGIT):
            marked = k >= 2 and is_kind(chunk[k - 1], kind.APOSTROPHE | kind.CURLY)
            elided = marked and is_kind(chunk[k - 2], kind.LETTER) and is_kind(at, self.own.elision)
            return 0 if elided else None
        if is_kind(at, kind.ELLIPSIS | kind.ICON | kind.DEGREE):
            return 1
        if chunk[k : k + 2] == "..":
            return len(chunk[k:]) - len(chunk[k:].lstrip("."))
        before = chunk[k - 1] if k else ""
        for row in self.own.infixes:
            if not is_kind(at, row.middle) or (row.before and not is_kind(before, row.before)):
                continue
            length = 1
            if is_kind(at, kind.HYPHENS) and row.after:
                while k + length < len(chunk) and is_kind(chunk[k + length], int(kinds()[ord(at)])):
                    length += 1
            fits = row.shortest <= length <= row.longest
            if fits and (not row.after or is_kind(chunk[k + length : k + length + 1], row.after)):
                return length
        return None


def is_address(chunk: str) -> bool:
    """Say whether a host name stands at the start, after a scheme, or after an @."""
    if "." not in chunk[1:-2]:
        return False
    starts = [0]
    scheme = re.match(r"[^:]*://", chunk)
    if scheme and len(scheme[0]) >= 5 and len(scheme[0]) < len(chunk):
        word = kind.LETTER | kind.DIGIT | kind.DOT | kind.PLUS | kind.HYPHEN
        if all(c == "_" or is_kind(c, word) for c in scheme[0][:-3]):
            starts.append(len(scheme[0]))
    ats = [k for k, c in enumerate(chunk) if c == "@" and k > 0]
    return any(is_host(chunk[start:]) for start in starts + [k + 1 for k in ats[:1] + ats[-1:]])


def is_host(text: str) -> bool:
    host, rest = re.match(r"([^/:?#]*)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    *labels, top = host.split(".")
    if not all(re.fullmatch("[A-Za-z0-9\u00a1-\uffff_-]*", label) for label in (*labels, top)):
        return False
    if any(not label or label[0] in "-_" or label[-1] in "-_" for label in labels):
        return False
    numeric = len(labels) == 3 and re.fullmatch("[0-9.]*[0-9]", host)
    named = labels and len(top) >= 2 and all(is_kind(c, kind.LOWER) for c in top)
    if not (numeric or named):
        return False
    return not rest.startswith(":") or bool(re.match(r":[0-9]{2,5}([/:?#]|$)", rest))


@cache
def twin(code: str) -> Twin:
    return Twin(code)


CODES = (*EU_LANGUAGES, "cat_Latn", "ltz_Latn", "nob_Latn", "srp_Cyrl", "isl_Latn", "und")
PIECES = [
    "slovo", "Wort", "l'", "d’", "-il", "não", "a", "B", "il-", "λέξη", "слово", "can't", "do", "12", "5km",
    "1.", "U.S.", "e.g.", "bzw.", "www.example.com", "a@b.eu", "http://x.org/p?q=1", "…", "...", ".", ",", "-",
    "--", "–", "(", ")", "[", "»", "«", "“", "'", "’", '"', "/", ":", ";", "!", "?", "&", "#", "*", "+", "=", "<",
    ">", "%", "€", "$", "°", "²", "©", "😀", "\u0301", "_", "|", "~", "§", ":)", "Gt.", "@", "\u200b", "字", " ", "\n",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), st.sampled_from(CODES))
@example("L'homme aujourd'hui, a-t-il vu l'eau?", "fra_Latn")
@example("Id-dar ta' Ġanni, fil-belt.", "mlt_Latn")
@example("don't cannot it's 10am U.S.", "eng_Latn")
def test_kernel_equals_its_twin_on_pieces(text: str, code: str) -> None:
    assert kernel(text, code) == twin(code).words(text)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.sampled_from(CODES))
@example("\0", "ces_Latn")
@example("." * 5000, "ces_Latn")
@example("(" * 300 + "a" + ")" * 300, "deu_Latn")
@example("a@" * 500 + "b.cz", "ces_Latn")
def test_kernel_equals_its_twin_on_any_text(text: str, code: str) -> None:
    assert kernel(text, code) == twin(code).words(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), st.sampled_from(CODES))
def test_words_are_the_text_without_spaces(text: str, code: str) -> None:
    assert "".join(kernel(text, code)) == "".join(text.split())
    assert kernel(text, code, "whitespace") == text.split()


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        ("ces_Latn", "Ahoj, světe!", "Ahoj , světe !"),
        ("deu_Latn", "z.B. die E-Mail-Adresse (neu)", "z.B. die E-Mail-Adresse ( neu )"),
        ("eng_Latn", "They can't well-known it's", "They ca n't well - known it 's"),
        ("fra_Latn", "l'eau d’or a-t-elle peut-être", "l' eau d’ or a -t -elle peut-être"),
        ("ita_Latn", "l'acqua dell’anno", "l' acqua dell’ anno"),
        ("mlt_Latn", "Id-dar ta' Ġanni", "Id- dar ta' Ġanni"),
        ("gle_Latn", "m' athair agus d'imigh", "m' athair agus d'imigh"),
        ("ron_Latn", "dându-i într-un", "dându -i într- un"),
        ("pol_Latn", "biało-czerwony r.", "biało - czerwony r ."),
        ("ell_Grek", "Τι είναι; Π.χ. αυτό.", "Τι είναι ; Π.χ . αυτό ."),
        ("spa_Latn", "¿Qué? 20€", "¿ Qué ? 20 €"),
        ("hun_Latn", "igen-e? pl. 2019-ben", "igen -e ? pl. 2019-ben"),
        ("und", "see www.example.com/a-b, 5km", "see www.example.com/a-b , 5 km"),
    ],
)
def test_words_are_what_the_documentation_says(code: str, text: str, words: str) -> None:
    assert kernel(text, code) == words.split()

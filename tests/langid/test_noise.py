"""What is no language is refused, and real sentences are not."""

import base64
import os
import random
import string
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.langid import EU_LANGUAGES
from eurocorpus.langid.codes import CODES
from eurocorpus.langid.noise import is_noise

DATA = Path(os.environ.get("EUROCORPUS_DATA", Path(__file__).parents[3] / "shared" / "data"))
MENU = [
    "Home",
    "About Us",
    "Contact",
    "Products",
    "Log In",
    "Register",
    "My Account",
    "Blog",
    "News",
    "Terms",
    "Privacy Policy",
    "Domů",
    "O nás",
    "Kontakty",
    "Přihlášení",
    "Startseite",
    "Über uns",
    "Impressum",
    "Warenkorb",
    "Accueil",
    "Boutique",
]


def refused(texts: list[str]) -> list[bool]:
    found: list[bool] = is_noise(pa.array(texts, pa.large_string())).tolist()
    return found


def numbers(draw: random.Random) -> str:
    return " ".join(str(draw.randrange(10 ** draw.randint(1, 6))) for _ in range(30))


def table(draw: random.Random) -> str:
    return "\n".join(f"{draw.choice(['FC', 'kg'])}\t{draw.random():.2f}\t7 %" for _ in range(9))


def base_64(draw: random.Random) -> str:
    return base64.b64encode(draw.randbytes(draw.randint(40, 400))).decode()


def hexadecimal(draw: random.Random) -> str:
    return " ".join(draw.randbytes(draw.randint(4, 20)).hex() for _ in range(10))


def letters(draw: random.Random) -> str:
    sizes = [draw.randint(2, 10) for _ in range(draw.randint(15, 60))]
    return " ".join("".join(draw.choices(string.ascii_lowercase, k=size)) for size in sizes)


def emoji(draw: random.Random) -> str:
    return "".join(draw.choices("😀😂❤🎉👍🔥✨ ", k=30)) + " ok"


def menu(draw: random.Random) -> str:
    return draw.choice([" | ", "\n", " ", " » ", " • "]).join(
        draw.sample(MENU, draw.randint(6, 12))
    )


def markup(draw: random.Random) -> str:
    return '<div class="{0}"><a href="/{0}">Plus</a></div>'.format(draw.choice(["nav", "hero"])) * 3


def addresses(draw: random.Random) -> str:
    return " ".join(f"https://www.shop.cz/p?id={draw.randrange(999)}" for _ in range(5))


def repetition(draw: random.Random) -> str:
    return f"{draw.choice(['spam', 'klik hier', 'ха'])} " * draw.randint(12, 60)


def mojibake(draw: random.Random) -> str:
    text = "Příliš žluťoučký kůň úpěl ďábelské ódy a šel domů."
    return text[draw.randrange(20) :].encode().decode("cp1252", "replace")


def code(draw: random.Random) -> str:
    name = draw.choice(["getName", "set_value", "x"])
    return f"def {name}(self, other):\n    return self._{name}[other] + {name}(1)\n" * 3


@pytest.mark.parametrize(
    "make",
    [numbers, table, base_64, hexadecimal, letters, emoji, menu, markup, addresses, repetition,
     mojibake, code],
)  # fmt: skip
def test_nineteen_of_twenty_are_refused(make: Callable[[random.Random], str]) -> None:
    draw = random.Random(make.__name__)
    found = refused([make(draw) for _ in range(200)])
    assert sum(found) >= 190


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_of_real_sentences_hardly_one_is_refused(language: str) -> None:
    label = next(label for label, codes in CODES.items() if language in codes)
    file = DATA / "lid" / "ud" / f"{label}.txt"
    if not file.exists():
        pytest.skip(f"no {file.name} under EUROCORPUS_DATA/lid/ud")
    sentences = [line for line in file.read_text("utf-8").splitlines() if len(line) >= 20]
    assert sum(refused(sentences)) <= 0.01 * len(sentences)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ano.",
        "VŠICHNI LIDÉ SE RODÍ SVOBODNÍ A SOBĚ ROVNÍ",
        "Strč prst skrz krk.",
        "Die Donaudampfschifffahrtsgesellschaft fährt nicht.",
        "Cena je 12 500 Kč (s DPH), viz https://example.com/cenik.",
        "Η τιμή είναι 5 ευρώ.",
        "人人生而自由,在尊严和权利上一律平等。",
    ],
)
def test_language_is_let_through(text: str) -> None:
    assert refused([text]) == [False]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), max_size=5))
def test_each_text_is_judged_by_itself(texts: list[str]) -> None:
    assert refused(texts) == [refused([text])[0] for text in texts]
    array = pa.array(["x", *texts], pa.large_string())
    assert is_noise(array.slice(1)).tolist() == refused(texts)

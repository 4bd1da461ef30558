"""Croatian, Bosnian and Serbian by their words; neighbours that the model does not know."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.langid import identify
from eurocorpus.langid.close import south_slavic

COUNTS = st.integers(0, 40)
SHARES = st.floats(0.01, 0.33)

TEXTS = {
    "hrv_Latn": "Tijekom siječnja ravnatelj kazališta priopćio je da će sudionici tečaja putovati "
    "vlakom, a tko želi, može doći i zrakoplovom. Povijest europske glazbe tisuću je puta pisana.",
    "srp_Latn": "Posle januara predsednik opštine saopštio je gde će se graditi fabrika. Čovek uvek "
    "želi lepo vreme i svet bez brige, a hiljadu ljudi putuje vozom preko reke.",
    "bos_Latn": "Poslije januara direktor je saopćio gdje će se graditi fabrika. Historija evropske "
    "muzike hiljadu je puta pisana, a čovjek uvijek želi lijepo vrijeme i putuje vozom.",
    "hbs_Latn": "On je danas bio kod kuće i čitao je knjigu o starom gradu.",
    "hsb_Latn": "Wšitcy čłowjekojo su wot naroda swobodni a su jenacy po dostojnosći a prawach.",
    "sco_Latn": "Aw human sowels is born free and equal in dignity and richts. They are tochered "
    "wi mense and conscience and shuld guide theirsels ane til ither in a speerit o brithers.",
}  # fmt: skip


@pytest.mark.parametrize("language", TEXTS)
def test_close_languages(language: str) -> None:
    assert identify([TEXTS[language]])["language"].to_pylist() == [language]


@given(SHARES, SHARES, SHARES, COUNTS, COUNTS, COUNTS, COUNTS)
def test_scores_are_shared_out_and_none_is_lost(
    hrv: float, bos: float, srp: float, croatian: int, other: int, ekavian: int, ijekavian: int
) -> None:
    guess = [("hrv_Latn", hrv), ("bos_Latn", bos), ("srp_Latn", srp), ("slv_Latn", 0.005)]
    found = south_slavic(guess, croatian, other, ekavian, ijekavian)
    assert math.isclose(sum(score for _, score in found), sum(score for _, score in guess))
    assert len({code for code, _ in found}) == len(found)
    more = south_slavic(guess, croatian + 5, other, ekavian, ijekavian)
    assert more[0][0] == "hrv_Latn" or found[0][0] != "hrv_Latn"

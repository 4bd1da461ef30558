"""Language codes: the labels of models mapped to ISO 639-3 with an ISO 15924 script.

Codes follow OpenEuroLLM, FineWeb-2 and HPLT: Estonian is `ekk_Latn`, Latvian `lvs_Latn`,
Bokmål `nob_Latn`, Albanian `als_Latn`. A label whose language is written in several scripts
lists them, the most usual first; the script of the text then decides.
"""

import re

UNDETERMINED = "und"
"""The language of a document before, or without, identification (ISO 639-3)."""

NOISE = "zxx"
"""What is no language (ISO 639-3)."""

GROUP = "hbs_Latn"
"""Croatian, Bosnian or Serbian in Latin script, where nothing tells which."""

MEMBERS = frozenset({"hrv_Latn", "bos_Latn", "srp_Latn", GROUP})
"""The group, and the languages in it."""

EU_LANGUAGES = (
    "bul_Cyrl",
    "ces_Latn",
    "dan_Latn",
    "deu_Latn",
    "ekk_Latn",
    "ell_Grek",
    "eng_Latn",
    "fin_Latn",
    "fra_Latn",
    "gle_Latn",
    "hrv_Latn",
    "hun_Latn",
    "ita_Latn",
    "lit_Latn",
    "lvs_Latn",
    "mlt_Latn",
    "nld_Latn",
    "pol_Latn",
    "por_Latn",
    "ron_Latn",
    "slk_Latn",
    "slv_Latn",
    "spa_Latn",
    "swe_Latn",
)
"""The 24 official languages of the European Union (Regulation No 1/1958, as amended)."""

# fastText label, ISO 639-3, scripts. `als` of lid.176 is Alemannic (it follows Wikipedia's
# host names), `sh` Serbo-Croatian, `no` Bokmål, `ku` Kurmanji, `bh` Bhojpuri.
_TABLE = """
af afr Latn | als gsw Latn | am amh Ethi | an arg Latn | ar arb Arab | arz arz Arab | as asm Beng
ast ast Latn | av ava Cyrl | az azj Latn Cyrl | azb azb Arab | ba bak Cyrl | bar bar Latn
bcl bcl Latn | be bel Cyrl | bg bul Cyrl | bh bho Deva | bn ben Beng | bo bod Tibt | bpy bpy Beng
br bre Latn | bs bos Latn Cyrl | bxr bxr Cyrl | ca cat Latn | cbk cbk Latn | ce che Cyrl
ceb ceb Latn | ckb ckb Arab | co cos Latn | cs ces Latn | cv chv Cyrl | cy cym Latn | da dan Latn
de deu Latn | diq diq Latn | dsb dsb Latn | dty dty Deva | dv div Thaa | el ell Grek | eml egl Latn
en eng Latn | eo epo Latn | es spa Latn | et ekk Latn | eu eus Latn | fa pes Arab | fi fin Latn
fr fra Latn | frr frr Latn | fy fry Latn | ga gle Latn | gd gla Latn | gl glg Latn | gn gug Latn
gom gom Deva | gu guj Gujr | gv glv Latn | he heb Hebr | hi hin Deva | hif hif Latn
hr hrv Latn | hsb hsb Latn | ht hat Latn | hu hun Latn | hy hye Armn | ia ina Latn | id ind Latn
ie ile Latn | ilo ilo Latn | io ido Latn | is isl Latn | it ita Latn | ja jpn Jpan | jbo jbo Latn
jv jav Latn | ka kat Geor | kk kaz Cyrl Latn | km khm Khmr | kn kan Knda | ko kor Hang
krc krc Cyrl | ku kmr Latn | kv kpv Cyrl | kw cor Latn | ky kir Cyrl | la lat Latn | lb ltz Latn
lez lez Cyrl | li lim Latn | lmo lmo Latn | lo lao Laoo | lrc lrc Arab | lt lit Latn | lv lvs Latn
mai mai Deva | mg plt Latn | mhr mhr Cyrl | min min Latn | mk mkd Cyrl | ml mal Mlym | mn khk Cyrl
mr mar Deva | mrj mrj Cyrl | ms zsm Latn | mt mlt Latn | mwl mwl Latn | my mya Mymr | myv myv Cyrl
mzn mzn Arab | nah nah Latn | nap nap Latn | nds nds Latn | ne npi Deva | new new Deva | nl nld Latn
nn nno Latn | no nob Latn | oc oci Latn | or ory Orya | os oss Cyrl | pa pan Guru | pam pam Latn
pfl pfl Latn | pl pol Latn | pms pms Latn | pnb pnb Arab | ps pbt Arab | pt por Latn | qu quy Latn
rm roh Latn | ro ron Latn Cyrl | ru rus Cyrl | rue rue Cyrl | sa san Deva | sah sah Cyrl
sc srd Latn | scn scn Latn | sco sco Latn | sd snd Arab | sh hbs Latn Cyrl | si sin Sinh
sk slk Latn | sl slv Latn | so som Latn | sq als Latn | sr srp Cyrl Latn | su sun Latn
sv swe Latn | sw swh Latn | ta tam Taml | te tel Telu | tg tgk Cyrl | th tha Thai | tk tuk Latn
tl fil Latn | tr tur Latn | tt tat Cyrl | tyv tyv Cyrl | ug uig Arab | uk ukr Cyrl | ur urd Arab
uz uzn Latn Cyrl | vec vec Latn | vep vep Latn | vi vie Latn | vls vls Latn | vo vol Latn
wa wln Latn | war war Latn | wuu wuu Hani | xal xal Cyrl | xmf xmf Geor | yi ydd Hebr | yo yor Latn
yue yue Hani | zh cmn Hani
"""

# What py3langid knows and lid.176 does not. Its `sdh` is Southern Kurdish, `uzs` Southern Uzbek,
# `hbo` Biblical Hebrew, `grc` Ancient Greek, `pcm` Nigerian Pidgin.
_PY3LANGID = """
ace ace Latn | ary ary Arab | crh crh Latn Cyrl | dz dzo Tibt | ext ext Latn | fo fao Latn
fuv fuv Latn | gcf gcf Latn | gcr gcr Latn | grc grc Grek | gug gug Latn | guw guw Latn
ha hau Latn | hbo hbo Hebr | ig ibo Latn | kab kab Latn | kik kik Latn | lg lug Latn | lij lij Latn
ln lin Latn | ltg ltg Latn | nso nso Latn | om gaz Latn | pcm pcm Latn | rw kin Latn | sdh sdh Arab
se sme Latn | sn sna Latn | st sot Latn | uzs uzs Arab | xh xho Latn | zu zul Latn
"""

# Codes of GlotLID and OpenLID that are written otherwise here.
_SAME = {
    "est_Latn": "ekk_Latn",
    "lav_Latn": "lvs_Latn",
    "nor_Latn": "nob_Latn",
    "sqi_Latn": "als_Latn",
    "fas_Arab": "pes_Arab",
    "zho_Hans": "cmn_Hani",
    "zho_Hant": "cmn_Hani",
}


def _read(table: str) -> dict[str, tuple[str, ...]]:
    rows = [row.split() for row in table.replace("\n", "|").split("|") if row.strip()]
    return {label: tuple(f"{iso}_{script}" for script in scripts) for label, iso, *scripts in rows}


CODES: dict[str, tuple[str, ...]] = _read(_TABLE)
"""lid.176 label -> the codes it may stand for, the most usual script first."""

PY3LANGID_CODES: dict[str, tuple[str, ...]] = CODES | _read(_PY3LANGID) | {"zxx": (NOISE,)}
"""py3langid label -> the same."""

LANGUAGES: tuple[str, ...] = tuple(
    sorted(
        {code for table in (CODES, PY3LANGID_CODES) for codes in table.values() for code in codes}
        - {NOISE}
    )
)
"""Every code that the models in the package can answer."""

_FULL_LABEL = re.compile(r"[a-z]{3}_[A-Z][a-z]{3}")


def codes_of(label: str) -> tuple[str, ...]:
    """Give the codes that a label of any fastText model may stand for.

    >>> codes_of("cs"), codes_of("ces_Latn"), codes_of("est_Latn"), codes_of("zxx_Zzzz")
    (('ces_Latn',), ('ces_Latn',), ('ekk_Latn',), ('zxx',))
    >>> codes_of("hq")
    ('und',)
    """
    if label.split("_")[0] in (NOISE, UNDETERMINED):
        return (label[:3],)
    if _FULL_LABEL.fullmatch(label):
        return (_SAME.get(label, label),)
    return CODES.get(label, (UNDETERMINED,))


_SCRIPT_CHARACTERS = 400
"""What the script is told by; over whole texts it took 1.9 of 4.2 profiled seconds of a unit."""
_CYRILLIC = re.compile("[\u0400-\u052f]+")
_LATIN = re.compile("[A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]+")


def resolve(label: str, text: str) -> str:
    """Give the code of a lid.176 label, by the script of `text` where the language has several.

    >>> resolve("cs", "cokoli")
    'ces_Latn'
    >>> resolve("sr", "Beograd je glavni grad"), resolve("sr", "Београд је главни град")
    ('srp_Latn', 'srp_Cyrl')
    """
    return by_script(CODES[label], text)


def by_script(codes: tuple[str, ...], text: str) -> str:
    """Choose among the codes of one language by the script of a text."""
    if len(codes) == 1:
        return codes[0]
    start = text[:_SCRIPT_CHARACTERS]
    cyrillic = len(start) - len(_CYRILLIC.sub("", start))
    latin = len(start) - len(_LATIN.sub("", start))
    if cyrillic == latin:
        return codes[0]
    script = "_Cyrl" if cyrillic > latin else "_Latn"
    return next((code for code in codes if code.endswith(script)), codes[0])

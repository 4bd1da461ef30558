"""What the tests of langid share: article 1 of the declaration of human rights, and small models."""

import struct
from pathlib import Path

import numpy as np

WORDS = ["</s>", "dům", "house", "Haus", "的", "a"]
LABELS = ["ces", "eng", "deu", "zho"]

ARTICLE_1 = {
    "ces_Latn": "Všichni lidé se rodí svobodní a sobě rovní co do důstojnosti a práv.",
    "deu_Latn": "Alle Menschen sind frei und gleich an Würde und Rechten geboren.",
    "ell_Grek": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια.",
    "bul_Cyrl": "Всички хора се раждат свободни и равни по достойнство и права.",
    "fin_Latn": "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan.",
    "mlt_Latn": (
        "Il-bnedmin kollha jitwieldu ħielsa u ugwali fid-dinjità u d-drittijiet. Huma mogħnija "
        "bir-raġuni u bil-kuxjenza u għandhom iġibu ruħhom ma' xulxin bi spirtu ta' aħwa."
    ),
}


def small_model(
    path: Path, loss: int, seed: int = 0, word_ngrams: int = 1, labels: list[str] = LABELS
) -> Path:
    """Write a dense model as fastText does (`FastText::saveModel`)."""
    dimensions, buckets = 6, 50
    draw = np.random.default_rng(seed)
    entries = [(word, 9, 0) for word in WORDS]
    entries += [(f"__label__{label}", 40 - 9 * i, 1) for i, label in enumerate(labels)]
    head = struct.pack("<2i12id", 793712314, 12, dimensions, 5, 1, 1, 5, word_ngrams, loss, 3,
                       buckets, 1, 3, 100, 0.0)  # fmt: skip
    dictionary = struct.pack("<3i2q", len(entries), len(WORDS), len(labels), 100, -1)
    for word, count, kind in entries:
        dictionary += word.encode() + b"\0" + struct.pack("<qb", count, kind)
    rows = draw.normal(size=(len(WORDS) + buckets, dimensions)).astype("<f4")
    outputs = draw.normal(size=(len(labels), dimensions)).astype("<f4")
    path.write_bytes(
        head
        + dictionary
        + struct.pack("<?2q", False, *rows.shape)
        + rows.tobytes()
        + struct.pack("<?2q", False, *outputs.shape)
        + outputs.tobytes()
    )
    return path

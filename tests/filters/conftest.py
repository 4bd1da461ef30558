"""Real documents in the 24 official languages: pages of the data's WARC files, topped up with running text."""

import json
import os
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from eurocorpus.langid import EU_LANGUAGES
from eurocorpus.pipeline.extract import extract
from eurocorpus.pipeline.extract.read import Capture, read

DATA = Path(os.environ.get("EUROCORPUS_DATA", Path(__file__).parents[3] / "shared" / "data"))

# The data's names of the official languages, in the order of EU_LANGUAGES.
NAMES = (
    "bg", "cs", "da", "de", "et", "el", "en", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv", "mt", "nl", "pl",
    "pt", "ro", "sk", "sl", "es", "sv",
)  # fmt: skip
EACH = 85  # documents in a language: 2,040 in all


@pytest.fixture(scope="session")
def real_documents() -> dict[str, list[str]]:
    """At most `EACH` texts by language: web pages first, then sentences joined to documents."""
    documents: dict[str, list[str]] = defaultdict(list)
    codes = dict(zip(NAMES, EU_LANGUAGES, strict=True))
    for file in sorted(DATA.glob("warc/eu-web-*.warc.gz")):
        truth = {
            row["record_id"]: codes.get(row["lang"])
            for row in map(json.loads, _truth(file).read_text("utf-8").splitlines())
        }
        for page in read(file):
            code = truth.get(page.record_id) if isinstance(page, Capture) else None
            if isinstance(page, Capture) and code and len(documents[code]) < EACH:
                text = extract(page.body, content_type=page.content_type, engine="fast").text
                documents[code] += [text] if text else []
    for name, code in codes.items():
        for file in sorted(DATA.glob(f"lid/*/{name}.txt")):
            lines = [line.strip() for line in file.read_text("utf-8").splitlines()]
            cuts = [n * 22 + n % 7 for n in range(min(40, len(lines) // 22))]
            room = EACH - len(documents[code])
            joined = [
                ("\n" if n % 2 else " ").join(lines[a:b]) for n, (a, b) in enumerate(pairwise(cuts))
            ]
            documents[code] += joined[: max(room, 0)]
    if sum(map(len, documents.values())) == 0:
        pytest.skip("no warc/eu-web-*.warc.gz and lid/*/*.txt under EUROCORPUS_DATA")
    return dict(documents)


def _truth(file: Path) -> Path:
    return Path(str(file).replace("warc.gz", "truth.jsonl"))

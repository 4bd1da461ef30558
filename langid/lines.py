"""Lines that are in another language than their document: each long line votes for its own."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .codes import GROUP, MEMBERS, NOISE, UNDETERMINED
from .engines import engine as engine_of
from .identify import DEFAULT_ENGINE, identify
from .identify import SCHEMA as IDENTIFIED

LEAST_CHARACTERS = 60
"""A shorter line has no vote: of UD's sentences of 30 to 60 characters 2.1 % are named wrong, of 60 to
120 0.4 %."""
SURE = 0.9
"""Score from which a line is foreign; at it 0.04 % of UD's sentences are named wrong."""
_LOOKED_AT = 200
"""Characters of a line that are looked at; a paragraph does not change its language."""
_CLOSE = (
    frozenset({*MEMBERS, GROUP, "slv_Latn", "srp_Cyrl"}),
    frozenset({"dan_Latn", "nob_Latn", "nno_Latn", "swe_Latn"}),
    frozenset({"ces_Latn", "slk_Latn"}),
    frozenset({"spa_Latn", "glg_Latn", "ast_Latn", "ext_Latn", "por_Latn", "cat_Latn"}),
    frozenset({"bul_Cyrl", "mkd_Cyrl"}),
    frozenset({"nld_Latn", "afr_Latn", "lim_Latn"}),
    frozenset({"fin_Latn", "ekk_Latn"}),
    frozenset({"lit_Latn", "lvs_Latn", "ltg_Latn"}),
    frozenset({"gle_Latn", "gla_Latn"}),
)
"""A line in a close language is not foreign: it is more often named wrong than it is there."""

FOREIGN = pa.list_(
    pa.struct([("language", pa.string()), ("start", pa.int32()), ("end", pa.int32())])
)
"""The foreign lines of one text, in order; places in Unicode code points, without the newline."""
SCHEMA = pa.schema([*IDENTIFIED, ("lines", FOREIGN), ("share", pa.float32())])


class _Line(NamedTuple):
    text: int
    start: int
    end: int
    looked_at: str


class _Votes(NamedTuple):
    """Of each text its foreign lines, their characters by language, and those of all that vote."""

    foreign: list[list[dict[str, Any]]]
    sizes: list[Counter[str]]
    voted: list[int]


def vote(texts: Sequence[str], answers: pa.Table, *, engine: str = DEFAULT_ENGINE) -> pa.Table:
    """Find the lines of texts that are surely in another language, and let these outvote an answer.

    Args:
        texts: documents, lines apart by `\\n`.
        answers: what `identify` said of them.
        engine: as for `identify`.

    Returns:
        The columns of `answers`; `lines`, a list of `FOREIGN` a text; and `share`, float32: of the
        characters of lines that have a vote (`LEAST_CHARACTERS` or more) those in foreign lines;
        null where none has one. Where more of them are in one foreign language than in no foreign
        one, the answer is that of these lines. What is no language has no foreign lines.

    Raises:
        ValueError: there are not as many answers as texts; there is no such engine.
        ModelError: the file is not a model.

    """
    if len(texts) != len(answers):
        raise ValueError(f"expected answers for {len(texts)} texts, found {len(answers)}")
    votes = _count(texts, answers["language"].to_pylist(), engine)
    outvoted = [k for k in range(len(texts)) if _is_outvoted(votes.sizes[k], votes.voted[k])]
    if outvoted:
        theirs = [texts[k] for k in outvoted]
        better = identify([_majority(texts[k], votes, k) for k in outvoted], engine=engine)
        again = _count(theirs, better["language"].to_pylist(), engine)
        rows = np.arange(len(texts))
        for place, k in enumerate(outvoted):
            rows[k] = len(texts) + place
            votes.foreign[k], votes.sizes[k] = again.foreign[place], again.sizes[place]
            votes.voted[k] = again.voted[place]
        answers = pa.concat_tables([answers, better]).unify_dictionaries().take(rows)
    shares = [
        sizes.total() / voted if voted else None
        for sizes, voted in zip(votes.sizes, votes.voted, strict=True)
    ]
    columns = [pa.array(votes.foreign, FOREIGN), pa.array(shares, pa.float32())]
    return pa.table([*answers.columns, *columns], schema=SCHEMA)


def _is_outvoted(sizes: Counter[str], voted: int) -> bool:
    """Say whether one foreign language has more characters than what is not foreign."""
    return max(sizes.values(), default=0) > voted - sizes.total()


def _majority(text: str, votes: _Votes, number: int) -> str:
    """Give the foreign lines in the language that has most characters of them."""
    sizes = votes.sizes[number]
    most = min(sizes, key=lambda code: (-sizes[code], code))
    lines = [line for line in votes.foreign[number] if line["language"] == most]
    return "\n".join(text[line["start"] : line["end"]] for line in lines)


def _count(texts: Sequence[str], languages: Sequence[str], engine: str) -> _Votes:
    """Find the foreign lines of texts in some languages."""
    voters = list(_voters(texts, languages))
    voted = [0] * len(texts)
    for line in voters:
        voted[line.text] += line.end - line.start
    votes = _Votes([[] for _ in texts], [Counter() for _ in texts], voted)
    doubtful = _unlike(voters, languages, engine)
    answers = identify([line.looked_at for line in doubtful], engine=engine)
    for line, code, score in zip(
        doubtful, answers["language"].to_pylist(), answers["score"].to_pylist(), strict=True
    ):
        if score >= SURE and code not in _family(languages[line.text]) | {NOISE, UNDETERMINED}:
            place = {"language": code, "start": line.start, "end": line.end}
            votes.foreign[line.text].append(place)
            votes.sizes[line.text][code] += line.end - line.start
    return votes


def _voters(texts: Sequence[str], languages: Sequence[str]) -> Iterator[_Line]:
    for number, (text, language) in enumerate(zip(texts, languages, strict=True)):
        if language in (NOISE, UNDETERMINED):
            continue
        start = 0
        for line in text.split("\n"):
            if len(line) >= LEAST_CHARACTERS:
                yield _Line(number, start, start + len(line), line[:_LOOKED_AT])
            start += len(line) + 1


def _unlike(voters: list[_Line], languages: Sequence[str], engine: str) -> list[_Line]:
    """Give the lines for which the model alone would say another language: one in eleven of web pages'."""
    if not voters:
        return []
    codes, values = engine_of(engine)([line.looked_at for line in voters])
    best = values.argmax(axis=1)
    likely = values[np.arange(len(best)), best] >= SURE / 2
    own = {language: _columns(codes, _family(language)) for language in set(languages)}
    kin = np.array(
        [own[languages[line.text]][column] for line, column in zip(voters, best, strict=True)]
    )
    return [voters[place] for place in np.flatnonzero(likely & ~kin)]


def _columns(codes: list[tuple[str, ...]], family: frozenset[str]) -> NDArray[np.bool_]:
    return np.array([not family.isdisjoint(column) for column in codes])


def _family(language: str) -> frozenset[str]:
    """Give a language and those that are close to it."""
    return frozenset({language}).union(*(group for group in _CLOSE if language in group))

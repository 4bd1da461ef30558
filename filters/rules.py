"""The rules that drop a document: which signal, and on which side of a threshold."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .languages import language, languages
from .signals import FOREIGN_LINES, MEASURES, MODEL_SCORE
from .texts import Languages, encoded

Thresholds = Mapping[str, Mapping[str, float]]
"""Language code, or "*" for all -> name of a threshold -> value."""


_MEANINGS = {name: meaning for _, columns in MEASURES for name, meaning in columns.items()}
_MEANINGS[MODEL_SCORE] = "score of the model that the user names"
_MEANINGS[FOREIGN_LINES] = "share of the text's long lines that is in another language"


@dataclass(frozen=True)
class Rule:
    """Drop a document whose signal lies below (`<`) or above (`>`) a threshold."""

    name: str
    signal: str
    fails: Literal["<", ">"]

    @property
    def threshold(self) -> str:
        """The threshold's name: `min_` or `max_`, and the signal's."""
        return f"{'min' if self.fails == '<' else 'max'}_{self.signal}"

    @property
    def off(self) -> float:
        """The threshold that no document fails."""
        return -np.inf if self.fails == "<" else np.inf

    @property
    def sentence(self) -> str:
        """Say what is wrong with a document that fails.

        >>> next(rule for rule in RULES if rule.name == "line_punctuation").sentence
        'share of lines that end a sentence: too low'
        """
        return f"{_MEANINGS.get(self.signal, self.signal)}: too {'low' if self.fails == '<' else 'high'}"


# The order is FineWeb-2's: Gopher repetition, FineWeb quality, Gopher quality.
RULES: list[Rule] = [
    Rule("empty", "lines", "<"),
    Rule("duplicate_paragraph_fraction", "duplicate_paragraph_fraction", ">"),
    Rule("duplicate_paragraph_characters", "duplicate_paragraph_characters", ">"),
    Rule("duplicate_line_fraction", "duplicate_line_fraction", ">"),
    Rule("duplicate_line_characters", "duplicate_line_characters", ">"),
    *(Rule(f"top_{n}_gram", f"top_{n}_gram", ">") for n in (2, 3, 4)),
    *(Rule(f"duplicate_{n}_grams", f"duplicate_{n}_grams", ">") for n in range(5, 11)),
    Rule("line_punctuation", "line_punctuation", "<"),
    Rule("short_lines", "short_lines", ">"),
    Rule("character_duplication", "character_duplication", ">"),
    Rule("new_line_ratio", "new_line_ratio", ">"),
    Rule("too_few_words", "words", "<"),
    Rule("too_many_words", "words", ">"),
    Rule("too_short_words", "mean_word_length", "<"),
    Rule("too_long_words", "mean_word_length", ">"),
    Rule("symbol_ratio", "hash_ratio", ">"),
    Rule("ellipsis_ratio", "ellipsis_ratio", ">"),
    Rule("bullet_lines", "bullet_lines", ">"),
    Rule("ellipsis_lines", "ellipsis_lines", ">"),
    Rule("alphabetic_words", "alphabetic_words", "<"),
    Rule("stop_words", "stop_words", "<"),
    # No file has a threshold for these; a configuration may set one.
    Rule("too_few_characters", "characters", "<"),
    Rule("letters", "letters", "<"),
    Rule("digits", "digits", ">"),
    Rule("capitals", "capitals", ">"),
    Rule("own_script", "own_script", "<"),
    Rule("braces", "braces", ">"),
    Rule("list_lines", "list_lines", ">"),
    Rule("table_lines", "table_lines", ">"),
    Rule("code_lines", "code_lines", ">"),
    Rule("markup", "markup", ">"),
    Rule("c4_lines", "c4_lines", "<"),
    Rule("long_lines", "long_lines", "<"),
    Rule("stop_word_share", "stop_word_share", "<"),
    Rule("different_words", "different_words", "<"),
    Rule("top_keyword", "top_keyword", ">"),
    Rule("longest_word", "longest_word", ">"),
    Rule("compression", "compression", "<"),
    Rule("lorem_ipsum", "lorem_ipsum", ">"),
    Rule("javascript", "javascript", ">"),
    Rule("policy", "policy", ">"),
    Rule("wds", "wds", "<"),
    Rule("model_score", "model_score", "<"),
    Rule("mixed_languages", "foreign_lines", ">"),
]

REASONS: tuple[str, ...] = tuple(rule.name for rule in RULES)
"""What `judge` may answer, in the order in which rules are tried."""


def thresholds(
    code: str, overrides: Thresholds | None = None, *, rules: Sequence[Rule] = RULES
) -> dict[str, float]:
    """Give every threshold of a language: its file's, then those for `*`, then those for the language.

    Args:
        code: such as `ces_Latn`. A language without a file has the default's.
        overrides: values that replace the files'. An infinite one (`inf` for a maximum, `-inf` for
            a minimum) turns a rule off.
        rules: those whose thresholds are asked for.

    Raises:
        ValueError: an override names no threshold or no language code; the message has the nearest.

    >>> thresholds("ces_Latn", {"*": {"min_words": 20}})["min_words"]
    20.0
    """
    overrides = overrides or {}
    check_overrides(overrides, rules)
    off = {rule.threshold: rule.off for rule in rules}
    return _in_force(code, overrides, off)


def _in_force(code: str, overrides: Thresholds, off: Mapping[str, float]) -> dict[str, float]:
    """Give the values of the thresholds that `off` names."""
    values = {
        **off,
        **language(code).thresholds,
        **overrides.get("*", {}),
        **overrides.get(code, {}),
    }
    return {name: float(values[name]) for name in off}


def check_overrides(overrides: Thresholds, rules: Sequence[Rule] = RULES) -> None:
    """Refuse overrides that would silently do nothing.

    Raises:
        ValueError: as `thresholds`.

    >>> check_overrides({"ces_Latn": {"min_word": 20}})
    Traceback (most recent call last):
        ...
    ValueError: no threshold is named 'min_word' (for 'ces_Latn'); did you mean 'min_words'?
    """
    names = {rule.threshold for rule in rules}
    for code, values in overrides.items():
        if code != "*" and not re.fullmatch(r"[a-z]{3}_[A-Z][a-z]{3}|und", code):
            hint = _nearest(code, languages())
            raise ValueError(f"{code!r} is not a language code such as 'ces_Latn', nor '*'{hint}")
        for name, value in values.items():
            if name not in names:
                hint = _nearest(name, names)
                raise ValueError(f"no threshold is named {name!r} (for {code!r}){hint}")
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(  # noqa: TRY004 a configuration is at fault, not a caller's type
                    f"{name} (for {code!r}) must be a number, not {value!r}"
                )


def _nearest(name: str, names: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, sorted(names), 1, 0.5)
    return f"; did you mean {found[0]!r}?" if found else f"; there are {', '.join(sorted(names))}"


def judge(
    signals: pa.Table | pa.StructArray | pa.ChunkedArray,
    languages: Languages,
    thresholds: Thresholds | None = None,
    *,
    rules: Sequence[Rule] = RULES,
) -> pa.StringArray:
    """Name the first rule that each document fails; null keeps it.

    Args:
        signals: as `measure` gives them: a table, or a struct column of a shard.
        languages: a code a row, or one for all.
        thresholds: values that replace those of the files, see `thresholds`.
        rules: tried in this order.

    A signal that is null fails no rule. Signals are compared as float32, which they are stored as.

    Raises:
        ValueError: a signal that a rule needs is missing; lengths differ; an override names nothing.
    """
    columns = _columns(signals)
    count = len(signals)
    codes, indices = encoded(languages, count)
    limits = _limits(codes, thresholds or {}, rules)
    verdict = np.full(count, -1, np.int32)
    for place in reversed(range(len(rules))):
        own = limits[:, place]
        if np.all(own == rules[place].off):
            continue
        values = _values(columns, rules[place])
        limit = own[0] if len(own) == 1 else own[indices]
        fails = values < limit if rules[place].fails == "<" else values > limit
        verdict[fails] = place
    names = pa.array([rule.name for rule in rules], pa.string())
    return names.take(pa.array(verdict, mask=verdict < 0))


def deciding_value(
    signals: pa.Table | pa.StructArray | pa.ChunkedArray,
    reasons: pa.Array | pa.ChunkedArray | Sequence[str | None],
    *,
    rules: Sequence[Rule] = RULES,
) -> pa.FloatArray:
    """Give for each document the value that its reason was about (float32), null where kept.

    Raises:
        ValueError: a reason that no rule has.
    """
    columns = _columns(signals)
    decided = pa.array(reasons, pa.string()) if isinstance(reasons, Sequence) else reasons
    found = pc.index_in(decided, pa.array([rule.name for rule in rules], pa.string()))
    known = pc.or_(pc.is_valid(found), pc.is_null(decided))
    if len(known) and not pc.all(known).as_py():
        odd = pc.unique(pc.filter(decided, pc.invert(known)))[0].as_py()
        raise ValueError(f"no rule is named {odd!r}{_nearest(odd, [rule.name for rule in rules])}")
    places = pc.fill_null(found, -1).to_numpy(zero_copy_only=False)
    values = np.zeros(len(places), np.float32)
    for place in np.unique(places[places >= 0]):
        rows = places == place
        values[rows] = _values(columns, rules[place])[rows]
    return pa.array(values, pa.float32(), mask=places < 0)


def _columns(signals: pa.Table | pa.StructArray | pa.ChunkedArray) -> pa.Table:
    """Give signals as a table."""
    if isinstance(signals, pa.Table):
        return signals
    if not pa.types.is_struct(signals.type):
        raise TypeError(
            f"expected signals, a table or a struct array as measure gives, not {signals.type}"
        )
    whole = signals if isinstance(signals, pa.ChunkedArray) else pa.chunked_array([signals])
    names = [whole.type.field(k).name for k in range(whole.type.num_fields)]
    return pa.table(dict(zip(names, whole.flatten(), strict=True)))


def _values(columns: pa.Table, rule: Rule) -> NDArray[np.float32]:
    """Give a rule's signal as float32, NaN where null."""
    try:
        values = columns[rule.signal].to_numpy()
    except KeyError as error:
        raise ValueError(
            f"the rule {rule.name!r} needs the signal {rule.signal!r}; measure the texts again"
        ) from error
    return np.asarray(values, np.float32)


def _limits(
    codes: Sequence[str], overrides: Thresholds, rules: Sequence[Rule]
) -> NDArray[np.float32]:
    """Give the thresholds as a matrix (languages, rules)."""
    check_overrides(overrides, rules)
    names = [rule.threshold for rule in rules]
    off = {rule.threshold: rule.off for rule in rules}
    known = [_in_force(code, overrides, off) for code in codes]
    limits = [[own[name] for name in names] for own in known]
    return np.array(limits, np.float32).reshape(len(codes), len(rules))

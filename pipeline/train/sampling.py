"""How much of each language to take: shares from sizes, by the rules of the field."""

import math
from collections.abc import Mapping

from ..errors import UsageError

RULES = "proportional, uniform, alpha:0.3 or unimax:4"


def weights(
    sizes: Mapping[str, float], rule: str, *, budget: float | None = None
) -> dict[str, float]:
    """Give each language its share, all together 1; languages of size 0 get none.

    Args:
        sizes: what there is of each language, in bytes or tokens.
        rule: `proportional`; `uniform`; `alpha:A` takes sizes to the power A (Conneau et al. 2020,
            arXiv 1911.02116, used 0.3); `unimax:N` shares evenly, but repeats no language more than
            N times (Chung et al. 2023, arXiv 2304.09151).
        budget: what will be taken in all, in the unit of `sizes`; `unimax` needs it. By default
            as much as there is.

    Raises:
        UsageError: the rule is none of these, or nothing is left to take.

    >>> weights({"a": 90, "b": 10}, "proportional")
    {'a': 0.9, 'b': 0.1}
    >>> weights({"a": 90, "b": 10}, "unimax:2")
    {'a': 0.8, 'b': 0.2}
    """
    present = {name: size for name, size in sizes.items() if size > 0}
    if not present:
        raise UsageError("no language has any text to take")
    name, _, parameter = rule.partition(":")
    if name == "unimax":
        total = sum(present.values()) if budget is None else budget
        return _normalise(_unimax(present, _number(rule, parameter or "4"), total))
    if name == "alpha":
        alpha = _number(rule, parameter or "0.3")
        largest = max(present.values())
        return _normalise({code: (size / largest) ** alpha for code, size in present.items()})
    if rule == "proportional":
        return _normalise(present)
    if rule == "uniform":
        return _normalise(dict.fromkeys(present, 1.0))
    raise UsageError(f"sampling {rule!r}: expected {RULES}")


def _number(rule: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise UsageError(f"sampling {rule!r}: expected a number above 0, found {text!r}")
    return value


def _normalise(values: Mapping[str, float]) -> dict[str, float]:
    total = math.fsum(values.values())
    return {code: value / total for code, value in values.items()}


def _unimax(sizes: Mapping[str, float], epochs: float, budget: float) -> dict[str, float]:
    """Go from the smallest language to the largest; each gets an even share of what is left."""
    taken, left = {}, budget
    for number, code in enumerate(sorted(sizes, key=lambda code: (sizes[code], code))):
        taken[code] = min(left / (len(sizes) - number), sizes[code] * epochs)
        left -= taken[code]
    return {code: taken[code] for code in sizes}

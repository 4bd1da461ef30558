"""What several signals come to, under each policy."""

import pytest

from eurocorpus.pipeline.extract.rights import Signal, decide, deciding

ALL = Signal("noai", "meta", "noai", "deny")
OTHER = Signal("robots.txt", "robots.txt", "disallow", "deny", "GPTBot CCBot")
OURS = Signal("robots.txt", "robots.txt", "disallow", "deny", "* OurBot")
YES = Signal("content-signal", "robots.txt", "ai-train=yes", "allow")
LINK = Signal("licence", "body", "https://creativecommons.org/licenses/by/4.0/")


@pytest.mark.parametrize(
    ("signals", "strict", "own"),
    [
        ([], "unknown", "unknown"),
        ([LINK], "unknown", "unknown"),
        ([YES, LINK], "allow", "allow"),
        ([ALL, YES], "deny", "deny"),
        ([OTHER], "deny", "unknown"),
        ([OTHER, YES], "deny", "allow"),
        ([OURS], "deny", "deny"),
    ],
)
def test_policies(signals: list[Signal], strict: str, own: str) -> None:
    assert decide(signals, "strict", "ourbot").verdict == strict
    assert decide(signals, "annotate", "ourbot").verdict == strict
    assert decide(signals, "own-agent", "ourbot").verdict == own


def tdm(place: str, value: int) -> Signal:
    return Signal("tdmrep", place, f"tdm-reservation={value}", "deny" if value else "allow")


@pytest.mark.parametrize(
    ("stated", "verdict"),
    [
        ({"tdmrep.json": 1}, "deny"),
        ({"tdmrep.json": 1, "header": 0}, "allow"),
        ({"tdmrep.json": 0, "header": 1}, "deny"),
        ({"tdmrep.json": 1, "header": 1, "meta": 0}, "allow"),
        ({"tdmrep.json": 1, "meta": 0}, "allow"),
        ({"header": 0, "meta": 1}, "deny"),
    ],
)
def test_in_tdmrep_the_file_yields_to_the_header_and_that_to_the_page(
    stated: dict[str, int], verdict: str
) -> None:
    signals = [tdm(place, value) for place, value in stated.items()]
    assert decide(signals).verdict == verdict
    assert decide(signals[::-1]).verdict == verdict


def test_the_reason_names_what_denies() -> None:
    assert deciding([YES, OTHER, ALL]) == "robots.txt disallow (GPTBot CCBot), meta noai"
    assert deciding([YES, OTHER], "own-agent", "ourbot") == ""

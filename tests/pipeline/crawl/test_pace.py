from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.crawl.config import Pace
from eurocorpus.pipeline.crawl.pace import Clock, retry_after

SECONDS = st.floats(0, 1000)
EVENTS = st.lists(st.tuples(st.booleans(), SECONDS, st.one_of(st.none(), SECONDS)), max_size=20)


@given(EVENTS, SECONDS)
def test_the_delay_is_never_under_what_was_asked(
    events: list[tuple[bool, float, float | None]], asked: float
) -> None:
    clock = Clock(Pace(delay=2, longest=60, patience=500), asked)
    now = 0.0
    assert clock.left(now) == 0
    for good, took, wait in events:
        now += clock.left(now) + took
        if good:
            clock.answered(now, took)
            expected = max(2, asked)
        else:
            patient = clock.pushed_back(now, wait)
            assert patient == (wait is None or wait <= 500)
            expected = max(4 if asked <= 60 else asked, asked, min(wait or 0, 500))
        assert clock.left(now) >= expected - 1e-6
        assert clock.left(now) <= max(60, asked, wait or 0) + 1e-6


def test_push_backs_double_and_good_answers_halve() -> None:
    clock = Clock(Pace(delay=1, factor=0, longest=30))
    delays = []
    for _ in range(6):
        clock.pushed_back(0, None)
        delays.append(clock.delay)
    assert delays == [2, 4, 8, 16, 30, 30]
    for _ in range(8):
        clock.answered(0, 0.1)
    assert clock.delay == 1


def test_slow_answers_slow_down() -> None:
    clock = Clock(Pace(delay=1, factor=4, longest=30))
    clock.answered(0, 2.0)
    assert clock.delay == 8
    clock.answered(0, 100.0)
    assert clock.delay == 30


def test_retry_after() -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert retry_after("Tue, 24 Nov 2026 12:01:00 GMT", noon) == 60
    assert retry_after("Tue, 24 Nov 2026 11:01:00 GMT", noon) == 0
    assert retry_after(" 7 ") == 7
    for nonsense in ("", "soon", "-1", "1.5", "²"):
        assert retry_after(nonsense) is None


@given(st.text(max_size=40))
def test_any_retry_after(value: str) -> None:
    found = retry_after(value)
    assert found is None or found >= 0

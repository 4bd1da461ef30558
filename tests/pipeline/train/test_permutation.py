import itertools

from hypothesis import given
from hypothesis import strategies as st

from eurocorpus.pipeline.train.permutation import permute


@given(st.integers(1, 600), st.text(max_size=20))
def test_every_number_comes_once(size: int, key: str) -> None:
    assert sorted(permute(place, size, key) for place in range(size)) == list(range(size))


@given(st.integers(1, 1 << 50), st.data())
def test_numbers_stay_inside(size: int, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, size - 1))
    assert 0 <= permute(place, size, "key") < size


def test_another_key_is_another_order() -> None:
    one, other = (
        [permute(place, 1000, key) for place in range(1000)] for key in ("1/mlt/0", "1/mlt/1")
    )
    assert sum(a == b for a, b in zip(one, other, strict=True)) < 10


def test_the_order_shows_no_trend() -> None:
    """Where neighbours come to lie is as far apart as in a random order: a third of the size on average."""
    size = 10_000
    order = [permute(place, size, "key") for place in range(size)]
    steps = [abs(a - b) for a, b in itertools.pairwise(order)]
    assert 0.31 < sum(steps) / len(steps) / size < 0.355

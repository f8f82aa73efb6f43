"""What rises and falls: clear ones found, chance and bursts left alone, many looked at with more care."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules import trends
from cases.rules.trends import Direction, Trend, rising

WEEKS = st.lists(st.integers(0, 200), max_size=30)


def drawn(chance: Random, mean: float) -> int:
    """A count by chance: so many arrivals in one week."""
    n, passed = 0, chance.expovariate(mean)
    while passed < 1:
        n, passed = n + 1, passed + chance.expovariate(mean)
    return n


def test_a_clear_trend_is_found() -> None:
    assert rising([2, 4, 3, 6, 8, 7, 11, 12]).direction is Direction.RISING
    assert rising([12, 11, 7, 8, 6, 3, 4, 2]).direction is Direction.FALLING
    assert rising([5, 5, 5, 5, 5, 5]) == Trend(0.0, 1.0)


def test_a_burst_is_no_trend() -> None:
    assert rising([2, 1, 2, 2, 1, 2, 60, 2]).direction is Direction.STEADY


def test_too_little_is_no_trend() -> None:
    assert rising([0, 0, 900]).direction is rising([0] * 20).direction is rising([]).direction is Direction.STEADY
    assert rising([0, 0, 0, 1]).direction is Direction.STEADY


@settings(deadline=None)
@given(weeks=WEEKS)
def test_backwards_in_time_rises_what_falls(weeks: list[int]) -> None:
    there, back = rising(weeks), rising(weeks[::-1])
    assert abs(there.per_week + back.per_week) < 1e-6
    assert abs(there.p - back.p) < 1e-6


@settings(deadline=None)
@given(counts=st.dictionaries(st.integers(), st.lists(st.integers(0, 50), min_size=8, max_size=8), max_size=20))
def test_many_looked_at_need_more(counts: dict[int, list[int]]) -> None:
    found = trends.trends(counts)
    single = {key: rising(weeks) for key, weeks in counts.items()}
    assert found.keys() == counts.keys()
    for key, trend in found.items():
        assert single[key].p <= trend.p <= min(1.0, single[key].p * len(counts) + 1e-12)
    by_p = sorted(counts, key=lambda key: single[key].p)
    assert [found[key].p for key in by_p] == sorted(trend.p for trend in found.values())


def test_chance_alone_seldom_rises() -> None:
    chance = Random(2)
    for mean in (1, 5, 40):
        found = [rising([drawn(chance, mean) for _ in range(13)]) for _ in range(400)]
        assert sum(trend.direction is not Direction.STEADY for trend in found) < 400 * 0.06


def test_among_many_steady_causes_hardly_ever_one_rises() -> None:
    chance = Random(3)
    told = sum(
        any(trend.direction is not Direction.STEADY for trend in trends.trends(causes).values())
        for causes in ({cause: [drawn(chance, 8) for _ in range(13)] for cause in range(40)} for _ in range(50))
    )
    assert told <= 6

"""The backlog of the next weeks: its drift, its range, and no word on too little."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules import forecast
from cases.rules.forecast import FEWEST_WEEKS, LEARNT_WEEKS

WEEKS = st.lists(st.integers(0, 5000), min_size=FEWEST_WEEKS, max_size=40)


def test_says_nothing_on_too_few_weeks() -> None:
    assert forecast.forecast([9] * 5, [8] * 5, 40) is None
    assert forecast.forecast([9] * 20, [8] * 5, 40) is None
    assert forecast.forecast([], [], 40) is None


def test_goes_on_as_the_last_weeks_went() -> None:
    found = forecast.forecast([50] * 8, [40] * 8, 100)
    assert found is not None
    assert (found.per_week, found.learnt_from) == (10, 8)
    assert [week.backlog for week in found.weeks] == [110, 120, 130, 140]


def test_one_bad_week_does_not_count_for_all() -> None:
    found = forecast.forecast([50] * 5 + [900] + [50] * 6, [50] * 12, 30)
    assert found is not None
    assert [week.backlog for week in found.weeks] == [30] * 4


def test_looks_at_the_last_quarter_only() -> None:
    found = forecast.forecast([900] * 30 + [10] * LEARNT_WEEKS, [10] * 43, 5)
    assert found is not None
    assert found.learnt_from == LEARNT_WEEKS
    assert found.per_week == 0


@settings(deadline=None)
@given(received=WEEKS, handled=WEEKS, backlog=st.integers(0, 10_000))
def test_the_range_holds_the_forecast_and_widens(received: list[int], handled: list[int], backlog: int) -> None:
    found = forecast.forecast(received, handled, backlog)
    assert found is not None
    for week in found.weeks:
        assert 0 <= week.low <= week.backlog <= week.high
    if all(week.low for week in found.weeks):
        widths = [week.high - week.low for week in found.weeks]
        assert all(later >= before - 1 for before, later in pairwise(widths))


def test_is_right_about_as_often_as_said() -> None:
    chance = Random(4)
    hits = 0
    for _ in range(500):
        flow = [(round(chance.gauss(200, 14)), round(chance.gauss(195, 14))) for _ in range(LEARNT_WEEKS + 4)]
        received, handled = zip(*flow[:LEARNT_WEEKS], strict=True)
        found = forecast.forecast(received, handled, 1000)
        assert found is not None
        comes = 1000 + sum(came - went for came, went in flow[LEARNT_WEEKS:])
        hits += found.weeks[-1].low <= comes <= found.weeks[-1].high
    assert 0.72 < hits / 500 < 0.92

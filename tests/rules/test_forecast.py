"""The backlog of the next weeks: its drift, its range, and no word on too little."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules import forecast
from cases.rules.forecast import FEWEST_WEEKS, LEARNT_WEEKS

SERIES = Path(__file__).parents[3] / "shared" / "data" / "velocity" / "comcast_daily.csv"
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


def test_changes_by_as_much_as_came_in_more_than_went_out() -> None:
    # 74 came and 45 went in thirteen weeks, most of it in the last ones: 29 and 4 / 13 of the difference again.
    found = forecast.forecast([2, 1, 3, 1, 4, 2, 5, 6, 9, 9, 10, 12, 10], [2, 2, 2, 2, 3, 2, 4, 5, 5, 4, 4, 5, 5], 29)
    assert found is not None
    assert (found.came, found.went) == (74, 45)
    assert found.weeks[-1].backlog == round(29 + 4 * (74 - 45) / 13) == 38


def test_a_bad_week_makes_it_less_sure() -> None:
    calm = forecast.forecast([50] * 12, [50] * 12, 300)
    shaken = forecast.forecast([50] * 5 + [180] + [50] * 6, [50] * 12, 300)
    assert calm is not None
    assert shaken is not None
    assert shaken.weeks[0].high - shaken.weeks[0].low > 3 * (calm.weeks[0].high - calm.weeks[0].low)


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


@pytest.mark.skipif(not SERIES.exists(), reason="The daily series of real complaints are not beside this checkout.")
def test_is_mostly_right_of_real_complaints() -> None:
    """Weeks that begin on each of the seven days; whatever came in is handled nine days later."""
    with SERIES.open(newline="") as lines:
        days = {row["date"]: int(row["complaints"]) for row in csv.DictReader(lines)}
    # On 23 June began what no week before knew of.
    came = [n for day, n in days.items() if day < "2015-06-23"]
    went = [0] * 9 + came[:-9]
    hits = tried = 0
    for first in range(9, 16):
        received, handled = ([sum(of[n : n + 7]) for n in range(first, len(of) - 6, 7)] for of in (came, went))
        for known in range(FEWEST_WEEKS, len(received)):
            found = forecast.forecast(received[:known], handled[:known], 1000)
            assert found is not None
            comes = 1000 + received[known] - handled[known]
            hits += found.weeks[0].low <= comes <= found.weeks[0].high
            tried += 1
    assert tried > 20
    # Less than four out of five: complaints begin to rise on 12 June, which the weeks before do not know of either.
    assert hits / tried > 0.6

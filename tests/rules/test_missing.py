"""Days, round limits and bands, as values."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules import missing
from cases.rules.missing import Period, Preset

AMOUNTS = st.decimals(min_value="0.01", max_value="900000000", places=2)
TODAY = date(2026, 11, 22)


@given(amount=AMOUNTS)
def test_rounds_up_to_the_next_round_amount(amount: Decimal) -> None:
    found = missing.round_up(amount)
    assert found >= amount
    assert found == missing.LADDER[0] or missing.LADDER[missing.LADDER.index(found) - 1] < amount


@given(kept=st.lists(AMOUNTS, max_size=2), limits=st.lists(AMOUNTS, max_size=40), largest=st.none() | AMOUNTS)
def test_bounds_rise_hold_what_is_looked_at_and_are_few(
    kept: list[Decimal], limits: list[Decimal], largest: Decimal | None
) -> None:
    found = missing.bounds(kept, limits, largest)
    assert found == sorted(set(found))
    assert set(kept) <= set(found)
    assert len(found) < missing.MOST_BANDS


def test_bounds_of_the_mock() -> None:
    found = missing.bounds([Decimal(80), Decimal(150)], [Decimal(80), Decimal(5000)], Decimal(900))
    assert found == [40, 80, 120, 150, 250, 500]


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        (Preset.DAYS_30, date(2026, 10, 24), TODAY),
        (Preset.DAYS_90, date(2026, 8, 25), TODAY),
        (Preset.THIS_MONTH, date(2026, 11, 1), TODAY),
        (Preset.LAST_MONTH, date(2026, 10, 1), date(2026, 10, 31)),
        (Preset.THIS_YEAR, date(2026, 1, 1), TODAY),
        ("nonsense", date(2026, 8, 25), TODAY),
    ],
)
def test_a_preset_names_its_days(preset: str, first: date, last: date) -> None:
    found = missing.period(preset, None, None, today=TODAY, zone="Europe/Paris")
    assert (found.first, found.last) == (first, last)
    assert (found.before.last, found.before.days) == (first - timedelta(days=1), found.days)


def test_days_the_wrong_way_round_are_turned_and_too_many_are_cut() -> None:
    found = missing.period("", date(2026, 3, 5), date(2026, 3, 1), today=TODAY, zone="UTC")
    assert (found.first, found.last) == (date(2026, 3, 1), date(2026, 3, 5))
    assert missing.period("", date(2001, 1, 1), TODAY, today=TODAY, zone="UTC").days == missing.LONGEST_DAYS


def test_a_day_is_as_long_as_the_clocks_make_it() -> None:
    day = Period(date(2026, 10, 25), date(2026, 10, 25), "Europe/Paris")
    assert day.starts_at == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert day.ends_at - day.starts_at == timedelta(hours=25)


@pytest.mark.parametrize("day", [TODAY + timedelta(days=n) for n in range(7)])
def test_next_monday_is_after_today(day: date) -> None:
    found = missing.next_monday(day)
    assert found.weekday() == 0
    assert timedelta(0) < found - day <= timedelta(days=7)

"""Days counted from an instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cases.rules.days import after
from cases.vocabulary import DayUnit

PARIS = ZoneInfo("Europe/Paris")
INSTANTS = some.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001


def working_days_between(first: date, last: date) -> int:
    """The working days after the first day, up to and with the last."""
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(day.weekday() < 5 for day in days)


@given(at=INSTANTS, days=some.integers(1, 365))
def test_working_days_end_on_one_and_are_as_many_as_said(at: datetime, days: int) -> None:
    first, last = at.astimezone(PARIS), after(at, days, DayUnit.WORKING, PARIS).astimezone(PARIS)
    assert last.weekday() < 5
    assert working_days_between(first.date(), last.date()) == days


@given(at=INSTANTS, days=some.integers(0, 365))
def test_calendar_days_end_so_many_days_later_in_the_zone(at: datetime, days: int) -> None:
    first, last = at.astimezone(PARIS), after(at, days, DayUnit.CALENDAR, PARIS).astimezone(PARIS)
    assert last.date() - first.date() == timedelta(days=days)


@pytest.mark.parametrize(
    ("begins", "days", "ends"),
    [
        ("2026-09-11", 1, "2026-09-14"),  # Friday to Monday
        ("2026-09-12", 1, "2026-09-14"),  # Saturday to Monday
        ("2026-09-13", 5, "2026-09-18"),  # Sunday to Friday
        ("2026-09-09", 10, "2026-09-23"),
    ],
)
def test_a_weekend_is_no_working_day(begins: str, days: int, ends: str) -> None:
    at = datetime.fromisoformat(f"{begins}T10:00:00+00:00")
    assert after(at, days, DayUnit.WORKING, PARIS) == datetime.fromisoformat(f"{ends}T10:00:00+00:00")


def test_the_clock_of_the_zone_counts_across_a_change_of_time() -> None:
    at = datetime(2026, 10, 24, 8, 0, tzinfo=UTC)
    assert after(at, 2, DayUnit.CALENDAR, PARIS) == datetime(2026, 10, 26, 9, 0, tzinfo=UTC)


def test_no_days_is_now() -> None:
    at = datetime(2026, 9, 12, 8, 0, tzinfo=UTC)
    assert after(at, 0, DayUnit.WORKING, PARIS) == at

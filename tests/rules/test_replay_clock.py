"""The quick clock of a replay says what the exact calendar says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cases.rules import deadlines
from cases.rules.calendar import build
from cases.rules.replay_clock import Clock
from cases.vocabulary import Unit

CALENDAR = build(
    zone="Europe/Paris",
    week={day: [["09:00", "12:30"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    closed={"2026-05-01": "Labour day"},
)
SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
CLOCK = Clock(CALENDAR, SINCE, UNTIL)
# Whole quarters of an hour meet the edges of windows; beyond the clock's own span the calendar is asked.
INSTANTS = st.integers(-120 * 96, 200 * 96).map(lambda quarters: SINCE + timedelta(minutes=15 * quarters))


@given(at=INSTANTS, amount=st.integers(0, 100), unit=st.sampled_from(Unit))
def test_adds_as_the_calendar_does(at: datetime, amount: int, unit: Unit) -> None:
    assert CLOCK.add(at, amount, unit) == deadlines.add(at, amount, unit, CALENDAR)


@given(at=INSTANTS, amount=st.integers(0, 100), unit=st.sampled_from(Unit))
def test_subtracts_as_the_calendar_does(at: datetime, amount: int, unit: Unit) -> None:
    assert CLOCK.subtract(at, amount, unit) == deadlines.subtract(at, amount, unit, CALENDAR)


@given(at=INSTANTS)
def test_knows_when_it_is_open_and_opens_next(at: datetime) -> None:
    assert CLOCK.is_open(at) == CALENDAR.is_open(at)
    assert CLOCK.next_open(at) == CALENDAR.next_open(at)

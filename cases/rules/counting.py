"""How an amount of time was counted on a calendar: day by day, what was open or counted of it, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from cases.rules.calendar import Calendar, Period, TooFar
from cases.vocabulary import Unit

# Over more days than that the counting is not told, only its answer.
FARTHEST = timedelta(days=3660)
CLOSED, FIRST_DAY = "closed", "first_day"
_BY_OPEN_TIME = frozenset({Unit.OPEN_MINUTE, Unit.OPEN_HOUR})
_BY_DAYS = frozenset({Unit.WORKING_DAY, Unit.OUVRABLE})


@dataclass(frozen=True, slots=True)
class CountedDay:
    """A local day: its open periods within the time, whether it counts or why not, and the sum so far.

    The sum is of seconds of open time where that is counted, else of days.
    """

    day: date
    periods: tuple[Period, ...]
    counts: bool
    why_not: str
    so_far: int


@dataclass(frozen=True, slots=True)
class Between:
    """The time between two instants: open, in days that were worked, by the clock; and how it was counted."""

    open_seconds: int
    working_days: int
    elapsed_seconds: int
    days: tuple[CountedDay, ...]


def counted(calendar: Calendar, one: datetime, other: datetime, unit: Unit) -> tuple[CountedDay, ...] | None:
    """The days between two instants as they are counted; none by the clock, None where there are too many to tell."""
    first, last = min(one, other), max(one, other)
    if unit not in _BY_OPEN_TIME | _BY_DAYS:
        return ()
    if last - first > FARTHEST:
        return None
    by_day = {
        day: tuple(found)
        for day, found in groupby(calendar.periods(first, last), lambda period: calendar.local_day(period[0]))
    }
    return tuple(_open(by_day) if unit in _BY_OPEN_TIME else _days(calendar, first, last, unit, by_day))


def between(calendar: Calendar, start: datetime, end: datetime) -> Between:
    """The time from one instant to a later one; raises TooFar for more than ten years."""
    if end - start > FARTHEST:
        raise TooFar
    days = counted(calendar, start, end, Unit.OPEN_HOUR) or ()
    elapsed = round((end - start).total_seconds())
    return Between(round(calendar.open_seconds(start, end)), len(days), elapsed, days)


def _open(by_day: dict[date, tuple[Period, ...]]) -> list[CountedDay]:
    total, found = timedelta(0), []
    for day, periods in by_day.items():
        total += sum((ends - begins for begins, ends in periods), timedelta(0))
        found.append(CountedDay(day, periods, counts=True, why_not="", so_far=round(total.total_seconds())))
    return found


def _days(
    calendar: Calendar, first: datetime, last: datetime, unit: Unit, by_day: dict[date, tuple[Period, ...]]
) -> list[CountedDay]:
    start, ends = calendar.local_day(first), calendar.local_day(last)
    count, found = 0, []
    for day in (start + timedelta(days=n) for n in range((ends - start).days + 1)):
        is_one = calendar.is_working_day(day) if unit == Unit.WORKING_DAY else calendar.is_ouvrable(day)
        counts = is_one and day != start
        count += counts
        why_not = "" if counts else FIRST_DAY if day == start else calendar.holiday_name(day) or CLOSED
        found.append(CountedDay(day, by_day.get(day, ()), counts, why_not, count))
    return found

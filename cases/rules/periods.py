"""Periods of a report: as people ask for them, what to compare them with, whole months out of them, steps of time."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cases import errors
from cases.rules.hours import Hours

FIRST_YEAR, LAST_YEAR = 1900, 2199
LONGEST_YEARS = 100
SINCE_EVER = date(1970, 1, 1)
MOST_STEPS = 5000

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.ASCII)
_DAY = timedelta(days=1)
# Files beside the zones: this machine's own zone, and two copies of all zones, which PostgreSQL does not know.
_NO_ZONE = re.compile(r"localtime|posixrules|(posix|right)/.*")


class Unit(StrEnum):
    """A step of time."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class Preset(StrEnum):
    """A period that needs no dates; one that is still going on goes on to the end of today."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this-week"
    LAST_WEEK = "last-week"
    THIS_MONTH = "this-month"
    LAST_MONTH = "last-month"
    THIS_QUARTER = "this-quarter"
    LAST_QUARTER = "last-quarter"
    THIS_HALF = "this-half-year"
    LAST_HALF = "last-half-year"
    THIS_YEAR = "this-year"
    LAST_YEAR = "last-year"
    DAYS_7 = "last-7-days"
    DAYS_30 = "last-30-days"
    DAYS_90 = "last-90-days"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant to a later one that is no longer part of it, both in UTC, for clocks of a zone."""

    start: datetime
    end: datetime
    zone: str

    def __post_init__(self) -> None:
        # In UTC, because two instants of one zone are compared by their clocks and not by the time between them.
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start

    @property
    def days(self) -> tuple[date, date] | None:
        """Its first local day and the first after it; None where it does not begin and end with days."""
        return _days(self)

    @property
    def written(self) -> tuple[str, str]:
        """From and to as they are asked for: both days where it is whole days, else instants."""
        if self.days:
            return self.days[0].isoformat(), (self.days[1] - _DAY).isoformat()
        return self.start.isoformat(), self.end.isoformat()


@lru_cache(maxsize=256)
def _days(period: Period) -> tuple[date, date] | None:
    clock = _clock(period.zone)
    first, after = clock.local_day(period.start), clock.local_day(period.end)
    is_whole = clock.day_begins(first) == period.start and clock.day_begins(after) == period.end
    return (first, after) if is_whole else None


@dataclass(frozen=True, slots=True)
class Edge:
    """A time to add to whole months (sign 1), or to take off (sign -1)."""

    start: datetime
    end: datetime
    sign: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """Whole days of UTC from one to another, whole months within them, and what to add and take off for the period.

    Each is its first day and the first after it; there may be no months, and no days.
    """

    days: tuple[date, date] | None
    months: tuple[date, date] | None
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Bucket:
    """One step of a period: its instants, the local day on which the step begins, and what to call it.

    The number is the hour, the day of the month, the week (ISO 8601, with its year), the month or the quarter. The
    offset from UTC, in minutes, tells two hours of one name apart. Not whole is one that the period cuts.
    """

    start: datetime
    end: datetime
    unit: Unit
    day: date
    year: int
    number: int
    offset: int
    is_whole: bool


def of_zone(name: str) -> ZoneInfo:
    """The time zone of that name; raises UnknownZone."""
    if _NO_ZONE.fullmatch(name):
        raise errors.UnknownZone(zone=name)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as refused:
        raise errors.UnknownZone(zone=name) from refused


def parse(from_: str, to: str, zone: str) -> Period:
    """The period from one day or instant to another, by the clocks of the zone; a last day is part of it.

    Raises UnknownZone, NotADate, PeriodEndsBeforeItBegins, PeriodTooLong.
    """
    of_zone(zone)
    return _checked(Period(_instant(from_, zone), _instant(to, zone, is_end=True), zone))


def of_days(first: date, after: date, zone: str) -> Period:
    """The period from a local day to another that is no longer part of it."""
    clock = _clock(zone)
    return Period(clock.day_begins(first), clock.day_begins(after), zone)


def preset(name: str, now: datetime, zone: str) -> Period:
    """The period of that name; raises UnknownPeriod, UnknownZone."""
    if name not in set(Preset):
        raise errors.UnknownPeriod(name=name)
    today = now.astimezone(of_zone(zone)).date()
    return of_days(*_days_of(Preset(name), today), zone)


def before(period: Period) -> Period:
    """What the period is compared with: as many whole months before whole months, else the same length before."""
    if period.days is None:
        return Period(period.start - period.length, period.start, period.zone)
    first, after = period.days
    if first.day == after.day == 1:
        return of_days(_month(first, (first.year - after.year) * 12 + first.month - after.month), first, period.zone)
    return of_days(first - (after - first), first, period.zone)


def same_last_year(period: Period) -> Period:
    """The same days a year before; of 29 February, the 28th."""
    if period.days:
        first, after = period.days
        # The end of the 28th is the beginning of March in every other year.
        return of_days(_years_on(first, -1), _years_on(after - _DAY, -1) + _DAY, period.zone)
    clock = _clock(period.zone)
    start, end = (
        clock.instant(datetime.combine(_years_on(local.date(), -1), local.time()))
        for local in (at.astimezone(clock.zone) for at in (period.start, period.end))
    )
    return Period(start, end if end > start else start + period.length, period.zone)


def pieces(period: Period) -> Pieces:
    """The period as whole days of UTC, with the whole months in them, plus and minus what its ends differ from them.

    No days where that is not worth it: where the edges are as long as half of what they save.
    """
    first, last = _nearest_day(period.start), _nearest_day(period.end)
    begins, ends = _utc(first), _utc(last)
    if first >= last or 2 * (abs(period.start - begins) + abs(period.end - ends)) >= period.length:
        return Pieces(None, None, (Edge(period.start, period.end, 1),))
    months = _month(first.replace(day=1), 1) if first.day > 1 else first, last.replace(day=1)
    edges = (*_edge(period.start, begins), *_edge(ends, period.end))
    return Pieces((first, last), months if months[0] < months[1] else None, edges)


def unit_for(period: Period) -> Unit:
    """The step in which a chart of the period is read best: some twelve to a hundred of them."""
    days = period.length / _DAY
    for most, unit in ((2.1, Unit.HOUR), (62, Unit.DAY), (370, Unit.WEEK), (3700, Unit.MONTH)):
        if days <= most:
            return unit
    return Unit.QUARTER


def buckets(period: Period, unit: Unit) -> list[Bucket]:
    """The steps of a period by the clocks of its zone, one after the other; raises TooManySteps."""
    made = _hours(period) if unit is Unit.HOUR else _steps(period, unit)
    found = list(islice(made, MOST_STEPS + 1))
    if len(found) > MOST_STEPS:
        raise errors.TooManySteps(most=MOST_STEPS)
    return found


@lru_cache(maxsize=64)
def _clock(zone: str) -> Hours:
    return Hours(of_zone(zone), ())


def _checked(period: Period) -> Period:
    if period.end <= period.start:
        raise errors.PeriodEndsBeforeItBegins
    first, last = (at.astimezone(of_zone(period.zone)).replace(tzinfo=None) for at in (period.start, period.end))
    # A day more, because the last day is part of it: 1926-01-01 to 2026-01-01.
    if last > datetime.combine(_years_on(first.date(), LONGEST_YEARS) + _DAY, first.time()):
        raise errors.PeriodTooLong(years=LONGEST_YEARS)
    return period


def _instant(given: str, zone: str, *, is_end: bool = False) -> datetime:
    try:
        if _DATE.fullmatch(given):
            day = date.fromisoformat(given)
            _in_time(day, given)
            return _clock(zone).day_begins(day + _DAY if is_end else day)
        if not _INSTANT.fullmatch(given):
            raise errors.NotADate(given=given)
        at = datetime.fromisoformat(given)
    except ValueError as refused:
        raise errors.NotADate(given=given) from refused
    _in_time(at.date(), given)
    return at.astimezone(UTC) if at.tzinfo else _clock(zone).instant(at)


def _in_time(day: date, given: str) -> None:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise errors.NotADate(given=given)


def _days_of(name: Preset, today: date) -> tuple[date, date]:
    """The first day of a preset and the first after it."""
    tomorrow, monday = today + _DAY, today - today.weekday() * _DAY
    month, quarter, half, year = (_month(today.replace(day=1), -((today.month - 1) % n)) for n in (1, 3, 6, 12))
    return {
        Preset.TODAY: (today, tomorrow),
        Preset.YESTERDAY: (today - _DAY, today),
        Preset.THIS_WEEK: (monday, tomorrow),
        Preset.LAST_WEEK: (monday - 7 * _DAY, monday),
        Preset.THIS_MONTH: (month, tomorrow),
        Preset.LAST_MONTH: (_month(month, -1), month),
        Preset.THIS_QUARTER: (quarter, tomorrow),
        Preset.LAST_QUARTER: (_month(quarter, -3), quarter),
        Preset.THIS_HALF: (half, tomorrow),
        Preset.LAST_HALF: (_month(half, -6), half),
        Preset.THIS_YEAR: (year, tomorrow),
        Preset.LAST_YEAR: (_month(year, -12), year),
        Preset.DAYS_7: (tomorrow - 7 * _DAY, tomorrow),
        Preset.DAYS_30: (tomorrow - 30 * _DAY, tomorrow),
        Preset.DAYS_90: (tomorrow - 90 * _DAY, tomorrow),
        Preset.EVERYTHING: (SINCE_EVER, tomorrow),
    }[name]


def _month(first: date, step: int) -> date:
    """The first of the month so many months on or back."""
    year, month = divmod(first.year * 12 + first.month - 1 + step, 12)
    return date(year, month + 1, 1)


def _years_on(day: date, years: int) -> date:
    year = day.year + years
    return day.replace(year=year, day=min(day.day, monthrange(year, day.month)[1]))


def _utc(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _nearest_day(at: datetime) -> date:
    return (at + timedelta(hours=12)).date()


def _edge(one: datetime, other: datetime) -> tuple[Edge, ...]:
    if one == other:
        return ()
    return (Edge(one, other, 1),) if one < other else (Edge(other, one, -1),)


def _steps(period: Period, unit: Unit) -> Iterator[Bucket]:
    clock = _clock(period.zone)
    day = _first_of(clock.local_day(period.start), unit)
    begins = clock.day_begins(day)
    while begins < period.end:
        following = _next(day, unit)
        ends = clock.day_begins(following)
        start, end = max(begins, period.start), min(ends, period.end)
        # A day that the clocks leave out whole has no time.
        if start < end:
            yield _bucket(start, end, unit, day, clock.zone, is_whole=(start, end) == (begins, ends))
        day, begins = following, ends


def _hours(period: Period) -> Iterator[Bucket]:
    zone, start = of_zone(period.zone), period.start
    while start < period.end:
        local = start.astimezone(zone)
        passed = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        full = start - passed + timedelta(hours=1)
        end = min(full, period.end)
        yield _bucket(start, end, Unit.HOUR, local.date(), zone, is_whole=not passed and end == full)
        start = end


def _bucket(start: datetime, end: datetime, unit: Unit, day: date, zone: ZoneInfo, *, is_whole: bool) -> Bucket:
    local = start.astimezone(zone)
    year, week, _ = day.isocalendar()
    number = {
        Unit.HOUR: local.hour,
        Unit.DAY: day.day,
        Unit.WEEK: week,
        Unit.MONTH: day.month,
        Unit.QUARTER: (day.month + 2) // 3,
    }[unit]
    offset = (local.utcoffset() or timedelta(0)) // timedelta(minutes=1)
    return Bucket(start, end, unit, day, year if unit is Unit.WEEK else day.year, number, offset, is_whole)


def _first_of(day: date, unit: Unit) -> date:
    if unit is Unit.WEEK:
        return day - day.weekday() * _DAY
    if unit is Unit.MONTH:
        return day.replace(day=1)
    if unit is Unit.QUARTER:
        return _month(day.replace(day=1), -((day.month - 1) % 3))
    return day


def _next(day: date, unit: Unit) -> date:
    if unit is Unit.MONTH:
        return _month(day, 1)
    if unit is Unit.QUARTER:
        return _month(day, 3)
    return day + (7 * _DAY if unit is Unit.WEEK else _DAY)

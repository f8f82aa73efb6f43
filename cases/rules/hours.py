"""The open hours of each day, by the local clock and in UTC: week, shifts, breaks, holidays, changes of the clocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays

Span = tuple[int, int]  # minutes after local midnight, the end is not part of it
Period = tuple[datetime, datetime]  # the same in UTC
Week = tuple[tuple[Span, ...], ...]  # Monday first

SUNDAY = 6

_MOST_KEPT = 5000  # days, so that a far date does not fill the memory of a worker

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


class NoSuchTime(ValueError):  # noqa: N818 - an answer, not an error
    """There is no such time on this calendar."""


class NeverOpen(NoSuchTime):
    """The calendar has no open minute for years."""


class TooFar(NoSuchTime):
    """The time lies farther away than anybody counts."""


@dataclass(frozen=True)
class Hours:
    """When a team works, day by day; every instant goes in with its zone and comes out in UTC."""

    zone: ZoneInfo
    week: Week
    shifts: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    breaks: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    closed: Mapping[date, str] = field(default_factory=dict)
    country: str = ""
    region: str = ""
    _periods: dict[date, tuple[Period, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def local_day(self, at: datetime) -> date:
        """The day that the calendar's clocks show."""
        try:
            return at.astimezone(self.zone).date()
        except OverflowError as refused:
            raise TooFar from refused

    def holiday_name(self, day: date, language: str = "en") -> str:
        """What the day is kept for, by us or by the country; blank on any other day."""
        own = self.closed.get(day)
        if own is not None:
            return own or day.isoformat()
        return _public(self.country, self.region, day.year, language).get(day, "") if self.country else ""

    def is_holiday(self, day: date | datetime) -> bool:
        """Whether the day, or the local day of the instant, is a public holiday or one of our own."""
        day = self.local_day(day) if isinstance(day, datetime) else day
        if day in self.closed:
            return True
        return bool(self.country) and day in _public(self.country, self.region, day.year, "en")

    def spans_of(self, day: date) -> tuple[Span, ...]:
        """The open windows of a day by its local clock: a holiday wins over a shift, a shift over the week."""
        return _without(self._hours(day), self.breaks.get(day, ()))

    def is_working_day(self, day: date) -> bool:
        """Whether anybody works on that day."""
        return bool(self.periods_of(day))

    def is_ouvrable(self, day: date) -> bool:
        """Whether the day is one from Monday to Saturday and no holiday, whatever the hours."""
        return day.weekday() != SUNDAY and not self.is_holiday(day)

    def is_on_break(self, at: datetime) -> bool:
        """Whether the local clock stands in a break of that day."""
        local = at.astimezone(self.zone)
        second = local.hour * 3600 + local.minute * 60 + local.second
        return any(begins * 60 <= second < ends * 60 for begins, ends in self.breaks.get(local.date(), ()))

    def is_open(self, at: datetime) -> bool:
        """Whether somebody works at that instant."""
        return any(begins <= at < ends for begins, ends in self.periods_of(self.local_day(at)))

    def periods_of(self, day: date) -> tuple[Period, ...]:
        """The open periods of a local day, in UTC and in order."""
        found = self._periods.get(day)
        if found is None:
            if len(self._periods) >= _MOST_KEPT:
                self._periods.clear()
            found = self._periods[day] = self._in_utc(day)
        return found

    def close_of(self, day: date) -> datetime | None:
        """The last closing of that day, if it is worked at all."""
        periods = self.periods_of(day)
        return periods[-1][1] if periods else None

    def day_begins(self, day: date) -> datetime:
        """The first instant of a local day; where midnight is left out by the clocks, the instant after."""
        return self.instant(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - a local clock

    def instant(self, clock: datetime) -> datetime:
        """When a local clock first shows this; a time that the clocks leave out is the first after it."""
        try:
            at = clock.replace(tzinfo=self.zone).astimezone(UTC)
            if at.astimezone(self.zone).replace(tzinfo=None, fold=0) == clock.replace(fold=0):
                return at
            # Whole seconds, as the clocks change on them.
            second = at.replace(microsecond=0)
            changes = _changes(self.zone, second - 2 * _DAY, second + 2 * _DAY)
        except OverflowError as refused:
            raise TooFar from refused
        at_change = [one for one in changes if one.astimezone(self.zone).replace(tzinfo=None) > clock]
        return at_change[0] if at_change else at

    def _hours(self, day: date) -> tuple[Span, ...]:
        if self.is_holiday(day):
            return ()
        shift = self.shifts.get(day)
        return self.week[day.weekday()] if shift is None else shift

    def _in_utc(self, day: date) -> tuple[Period, ...]:
        """The windows of a day, for each stretch of it in which the clocks run alike."""
        hours, breaks = self._hours(day), self.breaks.get(day, ())
        if not hours:
            return ()
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        try:
            before, after = midnight - _DAY, midnight + 2 * _DAY
        except OverflowError as refused:
            raise TooFar from refused
        cuts = [before, *_changes(self.zone, before, after), after]
        if len(cuts) > 2:
            hours = tuple(self._out_of_gaps(hours, midnight, cuts[1:-1]))
        found: list[Period] = []
        for since, until in pairwise(cuts):
            zero = midnight - _offset(self.zone, since)
            for begins, ends in _without(hours, breaks):
                first, last = max(zero + begins * _MINUTE, since), min(zero + ends * _MINUTE, until)
                if first < last:
                    found.append((first, last))
        return tuple(sorted(found))

    def _out_of_gaps(self, hours: Iterable[Span], midnight: datetime, changes: list[datetime]) -> Iterator[Span]:
        """Windows that open at a time that the clocks leave out open as much later as is left out."""
        for begins, ends in hours:
            for change in changes:
                was, is_now = _offset(self.zone, change - _SECOND), _offset(self.zone, change)
                gap_from, gap_to = (change + was - midnight) // _MINUTE, (change + is_now - midnight) // _MINUTE
                if gap_from <= begins < gap_to:
                    begins += gap_to - gap_from
            if begins < ends:
                yield begins, ends


def _without(spans: Iterable[Span], breaks: Iterable[Span]) -> tuple[Span, ...]:
    left = list(spans)
    for begins, ends in breaks:
        left = [
            piece
            for one in left
            for piece in ((one[0], min(one[1], begins)), (max(one[0], ends), one[1]))
            if piece[0] < piece[1]
        ]
    return tuple(left)


def next_day(day: date, step: int) -> date:
    try:
        return day + step * _DAY
    except OverflowError as refused:
        raise TooFar from refused


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    try:
        return at.astimezone(zone).utcoffset() or timedelta(0)
    except OverflowError as refused:
        raise TooFar from refused


def _changes(zone: ZoneInfo, since: datetime, until: datetime) -> list[datetime]:
    """The instants at which the zone's clocks are put forward or back, to the second."""
    found = []
    low, low_offset = since, _offset(zone, since)
    while low < until:
        high = min(low + _DAY, until)
        high_offset = _offset(zone, high)
        if high_offset != low_offset:
            found.append(_change(zone, low, high))
        low, low_offset = high, high_offset
    return found


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The first second with another offset than at ``low``; at ``high`` it is another."""
    was = _offset(zone, low)
    while high - low > _SECOND:
        middle = low + (high - low) // 2 // _SECOND * _SECOND
        low, high = (middle, high) if _offset(zone, middle) == was else (low, middle)
    return high


@lru_cache(maxsize=2000)
def _public(country: str, region: str, year: int, language: str) -> dict[date, str]:
    """The public holidays of a year, named in the language where the names are known in it."""
    made = holidays.country_holidays(country, subdiv=region or None)
    spoken = [one for one in made.supported_languages or () if one.split("_")[0] == language]
    named = holidays.country_holidays(
        country, subdiv=region or None, years=year, language=spoken[0] if spoken else None
    )
    return dict(named.items())

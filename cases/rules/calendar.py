"""Exact time on a calendar: what is open when, so much open time or so many working days on or back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from cases.rules.hours import Hours, NeverOpen, NoSuchTime, Period, Span, TooFar, Week, next_day

__all__ = ["Calendar", "CalendarProblem", "NeverOpen", "NoSuchTime", "Period", "Problem", "Span", "TooFar", "Week"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = 1440
# After so many closed days in a row, and beyond so many days at all, nothing is looked for any more.
LONGEST_CLOSED = 5 * 366
FARTHEST = 200 * 366

_TIME = re.compile(r"([01]\d|2[0-4]):([0-5]\d)", re.ASCII)
_DAY = timedelta(days=1)


class Problem(StrEnum):
    """What is wrong with a calendar."""

    NOT_A_TIME = "not_a_time"
    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    OVERLAP = "overlap"
    NEVER_OPEN = "never_open"
    UNKNOWN_ZONE = "unknown_zone"
    UNKNOWN_COUNTRY = "unknown_country"
    UNKNOWN_REGION = "unknown_region"


class CalendarProblem(ValueError):  # noqa: N818 - the page says it as a sentence of its own
    """The calendar cannot be so, and where: a day of the week, a date or a field."""

    def __init__(self, code: Problem, where: str = "") -> None:
        super().__init__(code.value, where)
        self.code, self.where = code, where


def parse_spans(value: Any, where: str = "") -> tuple[Span, ...]:
    """The windows of one day out of ``[["09:00", "12:30"], ...]``, in order; windows that touch are one."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise CalendarProblem(Problem.NOT_A_TIME, where)
    spans: list[Span] = []
    for begins, ends in sorted(_window(one, where) for one in value):
        if spans and begins < spans[-1][1]:
            raise CalendarProblem(Problem.OVERLAP, where)
        if spans and begins == spans[-1][1]:
            begins = spans.pop()[0]
        spans.append((begins, ends))
    return tuple(spans)


def parse_week(value: Any) -> Week:
    """The weekly hours out of ``{"mon": [["09:00", "18:00"]], ...}``; a day that is not named is closed."""
    if not isinstance(value, Mapping) or (unknown := set(value) - set(DAYS)):
        raise CalendarProblem(Problem.NOT_A_TIME, str(min(unknown, key=str)) if isinstance(value, Mapping) else "")
    return tuple(parse_spans(value.get(day, ()), day) for day in DAYS)


def parse_days(value: Any) -> dict[date, tuple[Span, ...]]:
    """The hours of single days out of ``{"2026-12-24": [["09:00", "12:00"]], ...}``."""
    if not isinstance(value, Mapping):
        raise CalendarProblem(Problem.NOT_A_TIME)
    return {parse_day(day): parse_spans(spans, str(day)) for day, spans in value.items()}


def parse_day(value: Any) -> date:
    """A date out of ``2026-12-24``."""
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as refused:
        raise CalendarProblem(Problem.NOT_A_TIME, str(value)) from refused


def parse_zone(name: str) -> ZoneInfo:
    """The time zone of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as refused:
        raise CalendarProblem(Problem.UNKNOWN_ZONE, "zone") from refused


def written(spans: Iterable[Span]) -> list[list[str]]:
    """Windows as they are kept and shown: ``[["09:00", "12:30"], ...]``."""
    return [[f"{at // 60:02}:{at % 60:02}" for at in span] for span in spans]


def countries() -> dict[str, list[str]]:
    """Every country whose public holidays are known, with its regions."""
    known = holidays.list_supported_countries(include_aliases=False)
    return {code: list(known[code]) for code in sorted(known)}


def regions(country: str) -> list[str]:
    """The regions of a country that have holidays of their own."""
    return countries().get(country, [])


def build(
    *,
    zone: str,
    week: Any,
    shifts: Any = None,
    breaks: Any = None,
    closed: Any = None,
    country: str = "",
    region: str = "",
) -> Calendar:
    """A calendar out of what is kept as JSON, checked."""
    if country and country not in countries():
        raise CalendarProblem(Problem.UNKNOWN_COUNTRY, "country")
    if region and region not in regions(country):
        raise CalendarProblem(Problem.UNKNOWN_REGION, "region")
    own = {parse_day(day): str(label) for day, label in dict(closed or {}).items()}
    made = Calendar(parse_zone(zone), parse_week(week), parse_days(shifts or {}), parse_days(breaks or {}), own,
                    country, region)  # fmt: skip
    if not any(made.week):
        raise CalendarProblem(Problem.NEVER_OPEN, "week")
    return made


class Calendar(Hours):
    """When a team works, and exact time on it; every instant goes in with its zone and comes out in UTC."""

    def open_periods(self, from_: datetime) -> Iterator[Period]:
        """The open periods from an instant on, the first one cut at it; raises where none comes for years."""
        at = from_.astimezone(UTC)
        day, idle = next_day(self.local_day(at), -1), 0
        while True:
            idle += 1
            for begins, ends in self.periods_of(day):
                if ends > at:
                    idle = 0
                    yield max(begins, at), ends
            if idle > LONGEST_CLOSED:
                raise NeverOpen
            day = next_day(day, 1)

    def open_periods_before(self, until: datetime) -> Iterator[Period]:
        """The open periods up to an instant, the latest first and cut at it."""
        at = until.astimezone(UTC)
        day, idle = next_day(self.local_day(at), 1), 0
        while True:
            idle += 1
            for begins, ends in reversed(self.periods_of(day)):
                if begins < at:
                    idle = 0
                    yield begins, min(ends, at)
            if idle > LONGEST_CLOSED:
                raise NeverOpen
            day = next_day(day, -1)

    def periods(self, from_: datetime, to: datetime) -> list[Period]:
        """The open periods between two instants, cut at both."""
        found: list[Period] = []
        since, until = from_.astimezone(UTC), to.astimezone(UTC)
        day, last = next_day(self.local_day(since), -1), next_day(self.local_day(until), 1)
        while day <= last:
            for begins, ends in self.periods_of(day):
                if begins < until and ends > since:
                    found.append((max(begins, since), min(ends, until)))
            day += _DAY
        return found

    def next_open(self, at: datetime) -> datetime:
        """The first open instant from then on."""
        return next(self.open_periods(at))[0]

    def last_open(self, at: datetime) -> datetime:
        """The instant itself where it is open or just closing, else the last closing before it."""
        return next(self.open_periods_before(at))[1] if not self.is_open(at) else at.astimezone(UTC)

    def add_open(self, start: datetime, seconds: float) -> datetime:
        """The first instant by which so much open time has gone; of none, the first open instant."""
        if seconds < 0:
            return self.subtract_open(start, -seconds)
        left = timedelta(seconds=seconds)
        for begins, ends in self._bounded(self.open_periods(start)):
            if left <= ends - begins:
                return begins + left
            left -= ends - begins
        raise TooFar

    def subtract_open(self, start: datetime, seconds: float) -> datetime:
        """The last instant from which so much open time goes until then."""
        if seconds < 0:
            return self.add_open(start, -seconds)
        if seconds == 0:
            return self.last_open(start)
        left = timedelta(seconds=seconds)
        for begins, ends in self._bounded(self.open_periods_before(start)):
            if left <= ends - begins:
                return ends - left
            left -= ends - begins
        raise TooFar

    def open_seconds(self, start: datetime, end: datetime) -> float:
        """How much open time lies between; none where the end comes first."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if end <= start:
            return 0
        if (end - start) > FARTHEST * _DAY:
            raise TooFar
        return sum((ends - begins for begins, ends in self.periods(start, end)), timedelta(0)).total_seconds()

    def working_day(self, day: date, number: int) -> date:
        """The so-manieth working day after a day, or before it where the number is negative."""
        return self._count(day, number, self.is_working_day)

    def ouvrable(self, day: date, number: int) -> date:
        """The so-manieth day from Monday to Saturday without holidays after a day, or before it."""
        return self._count(day, number, self.is_ouvrable)

    def add_working_days(self, start: datetime, number: int, *, to_opening: bool = False) -> datetime:
        """The same local time so many working days on, or back where the number is negative.

        What does not fall into open time counts as the next opening; counted back it counts as the last closing, or as
        the opening of the day that closed last where ``to_opening`` says so.
        """
        onward = number >= 0
        settle = self.next_open if onward else self._opened if to_opening else self.last_open
        local = settle(start).astimezone(self.zone)
        # A closing at midnight belongs to the day that it ends.
        late = not onward and local.time() == time.min and not self.is_open(local)
        day = self.working_day(local.date() - _DAY if late else local.date(), number)
        clock = datetime.combine(day + _DAY if late else day, local.time().replace(fold=0))
        return settle(self.instant(clock)) if number else settle(start)

    def _opened(self, at: datetime) -> datetime:
        if self.is_open(at):
            return at.astimezone(UTC)
        last = next(self.open_periods_before(at))[0]
        return self.periods_of(self.local_day(last))[0][0]

    @staticmethod
    def _count(day: date, number: int, counts: Callable[[date], bool]) -> date:
        step, left = (1, number) if number >= 0 else (-1, -number)
        idle = 0
        while left:
            day, idle = next_day(day, step), idle + 1
            if counts(day):
                left, idle = left - 1, 0
            elif idle > LONGEST_CLOSED:
                raise NeverOpen
            if left > FARTHEST:
                raise TooFar
        return day

    @staticmethod
    def _bounded(periods: Iterator[Period]) -> Iterator[Period]:
        for count, period in enumerate(periods):
            if count > FARTHEST:
                raise TooFar
            yield period


def _window(value: Any, where: str) -> Span:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise CalendarProblem(Problem.NOT_A_TIME, where)
    begins, ends = (_minutes(one, where) for one in value)
    if begins == MIDNIGHT:
        raise CalendarProblem(Problem.NOT_A_TIME, where)
    if ends <= begins:
        raise CalendarProblem(Problem.ENDS_BEFORE_IT_BEGINS, where)
    return begins, ends


def _minutes(value: Any, where: str) -> int:
    matched = _TIME.fullmatch(value) if isinstance(value, str) else None
    minutes = int(matched[1]) * 60 + int(matched[2]) if matched else MIDNIGHT + 1
    if minutes > MIDNIGHT:
        raise CalendarProblem(Problem.NOT_A_TIME, where)
    return minutes

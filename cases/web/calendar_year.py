"""A year of a calendar, month by month: which day is open, shorter, a shift, a holiday or closed, and why."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.dates import MONTHS
from django.utils.formats import number_format
from django.utils.translation import gettext, gettext_lazy

from cases.rules.calendar import Calendar
from cases.web import calendar_words as words

OPEN, SHIFT, SHORT, HOLIDAY, CLOSED = "open", "shift", "short", "holiday", "closed"
KINDS = {
    OPEN: gettext_lazy("open as usual"),
    SHIFT: gettext_lazy("hours of its own"),
    SHORT: gettext_lazy("shorter than usual"),
    HOLIDAY: gettext_lazy("holiday"),
    CLOSED: gettext_lazy("closed"),
}
# Where a day stands in the picture of its month: seven columns of 24, the weeks below each other.
SIDE = 24
HEAD = 16
_DAY = timedelta(days=1)
_FULL_DAY = 24


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the year, and where its square stands."""

    date: date
    kind: str
    name: str
    hours: str
    seconds: float
    length: float
    is_today: bool
    x: int
    y: int

    @property
    def words(self) -> str:
        """Everything there is to say of it: Mon 25 May: holiday, Whit Monday."""
        said = [str(KINDS[self.kind]), self.name, self.hours if self.seconds else "", self.clocks]
        return f"{words.day(self.date)}: {', '.join(filter(None, said))}"

    @property
    def clocks(self) -> str:
        """That the clocks change on it, if they do."""
        if self.length == _FULL_DAY:
            return ""
        return gettext("the clocks change: a day of %(n)s hours") % {"n": number_format(f"{self.length:g}")}

    @property
    def is_special(self) -> bool:
        """Whether it stands in the list below the months."""
        return self.kind in {SHIFT, SHORT, HOLIDAY} or bool(self.clocks)


@dataclass(frozen=True, slots=True)
class Month:
    """The squares of a month, and what they come to."""

    name: str
    days: list[Day] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long it is open."""
        return sum(day.seconds for day in self.days)

    @property
    def open_hours(self) -> str:
        """How long it is open, in hours."""
        return words.long(self.seconds) if self.seconds else ""

    @property
    def working_days(self) -> int:
        """On how many days it is open."""
        return sum(1 for day in self.days if day.seconds)

    @property
    def height(self) -> int:
        """How much room the weeks take."""
        return self.days[-1].y + SIDE


@dataclass(frozen=True, slots=True)
class Year:
    """Twelve months, and the days to be told of one by one."""

    number: int
    months: list[Month]

    @property
    def special(self) -> list[Day]:
        """The days that are not like the others of their weekday."""
        return [day for month in self.months for day in month.days if day.is_special]

    @property
    def open_hours(self) -> str:
        """How long it is open in the year."""
        return words.long(sum(month.seconds for month in self.months))

    @property
    def working_days(self) -> int:
        """On how many days of the year it is open."""
        return sum(month.working_days for month in self.months)


def year_of(calendar: Calendar, number: int, *, today: date, labels: Mapping[date, str], language: str) -> Year:
    """A year as the calendar has it; labels are our own names of single days."""
    months = []
    for month in range(1, 13):
        first = date(number, month, 1)
        dates = [first + n * _DAY for n in range(monthrange(number, month)[1])]
        found = [_day(calendar, one, first.weekday(), today, labels.get(one, ""), language) for one in dates]
        months.append(Month(str(MONTHS[month]), found))
    return Year(number, months)


def _day(calendar: Calendar, value: date, offset: int, today: date, label: str, language: str) -> Day:
    row, column = divmod(value.day - 1 + offset, 7)
    periods = calendar.periods_of(value)
    seconds = sum((ends - begins).total_seconds() for begins, ends in periods)
    length = calendar.day_begins(value + _DAY) - calendar.day_begins(value)
    return Day(
        date=value,
        kind=_kind(calendar, value, seconds),
        name=label or calendar.holiday_name(value, language),
        hours=words.hours(calendar.spans_of(value)),
        seconds=seconds,
        length=length.total_seconds() / 3600,
        is_today=value == today,
        x=column * SIDE,
        y=HEAD + row * SIDE,
    )


def _kind(calendar: Calendar, value: date, seconds: float) -> str:
    if calendar.is_holiday(value):
        return HOLIDAY
    usual = calendar.week[value.weekday()]
    is_own = calendar.spans_of(value) != usual
    if not seconds:
        return CLOSED
    if is_own and seconds < sum(ends - begins for begins, ends in usual) * 60:
        return SHORT
    return SHIFT if is_own else OPEN

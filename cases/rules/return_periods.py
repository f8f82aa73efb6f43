"""The periods that are returned and frozen: half-years, quarters and months, each by its short name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cases import errors
from cases.rules import periods
from cases.rules.periods import FIRST_YEAR, LAST_YEAR
from cases.rules.returns import Period, months_later

HALF, QUARTER, MONTH = 6, 3, 1
_NAME = re.compile(r"(\d{4})-(?:H([12])|Q([1-4])|(0[1-9]|1[0-2]))", re.ASCII)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """So many whole months from a first day on, by the clocks of a zone."""

    first: date
    length: int
    zone: str

    @property
    def after(self) -> date:
        """The first day that is no longer part of it."""
        return months_later(self.first, self.length)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.after - _DAY

    @property
    def number(self) -> int:
        """Which half-year, quarter or month of its year it is."""
        return (self.first.month - 1) // self.length + 1

    @property
    def name(self) -> str:
        """Its short name: 2026-H1, 2026-Q3, 2026-09."""
        mark = {HALF: "H", QUARTER: "Q"}.get(self.length)
        return f"{self.first.year}-{mark}{self.number}" if mark else f"{self.first.year}-{self.number:02}"

    @property
    def asked(self) -> periods.Period:
        """As reports ask for it."""
        return periods.of_days(self.first, self.after, self.zone)

    @property
    def counted(self) -> Period:
        """As returns count it."""
        asked = self.asked
        return Period(asked.start, asked.end, periods.of_zone(self.zone))

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended by then."""
        return self.asked.end <= now

    def earlier(self, number: int) -> Span:
        """The one as long, so many before it."""
        return Span(months_later(self.first, -number * self.length), self.length, self.zone)


def of_name(name: str, zone: str) -> Span:
    """The period of that short name; raises UnknownPeriod, UnknownZone."""
    periods.of_zone(zone)
    found = _NAME.fullmatch(name)
    if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        raise errors.UnknownPeriod(name=name)
    for place, length in ((2, HALF), (3, QUARTER), (4, MONTH)):
        if found[place]:
            return Span(date(int(found[1]), (int(found[place]) - 1) * length + 1, 1), length, zone)
    raise errors.UnknownPeriod(name=name)


def of_days(first: date, last: date, zone: str) -> Span:
    """The period from one day to another, as it is kept; raises UnknownPeriod where it is none of these."""
    after = last + _DAY
    length = (after.year - first.year) * 12 + after.month - first.month
    if first.day != 1 or after.day != 1 or length not in {HALF, QUARTER, MONTH} or (first.month - 1) % length:
        raise errors.UnknownPeriod(name=f"{first} – {last}")
    return Span(first, length, zone)


def current(length: int, now: datetime, zone: str) -> Span:
    """The one that is going on."""
    today = now.astimezone(periods.of_zone(zone)).date()
    return Span(date(today.year, (today.month - 1) // length * length + 1, 1), length, zone)

"""Where authority is missing, as plain values: the days looked at, round limits, and bands of amounts around limits."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

LONGEST_DAYS = 1100
MOST_BANDS = 7
# Every round amount a limit can be proposed at, smallest first: the figures that people set limits to.
LADDER = [
    *map(Decimal, (1, 2, 3, 4, 5, 6, 8)),
    *(Decimal(figure * 10**power) for power in range(13) for figure in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)),
]
# Bounds nearer to each other than this tell nothing apart.
_NEAR = Decimal("1.2")


class Preset(StrEnum):
    """A span of days that needs no dates."""

    DAYS_30 = "30"
    DAYS_90 = "90"
    THIS_MONTH = "month"
    LAST_MONTH = "last-month"
    THIS_YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """Days of a brand's time zone, both included."""

    first: date
    last: date
    zone: str

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def starts_at(self) -> datetime:
        """The first instant of the first day."""
        return _midnight(self.first, self.zone)

    @property
    def ends_at(self) -> datetime:
        """The first instant after the last day."""
        return _midnight(self.last + timedelta(days=1), self.zone)

    @property
    def before(self) -> Period:
        """As many days right before."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1), self.zone)


def _midnight(day: date, zone: str) -> datetime:
    # In UTC, because two instants of one zone are compared by their clocks and not by the time between them.
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def period(preset: str, first: date | None, last: date | None, *, today: date, zone: str) -> Period:
    """The days of a preset, or from one day to another; the wrong way round is turned, too long is cut."""
    if first is None and last is None:
        first, last = _of_preset(preset, today)
    first, last = first or last or today, last or today
    first, last = min(first, last), max(first, last)
    return Period(max(first, last - timedelta(days=LONGEST_DAYS - 1)), last, zone)


def _of_preset(preset: str, today: date) -> tuple[date, date]:
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    return {
        Preset.DAYS_30: (today - timedelta(days=29), today),
        Preset.THIS_MONTH: (month, today),
        Preset.LAST_MONTH: (before.replace(day=1), before),
        Preset.THIS_YEAR: (today.replace(month=1, day=1), today),
    }.get(Preset(preset) if preset in set(Preset) else Preset.DAYS_90, (today - timedelta(days=89), today))


def next_monday(today: date) -> date:
    """The first Monday after today."""
    return today + timedelta(days=7 - today.weekday())


def round_up(amount: Decimal) -> Decimal:
    """The smallest round amount that is not below this one."""
    return LADDER[min(bisect_left(LADDER, amount), len(LADDER) - 1)]


def bounds(kept: Collection[Decimal], limits: Collection[Decimal], largest: Decimal | None) -> list[Decimal]:
    """Where one band of amounts ends and the next begins: what is looked at, other limits, round amounts around them.

    An amount that is a bound belongs to the band below it, as a limit allows exactly its amount. At most six, or what
    has to be ``kept``.
    """
    found = sorted({bound for bound in kept if bound > 0})
    top = max([*found, largest or Decimal(0)])
    start = (
        found[0] if found else min([limit for limit in limits if 0 < limit <= top], default=(top or Decimal(100)) / 8)
    )
    for wanted in (*_around(start, found, top), *sorted(limits)):
        if len(found) < MOST_BANDS - 1 and 0 < wanted <= top and all(_apart(wanted, bound) for bound in found):
            found.append(wanted)
    return sorted(found)


def _around(start: Decimal, kept: list[Decimal], top: Decimal) -> Iterable[Decimal]:
    """Amounts by how much they tell: half the lowest, the middle of what is looked at, doublings up to the largest."""
    yield round_up(start / 2)
    yield start
    for low, high in pairwise(kept):
        yield round_up((low * high).sqrt())
    step = round_up(max([start, *kept]) * Decimal("1.5"))
    while step < top:
        yield step
        step = round_up(step * 2)


def _apart(one: Decimal, other: Decimal) -> bool:
    return max(one, other) >= _NEAR * min(one, other)

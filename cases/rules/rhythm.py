"""When something that goes out regularly goes out next: daily, weekly or monthly, at an hour of a zone's clocks."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cases import errors
from cases.rules.hours import Hours
from cases.rules.periods import of_zone
from cases.vocabulary import Rhythm

# Every month has these days; any later one is its last.
LAST_SURE_DAY, LAST_DAY = 28, 31
_DAY = timedelta(days=1)
# From the day before, because an hour may be left out until the next day, to a month with all its days.
_FAR = 64


@dataclass(frozen=True, slots=True)
class Beat:
    """How often and when: ``weekday`` (Monday is 0) is of a week, ``day`` (1 to 28, or ``LAST_DAY``) of a month."""

    rhythm: Rhythm
    hour: int
    zone: str
    weekday: int = 0
    day: int = 1

    def __post_init__(self) -> None:
        of_zone(self.zone)
        days = {*range(1, LAST_SURE_DAY + 1), LAST_DAY}
        if self.hour not in range(24) or self.weekday not in range(7) or self.day not in days:
            raise errors.NoSuchBeat


def following(beat: Beat, after: datetime) -> datetime:
    """The first time after an instant, in UTC.

    An hour that the clocks leave out is the first after it, one that they show twice the first of the two.
    """
    clock = Hours(of_zone(beat.zone), ())
    day = clock.local_day(after) - _DAY
    for _ in range(_FAR):
        if _falls_on(beat, day):
            at = clock.instant(datetime(day.year, day.month, day.day, beat.hour))  # noqa: DTZ001 - a local clock
            if at > after:
                return at
        day += _DAY
    raise AssertionError(beat)


def _falls_on(beat: Beat, day: date) -> bool:
    if beat.rhythm == Rhythm.WEEKLY:
        return day.weekday() == beat.weekday
    if beat.rhythm == Rhythm.MONTHLY:
        return day.day == min(beat.day, monthrange(day.year, day.month)[1])
    return True

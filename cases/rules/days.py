"""Days counted from an instant: of the calendar, or those that people work."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from cases.rules import deadlines
from cases.rules.calendar import Calendar, NoSuchTime
from cases.vocabulary import DayUnit, Unit

_FRIDAY = 4


def after(at: datetime, days: int, unit: str, zone: tzinfo, working: Calendar | None = None) -> datetime:
    """The same time of day so many days later, where the zone's clocks show it; working days are the calendar's, or
    Monday to Friday where there is none.
    """
    if unit == DayUnit.WORKING and days > 0 and working is not None:
        try:
            return deadlines.add(at, days, Unit.WORKING_DAY, working).astimezone(at.tzinfo)
        except NoSuchTime:
            # A calendar that is closed for years gives no date; the weekdays do.
            pass
    local = at.astimezone(zone)
    if unit != DayUnit.WORKING or days == 0:
        return (local + timedelta(days=days)).astimezone(at.tzinfo)
    # What comes in at a weekend counts from the Friday before it.
    start = local - timedelta(days=max(0, local.weekday() - _FRIDAY))
    weeks, rest = divmod(days, 5)
    weekend = 2 if start.weekday() + rest > _FRIDAY else 0
    return (start + timedelta(days=7 * weeks + rest + weekend)).astimezone(at.tzinfo)

"""Days counted from an instant: of the calendar, or those that people work."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from cases.vocabulary import DayUnit

_FRIDAY = 4


def after(at: datetime, days: int, unit: str, zone: tzinfo) -> datetime:
    """The same time of day so many days later, where the zone's clocks show it; a weekend is no working day."""
    local = at.astimezone(zone)
    if unit != DayUnit.WORKING or days == 0:
        return (local + timedelta(days=days)).astimezone(at.tzinfo)
    # What comes in at a weekend counts from the Friday before it.
    start = local - timedelta(days=max(0, local.weekday() - _FRIDAY))
    weeks, rest = divmod(days, 5)
    weekend = 2 if start.weekday() + rest > _FRIDAY else 0
    return (start + timedelta(days=7 * weeks + rest + weekend)).astimezone(at.tzinfo)

"""What a rule that waits for the clock watches, and up to which instant it has become due."""

from __future__ import annotations

from datetime import UTC, datetime

from cases.rules import deadlines
from cases.rules.calendar import Calendar
from cases.rules.escalation import Trigger
from cases.rules.hours import NoSuchTime
from cases.vocabulary import When

# Before everything: a rule that acts on what was due already begins to look here.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
BY_CLOCK = frozenset({When.DEADLINE, When.LASTED})


def watched(trigger: Trigger) -> str:
    """The goal or the standing that a rule watches; blank for any goal, and where it waits for what happens."""
    return trigger.goal or trigger.standing or ""


def threshold(trigger: Trigger, at: datetime, calendar: Calendar) -> datetime:
    """Up to which due date, or beginning of a standing, the rule's time has come; long ago where it never comes."""
    if trigger.offset_unit is None:
        return at
    count = deadlines.add if trigger.before else deadlines.subtract
    try:
        return max(LONG_AGO, count(at, trigger.offset_amount, trigger.offset_unit, calendar))
    except NoSuchTime:
        return LONG_AGO


def falls_at(trigger: Trigger, watched_at: datetime, calendar: Calendar) -> datetime | None:
    """When a rule's time comes for a due date, or a standing that began then; None where it never does."""
    if trigger.offset_unit is None:
        return watched_at
    count = deadlines.subtract if trigger.before else deadlines.add
    try:
        return count(watched_at, trigger.offset_amount, trigger.offset_unit, calendar)
    except NoSuchTime:
        return None

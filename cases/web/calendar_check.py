"""An amount of time counted before one's eyes: the answer, how it came about, and the open periods that were used."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils.translation import gettext, gettext_lazy, ngettext

from cases.rules import deadlines
from cases.rules.calendar import Calendar, NeverOpen, NoSuchTime
from cases.rules.hours import Period
from cases.vocabulary import Unit
from cases.web import calendar_words as words
from cases.web import policy_words

MOST_ROWS = 40
FARTHEST = timedelta(days=3660)
TOO_FAR = gettext_lazy("That is farther away than anybody counts.")
_BY_OPEN_TIME = {Unit.OPEN_MINUTE, Unit.OPEN_HOUR}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the counting: a day, what was open or counted of it, and what it comes to so far."""

    day: str
    what: str
    so_far: str


@dataclass(frozen=True, slots=True)
class Counted:
    """An answer with its counting."""

    answer: str
    machine: str
    sentence: str
    steps: list[Step] = field(default_factory=list)
    beyond: int = 0


class NoAnswer(Exception):  # noqa: N818 - an answer, not an error
    """The calendar knows no such time; the message says why."""


def added(calendar: Calendar, start: datetime, amount: int, unit: Unit, *, end_of_day: bool) -> Counted:
    """So much time on from an instant by the calendar's clocks."""
    try:
        at = calendar.instant(start)
        ends = deadlines.add(at, amount, unit, calendar, end_of_day=end_of_day)
    except NeverOpen as refused:
        raise NoAnswer(gettext("This calendar is not open for years from then on.")) from refused
    except NoSuchTime as refused:
        raise NoAnswer(TOO_FAR) from refused
    how_much = policy_words.amount(abs(amount), unit)
    said = (
        gettext("%(amount)s from %(start)s reach to %(end)s.")
        if amount >= 0
        else gettext("%(amount)s before %(start)s are counted back to %(end)s.")
    )
    facts = {"amount": how_much, "start": words.exact(at, calendar.zone), "end": words.exact(ends, calendar.zone)}
    first, last = min(at, ends), max(at, ends)
    steps = _counting(calendar, first, last, unit) if last - first <= FARTHEST else []
    return _shown(words.exact(ends, calendar.zone), ends.astimezone(calendar.zone).isoformat(), said % facts, steps)


def between(calendar: Calendar, start: datetime, end: datetime) -> Counted:
    """The time between two instants by the calendar's clocks: open, in working days, and by the clock."""
    try:
        first, last = calendar.instant(start), calendar.instant(end)
    except NoSuchTime as refused:
        raise NoAnswer(TOO_FAR) from refused
    if last < first:
        raise NoAnswer(gettext("This comes before the beginning."))
    if last - first > FARTHEST:
        raise NoAnswer(gettext("Choose at most ten years."))
    open_time = timedelta(seconds=calendar.open_seconds(first, last))
    worked = len({calendar.local_day(begins) for begins, _ends in calendar.periods(first, last)})
    facts = {
        "start": words.exact(first, calendar.zone),
        "end": words.exact(last, calendar.zone),
        "open": words.long(open_time),
        "days": words.days(worked),
        "all": words.long(last - first),
    }
    said = gettext("From %(start)s to %(end)s: %(open)s open, on %(days)s; %(all)s by the clock.") % facts
    steps = _counting(calendar, first, last, Unit.OPEN_HOUR)
    return _shown(gettext("%(open)s open") % facts, f"PT{round(open_time.total_seconds())}S", said, steps)


def _shown(answer: str, machine: str, sentence: str, steps: list[Step]) -> Counted:
    return Counted(answer, machine, sentence, steps[:MOST_ROWS], max(len(steps) - MOST_ROWS, 0))


def _counting(calendar: Calendar, first: datetime, last: datetime, unit: Unit) -> list[Step]:
    """The open periods where open time is counted, the days that count where days are; nothing for the clock's."""
    if unit in _BY_OPEN_TIME:
        return _by_period(calendar, calendar.periods(first, last))
    if unit not in {Unit.WORKING_DAY, Unit.OUVRABLE}:
        return []
    day, ends, count, steps = calendar.local_day(first), calendar.local_day(last), 0, []
    while day <= ends:
        counts = calendar.is_working_day(day) if unit == Unit.WORKING_DAY else calendar.is_ouvrable(day)
        is_first = day == calendar.local_day(first)
        if counts and not is_first:
            count += 1
        so_far = words.days(count) if unit == Unit.WORKING_DAY else ngettext("%(n)d day", "%(n)d days", count)
        what = _why(calendar, day, counts=counts, is_first=is_first)
        steps.append(Step(words.day(day), what, so_far % {"n": count}))
        day += timedelta(days=1)
    return steps


def _why(calendar: Calendar, day: date, *, counts: bool, is_first: bool) -> str:
    if is_first:
        return gettext("the first day")
    if counts:
        return gettext("counts")
    name = calendar.holiday_name(day)
    return gettext("does not count: %(why)s") % {"why": name} if name else gettext("does not count: closed")


def _by_period(calendar: Calendar, periods: list[Period]) -> list[Step]:
    total, steps = timedelta(0), []
    for day, found in groupby(periods, key=lambda period: calendar.local_day(period[0])):
        parts = []
        for begins, ends in found:
            total += ends - begins
            parts.append(f"{words.clock(begins, calendar.zone)}–{words.clock(ends, calendar.zone)}")
        steps.append(Step(words.day(day), ", ".join(parts), words.long(total)))
    return steps

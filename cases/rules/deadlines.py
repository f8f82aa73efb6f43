"""By when something must have happened: amounts of time in every unit, what a policy asks for, and how a row stands."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from cases.rules.calendar import Calendar, NoSuchTime, TooFar
from cases.vocabulary import NEVER, Due, Ended, EventKind, Goal, Needs, Sort, Start, Unit

Identity = tuple[int | None, int | None, int]  # policy, promise, round

_DAY = timedelta(days=1)
_SECONDS = {Unit.MINUTE: 60, Unit.HOUR: 3600, Unit.OPEN_MINUTE: 60, Unit.OPEN_HOUR: 3600}
_BY_OPEN_TIME = frozenset({Unit.OPEN_MINUTE, Unit.OPEN_HOUR})
_BY_SINGLE_DAYS = frozenset({Unit.WORKING_DAY, Unit.OUVRABLE, Unit.DAY})


@dataclass(frozen=True, slots=True)
class Policy:
    """Which deadline a sort of case has; an empty set means any.

    Nothing begins under it before ``since`` or from ``until`` on, but what has begun goes on.
    """

    key: int
    goal: Goal
    start: Start
    amount: int
    unit: Unit
    end_of_day: bool = False
    next_day_counts: bool = False
    pauses: bool = False
    again: bool = False
    superseded_by_answer: bool = False
    categories: frozenset[int] = frozenset()
    severities: frozenset[int] = frozenset()
    sorts: frozenset[Sort] = frozenset()
    extends: Needs = Needs.NEVER
    extend_amount: int = 0
    extend_unit: Unit | None = None
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, category: int | None, severity: int | None, sort: Sort) -> bool:
        """Whether a case of that category, severity and sort of complainant stands under it."""
        return (
            (not self.categories or category in self.categories)
            and (not self.severities or severity in self.severities)
            and (not self.sorts or sort in self.sorts)
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """What a policy asks of a case; category and severity are what they are now, the journal says what they were."""

    posted_at: datetime
    received_at: datetime
    category: int | None
    severity: int | None
    sort: Sort
    is_public: bool = True


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the case's journal."""

    kind: EventKind
    at: datetime
    event: int
    by_person: bool
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One deadline of a case, from a policy or a promise, and what became of it."""

    policy: int | None
    promise: int | None
    goal: Goal
    round: int
    started_at: datetime
    first_due_at: datetime
    due_at: datetime
    paused_at: datetime | None = None
    paused_seconds: int = 0
    met_at: datetime | None = None
    met_by: int | None = None
    missed_at: datetime | None = None
    ended_at: datetime | None = None
    ended: Ended | str = ""

    @property
    def identity(self) -> Identity:
        """What makes it the same deadline when it is computed again."""
        return self.policy, self.promise, self.round

    @property
    def is_settled(self) -> bool:
        """Whether nothing has to meet it any more."""
        return self.met_at is not None or self.ended_at is not None


def add(start: datetime, amount: int, unit: Unit, calendar: Calendar, *, end_of_day: bool = False) -> datetime:
    """The instant so much later, in UTC; in minutes and hours there is no end of the day to wait for.

    At the end of the day it is the close of the last working day, and 24:00 of the last day in the other units; the
    days then begin to count on the day after the start.
    """
    if amount < 0:
        return subtract(start, -amount, unit, calendar)
    try:
        if unit in _BY_OPEN_TIME:
            return calendar.add_open(start, amount * _SECONDS[unit])
        if unit in _SECONDS:
            return start.astimezone(UTC) + timedelta(seconds=amount * _SECONDS[unit])
        return _end_of(start, amount, unit, calendar) if end_of_day else _same_time(start, amount, unit, calendar)
    except OverflowError as refused:
        raise TooFar from refused


def subtract(end: datetime, amount: int, unit: Unit, calendar: Calendar) -> datetime:
    """The instant so much earlier, in UTC: what ``add`` takes to the end."""
    if amount < 0:
        return add(end, -amount, unit, calendar)
    try:
        if unit in _BY_OPEN_TIME:
            return calendar.subtract_open(end, amount * _SECONDS[unit])
        if unit in _SECONDS:
            return end.astimezone(UTC) - timedelta(seconds=amount * _SECONDS[unit])
        return _same_time(end, -amount, unit, calendar, back=True)
    except OverflowError as refused:
        raise TooFar from refused


def begins(policy: Policy, at: datetime, calendar: Calendar) -> datetime:
    """From when a policy counts what happened at an instant."""
    day = calendar.local_day(at)
    if policy.next_day_counts:
        close = calendar.close_of(day)
        at = at if close is not None and at < close else calendar.next_open(at)
    if policy.start == Start.NEXT_DAY:
        day = calendar.working_day(calendar.local_day(at), 1)
        at = calendar.periods_of(day)[0][0]
    return at.astimezone(UTC)


def due(policy: Policy, started_at: datetime, calendar: Calendar) -> datetime:
    """By when, of what counts from then; never, where the calendar knows no such time."""
    # The day after receipt is itself the first of the days that are counted to their end.
    is_first = policy.start == Start.NEXT_DAY and policy.end_of_day and policy.unit in _BY_SINGLE_DAYS
    try:
        return add(started_at, policy.amount - is_first, policy.unit, calendar, end_of_day=policy.end_of_day)
    except NoSuchTime:
        return NEVER


def pause_between(policy: Policy, paused_at: datetime, until: datetime, calendar: Calendar) -> float:
    """How many seconds of a pause the policy counts: open time where it counts open time, else all."""
    if policy.unit in _BY_OPEN_TIME:
        return calendar.open_seconds(paused_at, until)
    return max(0.0, (until.astimezone(UTC) - paused_at.astimezone(UTC)).total_seconds())


def moved_by_pauses(policy: Policy, due_at: datetime, seconds: float, calendar: Calendar) -> datetime:
    """The date that much later; one in working days then falls into working time again, never before."""
    if not seconds or due_at == NEVER:
        return due_at
    try:
        if policy.unit in _BY_OPEN_TIME:
            return calendar.add_open(due_at, seconds)
        moved = due_at.astimezone(UTC) + timedelta(seconds=seconds)
        if policy.unit != Unit.WORKING_DAY:
            return moved
        return add(_in_its_day(policy, moved), 0, policy.unit, calendar, end_of_day=policy.end_of_day)
    except (NoSuchTime, OverflowError):
        return NEVER


class CannotExtend(StrEnum):
    """Why a deadline cannot have a later date."""

    NEVER = "never"
    SETTLED = "settled"
    TOO_LATE = "too_late"
    ALREADY = "already"
    REASON = "reason"
    NOTICE = "notice"


def extended_until(policy: Policy, row: Row, calendar: Calendar) -> datetime:
    """The latest date that an extension can give: counted from the first one, and later by what was paused."""
    if policy.extend_unit is None:
        return row.due_at
    try:
        first = _in_its_day(policy, row.first_due_at)
        until = add(first, policy.extend_amount, policy.extend_unit, calendar, end_of_day=policy.end_of_day)
    except NoSuchTime:
        return row.due_at
    return moved_by_pauses(policy, until, row.paused_seconds, calendar)


def may_extend(
    policy: Policy,
    row: Row,
    now: datetime,
    has_reason: bool,
    told_at: datetime | None,
    *,
    until: datetime | None = None,
) -> CannotExtend | None:
    """Why it cannot be extended now, or nothing; notice counts only if it was given before the date."""
    if policy.extends == Needs.NEVER:
        return CannotExtend.NEVER
    if row.is_settled:
        return CannotExtend.SETTLED
    if how(row, now) == Due.LATE:
        return CannotExtend.TOO_LATE
    if until is not None and until <= row.due_at:
        return CannotExtend.ALREADY
    if not has_reason:
        return CannotExtend.REASON
    if policy.extends == Needs.NOTICE and (told_at is None or told_at > now or told_at >= row.due_at):
        return CannotExtend.NOTICE
    return None


def how(row: Row, now: datetime) -> Due:
    """How the deadline stands; whether anybody has looked at it since makes no difference."""
    if row.met_at is not None:
        return Due.MET_LATE if row.missed_at is not None else Due.MET
    if row.ended_at is not None:
        return Due.ENDED
    if row.missed_at is not None:
        return Due.LATE
    if row.paused_at is not None:
        return Due.PAUSED
    return Due.LATE if row.due_at <= now else Due.OPEN


def nearest(rows: Iterable[Row], now: datetime) -> Row | None:
    """The one to look at: of those that something still has to meet the earliest, what is paused last."""
    open_ones = [row for row in rows if not row.is_settled]
    return min(open_ones, key=lambda row: (how(row, now) == Due.PAUSED, row.due_at), default=None)


def _in_its_day(policy: Policy, due_at: datetime) -> datetime:
    """24:00 belongs to the day that it ends."""
    return due_at - timedelta(microseconds=1) if policy.end_of_day else due_at


def _end_of(start: datetime, amount: int, unit: Unit, calendar: Calendar) -> datetime:
    day = calendar.local_day(start)
    if unit == Unit.WORKING_DAY:
        close = calendar.close_of(day) if amount == 0 else None
        if close is not None and start <= close:
            return close
        return calendar.periods_of(calendar.working_day(day, max(amount, 1)))[-1][1]
    if unit == Unit.OUVRABLE:
        day = day if amount == 0 and calendar.is_ouvrable(day) else calendar.ouvrable(day, max(amount, 1))
    else:
        day = _on(datetime.combine(day, datetime.min.time()), amount, unit).date()
    return calendar.day_begins(day + _DAY)


def _same_time(start: datetime, amount: int, unit: Unit, calendar: Calendar, *, back: bool = False) -> datetime:
    if unit == Unit.WORKING_DAY:
        if amount == 0:
            return calendar.last_open(start) if back else calendar.next_open(start)
        return calendar.add_working_days(start, amount)
    if unit == Unit.OUVRABLE:
        return _ouvrable(start, amount, calendar, back=back)
    if amount == 0:
        return start.astimezone(UTC)
    return calendar.instant(_on(start.astimezone(calendar.zone).replace(tzinfo=None, fold=0), amount, unit))


def _ouvrable(start: datetime, amount: int, calendar: Calendar, *, back: bool) -> datetime:
    """The same time so many such days on; a day that is none counts as the next one's first instant, or as the end of
    the one before where days are counted back.
    """
    local = start.astimezone(calendar.zone).replace(tzinfo=None, fold=0)
    if calendar.is_ouvrable(local.date()):
        if amount == 0:
            return start.astimezone(UTC)
        return calendar.instant(datetime.combine(calendar.ouvrable(local.date(), amount), local.time()))
    if back:
        return calendar.day_begins(calendar.ouvrable(local.date(), amount - 1) + _DAY)
    return calendar.day_begins(calendar.ouvrable(local.date(), amount + 1))


def _on(clock: datetime, amount: int, unit: Unit) -> datetime:
    """A local clock so many days, weeks or months on; the 31st of a shorter month is its last day."""
    if unit != Unit.MONTH:
        return clock + timedelta(days=amount * (7 if unit == Unit.WEEK else 1))
    year, month = divmod(clock.year * 12 + clock.month - 1 + amount, 12)
    if not 1 <= year <= 9999:
        raise TooFar
    return clock.replace(year=year, month=month + 1, day=min(clock.day, monthrange(year, month + 1)[1]))

"""Complaints as the French ACPR asks of firms to follow them, recommendation 2024-R-02."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo

from cases.rules.returns import (
    BusinessDeadline,
    Complaint,
    Period,
    Standing,
    left_out,
    months_later,
    outstanding,
    standing,
)
from cases.rules.returns_tables import (
    BALANCE,
    Counting,
    Marked,
    Return,
    by_causes,
    made,
)
from cases.vocabulary import Outcome
from cases.vocabulary.returns import Counted, ReturnName

ACKNOWLEDGED_IN_DAYS = 10
ANSWERED_IN_MONTHS = 2

ACKNOWLEDGEMENTS = (
    Counted.ACKNOWLEDGED_IN_TIME,
    Counted.ANSWERED_INSTEAD,
    Counted.ACKNOWLEDGED_LATE,
    Counted.NOT_ACKNOWLEDGED,
    Counted.ACKNOWLEDGEMENT_DUE,
)
ANSWERS = (Counted.ANSWERED_IN_TIME, Counted.ANSWERED_LATE_TOLD, Counted.ANSWERED_LATE_UNTOLD)
OVERDUE = (Counted.OVERDUE_TOLD, Counted.OVERDUE_UNTOLD)
OUTCOMES = (Counted.ACCEPTED, Counted.PARTLY_ACCEPTED, Counted.REFUSED, Counted.SETTLED, Counted.UNDECIDED)
MEDIATOR = (Counted.MEDIATOR_NAMED, Counted.REFUSED_WITH_MEDIATOR, Counted.REFUSED_WITHOUT_MEDIATOR)
COLUMNS = (*BALANCE, *ACKNOWLEDGEMENTS, Counted.ANSWERED, *ANSWERS, *OVERDUE, *OUTCOMES, *MEDIATOR)

_OUTCOMES = {
    Outcome.UPHELD: Counted.ACCEPTED,
    Outcome.PARTLY_UPHELD: Counted.PARTLY_ACCEPTED,
    Outcome.REJECTED: Counted.REFUSED,
    Outcome.SETTLED: Counted.SETTLED,
}
_REFUSALS = frozenset({Outcome.PARTLY_UPHELD, Outcome.REJECTED})


def acpr(complaints: Iterable[Complaint], period: Period, as_of: datetime, working: BusinessDeadline) -> Return:
    """The return for a period, as known at an instant; causes are what the firm has to put right."""
    return made(counting(period, as_of, working), period, as_of, complaints)


def counting(period: Period, as_of: datetime, working: BusinessDeadline) -> Counting:
    """How it counts."""
    return Counting(ReturnName.ACPR, lambda one: _marked(one, period, as_of, working), by_causes(COLUMNS))


def sent_at(complaint: Complaint) -> datetime:
    """From when both times count: the sending, however late it reached us."""
    return min(complaint.posted_at or complaint.received_at, complaint.received_at)


def acknowledged(complaint: Complaint, as_of: datetime, working: BusinessDeadline) -> Counted:
    """Whether the receipt was acknowledged within 10 working days of the sending, unless an answer came as soon."""
    due_at = working(sent_at(complaint), ACKNOWLEDGED_IN_DAYS)
    told, answered = complaint.acknowledged_at, complaint.final_answer_at
    if told is not None and told <= due_at:
        return Counted.ACKNOWLEDGED_IN_TIME
    if answered is not None and answered <= due_at:
        return Counted.ANSWERED_INSTEAD
    if told is not None:
        return Counted.ACKNOWLEDGED_LATE
    return Counted.NOT_ACKNOWLEDGED if as_of > due_at or answered is not None else Counted.ACKNOWLEDGEMENT_DUE


def is_overdue(complaint: Complaint, at: datetime, zone: tzinfo) -> bool:
    """Whether an instant lies after the 2 months from the sending."""
    return at.astimezone(zone).date() > months_later(sent_at(complaint).astimezone(zone).date(), ANSWERED_IN_MONTHS)


def was_told(complaint: Complaint, zone: tzinfo) -> bool:
    """Whether the complainant was told of the delay before the 2 months were over; afterwards is too late."""
    told = complaint.told_of_delay_at
    return told is not None and not is_overdue(complaint, told, zone)


def _marked(complaint: Complaint, period: Period, as_of: datetime, working: BusinessDeadline) -> Marked:
    why = left_out(complaint)
    if why is not None:
        return Marked(complaint, frozenset({why} if period.holds(complaint.received_at) else ()))
    stood = standing(outstanding(complaint, as_of), period)
    marks = set(stood.marks())
    if stood.received:
        marks.add(acknowledged(complaint, as_of, working))
    if period.holds(complaint.final_answer_at):
        marks |= _answered(complaint, period.zone)
    marks |= _overdue(complaint, stood, period, as_of)
    return Marked(complaint, frozenset(marks))


def _answered(complaint: Complaint, zone: tzinfo) -> set[str]:
    marks: set[str] = {Counted.ANSWERED}
    marks.add(_OUTCOMES[complaint.outcome] if complaint.outcome is not None else Counted.UNDECIDED)
    if complaint.final_answer_at is not None and is_overdue(complaint, complaint.final_answer_at, zone):
        marks.add(Counted.ANSWERED_LATE_TOLD if was_told(complaint, zone) else Counted.ANSWERED_LATE_UNTOLD)
    else:
        marks.add(Counted.ANSWERED_IN_TIME)
    if complaint.mediator_named:
        marks.add(Counted.MEDIATOR_NAMED)
    if complaint.outcome in _REFUSALS:
        named = complaint.mediator_named
        marks.add(Counted.REFUSED_WITH_MEDIATOR if named else Counted.REFUSED_WITHOUT_MEDIATOR)
    return marks


def _overdue(complaint: Complaint, stood: Standing, period: Period, as_of: datetime) -> set[str]:
    answered = complaint.final_answer_at
    if not stood.at_end or (answered is not None and answered < period.until):
        return set()
    if not is_overdue(complaint, min(as_of, period.until), period.zone):
        return set()
    return {Counted.OVERDUE_TOLD if was_told(complaint, period.zone) else Counted.OVERDUE_UNTOLD}

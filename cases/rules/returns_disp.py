"""The complaints return of the FCA, DISP 1.10: what was closed how fast, upheld and paid, by category and cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from cases.rules.returns import BusinessDeadline, Closing, Complaint, Period, left_out, outstanding, standing
from cases.rules.returns_tables import (
    BALANCE,
    Counting,
    Layout,
    Marked,
    Return,
    by_causes,
    made,
)
from cases.vocabulary import Outcome
from cases.vocabulary.returns import ClosedBy, Counted, ReturnName, Table

SILENCE = timedelta(weeks=8)
FIRST_BAND_DAYS = 3
SECOND_BAND = timedelta(weeks=8)
# From so many complaints opened in a period a firm publishes a summary of its return.
PUBLISHED_FROM = 500

BANDS = (Counted.CLOSED_IN_3_DAYS, Counted.CLOSED_IN_8_WEEKS, Counted.CLOSED_LATER)
UPHOLDS = (Counted.UPHELD, Counted.NOT_UPHELD, Counted.NO_DECISION)
COLUMNS = (*BALANCE, *BANDS, *UPHOLDS, Counted.REDRESS)

_UPHELD = frozenset({Outcome.UPHELD, Outcome.PARTLY_UPHELD, Outcome.SETTLED})
_JUNE, _AUGUST, _FEBRUARY = 6, 8, 2


@dataclass(frozen=True, slots=True)
class Publication:
    """Whether a summary has to be published, from how many complaints on, and by which day."""

    is_due: bool
    threshold: int
    by: date


def disp(complaints: Iterable[Complaint], period: Period, as_of: datetime, business: BusinessDeadline) -> Return:
    """The return for a period, as known at an instant."""
    return made(counting(period, as_of, business), period, as_of, complaints)


def counting(period: Period, as_of: datetime, business: BusinessDeadline) -> Counting:
    """How it counts."""
    layouts = (*by_causes(COLUMNS), Layout(Table.BY_CLOSING, tuple(ClosedBy)))
    return Counting(ReturnName.DISP, lambda one: _marked(one, period, as_of, business), layouts)


def band(complaint: Complaint, closed_at: datetime, zone: tzinfo, business: BusinessDeadline) -> Counted:
    """How old a complaint was when it was closed, counted from its receipt even where it was reopened."""
    if closed_at <= business(complaint.received_at, FIRST_BAND_DAYS):
        return Counted.CLOSED_IN_3_DAYS
    received_on, closed_on = (at.astimezone(zone).date() for at in (complaint.received_at, closed_at))
    return Counted.CLOSED_IN_8_WEEKS if closed_on - received_on <= SECOND_BAND else Counted.CLOSED_LATER


def upheld(complaint: Complaint) -> Counted:
    """Whether a closed complaint counts as upheld: in part too, and where goodwill took the place of a decision."""
    # A payment to somebody whose complaint was rejected does not make it upheld.
    if complaint.outcome == Outcome.REJECTED:
        return Counted.NOT_UPHELD
    if complaint.outcome in _UPHELD or complaint.goodwill_without_enough_information:
        return Counted.UPHELD
    return Counted.NO_DECISION


def publication(return_: Return) -> Publication:
    """Whether its summary is to be published, and by when: 31 August if it ended by June, else 28 February."""
    ended = return_.period.last_day
    by = date(ended.year, _AUGUST, 31) if ended.month <= _JUNE else date(ended.year + 1, _FEBRUARY, 28)
    return Publication(return_.balance.received >= PUBLISHED_FROM, PUBLISHED_FROM, by)


def _marked(complaint: Complaint, period: Period, as_of: datetime, business: BusinessDeadline) -> Marked:
    why = left_out(complaint)
    if why is not None:
        return Marked(complaint, frozenset({why} if period.holds(complaint.received_at) else ()))
    stood = standing(outstanding(complaint, as_of, SILENCE), period)
    marks = set(stood.marks())
    if stood.closing is not None:
        marks |= _closed(complaint, stood.closing, period, business)
    paid = tuple(one for one in complaint.paid if period.holds(one.at))
    if paid:
        marks.add(Counted.REDRESS)
    return Marked(complaint, frozenset(marks), {Counted.REDRESS: paid})


def _closed(complaint: Complaint, closing: Closing, period: Period, business: BusinessDeadline) -> set[str]:
    return {closing.by, band(complaint, closing.at, period.zone, business), upheld(complaint)}

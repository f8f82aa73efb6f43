"""What returns to regulators are made from: complaints, when they were open, and where they stood in a period."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal

from cases import errors
from cases.rules import deadlines
from cases.rules.calendar import Calendar, NoSuchTime
from cases.vocabulary import ChannelKind, Outcome, Status, Unit
from cases.vocabulary.returns import ClosedBy, Counted

# The last instant of the so-manieth business day after an instant.
BusinessDeadline = Callable[[datetime, int], datetime]

_WEEKDAYS = 5


class EndsBeforeItBeginsError(errors.Refused, ValueError):
    """The period ends before it begins."""

    code = "period_ends_before_it_begins"
    status = 422


@dataclass(frozen=True, slots=True)
class Period:
    """From an instant up to another that is no longer part of it, and the zone whose days are counted."""

    since: datetime
    until: datetime
    zone: tzinfo

    def __post_init__(self) -> None:
        """Refuse what ends before it begins."""
        if self.until < self.since:
            raise EndsBeforeItBeginsError

    def holds(self, at: datetime | None) -> bool:
        """Whether the instant lies in it."""
        return at is not None and self.since <= at < self.until

    def day(self, at: datetime) -> date:
        """The local day of an instant."""
        return at.astimezone(self.zone).date()

    @property
    def last_day(self) -> date:
        """The last local day of it."""
        return self.day(max(self.since, self.until - timedelta(microseconds=1)))


def months_later(day: date, number: int) -> date:
    """The same day so many months on, or the last day of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def weekdays(zone: tzinfo) -> BusinessDeadline:
    """Business days where there is no calendar: Monday to Friday, to the end of the local day."""

    def until(at: datetime, number: int) -> datetime:
        day = at.astimezone(zone).date()
        while number:
            day += timedelta(days=1)
            number -= day.weekday() < _WEEKDAYS
        return datetime.combine(day, time.max, zone).astimezone(UTC)

    return until


def working(calendar: Calendar, unit: Unit = Unit.WORKING_DAY) -> BusinessDeadline:
    """Business days of a calendar, to the close of the last one; weekdays where it is closed for years."""

    def until(at: datetime, number: int) -> datetime:
        try:
            return deadlines.add(at, number, unit, calendar, end_of_day=True)
        except NoSuchTime:
            return weekdays(calendar.zone)(at, number)

    return until


@dataclass(frozen=True, slots=True)
class Reopening:
    """A time for which a case was open again, until its new final answer, or whatever else closed it."""

    opened_at: datetime
    closed_at: datetime | None = None
    closed_by: ClosedBy = ClosedBy.FINAL_RESPONSE


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that really reached the complainant: an action that is done."""

    amount: Decimal
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """What the CFPB's file said of a complaint, in the words of that file; blank where it said nothing."""

    complaint_id: str = ""
    product: str = ""
    sub_product: str = ""
    issue: str = ""
    sub_issue: str = ""
    narrative: str = ""
    company: str = ""
    state: str = ""
    zip_code: str = ""
    tags: str = ""
    consent: str = ""
    submitted_via: str = ""
    response: str = ""
    public_response: str = ""
    disputed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One case as a return sees it.

    ``first_answer_at`` is an answer before the final one and ``replied_at`` the complainant's first reply to it;
    ``final_answer_at`` is the first final answer, later ones end a reopening.
    """

    reference: str
    received_at: datetime
    posted_at: datetime | None = None
    sent_on: date | None = None
    category: str = ""
    category_label: str = ""
    cause: str = ""
    cause_label: str = ""
    channel: ChannelKind | None = None
    acknowledged_at: datetime | None = None
    first_answer_at: datetime | None = None
    replied_at: datetime | None = None
    told_of_delay_at: datetime | None = None
    outcome: Outcome | None = None
    decided_at: datetime | None = None
    final_answer_at: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    ended_as: Status | None = None
    reopened: tuple[Reopening, ...] = ()
    forwarded_in_full: bool = False
    goodwill_without_enough_information: bool = False
    mediator_named: bool = False
    paid: tuple[Paid, ...] = ()
    other_relief: bool = False
    is_timely: bool | None = None
    source: Source = Source()


@dataclass(frozen=True, slots=True)
class Closing:
    """When a complaint was closed, and by what."""

    at: datetime
    by: ClosedBy


@dataclass(frozen=True, slots=True)
class Open:
    """A time for which a complaint was outstanding; it is not closed yet where there is no closing."""

    since: datetime
    closing: Closing | None

    def is_outstanding(self, at: datetime) -> bool:
        """Whether it was open just before an instant, so that a period begins with it."""
        return self.since < at and (self.closing is None or self.closing.at >= at)


def left_out(complaint: Complaint) -> Counted | None:
    """Why a case counts in no figure: forwarded in full, merged into another, or no complaint at all."""
    if complaint.forwarded_in_full:
        return Counted.FORWARDED
    if complaint.ended_as == Status.MERGED:
        return Counted.MERGED
    return Counted.DISMISSED if complaint.ended_as == Status.DISMISSED else None


def outstanding(complaint: Complaint, as_of: datetime, silence: timedelta | None = None) -> tuple[Open, ...]:
    """The times for which a complaint was open, one after the other, as known then.

    Where a silence is given, an earlier answer without a reply for so long closes the complaint on its own day.
    """
    closings = _closings(complaint)
    openings = sorted(again.opened_at for again in complaint.reopened)
    silent = _silence(complaint, as_of, silence, closings, openings)
    if silent is not None:
        closings = sorted([*closings, silent], key=lambda closing: closing.at)
        # What they write after the silence opens it again.
        openings = sorted([*openings, *filter(None, [complaint.replied_at])])
    # A clock that jumped may date an end before the receipt; it is the same instant then.
    begins = complaint.received_at
    closing = next((Closing(max(one.at, begins), one.by) for one in closings), None)
    found = [Open(begins, closing)]
    while closing is not None:
        again = next((at for at in openings if at >= closing.at and (len(found) == 1 or at > found[-1].since)), None)
        if again is None:
            break
        closing = next((one for one in closings if one.at > again), None)
        found.append(Open(again, closing))
    return tuple(found)


def _closings(complaint: Complaint) -> list[Closing]:
    dated = [
        (complaint.final_answer_at, ClosedBy.FINAL_RESPONSE),
        (complaint.accepted_at, ClosedBy.ACCEPTED),
        *((again.closed_at, again.closed_by) for again in complaint.reopened),
    ]
    if complaint.ended_as == Status.WITHDRAWN:
        dated.append((complaint.ended_at, ClosedBy.WITHDRAWN))
    if complaint.ended_as == Status.HANDLED:
        dated.append((complaint.ended_at, ClosedBy.HANDLED))
    return sorted((Closing(at, by) for at, by in dated if at is not None), key=lambda closing: closing.at)


def _silence(
    complaint: Complaint,
    as_of: datetime,
    silence: timedelta | None,
    closings: Sequence[Closing],
    openings: Sequence[datetime],
) -> Closing | None:
    answered = complaint.first_answer_at
    if silence is None or answered is None or as_of < answered + silence:
        return None
    others = [closing.at for closing in closings] + list(openings)
    if complaint.replied_at is not None:
        others.append(complaint.replied_at)
    if any(at < answered + silence for at in others):
        return None
    return Closing(answered, ClosedBy.SILENCE)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a complaint stood in a period: it counts once, however often it was closed and reopened within it."""

    at_start: bool
    received: bool
    reopened: bool
    closing: Closing | None
    at_end: bool

    def marks(self) -> frozenset[str]:
        """The figures of the balance in which it counts."""
        said = {
            Counted.OUTSTANDING_AT_START: self.at_start,
            Counted.RECEIVED: self.received,
            Counted.REOPENED: self.reopened,
            Counted.CLOSED: self.closing is not None,
            Counted.OUTSTANDING_AT_END: self.at_end,
        }
        return frozenset(key for key, is_so in said.items() if is_so)


def standing(spells: Sequence[Open], period: Period) -> Standing:
    """Where a complaint with these open times stood in a period."""
    begun = [spell for spell in spells if spell.since < period.until]
    last = begun[-1].closing if begun else None
    at_start = any(spell.is_outstanding(period.since) for spell in spells)
    received = period.holds(spells[0].since)
    return Standing(
        at_start=at_start,
        received=received,
        reopened=not at_start and not received and any(period.holds(spell.since) for spell in spells[1:]),
        closing=last if last is not None and period.holds(last.at) else None,
        at_end=any(spell.is_outstanding(period.until) for spell in spells),
    )

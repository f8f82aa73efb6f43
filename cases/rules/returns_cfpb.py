"""Complaints as the US Consumer Financial Protection Bureau publishes and counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta, tzinfo
from functools import partial

from cases.rules.returns import Complaint, Period, left_out, outstanding, standing
from cases.rules.returns_tables import Counting, Label, Layout, Marked, Return, made
from cases.vocabulary import ChannelKind, Status
from cases.vocabulary.returns import Counted, PublicField, Response, ReturnName, Table

FIRST_DAYS = timedelta(days=15)
FINAL_DAYS = timedelta(days=60)
# Without this consent the words of the complainant are not published.
CONSENT = "Consent provided"
NOT_ASKED = "N/A"

COLUMNS = (Counted.RECEIVED, Counted.TIMELY, Counted.UNTIMELY, Counted.NOT_YET_DUE)

_TIMELINESS = {True: Counted.TIMELY, False: Counted.UNTIMELY, None: Counted.NOT_YET_DUE}
_YES_NO = {True: "Yes", False: "No", None: ""}


def cfpb(complaints: Iterable[Complaint], period: Period, as_of: datetime) -> Return:
    """The counts for a period, as known at an instant."""
    return made(counting(period, as_of), period, as_of, complaints)


def counting(period: Period, as_of: datetime) -> Counting:
    """How it counts."""
    answered = partial(response, zone=period.zone, as_of=as_of)
    splits: tuple[tuple[Table, tuple[Callable[[Complaint], str], ...]], ...] = (
        (Table.BY_PRODUCT, (product,)),
        (Table.BY_SUB_PRODUCT, (product, lambda one: one.source.sub_product)),
        (Table.BY_ISSUE, (issue,)),
        (Table.BY_PRODUCT_AND_ISSUE, (product, issue)),
        (Table.BY_RESPONSE, (answered,)),
        (Table.BY_PUBLIC_RESPONSE, (lambda one: one.source.public_response,)),
        (Table.BY_SUBMITTED_VIA, (submitted_via,)),
        (Table.BY_STATE, (lambda one: one.source.state,)),
        (Table.BY_TAGS, (lambda one: one.source.tags,)),
        (Table.BY_CONSENT, (lambda one: one.source.consent,)),
    )
    layouts = [Layout(key, COLUMNS, partial(_labels, names)) for key, names in splits]
    tables = [Layout(Table.TOTAL, COLUMNS), *layouts]
    return Counting(ReturnName.CFPB, lambda one: _marked(one, period, as_of), tables)


def product(complaint: Complaint) -> str:
    """The product in the words of the file, else our category."""
    return complaint.source.product or complaint.category_label


def issue(complaint: Complaint) -> str:
    """The issue in the words of the file, else our cause."""
    return complaint.source.issue or complaint.cause_label


def submitted_via(complaint: Complaint) -> str:
    """The way it was submitted in the words of the file, else by our channel."""
    return complaint.source.submitted_via or ("Email" if complaint.channel == ChannelKind.MAILBOX else "Web")


def response(complaint: Complaint, zone: tzinfo, as_of: datetime) -> str:
    """How the company answered: in the words of the file, else by what was decided, paid and done."""
    if complaint.source.response:
        return complaint.source.response
    if complaint.final_answer_at is not None:
        if complaint.paid:
            return Response.MONETARY_RELIEF
        return Response.NON_MONETARY_RELIEF if complaint.other_relief else Response.EXPLANATION
    if complaint.ended_as in {Status.WITHDRAWN, Status.HANDLED}:
        return Response.CLOSED
    return Response.UNTIMELY if is_timely(complaint, zone, as_of) is False else Response.IN_PROGRESS


def is_timely(complaint: Complaint, zone: tzinfo, as_of: datetime) -> bool | None:
    """Whether it was answered in 15 calendar days of being sent on, and finally in 60; None while it is not due.

    What the file says of it stands, and so does a first answer that came late, whatever follows.
    """
    if complaint.is_timely is not None:
        return complaint.is_timely
    sent, today = sent_on(complaint, zone), as_of.astimezone(zone).date()
    answers = [at.astimezone(zone).date() for at in (complaint.first_answer_at, complaint.final_answer_at) if at]
    if not answers:
        return None if _ended_before(complaint, sent + FIRST_DAYS, zone) or today <= sent + FIRST_DAYS else False
    if min(answers) > sent + FIRST_DAYS:
        return False
    if complaint.final_answer_at is None:
        return _ended_before(complaint, sent + FINAL_DAYS, zone) or today <= sent + FINAL_DAYS
    return complaint.final_answer_at.astimezone(zone).date() <= sent + FINAL_DAYS


def sent_on(complaint: Complaint, zone: tzinfo) -> date:
    """The day on which it was sent to the company: the day of receipt where no other is known."""
    return complaint.sent_on or complaint.received_at.astimezone(zone).date()


def published_on(complaint: Complaint, zone: tzinfo) -> date:
    """The day from which it is public: when the company answers, and at the latest after 15 days."""
    latest = sent_on(complaint, zone) + FIRST_DAYS
    answers = [at.astimezone(zone).date() for at in (complaint.first_answer_at, complaint.final_answer_at) if at]
    return min([latest, *answers])


def public_fields(complaint: Complaint, zone: tzinfo, as_of: datetime) -> dict[PublicField, str]:
    """The 18 public fields in their order; the words of the complainant only where they consented to it."""
    source = complaint.source
    return {
        PublicField.DATE_RECEIVED: complaint.received_at.astimezone(zone).date().isoformat(),
        PublicField.PRODUCT: product(complaint),
        PublicField.SUB_PRODUCT: source.sub_product,
        PublicField.ISSUE: issue(complaint),
        PublicField.SUB_ISSUE: source.sub_issue,
        PublicField.NARRATIVE: source.narrative if source.consent == CONSENT else "",
        PublicField.PUBLIC_RESPONSE: source.public_response,
        PublicField.COMPANY: source.company,
        PublicField.STATE: source.state,
        PublicField.ZIP_CODE: source.zip_code,
        PublicField.TAGS: source.tags,
        PublicField.CONSENT: source.consent or NOT_ASKED,
        PublicField.SUBMITTED_VIA: submitted_via(complaint),
        PublicField.DATE_SENT: sent_on(complaint, zone).isoformat(),
        PublicField.RESPONSE: response(complaint, zone, as_of),
        PublicField.TIMELY: _YES_NO[is_timely(complaint, zone, as_of)],
        PublicField.DISPUTED: source.disputed or NOT_ASKED,
        PublicField.COMPLAINT_ID: source.complaint_id or complaint.reference,
    }


def public(
    complaints: Iterable[Complaint], period: Period, as_of: datetime
) -> Iterator[tuple[str, dict[PublicField, str]]]:
    """The reference and the public fields of each complaint of a period that is public by then."""
    for complaint in complaints:
        if is_public(complaint, period, as_of):
            yield complaint.reference, public_fields(complaint, period.zone, as_of)


def is_public(complaint: Complaint, period: Period, as_of: datetime) -> bool:
    """Whether it is one of the period's and public by then."""
    is_counted = left_out(complaint) is None and period.holds(complaint.received_at)
    return is_counted and published_on(complaint, period.zone) <= period.day(as_of)


def _marked(complaint: Complaint, period: Period, as_of: datetime) -> Marked:
    why = left_out(complaint)
    if why is not None:
        return Marked(complaint, frozenset({why} if period.holds(complaint.received_at) else ()))
    marks = set(standing(outstanding(complaint, as_of), period).marks())
    if Counted.RECEIVED in marks:
        marks.add(_TIMELINESS[is_timely(complaint, period.zone, as_of)])
    return Marked(complaint, frozenset(marks))


def _ended_before(complaint: Complaint, day: date, zone: tzinfo) -> bool:
    is_over = complaint.ended_as in {Status.WITHDRAWN, Status.HANDLED}
    return is_over and complaint.ended_at is not None and complaint.ended_at.astimezone(zone).date() <= day


def _labels(names: tuple[Callable[[Complaint], str], ...], complaint: Complaint) -> tuple[Label, ...]:
    # The words of the file are their own codes: its two trees of products are never merged into one.
    return tuple((words, words) for words in (name(complaint) for name in names))
